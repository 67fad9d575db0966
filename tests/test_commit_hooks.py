"""What `make check` and git look at before anything is committed finds what it is there to find."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pre_commit")
ROOT = Path(__file__).parent.parent
OUTPUT = {"output_type": "stream", "name": "stdout", "text": ["3\n"]}
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": "a",
            "execution_count": 1,
            "metadata": {"cellView": "form"},
            "outputs": [OUTPUT],
            "source": ["1 + 2"],
        }
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}
#: Hook -> a file that it must complain about, and what it must say.
BAD = {
    "ruff-format": ("bad_format.py", "x = {  'a':1 }\n", "files were modified"),
    "ruff-check": ("bad_lint.py", "import os\n", "F401"),
    "notebook-outputs": ("notebooks/a.ipynb", json.dumps(NOTEBOOK), "files were modified"),
    "actionlint": (
        ".github/workflows/a.yml",
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n"
        "    steps:\n      - run: echo ${{ x }}\n",
        'undefined variable "x"',
    ),
    "issue-forms": (".github/ISSUE_TEMPLATE/a.yml", "name: A\n", "is a required property"),
    "issue-config": (".github/ISSUE_TEMPLATE/config.yml", "blank: 1\n", "was unexpected"),
    "citation": ("CITATION.cff", "cff-version: 1.2.0\n", "is a required property"),
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the hooks of ours and the tools of the environment that runs this."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in (".pre-commit-config.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


def run_hook(checkout: Path, name: str) -> subprocess.CompletedProcess[str]:
    subprocess.run(["git", "add", "--all", ":!.venv"], cwd=checkout, check=True)
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files", name]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True)


@pytest.mark.parametrize("hook", BAD)
def test_a_hook_finds_what_is_wrong(checkout: Path, hook: str) -> None:
    name, content, complaint = BAD[hook]
    (checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (checkout / name).write_text(content)
    run = run_hook(checkout, hook)
    assert run.returncode == 1, run.stdout + run.stderr
    assert complaint in run.stdout


def test_a_notebook_loses_its_outputs_and_keeps_the_rest(checkout: Path) -> None:
    notebook = checkout / "a.ipynb"
    notebook.write_text(json.dumps(NOTEBOOK))
    run_hook(checkout, "notebook-outputs")
    (cell,) = json.loads(notebook.read_text())["cells"]
    assert (cell["outputs"], cell["execution_count"]) == ([], None)
    assert (cell["id"], cell["metadata"]) == ("a", {"cellView": "form"})
    assert run_hook(checkout, "notebook-outputs").returncode == 0


def test_every_hook_but_the_type_checker_is_tried_here() -> None:
    config = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    hooks = set(re.findall(r"- id: ([\w-]+)", config))
    assert hooks - {"mypy", "check-hooks-apply"} == set(BAD)
    assert "http" not in config  # the tools are those in .venv
