"""What README and docs show works as it stands."""

from __future__ import annotations

import configparser
import json
import re
import shlex
from pathlib import Path

import pytest

from colab_pix2pix.cli import flags, main

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = sorted((ROOT / "docs").rglob("*.md"))
TEXTS = [README, *PAGES]
COMMANDS = ROOT / "docs" / "reference" / "commands.md"


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, kind: str) -> list[str]:
    """Returns the examples of a page that are of a kind: python, sh, ..."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == kind]


def shell_lines(path: Path) -> list[str]:
    """Returns the lines that a page tells to type, without what stands behind a #."""
    lines = [line.partition("#")[0].strip() for line in "".join(blocks(path, "sh")).splitlines()]
    return [line for line in lines if line]


@pytest.fixture(scope="module")
def flowers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the README's example leaves behind; those of the docs go on from there."""
    folder = tmp_path_factory.mktemp("readme")
    (example,) = blocks(README, "python")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        exec(example, {})
    return folder


@pytest.mark.slow
def test_the_python_example_of_the_readme_runs(flowers: Path) -> None:
    (example,) = blocks(README, "python")
    assert len(example.strip().splitlines()) <= 11
    assert (flowers / "flowers" / "contact-sheet.jpg").is_file()
    assert len(list((flowers / "flowers" / "made").iterdir())) == 60


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=named)
def test_the_python_examples_of_a_page_run(
    page: Path, flowers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(flowers)
    exec("".join(blocks(page, "python")), {})


@pytest.mark.parametrize("page", [page for page in TEXTS if shell_lines(page)], ids=named)
def test_every_command_that_is_shown_is_understood(page: Path) -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    for line in shell_lines(page):
        program, *words = shlex.split(line)
        if program == "colab-pix2pix":
            main.build_parser().parse_args(flags.protect_dashes(words))
        elif program == "python" and words[0] != "-m":
            assert (ROOT / words[0]).is_file(), line
        elif program == "pip":
            extras = re.findall(r"colab-pix2pix\[(\w+)\]", line)
            assert set(extras) <= set(setup["options.extras_require"]), line
        else:
            assert program in ("make", "python", "pip"), line


@pytest.mark.parametrize("page", TEXTS, ids=named)
def test_every_example_says_what_it_is(page: Path) -> None:
    assert blocks(page, "") == []


def test_the_readme_shows_commands_and_is_short() -> None:
    commands = [line for line in shell_lines(README) if line.startswith("colab-pix2pix")]
    assert 5 <= len(commands) <= 10
    assert len(README.read_text().splitlines()) <= 150


def test_the_docs_list_every_command() -> None:
    listed = re.findall(r"^\| `(\w+)", COMMANDS.read_text(), re.MULTILINE)
    commands = re.findall(r"^    (\w+) +\w", main.build_parser().format_help(), re.MULTILINE)
    assert len(commands) >= 7
    assert set(commands) <= set(listed)


def anchors(page: Path) -> set[str]:
    """Returns what the headings of a page may be called in a link."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", title)).lower() for title in headings}


@pytest.mark.parametrize("page", TEXTS, ids=named)
def test_every_picture_file_and_heading_that_a_page_names_exists(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\((?!http)([^)]+)\)", text):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link
    for path in re.findall(r"`((?:tests|scripts|benchmarks)/[\w./]+)`", text):
        assert (ROOT / path).exists(), path


def test_the_readme_leads_to_every_page() -> None:
    linked = re.findall(r"\]\((docs/[^)]+\.md)\)", README.read_text())
    reached = {named(page) for page in PAGES if page.parent.name != "lessons"}
    assert reached <= {*linked, "docs/index.md"}


def test_every_cell_that_a_page_tells_to_run_is_in_the_notebook() -> None:
    notebook = json.loads((ROOT / "notebooks" / "colab_pix2pix.ipynb").read_text())
    first_lines = [cell["source"][0] for cell in notebook["cells"]]
    titles = {line.removeprefix("#@title ").strip() for line in first_lines}
    texts = [page.read_text() for page in PAGES]
    told = [cell for text in texts for cell in re.findall(r"\b[Rr]un \*([^*>]+)\*", text)]
    assert len(told) > 10 and set(told) <= titles
