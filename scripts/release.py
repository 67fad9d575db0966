"""Makes a release of the version in `colab_pix2pix/__init__.py`, up to the tag.

    python scripts/release.py package    wheel and sdist in dist/, checked and tried
    python scripts/release.py check      the same, once everything is ready for a release
    python scripts/release.py release    the same, and the tag; pushes and uploads nothing

`make package`, `make release-check` and `make release` call it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"


def main() -> None:
    """Runs one of the commands; says what is wrong and ends with status 1 where something is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("package", "check", "release"))
    parser.add_argument(
        "--no-deps", action="store_true", help="try the wheel without what it needs: for the tests"
    )
    args = parser.parse_args()
    version = read_version()
    if args.command != "package":
        check_ready(version)
    build()
    try_wheel(version, dependencies=not args.no_deps)
    if args.command == "release":
        run("git", "tag", "--annotate", f"v{version}", "--message", f"colab_pix2pix {version}")
        print(f"Tagged v{version}. Nothing has left this machine; to publish it:")
        print(f"  git push origin main v{version}")
        print("  .venv/bin/python -m twine upload dist/*")


def read_version() -> str:
    """Returns the version, which stands in one place."""
    text = (ROOT / "colab_pix2pix" / "__init__.py").read_text(encoding="utf-8")
    if found := re.search(r'^__version__ = "(\d+\.\d+\.\d+)"$', text, re.MULTILINE):
        return found[1]
    sys.exit('colab_pix2pix/__init__.py: expected a line such as __version__ = "1.2.3".')


def check_ready(version: str) -> None:
    """Refuses a release that nobody could make again, or that says nothing of itself."""
    if changed := run("git", "status", "--porcelain"):
        sys.exit(f"The work tree is not clean; commit first, or remove:\n{changed}")
    if run("git", "tag", "--list", f"v{version}"):
        sys.exit(f"The tag v{version} is there already; raise __version__.")
    if not changes(rf"{re.escape(version)}\] - \d{{4}}-\d\d-\d\d"):
        sys.exit(
            f"CHANGELOG.md: expected a heading such as '## [{version}] - 2026-01-31', and below it"
            " what has changed."
        )
    if changes(r"Unreleased\]"):
        sys.exit(
            f"CHANGELOG.md: there are changes that are called unreleased; move them to {version}, or"
            " raise __version__ and give them a section of its own."
        )


def changes(heading: str) -> list[str]:
    """Returns the entries of a section of the changelog; none where there is no such section."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    section = re.search(rf"^## \[{heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return re.findall(r"^- .+", section[1], re.MULTILINE) if section else []


def build() -> None:
    """Builds wheel and sdist of this checkout into dist/, which holds nothing else then."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT))
    files = sorted(str(path) for path in DIST.iterdir())
    run(sys.executable, "-m", "twine", "check", "--strict", *files)
    print("Built", *files, sep="\n  ")


def try_wheel(version: str, *, dependencies: bool) -> None:
    """Installs the wheel in an environment of its own, and runs its command."""
    (wheel,) = DIST.glob("*.whl")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        bin_folder = Path(folder) / "bin"
        options = [] if dependencies else ["--no-deps"]
        run(str(bin_folder / "python"), "-m", "pip", "install", "--quiet", *options, str(wheel))
        command = str(bin_folder / "colab-pix2pix")
        run(command, "--help", cwd=Path(folder))
        said = run(command, "--version", cwd=Path(folder))
    if said != f"colab-pix2pix {version}":
        sys.exit(f"The installed command says {said!r}, expected version {version}.")
    print(f"Installed and tried: {said}")


def run(*command: str, cwd: Path = ROOT) -> str:
    """Returns what a command prints; ends this program with its words where it fails."""
    # Not this checkout is tried, but what is installed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(command)} has failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
