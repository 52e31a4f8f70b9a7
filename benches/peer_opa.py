#!/usr/bin/env python3
"""The same rules and documents in OPA, beside plimsoll, in one run.

    python3 benches/peer_opa.py [ROUNDS]

Needs cargo, pip and glibc 2.34 or newer. OPA 1.20 comes as a shared library in the wheel
opa-golib-python-bindings, which is unpacked into a temporary folder and not installed. Both are
given the text of each document and give back the text of what they found: OPA one call per
document with a prepared query per resource type, plimsoll through `evaluate -- text`. What they deny is
compared for every document and rule. Rounds alternate; CPU time is that of all threads.
"""

import ctypes
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
WHEEL = "opa-golib-python-bindings==0.4.4"
BENCH = ["cargo", "bench", "--quiet", "--bench", "evaluate", "--"]


class Opa:
    """OPA behind the C functions of the wheel's library, with no Python between the texts."""

    def __init__(self, folder):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*pip, "--python-version", "3.14", "--dest", folder, WHEEL], check=True)
        [wheel] = pathlib.Path(folder).glob("*.whl")
        zipfile.ZipFile(wheel).extractall(folder)
        self.library = ctypes.CDLL(str(pathlib.Path(folder) / "opa_bindings" / "libopabridge.so"))
        text, handle = ctypes.c_char_p, ctypes.c_uint64
        for name, arguments in {
            "OpaAddPolicy": [handle, text, text],
            "OpaAddData": [handle, text, text],
            "OpaEvalDocument": [handle, text, text, ctypes.c_int, ctypes.c_int],
        }.items():
            function = getattr(self.library, name)
            function.restype, function.argtypes = ctypes.c_void_p, arguments
        self.library.OpaNew.restype = handle
        self.library.OpaFreeString.argtypes, self.library.OpaFreeString.restype = [ctypes.c_void_p], None
        self.handle = self.library.OpaNew()

    def call(self, function, *arguments):
        """The answer's text; the library allocates it."""
        answer = function(self.handle, *arguments)
        text = ctypes.string_at(answer)
        self.library.OpaFreeString(answer)
        return text

    def add(self, function, path, text):
        answer = json.loads(self.call(function, path.encode(), text.encode()))
        assert not answer.get("error"), answer

    def evaluate(self, path, text):
        return self.call(self.library.OpaEvalDocument, path, text, 0, 0)


def load(opa):
    """The embedded rules, and for each resource type one document of all denials."""
    opa.add(opa.library.OpaAddData, "params", (ROOT / "rules/params/data.json").read_text())
    rules = {}
    for file in sorted((ROOT / "rules").rglob("*.rego")):
        if file.name.endswith("_test.rego") or file.name == "cases.rego":
            continue
        text = file.read_text()
        opa.add(opa.library.OpaAddPolicy, str(file.relative_to(ROOT)), text)
        package = re.search(r"^package (\S+)$", text, re.MULTILINE).group(1)
        types = re.search(r"^#\s+resource_types: (\[.*\])$", text, re.MULTILINE)
        for name in json.loads(types.group(1)) if types else []:
            rules.setdefault(name, {})[re.sub(r"[._]", "-", package)] = f"data.{package}.deny"
    paths = {}
    for number, (name, denials) in enumerate(sorted(rules.items())):
        entries = ",\n".join(f'"{rule}": {path}' for rule, path in denials.items())
        opa.add(opa.library.OpaAddPolicy, f"all_{number}.rego", f"package all_{number}\ndenied := {{{entries}}}\n")
        paths[name] = f"all_{number}.denied".encode()
    return paths


def bench(*arguments):
    return subprocess.run([*BENCH, *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def compare(rows, answers):
    """How many pairs of document and rule agree; those without a verdict are not compared."""
    agreed = 0
    for row, answer in zip(rows, answers):
        denied = json.loads(answer)["result"][0]["expressions"][0]["value"]
        for rule, verdict in row["verdicts"].items():
            if verdict != "unknown":
                assert bool(denied[rule]) == (verdict == "fail"), (row["input"]["resource"]["id"], rule, denied[rule])
                agreed += 1
    return agreed


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        written = pathlib.Path(folder) / "documents.jsonl"
        bench("write", str(written))
        rows = [json.loads(line) for line in written.open()]
        opa = Opa(folder)
        paths = load(opa)
        rows = [row for row in rows if row["verdicts"]]
        inputs = [(paths[row["input"]["resource"]["type"]], json.dumps(row["input"]).encode()) for row in rows]
        evaluations = sum(len(row["verdicts"]) for row in rows)
        agreed = compare(rows, [opa.evaluate(*given) for given in inputs])
        print(f"{len(rows)} documents, {evaluations} evaluations, {agreed} with a verdict: all agree")
        theirs, ours = [], []
        for _ in range(rounds):
            cpu, wall = time.process_time(), time.perf_counter()
            for given in inputs:
                opa.evaluate(*given)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            theirs.append(cpu)
            ours.append(float(bench("text")))
            print(f"OPA {cpu:.2f} s CPU ({wall:.2f} s wall clock), plimsoll {ours[-1]:.2f} s CPU")
    for name, times in ("OPA", theirs), ("plimsoll", ours):
        rates = sorted(evaluations / seconds for seconds in times)
        print(f"{name:<9} {statistics.median(rates):>9.0f} evaluations/s of CPU ({rates[0]:.0f} to {rates[-1]:.0f})")
    print(f"ratio of medians: {statistics.median(theirs) / statistics.median(ours):.1f}")


main()
