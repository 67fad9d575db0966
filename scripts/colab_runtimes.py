"""What Colab has preinstalled: the runtimes that it publishes, and the packages of one of them.

    python scripts/colab_runtimes.py list [--past 2]
    python scripts/colab_runtimes.py fetch PACKAGES FILE

`list` prints `runtimes=` and a JSON list for a workflow's matrix, the newest first, the one that the
tests keep last: `{"name": ..., "python": "3.13", "packages": ADDRESS_OR_PATH}`. `fetch` writes such a
list as constraints for pip. Needs Python alone.

Colab's list of the day is in https://github.com/googlecolab/backend-info, whose README names the
commits of the past runtimes.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import urllib.request
from pathlib import Path

PUBLISHED = "https://raw.githubusercontent.com/googlecolab/backend-info"
KEPT_NAME = "tests/environments/colab-runtime.txt"
KEPT = Path(__file__).parents[1] / KEPT_NAME
#: A heading of a past runtime such as "### 2026.01", and the commit under it.
PAST = re.compile(r"^### (\d{4}\.\d\d)$.*?/tree/([0-9a-f]{40})", re.MULTILINE | re.DOTALL)


def main() -> None:
    """Runs one of the two commands."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="print the runtimes for a workflow's matrix")
    listing.add_argument("--past", type=int, default=2, help="how many past ones")
    listing.add_argument("--published", default=PUBLISHED, help="where Colab publishes them")
    fetching = commands.add_parser("fetch", help="write the packages of one as constraints")
    fetching.add_argument("packages", help="the `packages` of a runtime")
    fetching.add_argument("file", type=Path)
    args = parser.parse_args()
    if args.command == "list":
        print(f"runtimes={json.dumps(runtimes(args.published, args.past))}")
    else:
        args.file.write_text(constraints(read(args.packages)))


def runtimes(published: str, past: int) -> list[dict[str, str]]:
    """Returns the newest runtime, some past ones, and the one that the tests keep."""
    commits = PAST.findall(read(f"{published}/main/README.md"))
    if not commits:
        sys.exit(f"{published}/main/README.md names no past runtimes: has its form changed?")
    found = [("newest", "main"), *commits[:past]]
    return [
        *(
            {
                "name": name,
                "python": python_of(read(f"{published}/{commit}/os-info.txt")),
                "packages": f"{published}/{commit}/pip-freeze.txt",
            }
            for name, commit in found
        ),
        {"name": "kept", "python": python_of(KEPT.read_text()), "packages": KEPT_NAME},
    ]


def python_of(text: str) -> str:
    """Returns the first "Python 3.13.1" of a text as "3.13"."""
    if version := re.search(r"Python (3\.\d+)", text):
        return version[1]
    sys.exit(f"Received {text[:200]!r}, expected a text that names a Python version.")


def constraints(freeze: str) -> str:
    """Returns the lines of a `pip freeze` that pip takes as constraints.

    Paths and addresses are left out, and so are builds of one's own such as `torch==2.9.0+cu126`.
    """
    lines = [line for line in freeze.splitlines() if re.fullmatch(r"[\w.-]+==[\w.!]+", line)]
    if len(lines) < 100:
        sys.exit(f"Received {len(lines)} packages, expected Colab's list of hundreds.")
    return "\n".join(lines) + "\n"


def read(address: str) -> str:
    """Returns the text of an address or of a file."""
    if "://" not in address:
        return Path(address).read_text()
    with urllib.request.urlopen(address, timeout=60) as answer:
        return str(answer.read().decode())


if __name__ == "__main__":
    main()
