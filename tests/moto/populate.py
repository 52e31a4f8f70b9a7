"""Creates the simulator's demo account in a running moto server.

moto is another team's AWS; the collectors must read the same documents from it as from the
simulator, apart from what moto cannot hold. Usage:

    populate.py http://127.0.0.1:5000 [src/simulator/demo.json] > account.json

What is printed: credentials for the account, the ids that moto gave to what the estate calls
otherwise (moto chooses EC2 ids itself), and what could not be created, with moto's reason.
"""

import json
import sys
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

DEMO = Path(__file__).resolve().parents[2] / "src" / "simulator" / "demo.json"
LOG_GROUPS = {"AllUsers", "AuthenticatedUsers", "LogDelivery"}


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


def present(**arguments):
    return {name: value for name, value in arguments.items() if value}


# IAM


def create_identities(target, account):
    iam = target.client("iam")
    for policy in account["policies"]:
        create_policy(target, iam, policy)
    for group in account["groups"]:
        create_group(target, iam, group)
    for user in account["users"]:
        create_user(target, iam, user)
    for role in account["roles"]:
        create_role(target, iam, role)
    create_account_settings(target, iam, account)


def create_policy(target, iam, policy):
    first, *later = policy["versions"]
    named = present(PolicyName=policy["name"], Path=policy.get("path"), Description=policy.get("description"))
    created = target.attempt(f"policy {policy['name']}", iam.create_policy, PolicyDocument=json.dumps(first), **named)
    for version in later if created else []:
        target.attempt(
            f"version of {policy['name']}",
            iam.create_policy_version,
            PolicyArn=created["Policy"]["Arn"],
            PolicyDocument=json.dumps(version),
            SetAsDefault=True,
        )


def create_group(target, iam, group):
    name = group["name"]
    target.attempt(f"group {name}", iam.create_group, GroupName=name, Path=group.get("path", "/"))
    grant(target, group, f"group {name}", iam.attach_group_policy, iam.put_group_policy, GroupName=name)


def grant(target, holder, what, attach, put, **named):
    for arn in holder.get("attached", []):
        target.attempt(f"{what}: {arn}", attach, PolicyArn=arn, **named)
    for inline in holder.get("inline", []):
        document = json.dumps(inline["document"])
        target.attempt(f"{what}: inline", put, PolicyName=inline["name"], PolicyDocument=document, **named)


def create_user(target, iam, user):
    name = user["name"]
    what = f"user {name}"
    options = present(Tags=tag_list(user.get("tags", {})), PermissionsBoundary=user.get("boundary"))
    target.attempt(what, iam.create_user, UserName=name, Path=user.get("path", "/"), **options)
    for group in user.get("groups", []):
        target.attempt(f"{what}: group", iam.add_user_to_group, GroupName=group, UserName=name)
    grant(target, user, what, iam.attach_user_policy, iam.put_user_policy, UserName=name)
    if "password" in user:
        target.attempt(f"{what}: password", iam.create_login_profile, UserName=name, Password="Correct-horse-1")
    for key in user.get("access_keys", []):
        made = target.attempt(f"{what}: key", iam.create_access_key, UserName=name)
        if made and key.get("inactive"):
            key_id = made["AccessKey"]["AccessKeyId"]
            target.attempt(
                f"{what}: key", iam.update_access_key, UserName=name, AccessKeyId=key_id, Status="Inactive"
            )
    create_mfa(target, iam, user.get("mfa"), name)


def create_mfa(target, iam, kind, name):
    if kind is None:
        return
    serial = f"GAHT{name}"
    if kind == "virtual":
        device = target.attempt(f"mfa of {name}", iam.create_virtual_mfa_device, VirtualMFADeviceName=name)
        serial = device["VirtualMFADevice"]["SerialNumber"] if device else serial
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
    target.attempt(f"mfa of {name}", iam.enable_mfa_device, UserName=name, SerialNumber=serial, **codes)


def create_role(target, iam, role):
    name = role["name"]
    options = present(
        Tags=tag_list(role.get("tags", {})),
        PermissionsBoundary=role.get("boundary"),
        Description=role.get("description"),
    )
    target.attempt(
        f"role {name}",
        iam.create_role,
        RoleName=name,
        Path=role.get("path", "/"),
        AssumeRolePolicyDocument=json.dumps(role["trust"]),
        MaxSessionDuration=role.get("max_session_seconds", 3600),
        **options,
    )
    grant(target, role, f"role {name}", iam.attach_role_policy, iam.put_role_policy, RoleName=name)
    profile = role.get("instance_profile")
    if profile:
        target.attempt(f"profile {profile}", iam.create_instance_profile, InstanceProfileName=profile)
        target.attempt(
            f"profile {profile}", iam.add_role_to_instance_profile, InstanceProfileName=profile, RoleName=name
        )


def create_account_settings(target, iam, account):
    if "alias" in account:
        target.attempt("alias", iam.create_account_alias, AccountAlias=account["alias"])
    policy = account.get("password_policy")
    if policy:
        options = present(MaxPasswordAge=policy.get("max_age_days"), PasswordReusePrevention=policy.get("remembered"))
        target.attempt(
            "password policy",
            iam.update_account_password_policy,
            MinimumPasswordLength=policy["minimum_length"],
            RequireSymbols=policy.get("symbols", False),
            RequireNumbers=policy.get("numbers", False),
            RequireUppercaseCharacters=policy.get("uppercase", False),
            RequireLowercaseCharacters=policy.get("lowercase", False),
            AllowUsersToChangePassword=policy.get("users_may_change", False),
            **options,
        )
    for provider in account["saml_providers"]:
        metadata = "<EntityDescriptor/>".ljust(1000)
        tags = tag_list(provider.get("tags", {}))
        target.attempt(
            "saml", iam.create_saml_provider, Name=provider["name"], SAMLMetadataDocument=metadata, Tags=tags
        )
    for provider in account["oidc_providers"]:
        target.attempt(
            "oidc",
            iam.create_open_id_connect_provider,
            Url="https://" + provider["url"],
            ClientIDList=provider["audiences"],
            ThumbprintList=provider["thumbprints"],
            Tags=tag_list(provider.get("tags", {})),
        )
    for certificate in account["server_certificates"]:
        target.attempt(
            "server certificate",
            iam.upload_server_certificate,
            ServerCertificateName=certificate["name"],
            Path=certificate.get("path", "/"),
            CertificateBody="-----BEGIN CERTIFICATE-----",
            PrivateKey="-----BEGIN PRIVATE KEY-----",
        )


# S3


def create_storage(target, account):
    # Logs go to buckets that allow it, replicas to buckets with versions: in this order.
    for bucket in account["buckets"]:
        configure_bucket(target, bucket)
    for bucket in account["buckets"]:
        connect_bucket(target, bucket)
    control = target.client("s3control")
    if "s3_access_block" in account:
        target.attempt(
            "account access block",
            control.put_public_access_block,
            AccountId=account["id"],
            PublicAccessBlockConfiguration=access_block(account["s3_access_block"]),
        )
    for point in account["access_points"]:
        create_access_point(target, account["id"], point)


def access_block(block):
    return {
        "BlockPublicAcls": block.get("block_acls", False),
        "IgnorePublicAcls": block.get("ignore_acls", False),
        "BlockPublicPolicy": block.get("block_policy", False),
        "RestrictPublicBuckets": block.get("restrict_buckets", False),
    }


def create_bucket(target, bucket):
    s3 = target.client("s3", bucket["region"])
    options = present(ObjectOwnership=bucket.get("ownership"), ObjectLockEnabledForBucket="object_lock" in bucket)
    if bucket["region"] != "us-east-1":
        options["CreateBucketConfiguration"] = {"LocationConstraint": bucket["region"]}
    target.attempt(f"bucket {bucket['name']}", s3.create_bucket, Bucket=bucket["name"], **options)


def configure_bucket(target, bucket):
    s3 = target.client("s3", bucket["region"])
    name = bucket["name"]

    def put(call, **arguments):
        target.attempt(f"bucket {name}: {call.__name__}", call, Bucket=name, **arguments)

    if bucket.get("tags"):
        put(s3.put_bucket_tagging, Tagging={"TagSet": tag_list(bucket["tags"])})
    if "policy" in bucket:
        put(s3.put_bucket_policy, Policy=json.dumps(bucket["policy"]))
    if bucket.get("grants"):
        put(s3.put_bucket_acl, AccessControlPolicy=acl(s3, name, bucket["grants"]))
    if "access_block" in bucket:
        put(s3.put_public_access_block, PublicAccessBlockConfiguration=access_block(bucket["access_block"]))
    put(s3.put_bucket_encryption, ServerSideEncryptionConfiguration=encryption(bucket.get("encryption", "AES256")))
    if "versioning" in bucket:
        mfa = {"MFADelete": "Enabled"} if bucket.get("mfa_delete") else {}
        versioning = {"Status": bucket["versioning"], **mfa}
        put(s3.put_bucket_versioning, VersioningConfiguration=versioning)
    if bucket.get("lifecycle"):
        rules = [lifecycle_rule(rule) for rule in bucket["lifecycle"]]
        put(s3.put_bucket_lifecycle_configuration, LifecycleConfiguration={"Rules": rules})
    if "object_lock" in bucket:
        lock = bucket["object_lock"]
        rule = {"DefaultRetention": {"Mode": lock["mode"], "Days": lock["days"]}}
        put(
            s3.put_object_lock_configuration,
            ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},
        )
    if "website_index" in bucket:
        put(s3.put_bucket_website, WebsiteConfiguration={"IndexDocument": {"Suffix": bucket["website_index"]}})


def acl(s3, name, grants):
    owner = s3.get_bucket_acl(Bucket=name)["Owner"]
    everything = [{"Grantee": {"Type": "CanonicalUser", "ID": owner["ID"]}, "Permission": "FULL_CONTROL"}]
    for one in grants:
        room = "s3" if one["to"] == "LogDelivery" else "global"
        uri = f"http://acs.amazonaws.com/groups/{room}/{one['to']}"
        grantee = {"Type": "Group", "URI": uri} if one["to"] in LOG_GROUPS else {"Type": "CanonicalUser", "ID": one["to"]}
        everything.append({"Grantee": grantee, "Permission": one["permission"]})
    return {"Grants": everything, "Owner": owner}


def encryption(algorithm):
    by_key = algorithm.startswith("arn:")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": algorithm} if by_key else {"SSEAlgorithm": "AES256"}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": by_key}]}


def lifecycle_rule(rule):
    days = {
        "Expiration": ("Days", "expire_days"),
        "NoncurrentVersionExpiration": ("NoncurrentDays", "noncurrent_days"),
        "AbortIncompleteMultipartUpload": ("DaysAfterInitiation", "abort_upload_days"),
    }
    actions = {action: {unit: rule[ours]} for action, (unit, ours) in days.items() if ours in rule}
    status = "Disabled" if rule.get("disabled") else "Enabled"
    return {"ID": rule["id"], "Status": status, "Filter": {"Prefix": rule.get("prefix", "")}, **actions}


def connect_bucket(target, bucket):
    s3 = target.client("s3", bucket["region"])
    what = f"bucket {bucket['name']}"
    if "logging" in bucket:
        to = {"TargetBucket": bucket["logging"]["bucket"], "TargetPrefix": bucket["logging"]["prefix"]}
        status = {"LoggingEnabled": to}
        target.attempt(f"{what}: logging", s3.put_bucket_logging, Bucket=bucket["name"], BucketLoggingStatus=status)
    if "replication" in bucket:
        ours = bucket["replication"]
        rule = {
            "ID": ours["id"],
            "Priority": 1,
            "Filter": {"Prefix": ""},
            "Status": "Enabled",
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": present(Bucket=f"arn:aws:s3:::{ours['to']}", Account=ours.get("account")),
        }
        target.attempt(
            f"{what}: replication",
            s3.put_bucket_replication,
            Bucket=bucket["name"],
            ReplicationConfiguration={"Role": ours["role"], "Rules": [rule]},
        )
    if bucket.get("notifies"):
        target.attempt(
            f"{what}: notifications",
            s3.put_bucket_notification_configuration,
            Bucket=bucket["name"],
            NotificationConfiguration=notifications(bucket["notifies"]),
            SkipDestinationValidation=True,
        )


def notifications(targets):
    kinds = {
        "lambda": ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
        "sqs": ("QueueConfigurations", "QueueArn"),
        "sns": ("TopicConfigurations", "TopicArn"),
    }
    configuration = {}
    for number, arn in enumerate(targets):
        if arn == "eventbridge":
            configuration["EventBridgeConfiguration"] = {}
            continue
        group, field = kinds[arn.split(":")[2]]
        one = {"Id": f"events-{number}", field: arn, "Events": ["s3:ObjectCreated:*"]}
        configuration.setdefault(group, []).append(one)
    return configuration


def create_access_point(target, account, point):
    control = target.client("s3control", point["region"])
    what = f"access point {point['name']}"
    vpc = {"VpcConfiguration": {"VpcId": target.mapped(point["vpc"])}} if "vpc" in point else {}
    named = {"AccountId": account, "Name": point["name"]}
    target.attempt(
        what,
        control.create_access_point,
        Bucket=point["bucket"],
        PublicAccessBlockConfiguration=access_block(point["access_block"]),
        **named,
        **vpc,
    )
    if "policy" in point:
        target.attempt(f"{what}: policy", control.put_access_point_policy, Policy=json.dumps(point["policy"]), **named)


# EC2


def create_region(target, name, region):
    ec2 = target.client("ec2", name)
    if region.get("settings", {}).get("ebs_encryption"):
        target.attempt("encryption by default", ec2.enable_ebs_encryption_by_default)
    for vpc in region.get("vpcs", []):
        create_vpc(target, ec2, vpc)
    for subnet in region.get("subnets", []):
        create_subnet(target, ec2, subnet)
    for acl_ in region.get("network_acls", []):
        create_network_acl(target, ec2, acl_)
    for prefix_list in region.get("prefix_lists", []):
        create_prefix_list(target, ec2, prefix_list)
    for group in region.get("security_groups", []):
        create_group_shell(target, ec2, group)
    for group in region.get("security_groups", []):
        create_group_rules(target, ec2, group)
    for instance in region.get("instances", []):
        create_instance(target, ec2, instance, region)
    for interface in region.get("interfaces", []):
        create_interface(target, ec2, interface)
    for volume in region.get("volumes", []):
        create_volume(target, ec2, volume)
    for log in region.get("flow_logs", []):
        create_flow_log(target, ec2, log)


def tag(target, ec2, ours, tags):
    if tags:
        target.attempt(f"tags of {ours}", ec2.create_tags, Resources=[target.mapped(ours)], Tags=tag_list(tags))


def create_vpc(target, ec2, vpc):
    if vpc.get("is_default"):
        found = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
        target.ids[vpc["id"]] = found["VpcId"]
        # moto's own subnets make room for those of the estate.
        for subnet in ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [found["VpcId"]]}])["Subnets"]:
            target.attempt("default subnet", ec2.delete_subnet, SubnetId=subnet["SubnetId"])
        return
    made = target.attempt(
        f"vpc {vpc['id']}",
        ec2.create_vpc,
        CidrBlock=vpc["ranges"][0],
        AmazonProvidedIpv6CidrBlock="ipv6_range" in vpc,
    )
    target.ids[vpc["id"]] = made["Vpc"]["VpcId"]
    tag(target, ec2, vpc["id"], vpc.get("tags"))


def create_subnet(target, ec2, subnet):
    made = target.attempt(
        f"subnet {subnet['id']}",
        ec2.create_subnet,
        VpcId=target.mapped(subnet["vpc"]),
        CidrBlock=subnet["range"],
        AvailabilityZone=subnet["zone"],
    )
    if not made:
        return
    target.ids[subnet["id"]] = made["Subnet"]["SubnetId"]
    if subnet.get("public_addresses"):
        target.attempt(
            f"subnet {subnet['id']}",
            ec2.modify_subnet_attribute,
            SubnetId=made["Subnet"]["SubnetId"],
            MapPublicIpOnLaunch={"Value": True},
        )
    tag(target, ec2, subnet["id"], subnet.get("tags"))


def create_network_acl(target, ec2, acl_):
    vpc = target.mapped(acl_["vpc"])
    if acl_.get("is_default"):
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}]
        target.ids[acl_["id"]] = ec2.describe_network_acls(Filters=filters)["NetworkAcls"][0]["NetworkAclId"]
        return
    made = target.attempt(f"acl {acl_['id']}", ec2.create_network_acl, VpcId=vpc)
    acl_id = made["NetworkAcl"]["NetworkAclId"]
    target.ids[acl_["id"]] = acl_id
    for entry in acl_["entries"]:
        create_acl_entry(target, ec2, acl_id, entry)
    for subnet in acl_.get("subnets", []):
        filters = [{"Name": "association.subnet-id", "Values": [target.mapped(subnet)]}]
        for other in ec2.describe_network_acls(Filters=filters)["NetworkAcls"]:
            for association in other["Associations"]:
                if association["SubnetId"] == target.mapped(subnet):
                    target.attempt(
                        "acl association",
                        ec2.replace_network_acl_association,
                        AssociationId=association["NetworkAclAssociationId"],
                        NetworkAclId=acl_id,
                    )
    tag(target, ec2, acl_["id"], acl_.get("tags"))


def create_acl_entry(target, ec2, acl_id, entry):
    ports = {"PortRange": {"From": entry["ports"][0], "To": entry["ports"][1]}} if "ports" in entry else {}
    target.attempt(
        "acl entry",
        ec2.create_network_acl_entry,
        NetworkAclId=acl_id,
        RuleNumber=entry["number"],
        Protocol={"all": "-1", "tcp": "6", "udp": "17", "icmp": "1"}[entry["protocol"]],
        RuleAction="deny" if entry.get("deny") else "allow",
        Egress=entry.get("egress", False),
        CidrBlock=entry["range"],
        **ports,
    )


def create_prefix_list(target, ec2, prefix_list):
    name = prefix_list["name"]
    if prefix_list.get("of_aws"):
        lists = ec2.describe_managed_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": [name]}])
        for one in lists["PrefixLists"]:
            target.ids[prefix_list["id"]] = one["PrefixListId"]
        return
    made = target.attempt(
        f"prefix list {name}",
        ec2.create_managed_prefix_list,
        PrefixListName=name,
        MaxEntries=len(prefix_list["entries"]),
        AddressFamily="IPv4",
        Entries=[{"Cidr": entry} for entry in prefix_list["entries"]],
    )
    if made:
        target.ids[prefix_list["id"]] = made["PrefixList"]["PrefixListId"]
        tag(target, ec2, prefix_list["id"], prefix_list.get("tags"))


def create_group_shell(target, ec2, group):
    vpc = target.mapped(group["vpc"])
    if group["name"] == "default":
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        found = ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]
        target.ids[group["id"]] = found["GroupId"]
    else:
        made = target.attempt(
            f"group {group['name']}",
            ec2.create_security_group,
            GroupName=group["name"],
            Description=group["description"],
            VpcId=vpc,
        )
        target.ids[group["id"]] = made["GroupId"]
    tag(target, ec2, group["id"], group.get("tags"))


def create_group_rules(target, ec2, group):
    """Takes away what a new group has by itself, and gives it what the estate says."""
    group_id = target.mapped(group["id"])
    now = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
    directions = [
        ("ingress", now["IpPermissions"], ec2.revoke_security_group_ingress, ec2.authorize_security_group_ingress),
        ("egress", now["IpPermissionsEgress"], ec2.revoke_security_group_egress, ec2.authorize_security_group_egress),
    ]
    for direction, present_rules, revoke, authorize in directions:
        what = f"group {group['name']}: {direction}"
        if present_rules:
            target.attempt(what, revoke, GroupId=group_id, IpPermissions=present_rules)
        permissions = [permission(target, opening) for opening in group.get(direction, [])]
        if permissions:
            target.attempt(what, authorize, GroupId=group_id, IpPermissions=permissions)


def permission(target, opening):
    protocol = opening["protocol"]
    wanted = {"IpProtocol": "-1" if protocol == "all" else protocol}
    ports = opening.get("ports") or {"icmp": [-1, -1], "tcp": [0, 65535], "udp": [0, 65535]}.get(protocol)
    if ports:
        wanted["FromPort"], wanted["ToPort"] = ports
    told = present(Description=opening.get("description"))
    for peer in opening["peers"]:
        if peer.startswith("pl-"):
            wanted.setdefault("PrefixListIds", []).append({"PrefixListId": target.mapped(peer), **told})
        elif "sg-" in peer:
            owner, _, group = peer.rpartition("/")
            pair = {"GroupId": target.mapped(group), "UserId": owner or target.account}
            wanted.setdefault("UserIdGroupPairs", []).append({**pair, **told})
        elif ":" in peer:
            wanted.setdefault("Ipv6Ranges", []).append({"CidrIpv6": peer, **told})
        else:
            wanted.setdefault("IpRanges", []).append({"CidrIp": peer, **told})
    return wanted


def create_instance(target, ec2, instance, region):
    # The root volume of the estate becomes the one moto makes with the instance.
    disks = [one for one in region.get("volumes", []) if one.get("instance") == instance["id"]][:1]
    mappings = [
        {
            "DeviceName": "/dev/sda1",
            "Ebs": {"VolumeSize": one["gib"], "Encrypted": one["encrypted"], **present(KmsKeyId=one.get("key"))},
        }
        for one in disks
    ]
    arguments = present(
        IamInstanceProfile={"Name": instance["profile"]} if "profile" in instance else None,
        BlockDeviceMappings=mappings,
    )
    made = target.attempt(
        f"instance {instance['id']}",
        ec2.run_instances,
        ImageId="ami-0a1b2c3d4e5f60718",
        MinCount=1,
        MaxCount=1,
        InstanceType=instance["type"],
        SubnetId=target.mapped(instance["subnet"]),
        SecurityGroupIds=[target.mapped(group) for group in instance["groups"]],
        MetadataOptions={
            "HttpTokens": instance["metadata_tokens"],
            "HttpPutResponseHopLimit": instance.get("metadata_hops", 1),
            "HttpEndpoint": "enabled",
        },
        **arguments,
    )
    if not made:
        return
    instance_id = made["Instances"][0]["InstanceId"]
    target.ids[instance["id"]] = instance_id
    map_parts(target, ec2, instance, disks)
    tag(target, ec2, instance["id"], instance.get("tags"))
    if instance.get("state") == "stopped":
        target.attempt("stop", ec2.stop_instances, InstanceIds=[instance_id])
    if instance.get("state") == "terminated":
        target.attempt("terminate", ec2.terminate_instances, InstanceIds=[instance_id])


def map_parts(target, ec2, instance, disks):
    found = ec2.describe_instances(InstanceIds=[target.ids[instance["id"]]])["Reservations"][0]["Instances"][0]
    for interface in found["NetworkInterfaces"]:
        target.ids[instance["id"].replace("i-", "eni-", 1)] = interface["NetworkInterfaceId"]
    for disk, mapping in zip(disks, found["BlockDeviceMappings"]):
        target.ids[disk["id"]] = mapping["Ebs"]["VolumeId"]
        tag(target, ec2, disk["id"], disk.get("tags"))


def create_interface(target, ec2, interface):
    made = target.attempt(
        f"interface {interface['id']}",
        ec2.create_network_interface,
        SubnetId=target.mapped(interface["subnet"]),
        PrivateIpAddress=interface["address"],
        Description=interface.get("description", ""),
        Groups=[target.mapped(group) for group in interface.get("groups", [])],
    )
    if made:
        target.ids[interface["id"]] = made["NetworkInterface"]["NetworkInterfaceId"]


def create_volume(target, ec2, volume):
    if volume["id"] in target.ids:
        return
    made = target.attempt(
        f"volume {volume['id']}",
        ec2.create_volume,
        AvailabilityZone=volume["zone"],
        Size=volume["gib"],
        Encrypted=volume["encrypted"],
        **present(KmsKeyId=volume.get("key")),
    )
    if not made:
        return
    target.ids[volume["id"]] = made["VolumeId"]
    if "instance" in volume:
        target.attempt(
            f"volume {volume['id']}: attachment",
            ec2.attach_volume,
            VolumeId=made["VolumeId"],
            InstanceId=target.mapped(volume["instance"]),
            Device="/dev/xvdf",
        )
    tag(target, ec2, volume["id"], volume.get("tags"))


def create_flow_log(target, ec2, log):
    of = target.mapped(log["of"])
    kind = {"vpc": "VPC", "subnet": "Subnet", "eni": "NetworkInterface"}[of.split("-")[0]]
    if log["to"].startswith("arn:"):
        to = {"LogDestinationType": "s3", "LogDestination": log["to"]}
    else:
        role = f"arn:aws:iam::{target.account}:role/service/flow-logs"
        to = {"LogGroupName": log["to"], "DeliverLogsPermissionArn": role}
    made = target.attempt(
        f"flow log {log['id']}",
        ec2.create_flow_logs,
        ResourceIds=[of],
        ResourceType=kind,
        TrafficType=log["traffic"],
        **to,
    )
    for theirs in made["FlowLogIds"] if made else []:
        target.ids[log["id"]] = theirs


def main():
    endpoint, path = sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else DEMO
    account = json.loads(path.read_text())["accounts"][0]
    target = Target(endpoint, account["id"])
    create_identities(target, account)
    for name, region in account["regions"].items():
        for log in region.get("flow_logs", []):
            if not log["to"].startswith("arn:"):
                logs = target.client("logs", name)
                target.attempt("log group", logs.create_log_group, logGroupName=log["to"])
    # Flow logs need their bucket, access points their VPC.
    for bucket in account["buckets"]:
        create_bucket(target, bucket)
    for name, region in account["regions"].items():
        create_region(target, name, region)
    create_storage(target, account)
    credentials = {name: target.keys[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
    print(json.dumps({"credentials": credentials, "ids": target.ids, "gaps": target.gaps}, indent=1))


if __name__ == "__main__":
    main()
