"""Buckets and access points."""

import json

from target import present, tag_list

ACL_GROUPS = {"AllUsers", "AuthenticatedUsers", "LogDelivery"}


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
    for point in account["multi_region_access_points"]:
        create_multi_region_access_point(target, account["id"], point)


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
        grantee = {"Type": "Group", "URI": uri} if one["to"] in ACL_GROUPS else {"Type": "CanonicalUser", "ID": one["to"]}
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


def create_multi_region_access_point(target, account, point):
    details = {
        "Name": point["name"],
        "PublicAccessBlock": access_block(point["access_block"]),
        "Regions": [{"Bucket": bucket} for bucket in point["buckets"]],
    }
    control = target.client("s3control", "us-west-2")
    target.attempt(
        f"multi-region access point {point['name']}",
        control.create_multi_region_access_point,
        AccountId=account,
        Details=details,
    )
