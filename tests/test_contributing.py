"""What CONTRIBUTING.md shows works as it stands: each change, on a copy of the package."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
DOCTEST = (
    "import doctest, sys; sys.exit(doctest.testfile('shown.txt', False, optionflags=doctest.{})[0])"
)


def block(section: str, kind: str) -> str:
    (text,) = re.findall(rf"^```{kind}\n(.*?)^```$", SECTIONS[section], re.MULTILINE | re.DOTALL)
    return str(text)


def changed_package(section: str, folder: Path) -> Path:
    """Returns a copy of the package with the change that a section shows."""
    copy = folder / "copy"
    ignored = shutil.ignore_patterns("__pycache__", "*.tar.xz", "*.mp4")
    shutil.copytree(ROOT / "colab_pix2pix", copy / "colab_pix2pix", ignore=ignored)
    (folder / "change.diff").write_text(block(section, "diff"), encoding="utf-8")
    command = ["git", "apply", "--verbose", "../change.diff"]
    applied = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert applied.returncode == 0, applied.stderr
    return copy


@pytest.mark.parametrize(
    "section",
    [
        "An option",
        "A mark",
        pytest.param("A condition", marks=pytest.mark.slow),
        pytest.param("An export format", marks=pytest.mark.slow),
    ],
)
def test_a_change_does_what_stands_below_it(section: str, tmp_path: Path) -> None:
    copy = changed_package(section, tmp_path)
    (copy / "shown.txt").write_text(block(section, "pycon"), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-c", DOCTEST.format("ELLIPSIS")],
        cwd=copy,
        env=dict(os.environ, PYTHONPATH=str(copy), CUDA_VISIBLE_DEVICES="-1"),
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@contextmanager
def served(folder: Path) -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.slow
def test_the_page_makes_the_shown_condition_too(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    from support import pages

    copy = changed_package("A condition", tmp_path)
    page_folder = copy / "colab_pix2pix" / "web" / "page"
    (page_folder / "white.onnx").write_bytes(pages.identity_file(64, 1, condition="negative"))
    code = """async () => {
        const { Condition } = await import("/js/model/condition.js");
        const { readMetadata } = await import("/js/model/model_file.js");
        const model = await (await fetch("/white.onnx")).arrayBuffer();
        const condition = new Condition(readMetadata(new Uint8Array(model)));
        const white = new Uint8ClampedArray(64 * 64 * 4).fill(255);
        const input = condition.makeInput(white, new Float32Array(64 * 64));
        return [Math.min(...input), Math.max(...input)];
    }"""
    with served(page_folder) as address, sync_playwright() as playwright:
        with pages.browser(playwright) as browser:
            page = browser.new_page()
            page.goto(f"{address}/style.css")
            assert page.evaluate(code) == pytest.approx([-0.9999, -0.9999], abs=1e-5)


def test_examples_are_short() -> None:
    for section in ("An option", "A condition", "A mark", "An export format"):
        added = re.findall(r"^\+(?!\+\+)", block(section, "diff"), re.MULTILINE)
        assert len(added) <= 15, section


def test_every_folder_is_named_and_exists() -> None:
    named = set(re.findall(r"^\| `([\w/]+)/`", SECTIONS["Where what lives"], re.MULTILINE))
    folders = {path.parent for path in (ROOT / "colab_pix2pix").glob("*/__init__.py")}
    assert {str(folder.relative_to(ROOT)) for folder in folders} <= named
    assert all((ROOT / name).is_dir() for name in named)


def test_the_commands_to_run_a_test_find_one() -> None:
    commands = re.findall(r"^\.venv/bin/python (-m pytest .+)$", TEXT, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        arguments = [*shlex.split(command), "--collect-only", "-q"]
        run = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    pages = [str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")]
    for name in ("CONTRIBUTING.md", "README.md", ".ci/run", *pages):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert set(re.findall(r"`make ([\w-]+)", text)) <= targets, name
    # The head of the Makefile lists what people call.
    head = makefile.partition("\n\n")[0]
    people = targets - {"chromium", "fuse", "clean"}
    assert set(re.findall(r"make ([\w-]+)", head)) == people


def test_the_docstring_template_has_all_parts() -> None:
    (function,) = ast.parse(block("Style", "python")).body
    docstring = ast.get_docstring(function)  # type: ignore[arg-type]
    assert docstring
    parts = re.findall(r"^(\w+):$", docstring, re.MULTILINE)
    assert parts == ["Args", "Returns", "Raises", "Example"]
