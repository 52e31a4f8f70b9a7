"""Reports of the gate, read by other people's readers; and files of deploy/, by their schemas.

    python3 tests/readers/read.py FOLDER < asked.json

FOLDER keeps what is fetched once: a virtual environment with packages from PyPI, and an npm
package that holds the schema of SARIF 2.1.0. Standard input is one JSON object, all keys optional:

    sarif      a log                -> what the schema finds wrong, a list of sentences
    junit      XML                  -> {"suites": [{"name", "properties", "cases": [{"name", "classname", "results"}]}]}
    markdown   text                 -> the HTML that GitHub's own renderer makes of it, unsafe HTML and all
    yaml       {path: schema|null}  -> {path: {"document", "wrong"}}; schema is github-workflows or gitlab-ci

Standard output is one JSON object with the same keys.
"""

import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import venv

PACKAGES = ["junitparser==5.0.3", "cmarkgfm==2025.10.22", "jsonschema==4.26.0", "PyYAML==6.0.3"]
# Only for the schemas in it, which its own dependencies are not needed for.
SCHEMAS = "check-jsonschema==0.39.0"
SARIF = "@microsoft/jest-sarif@1.0.0-beta.0"
SARIF_SCHEMA = "package/lib/schemas/sarif-2.1.0-rtm.5.json"


def fetch(folder):
    """The Python of a virtual environment with everything; made when it is not there."""
    home = folder / "-".join(["v1", *(package.replace("==", "-") for package in PACKAGES)])
    python = home / "bin" / "python"
    if (home / "whole").exists():
        return python
    folder.mkdir(parents=True, exist_ok=True)
    # Two processes may fetch at once: each makes its own, and the first one that is whole stays.
    made = pathlib.Path(tempfile.mkdtemp(dir=folder))
    venv.create(made, with_pip=True)
    pip = [str(made / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *PACKAGES], check=True, stdout=sys.stderr)
    subprocess.run([*pip, "--no-deps", SCHEMAS], check=True, stdout=sys.stderr)
    packed = subprocess.run(["npm", "pack", "--silent", "--pack-destination", str(made), SARIF],
                            check=True, stdout=subprocess.PIPE, text=True).stdout.split()[-1]
    with tarfile.open(made / packed) as archive:
        (made / "sarif.json").write_bytes(archive.extractfile(SARIF_SCHEMA).read())
    (made / "whole").touch()
    try:
        made.rename(home)
    except OSError:
        pass
    return python


def wrong(document, schema):
    import jsonschema
    validator = jsonschema.validators.validator_for(schema)(schema)
    errors = sorted(validator.iter_errors(document), key=lambda error: error.json_path)
    return [f"{error.json_path}: {error.message[:300]}" for error in errors]


def suites(xml):
    import junitparser
    read = junitparser.JUnitXml.fromstring(xml)

    def case(one):
        results = [{"kind": type(result).__name__, "message": result.message} for result in one.result]
        return {"name": one.name, "classname": one.classname, "results": results}

    return {
        "tests": read.tests, "failures": read.failures, "errors": read.errors,
        "suites": [{"name": suite.name, "tests": suite.tests, "failures": suite.failures, "skipped": suite.skipped,
                    "properties": [[one.name, one.value] for one in suite.properties()],
                    "cases": [case(one) for one in suite]} for suite in read],
    }


def html(markdown):
    import cmarkgfm
    return cmarkgfm.github_flavored_markdown_to_html(markdown, cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE)


def configuration(path, schema):
    import importlib.util
    import yaml
    document = yaml.safe_load(pathlib.Path(path).read_text())
    if schema is None:
        return {"document": document, "wrong": []}
    # Found and not imported: what it would import is not installed.
    (package,) = importlib.util.find_spec("check_jsonschema").submodule_search_locations
    vendored = pathlib.Path(package) / "builtin_schemas" / "vendor" / f"{schema}.json"
    # YAML 1.1 takes the key `on` for true; GitHub does not.
    judged = {"on" if key is True else key: value for key, value in document.items()}
    return {"document": judged, "wrong": wrong(judged, json.loads(vendored.read_text()))}


def answer(asked, home):
    readers = {
        "sarif": lambda log: wrong(log, json.loads((home / "sarif.json").read_text())),
        "junit": suites,
        "markdown": html,
        "yaml": lambda files: {path: configuration(path, schema) for path, schema in files.items()},
    }
    return {key: readers[key](value) for key, value in asked.items()}


if __name__ == "__main__":
    if len(sys.argv) == 3:
        json.dump(answer(json.load(sys.stdin), pathlib.Path(sys.argv[1])), sys.stdout)
    else:
        python = fetch(pathlib.Path(sys.argv[1]).resolve())
        sys.exit(subprocess.run([python, __file__, python.parent.parent, "read"]).returncode)
