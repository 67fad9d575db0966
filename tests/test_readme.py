"""What the README shows works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from colab_pix2pix.cli import flags, main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


@pytest.mark.slow
def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(example.strip().splitlines()) <= 11
    monkeypatch.chdir(tmp_path)
    exec(example, {})
    assert (tmp_path / "flowers" / "contact-sheet.jpg").is_file()
    assert len(list((tmp_path / "flowers" / "made").iterdir())) == 60


def test_every_command_of_the_readme_is_understood() -> None:
    lines = re.findall(r"^colab-pix2pix (.*)$", README, re.MULTILINE)
    assert len(lines) == 5
    for line in lines:
        main.build_parser().parse_args(flags.protect_dashes(line.split()))


def test_the_readme_lists_every_command() -> None:
    listed = re.findall(r"^\| `(\w+)", README, re.MULTILINE)
    commands = re.findall(r"^    (\w+) +\w", main.build_parser().format_help(), re.MULTILINE)
    assert len(commands) >= 7
    assert set(commands) <= set(listed)


def test_every_picture_and_file_that_the_readme_names_exists() -> None:
    for path in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / path).is_file(), path
    for path in re.findall(r"`((?:tests|scripts)/[\w.]+)`", README):
        assert (ROOT / path).exists(), path
