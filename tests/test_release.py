"""A release is made of a clean tree, once, with words about it; and only on this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import colab_pix2pix

ROOT = Path(__file__).parent.parent
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
NEW = "# Changelog\n\n## [Unreleased]\n\n## [9.9.9] - 2030-01-31\n\n### Added\n\n- A thing.\n"


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def release(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(checkout / "scripts" / "release.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with what a release looks at, of version 9.9.9."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "A")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "a@example.org")
    folder = tmp_path / "checkout"
    for name in ("scripts/release.py", "colab_pix2pix/__init__.py"):
        (folder / name).parent.mkdir(parents=True)
        shutil.copy(ROOT / name, folder / name)
    init = folder / "colab_pix2pix" / "__init__.py"
    init.write_text(re.sub(r'(__version__ = )".*"', r'\1"9.9.9"', init.read_text()))
    (folder / "CHANGELOG.md").write_text(NEW)
    (folder / ".gitignore").write_text("dist/\nbuild/\n*.egg-info/\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "All")
    return folder


@pytest.fixture
def whole_checkout(checkout: Path) -> Path:
    """The same with all that wheel and sdist are made of."""
    init = checkout / "colab_pix2pix" / "__init__.py"
    text = init.read_text()
    ignored = shutil.ignore_patterns("__pycache__")
    package = checkout / "colab_pix2pix"
    shutil.copytree(ROOT / "colab_pix2pix", package, ignore=ignored, dirs_exist_ok=True)
    init.write_text(text)
    for name in ("README.md", "LICENSE", "MANIFEST.in", "setup.py", "setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout / name)
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "--message", "The rest")
    return checkout


@pytest.mark.slow
def test_a_release_is_built_tried_and_tagged_and_stays_here(whole_checkout: Path) -> None:
    done = release(whole_checkout, "check", "--no-deps")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Installed and tried: colab-pix2pix 9.9.9" in done.stdout
    assert git(whole_checkout, "tag") == ""

    done = release(whole_checkout, "release", "--no-deps")
    assert done.returncode == 0, done.stdout + done.stderr
    assert git(whole_checkout, "tag") == "v9.9.9\n"
    assert "git push origin main v9.9.9" in done.stdout
    names = sorted(path.name for path in (whole_checkout / "dist").iterdir())
    assert names == ["colab_pix2pix-9.9.9-py3-none-any.whl", "colab_pix2pix-9.9.9.tar.gz"]
    assert git(whole_checkout, "status", "--porcelain") == ""

    again = release(whole_checkout, "release", "--no-deps")
    assert again.returncode == 1
    assert "The tag v9.9.9 is there already" in again.stderr


@pytest.mark.parametrize(
    ("changelog", "message"),
    [
        (NEW.replace("9.9.9", "9.9.8"), "expected a heading such as '## [9.9.9] - 2026-01-31'"),
        (NEW.replace(" - 2030-01-31", ""), "expected a heading such as '## [9.9.9] - 2026-01-31'"),
        (NEW.replace("- A thing.", ""), "and below it what has changed"),
        (
            NEW.replace("## [9", "### Fixed\n\n- A late thing.\n\n## [9", 1),
            "there are changes that are called unreleased",
        ),
    ],
    ids=["no section", "no date", "an empty section", "changes that are unreleased"],
)
def test_a_changelog_that_does_not_tell_of_the_version_stops_a_release(
    checkout: Path, changelog: str, message: str
) -> None:
    (checkout / "CHANGELOG.md").write_text(changelog)
    git(checkout, "commit", "--quiet", "--all", "--message", "Words")
    done = release(checkout, "release", "--no-deps")
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert git(checkout, "tag") == ""


def test_a_file_that_is_not_committed_stops_a_release(checkout: Path) -> None:
    (checkout / "new.txt").write_text("")
    done = release(checkout, "check")
    assert done.returncode == 1
    assert "The work tree is not clean" in done.stderr and "new.txt" in done.stderr


def test_the_version_stands_in_one_place() -> None:
    for name in ("setup.cfg", "pyproject.toml", "CITATION.cff", "Makefile", "scripts/release.py"):
        assert colab_pix2pix.__version__ not in (ROOT / name).read_text(encoding="utf-8"), name


def test_the_changelog_keeps_its_form() -> None:
    first, *released = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert first == "[Unreleased]"
    numbers = [
        re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d\d-\d\d", text) for text in released
    ]
    assert all(numbers)
    versions = [tuple(map(int, found.groups())) for found in numbers if found]
    assert versions == sorted(set(versions), reverse=True)
    assert released[0].startswith(f"[{colab_pix2pix.__version__}] ")
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= kinds
