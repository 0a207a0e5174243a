"""The workflow runs what the README says, with no more rights than it needs."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
FILE = ROOT / ".github" / "workflows" / "site.yml"
# YAML 1.1 reads the key `on` as true.
WORKFLOW = yaml.safe_load(FILE.read_text("utf-8"))
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
RUNS = [step["run"] for step in STEPS if "run" in step]


def test_its_commands_are_those_of_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = re.findall(r"^python -m venv .*$", readme, re.MULTILINE)
    tests = [line for line in commands if line.endswith("pytest")]
    cpu = [line for line in commands if "whl/cpu" in line]
    assert len(tests) == len(cpu) == 1
    assert {*tests, *cpu} <= set(RUNS)


def test_it_builds_strictly_and_without_kept_results():
    build = next(step for step in STEPS if step.get("name") == "Build")
    assert "mkdocs build --strict" in build["run"]
    assert build["env"]["CELL_CACHE"] == ""


def test_it_attaches_the_offline_edition_and_publishes_it():
    readme = (ROOT / "README.md").read_text("utf-8")
    (command,) = re.findall(r"^.*hooks/offline\.py .*$", readme, re.MULTILINE)
    (pack,) = [i for i, step in enumerate(STEPS) if command in step.get("run", "")]
    zipped = command.split()[-1]
    build = next(i for i, step in enumerate(STEPS) if step.get("name") == "Build")
    attached = [
        i for i, step in enumerate(STEPS) if step.get("with", {}).get("path") == zipped
    ]
    (copied,) = [
        i for i, step in enumerate(STEPS) if step.get("run") == f"cp {zipped} site/"
    ]
    pages = [step.get("uses", "").split("@")[0] for step in STEPS].index(
        "actions/upload-pages-artifact"
    )
    assert [build, pack, *attached, copied, pages] == sorted(
        {build, pack, *attached, copied, pages}
    )
    assert STEPS[attached[0]]["uses"].startswith("actions/upload-artifact@")
    assert "SOURCE_DATE_EPOCH" in STEPS[pack]["run"]


def test_it_asks_for_the_least():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "permissions" not in WORKFLOW["jobs"]["build"]
    assert "secrets." not in FILE.read_text("utf-8")
    assert "pull_request_target" not in WORKFLOW[True]


def test_every_action_is_pinned_to_a_commit_and_says_its_version():
    uses = re.findall(r"uses: (.*)", FILE.read_text("utf-8"))
    assert len(uses) == sum("uses" in step for step in STEPS) > 0
    for each in uses:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)
