#!/usr/bin/env python3
"""What `plimsoll gate` costs on large plans, beside Checkov and beside reading the JSON alone.

    python3 benches/peer_checkov.py [--plimsoll PATH] [--checkov PATH] [--rounds 3] [SIZE ...]

Plans are generated: modules of 16 resources with buckets and their parts, security groups and
their rules, roles and their policies, three quarters of them about to be created, so that most
parts name a parent that has no id yet. A size above 10,000 is left out for Checkov. CPU time is
user and system time of the process and its children, memory the largest resident set.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECKOV_LIMIT = 10_000
PER_MODULE = 16
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


def document(action, resources):
    statement = {"Effect": "Allow", "Action": action, "Resource": resources}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def parts(number):
    """The resources of one module: type, name, known attributes, and the parent of a part."""
    open_to = "0.0.0.0/0" if number % 20 == 0 else f"10.{number % 256}.0.0/16"
    tls = {
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }],
    }
    for name in ("data", "logs"):
        bucket = f"service-{number:06}-{name}"
        yield "aws_s3_bucket", name, {"bucket": bucket, "force_destroy": False, "tags": {"team": "web"}}, None
        of = ("bucket", "aws_s3_bucket", name)
        block = dict.fromkeys(
            ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
            number % 30 != 0,
        )
        yield "aws_s3_bucket_public_access_block", name, block, of
        status = {"versioning_configuration": [{"status": "Enabled" if number % 3 else "Suspended"}]}
        yield "aws_s3_bucket_versioning", name, status, of
        yield "aws_s3_bucket_policy", name, {"policy": json.dumps(tls)}, of
    yield "aws_security_group", "app", {"name": f"app-{number}", "description": "app", "vpc_id": "vpc-0a1b2c3d"}, None
    of = ("security_group_id", "aws_security_group", "app")
    for name, port in (("https", 443), ("ssh", 22)):
        rule = {"ip_protocol": "tcp", "from_port": port, "to_port": port, "cidr_ipv4": open_to}
        yield "aws_vpc_security_group_ingress_rule", name, rule, of
    yield "aws_vpc_security_group_egress_rule", "all", {"ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"}, of
    trust = json.dumps(TRUST)
    yield "aws_iam_role", "app", {"name": f"app-{number}", "path": "/", "assume_role_policy": trust}, None
    of = ("role", "aws_iam_role", "app")
    action = "*" if number % 50 == 0 else "s3:GetObject"
    yield "aws_iam_role_policy", "app", {"name": "own", "policy": document(action, "*")}, of
    arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    yield "aws_iam_role_policy_attachment", "ssm", {"policy_arn": arn}, of
    yield "aws_iam_instance_profile", "app", {"name": f"app-{number}", "path": "/"}, of


def plan(size):
    """A plan of about this many changes."""
    changes = []
    count = -(-size // PER_MODULE)
    for number in range(count):
        exists = number % 4 == 0
        module = f'module.service["s-{number}"]'
        for kind, name, known, of in parts(number):
            after, unknown = dict(known), {"id": True, "arn": True}
            if of and exists:
                parent = {"aws_s3_bucket": f"service-{number:06}-{name}", "aws_security_group": f"sg-{number:017x}"}
                after[of[0]] = parent.get(of[1], f"app-{number}")
            elif of:
                unknown[of[0]] = True
            if exists:
                ids = {"aws_security_group": f"sg-{number:017x}", "aws_s3_bucket": known.get("bucket")}
                after["id"] = ids.get(kind) or f"{kind}-{number}-{name}"
                unknown = {}
            changes.append({
                "address": f"{module}.{kind}.{name}", "module_address": module, "mode": "managed", "type": kind,
                "name": name, "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": {
                    "actions": ["no-op" if exists else "create"], "before": after if exists else None,
                    "after": after, "after_unknown": unknown, "before_sensitive": False, "after_sensitive": {},
                },
            })
    blocks = []
    for kind, name, known, of in parts(1):
        expressions = {key: {"constant_value": value} for key, value in known.items()}
        if of:
            expressions[of[0]] = {"references": [f"{of[1]}.{of[2]}.id", f"{of[1]}.{of[2]}"]}
        blocks.append({
            "address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, "provider_config_key": "aws",
            "expressions": expressions, "schema_version": 0,
        })
    aws = {
        "name": "aws", "full_name": "registry.terraform.io/hashicorp/aws",
        "expressions": {"region": {"constant_value": "eu-central-1"}},
    }
    modules = [
        {
            "address": f'module.service["s-{number}"]',
            "resources": [
                {
                    "address": change["address"], "mode": "managed", "type": change["type"], "name": change["name"],
                    "provider_name": change["provider_name"], "schema_version": 0,
                    "values": change["change"]["after"], "sensitive_values": {},
                }
                for change in changes[number * PER_MODULE:(number + 1) * PER_MODULE]
            ],
        }
        for number in range(count)
    ]
    call = {
        "source": "./service", "for_each_expression": {"references": ["var.services"]}, "expressions": {},
        "module": {"resources": blocks, "variables": {}},
    }
    return {
        "format_version": "1.2", "terraform_version": "1.11.4", "applyable": True, "complete": True, "errored": False,
        "planned_values": {"root_module": {"child_modules": modules}},
        "resource_changes": changes,
        "configuration": {"provider_config": {"aws": aws}, "root_module": {"module_calls": {"service": call}}},
    }


def measure(command, folder):
    """CPU seconds, wall seconds, MiB and exit code of one run."""
    script = (
        "import json, resource, subprocess, sys, time\n"
        "start = time.monotonic()\n"
        "code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode\n"
        "wall = time.monotonic() - start\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps([used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, code]))"
    )
    run = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=True, cwd=folder)
    return json.loads(run.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--plimsoll", default=str(ROOT / "target/release/plimsoll"))
    parser.add_argument("--checkov")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    program = str(pathlib.Path(arguments.plimsoll).resolve())
    with tempfile.TemporaryDirectory() as folder:
        for size in arguments.sizes:
            path = pathlib.Path(folder) / f"{size}.json"
            path.write_text(json.dumps(plan(size)))
            changes = -(-size // PER_MODULE) * PER_MODULE
            print(f"{changes} changes, {path.stat().st_size / 2**20:.1f} MiB")
            commands = {
                "plimsoll gate": [program, "gate", str(path), "--output", "json"],
                "json.load": [sys.executable, "-c", f"import json; json.load(open({str(path)!r}))"],
            }
            if arguments.checkov and size <= CHECKOV_LIMIT:
                flags = ["--framework", "terraform_plan", "--compact", "--quiet", "-o", "json"]
                commands["checkov"] = [str(pathlib.Path(arguments.checkov).absolute()), "-f", str(path), *flags]
            runs = {name: [] for name in commands}
            for _ in range(arguments.rounds):
                for name, command in commands.items():
                    runs[name].append(measure(command, folder))
            for name, measured in runs.items():
                cpu, wall, memory, codes = (list(column) for column in zip(*measured))
                print(
                    f"  {name:<14} CPU {statistics.median(cpu):8.2f} s ({min(cpu):.2f} to {max(cpu):.2f})"
                    f"   wall {statistics.median(wall):8.2f} s   {statistics.median(memory):7.0f} MiB"
                    f"   exit {sorted(set(codes))}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
