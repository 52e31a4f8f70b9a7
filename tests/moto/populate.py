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

from compute import create_compute
from gateways import create_gateways, create_peerings, create_routes
from identities import create_identities
from network import create_region
from storage import create_bucket, create_storage
from target import Target
from trails import create_trail

DEMO = Path(__file__).resolve().parents[2] / "src" / "simulator" / "demo.json"


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
        create_gateways(target, name, region)
        create_compute(target, name, region)
    create_peerings(target, account["regions"])
    for name, region in account["regions"].items():
        create_routes(target, name, region)
    create_storage(target, account)
    for trail in account["trails"]:
        create_trail(target, trail)
    credentials = {name: target.keys[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
    print(json.dumps({"credentials": credentials, "ids": target.ids, "gaps": target.gaps}, indent=1))


if __name__ == "__main__":
    main()
