#!/usr/bin/env python3
"""Writes the successive versions of AWS's managed policies as pairs, one JSON object per line.

moto carries AWS's managed policies as of the day of its release, so that a few of its releases
are a history of them. This downloads those releases from PyPI (wheels, without dependencies),
takes the documents out of the text of one file without running any of it, and writes each pair
of successive documents that differ: {"name", "from", "to", "old", "new"}.

    python3 benches/managed_policies.py [FILE]     # default: target/policy-versions/pairs.jsonl
"""

import ast
import json
import pathlib
import subprocess
import sys
import zipfile

RELEASES = ["1.3.14", "2.3.2", "3.1.19", "4.2.14", "5.0.28", "5.1.22", "5.2.5"]
MEMBER = "moto/iam/aws_managed_policies.py"


def wheel(folder, release):
    """The wheel of a release, downloaded unless it is there."""
    found = sorted(folder.glob(f"moto-{release}-*.whl"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--only-binary", ":all:", f"moto=={release}", "-d", str(folder)]
        subprocess.run(command, check=True, stdout=sys.stderr)
        found = sorted(folder.glob(f"moto-{release}-*.whl"))
    return found[0]


def documents(path):
    """Policy name to document, read from the one long string of the module."""
    with zipfile.ZipFile(path) as archive:
        module = ast.parse(archive.read(MEMBER))
    texts = [node.value for node in ast.walk(module) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    policies = json.loads(max(texts, key=len))
    return {name: policy["Document"] for name, policy in policies.items()}


def main():
    folder = pathlib.Path(__file__).resolve().parent.parent / "target" / "policy-versions"
    folder.mkdir(parents=True, exist_ok=True)
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else folder / "pairs.jsonl"
    last, pairs = {}, []
    for release in RELEASES:
        for name, document in sorted(documents(wheel(folder, release)).items()):
            before, old = last.get(name, (None, None))
            if before is not None and old != document:
                pairs.append({"name": name, "from": before, "to": release, "old": old, "new": document})
            last[name] = (release, document)
    text = "".join(json.dumps(pair, separators=(",", ":")) + "\n" for pair in pairs)
    part = target.with_suffix(".part")
    part.write_text(text)
    part.replace(target)
    print(f"{len(pairs)} pairs in {target}", file=sys.stderr)


if __name__ == "__main__":
    main()
