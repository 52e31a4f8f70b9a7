"""Creates an organization in a running moto server: a unit with one member, and both policy types.

    organization.py http://127.0.0.1:5000 > organization.json

What is printed: credentials for the management account, and the ids that moto chose.
"""

import json
import sys

from target import Target

MANAGEMENT = "111122223333"
ONLY_TWO_REGIONS = {
    "Version": "2012-10-17",
    "Statement": {
        "Sid": "OnlyTwoRegions",
        "Effect": "Deny",
        "NotAction": ["iam:*", "organizations:*", "sts:*", "support:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}},
    },
}


def main():
    target = Target(sys.argv[1], MANAGEMENT)
    organizations = target.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    for policy_type in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        organizations.enable_policy_type(RootId=root, PolicyType=policy_type)
    unit = organizations.create_organizational_unit(ParentId=root, Name="workloads")["OrganizationalUnit"]["Id"]
    created = organizations.create_account(Email="member@nordwind.example", AccountName="member")
    member = created["CreateAccountStatus"]["AccountId"]
    organizations.move_account(AccountId=member, SourceParentId=root, DestinationParentId=unit)
    policy = organizations.create_policy(
        Name="only-two-regions",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps(ONLY_TWO_REGIONS),
    )["Policy"]["PolicySummary"]
    organizations.attach_policy(PolicyId=policy["Id"], TargetId=unit)
    credentials = {name: target.keys[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
    print(json.dumps({"credentials": credentials, "member": member, "root": root, "unit": unit}))


if __name__ == "__main__":
    main()
