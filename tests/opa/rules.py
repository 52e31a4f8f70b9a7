"""The rules under the real OPA: their tests, and what they deny for the document of every case.

    python3 tests/opa/rules.py FOLDER < cases.json

FOLDER keeps OPA, a shared library out of a wheel on PyPI, which is fetched when it is not there.
Standard input is one JSON object: `rules`, the folder of rules, and `cases`, each with `query`
(data.aws.s3.tls_only.deny), `input` and `denied`, what our interpreter says. Standard output is
one JSON object: how many tests and cases ran, and what differs, each in a sentence.

Only the standard library is used; the wheel asks for a newer Python than its library needs, so it
is unpacked instead of installed.
"""

import ctypes
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

WHEEL = "opa-golib-python-bindings==0.4.4"
LIBRARY = "libopabridge.so"


def fetch(folder):
    """The shared library, downloaded if need be."""
    library = folder / LIBRARY
    if library.exists():
        return library
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as download:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                   "--python-version", "3.14", "--only-binary=:all:", "--dest", download, WHEEL]
        subprocess.run(command, check=True, stdout=sys.stderr)
        (wheel,) = pathlib.Path(download).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith("/" + LIBRARY)]
            unpacked = pathlib.Path(download) / LIBRARY
            unpacked.write_bytes(archive.read(name))
        # Two processes may fetch at once; each puts a whole file into the place.
        unpacked.replace(library)
    return library


class Opa:
    """One OPA with policies and data."""

    def __init__(self, library):
        self.library = ctypes.CDLL(str(library))
        self.library.OpaNew.restype = ctypes.c_uint64
        self.library.OpaFreeString.argtypes = [ctypes.c_void_p]
        texts = [ctypes.c_char_p, ctypes.c_char_p]
        for name, extra in [("OpaAddPolicy", []), ("OpaAddData", []),
                            ("OpaEvalDocument", [ctypes.c_int, ctypes.c_int])]:
            function = getattr(self.library, name)
            function.restype = ctypes.c_void_p
            function.argtypes = [ctypes.c_uint64, *texts, *extra]
        self.handle = self.library.OpaNew()

    def call(self, name, first, second, *flags):
        function = getattr(self.library, name)
        answer = function(self.handle, first.encode(), second.encode(), *flags)
        try:
            answer_text = ctypes.string_at(answer)
        finally:
            self.library.OpaFreeString(answer)
        document = json.loads(answer_text)
        if document.get("error"):
            raise RuntimeError("{code}: {message}".format(**document["error"]))
        return document

    def add_policy(self, name, text):
        self.call("OpaAddPolicy", name, text)

    def add_data(self, data):
        self.call("OpaAddData", "", json.dumps(data))

    def evaluate(self, path, document):
        """The value at a path of `data`; None where there is none."""
        rows = self.call("OpaEvalDocument", path, json.dumps(document), 0, 0).get("result")
        return rows[0]["expressions"][0]["value"] if rows else None


def tests_of(text):
    """Names of the test rules of a file."""
    heads = [line.split()[0] for line in text.splitlines() if line.startswith("test_")]
    return sorted({head.split("(")[0] for head in heads})


def comparable(denials):
    return sorted(json.dumps(denial, sort_keys=True) for denial in denials)


def main():
    request = json.load(sys.stdin)
    opa = Opa(fetch(pathlib.Path(sys.argv[1])))
    rules = pathlib.Path(request["rules"])
    opa.add_data({"params": json.loads((rules / "params/data.json").read_text())})
    tests, wrong = [], []
    for file in sorted(rules.rglob("*.rego")):
        name, text = str(file.relative_to(rules)), file.read_text()
        opa.add_policy(name, text)
        if name.endswith("_test.rego"):
            package = name.removesuffix(".rego").replace("/", ".")
            tests += [f"{package}.{test}" for test in tests_of(text)]
    for test in tests:
        try:
            value = opa.evaluate(test, {})
            if value is not True:
                wrong.append(f"data.{test} is {json.dumps(value)}, not true")
        except RuntimeError as error:
            wrong.append(f"data.{test}: {error}")
    for case in request["cases"]:
        what = f"{case['file']}:{case['line']}: {case['name']}"
        try:
            denied = opa.evaluate(case["query"].removeprefix("data."), case["input"])
            if comparable(denied or []) != comparable(case["denied"]):
                wrong.append(f"{what}\n  OPA denies {json.dumps(denied)}\n  we deny    {json.dumps(case['denied'])}")
        except RuntimeError as error:
            wrong.append(f"{what}: {error}")
    json.dump({"tests": len(tests), "cases": len(request["cases"]), "wrong": wrong}, sys.stdout)


main()
