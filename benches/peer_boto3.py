#!/usr/bin/env python3
"""What it costs boto3 to read what a scan reads, from the same simulated account.

    python3 benches/peer_boto3.py [ROUNDS]

Needs cargo and boto3. This is the floor for a scanner in Python: the same calls, 16 at the same
time, the answers parsed and dropped. No rules, no ledger, and no limit on calls per second.
"""

import json
import pathlib
import resource
import statistics
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVE = ["cargo", "bench", "--quiet", "--bench", "scan", "--", "serve"]
KINDS = ["User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy"]
PAGED = [
    ("iam", "list_roles", {}),
    ("iam", "list_virtual_mfa_devices", {}),
    ("iam", "list_server_certificates", {}),
    *(("iam", "get_account_authorization_details", {"Filter": [kind]}) for kind in KINDS),
]
SINGLE = [
    ("iam", "get_account_summary"),
    ("iam", "get_account_password_policy"),
    ("iam", "list_saml_providers"),
    ("iam", "list_open_id_connect_providers"),
    ("sts", "get_caller_identity"),
]
OF_REGION = [
    "describe_flow_logs", "describe_instances", "describe_network_acls", "describe_network_interfaces",
    "describe_security_groups", "describe_subnets", "describe_volumes", "describe_vpcs",
]
SETTINGS = [
    "get_ebs_encryption_by_default", "get_image_block_public_access_state", "get_instance_metadata_defaults",
    "get_snapshot_block_public_access_state",
]
OF_BUCKET = [
    "get_bucket_policy", "get_bucket_ownership_controls", "get_public_access_block", "get_bucket_encryption",
    "get_bucket_versioning", "get_bucket_logging", "get_bucket_lifecycle_configuration", "get_bucket_tagging",
    "get_bucket_policy_status",
]


def read_all(endpoint, regions):
    """All calls; returns how many were made."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    session = boto3.Session("AKIAGENERATED0000000", "simulated", region_name=regions[0])
    config = Config(max_pool_connections=16, s3={"addressing_style": "path"})
    client = lambda name, region: session.client(name, region_name=region, endpoint_url=endpoint, config=config)
    clients = {name: client(name, regions[0]) for name in ("iam", "sts")}
    s3 = {region: client("s3", region) for region in regions}
    ec2 = {region: client("ec2", region) for region in regions}
    made = []

    def one(function, **arguments):
        made.append(1)
        try:
            return function(**arguments)
        except ClientError as error:  # AWS's way of saying that there is none
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404, error

    def pages(where, operation, arguments):
        for _ in where.get_paginator(operation).paginate(**arguments):
            made.append(1)

    def report():
        while one(clients["iam"].generate_credential_report)["State"] != "COMPLETE":
            time.sleep(0.2)
        one(clients["iam"].get_credential_report)

    with ThreadPoolExecutor(16) as pool:
        work = [pool.submit(report)]
        work += [pool.submit(pages, clients[name], operation, given) for name, operation, given in PAGED]
        work += [pool.submit(one, getattr(clients[name], operation)) for name, operation in SINGLE]
        for region in regions:
            work += [pool.submit(pages, ec2[region], operation, {}) for operation in OF_REGION]
            work += [pool.submit(one, getattr(ec2[region], operation)) for operation in SETTINGS]
        buckets = one(s3[regions[0]].list_buckets)["Buckets"]
        for number, bucket in enumerate(buckets):
            where = s3[bucket.get("BucketRegion") or regions[number % len(regions)]]
            work += [pool.submit(one, getattr(where, operation), Bucket=bucket["Name"]) for operation in OF_BUCKET]
        for done in work:
            done.result()
    return len(made)


def read(endpoint, regions):
    """In a process of its own, so that time and memory are those of the reading alone."""
    wall, cpu = time.perf_counter(), time.process_time()
    calls = read_all(endpoint, regions.split(","))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"calls": calls, "wall": wall, "cpu": cpu, "peak": peak}))


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    costs = []
    for _ in range(rounds):
        server = subprocess.Popen(SERVE, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        endpoint, regions = server.stdout.readline().strip(), server.stdout.readline().strip()
        told = subprocess.run([sys.executable, __file__, "read", endpoint, regions], check=True, capture_output=True)
        costs.append(json.loads(told.stdout))
        with urllib.request.urlopen(endpoint + "/__stats") as stats:
            received = sum(call["count"] for call in json.load(stats)["calls"])
        assert received == costs[-1]["calls"], (received, costs[-1])
        server.stdin.close()
        server.wait()
    for name, unit in ("calls", ""), ("wall", "s"), ("cpu", "s"), ("peak", "MiB"):
        values = sorted(cost[name] for cost in costs)
        print(f"{name:<6} {statistics.median(values):>8.2f} ({values[0]:.2f} to {values[-1]:.2f}) {unit}")


if sys.argv[1:2] == ["read"]:
    read(*sys.argv[2:])
else:
    main()
