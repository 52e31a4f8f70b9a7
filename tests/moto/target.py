"""One account inside a moto server."""

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError


class Target:
    """The account inside moto: its clients, the ids it gave, and what it refused."""

    def __init__(self, endpoint, account):
        self.endpoint = endpoint
        self.account = account
        # moto keeps one account per assumed role, and creates it when it is first seen.
        role = f"arn:aws:iam::{account}:role/populate"
        own = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        sts = boto3.client("sts", region_name="us-east-1", endpoint_url=endpoint, **own)
        self.keys = sts.assume_role(RoleArn=role, RoleSessionName="populate")["Credentials"]
        self.ids = {}
        self.gaps = []
        self.clients = {}

    def client(self, service, region="us-east-1"):
        if (service, region) not in self.clients:
            client = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.endpoint,
                aws_access_key_id=self.keys["AccessKeyId"],
                aws_secret_access_key=self.keys["SecretAccessKey"],
                aws_session_token=self.keys["SessionToken"],
                config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
            )
            # botocore puts the account before the host name, which does not resolve here.
            client.meta.events.register("before-send.s3-control", self.without_account)
            self.clients[service, region] = client
        return self.clients[service, region]

    def without_account(self, request, **_):
        request.url = request.url.replace(f"://{self.account}.", "://", 1)

    def attempt(self, what, call, **arguments):
        """The answer, or nothing and a gap."""
        try:
            return call(**arguments)
        except (BotoCoreError, ClientError) as error:
            self.gaps.append({"what": what, "why": str(error)})
            return None

    def mapped(self, text):
        """The id moto gave, or the text as it is."""
        return self.ids.get(text, text)


def tag_list(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag(target, ec2, ours, tags):
    if tags:
        target.attempt(f"tags of {ours}", ec2.create_tags, Resources=[target.mapped(ours)], Tags=tag_list(tags))


def present(**arguments):
    return {name: value for name, value in arguments.items() if value}
