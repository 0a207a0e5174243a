"""The workflow runs what the README says, with no more rights than it needs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
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


def test_a_week_brings_all_that_is_not_run_each_time():
    assert WORKFLOW[True]["schedule"]
    for name, job in WORKFLOW["jobs"].items():
        needed = WORKFLOW["jobs"][job["needs"]] if "needs" in job else job
        assert ("!= 'schedule'" in needed["if"]) is (name != "every"), name
    assert "--every" in WORKFLOW["jobs"]["every"]["steps"][-1]["run"]


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


LINTERS = {
    "zizmor": ["--offline", "--no-progress", "--quiet"],
    "check-jsonschema": ["--builtin-schema", "vendor.github-workflows"],
}


@pytest.mark.parametrize("name", LINTERS)
def test_a_linter_finds_nothing(name):
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if not found:
        pytest.skip(f"{name} is not installed")
    command = [found, *LINTERS[name], str(FILE)]
    linted = subprocess.run(command, capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_each_python_that_the_readme_names_is_tried():
    readme = (ROOT / "README.md").read_text("utf-8")
    tried = WORKFLOW["jobs"]["versions"]["strategy"]["matrix"]["python"]
    first = WORKFLOW["jobs"]["build"]["steps"][1]["with"]["python-version"]
    named = re.search(r"have run on (3\.\d+), (3\.\d+) and (3\.\d+)", readme)
    assert [first, *tried] == [*named.groups()]


# What stands for a program: it says how it was called, and leaves what the next needs.
STUB = """#!/bin/bash
echo "$(basename "$0") $*" >> "$CALLS"
case "$*" in
  "-m venv "*) mkdir -p .venv/bin; cp "$0" .venv/bin/python
    cp "$0" .venv/bin/pip; cp "$0" .venv/bin/pytest; cp "$0" .venv/bin/mkdocs ;;
  "build "*) mkdir -p site/en; echo built > site/index.html ;;
  *offline.py*) [ -f "$2/index.html" ] && echo packed > "$3" ;;
esac
"""


@pytest.fixture
def bare(tmp_path):
    """Return a function that runs a job's steps in an environment that has nothing."""
    for program in ("bash", "git"):
        if not shutil.which(program):
            pytest.skip(f"there is no {program}")
    programs, here = tmp_path / "programs", tmp_path / "here"
    programs.mkdir()
    here.mkdir()
    for name in ("python", "npm"):
        (programs / name).write_text(STUB)
        (programs / name).chmod(0o755)
    mail = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (
        ["init", "-q"],
        [*mail, "commit", "-q", "--allow-empty", "-m", "x"],
    ):
        subprocess.run(["git", *command], cwd=here, check=True)
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "host"], check=True)
    environment = {
        "PATH": os.pathsep.join([str(programs), "/usr/bin", "/bin"]),
        "HOME": str(tmp_path),
        "CALLS": str(tmp_path / "calls"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_SERVER_URL": "https://example.org",
        "GITHUB_REPOSITORY": "someone/site",
        "GITHUB_SHA": "abc",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{tmp_path / 'host'}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://x-access-token:t@example.org/someone/site",
    }

    def run(job: str, place: Path) -> None:
        for step in WORKFLOW["jobs"][job]["steps"]:
            if "run" not in step:
                continue
            own = {name: str(value) for name, value in step.get("env", {}).items()}
            own = {n: "t" if n == "TOKEN" else re.sub(r"\$\{\{.*?\}\}", "", v)
                   for n, v in own.items()}  # fmt: skip
            assert "${{" not in step["run"], "an expression stands in `env`"
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", step["run"]],
                cwd=place,
                env=environment | own,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, (step.get("name"), done.stderr)

    return run


def test_each_step_runs_in_a_bare_environment(bare, tmp_path):
    bare("build", tmp_path / "here")
    calls = (tmp_path / "calls").read_text()
    for call in (
        "pip install torch==2.13.0 --index-url",
        "npm ci --prefix tests",
        "pip install -e .[test]\npytest",
        "mkdocs build --strict\npython docs/hooks/offline.py",
    ):
        assert call in calls
    assert (tmp_path / "here" / "site" / "losses-and-optimizers.zip").exists()
    assert "python -m http.server" in (tmp_path / "summary").read_text()

    notebooks = tmp_path / "notebooks"
    (notebooks / "adam").mkdir(parents=True)
    (notebooks / "adam" / "adam.ipynb").write_text("{}")
    bare("notebooks", notebooks)
    show = ["git", "-C", tmp_path / "host", "ls-tree", "-r", "--name-only", "notebooks"]
    pushed = subprocess.run(show, capture_output=True, text=True).stdout
    assert pushed == "adam/adam.ipynb\n"

    (tmp_path / "calls").unlink()
    bare("every", tmp_path / "here")
    assert (tmp_path / "calls").read_text().endswith("pytest --every\n")

    (tmp_path / "calls").unlink()
    bare("versions", tmp_path / "here")
    assert "mkdocs build --strict" in (tmp_path / "calls").read_text()
