"""What the weekly job reads of the lists that Colab publishes."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OLD, OLDER, OLDEST = "0" * 40, "a" * 40, "b" * 40
README = f"""# Backend Information
### 2026.07

*   Python 3.13.3

[GitHub commit](https://example.org/backend-info/tree/{OLD}).

### 2026.04
[GitHub commit](https://example.org/backend-info/tree/{OLDER}).

### 2026.01
[GitHub commit](https://example.org/backend-info/tree/{OLDEST}).
"""


def script(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "colab_runtimes.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.fixture
def published(tmp_path: Path) -> Iterator[str]:
    """The address of a server that has what Colab publishes."""
    for commit, python in (("main", "3.14.1"), (OLD, "3.13.3"), (OLDER, "3.12.9")):
        folder = tmp_path / "site" / commit
        folder.mkdir(parents=True)
        (folder / "os-info.txt").write_text(f"Ubuntu 22.04.4 LTS\nPython {python}\nR version 4\n")
    (tmp_path / "site" / "main" / "README.md").write_text(README)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "site"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_newest_the_two_before_it_and_the_kept_one_are_tested(published: str) -> None:
    run = script("list", "--past", "2", "--published", published)
    assert run.returncode == 0, run.stderr
    name, _, runtimes = run.stdout.strip().partition("=")
    assert name == "runtimes"
    found = {r["name"]: (r["python"], r["packages"]) for r in json.loads(runtimes)}
    assert found == {
        "newest": ("3.14", f"{published}/main/pip-freeze.txt"),
        "2026.07": ("3.13", f"{published}/{OLD}/pip-freeze.txt"),
        "2026.04": ("3.12", f"{published}/{OLDER}/pip-freeze.txt"),
        "kept": ("3.13", "tests/environments/colab-runtime.txt"),
    }


def test_a_list_becomes_constraints_of_released_packages(tmp_path: Path) -> None:
    target = tmp_path / "colab.txt"
    freeze = tmp_path / "freeze.txt"
    many = "".join(f"package-{number}==1.0\n" for number in range(100))
    freeze.write_text(
        f"# A word.\n{many}torch==2.9.0+cu126\ncupy @ file:///home\nnumpy==2.0.2\n-e git+x\n"
    )
    assert script("fetch", str(freeze), str(target)).returncode == 0
    assert target.read_text() == f"{many}numpy==2.0.2\n"


def test_an_empty_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "freeze.txt").write_text("404: Not Found")
    run = script("fetch", str(tmp_path / "freeze.txt"), str(tmp_path / "colab.txt"))
    assert run.returncode != 0 and "Received 0 packages" in run.stderr
