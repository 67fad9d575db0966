"""What the documentation site makes of the code: options, commands, Python, errors."""

from __future__ import annotations

import configparser
import dataclasses
import importlib
import pkgutil
import re
import shlex
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import colab_pix2pix as p2p
from colab_pix2pix import errors
from colab_pix2pix.cli import main
from colab_pix2pix.config import PRESETS

ROOT = Path(__file__).parent.parent
ADDRESS = "https://example.org/repository"


@pytest.fixture(scope="module")
def site() -> Iterator[Callable[[str], ModuleType]]:
    """Gives a module of scripts/site_pages/; they import each other by their short names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts" / "site_pages"))
        yield importlib.import_module


@pytest.fixture(scope="module")
def reader(site: Callable[[str], ModuleType]) -> Any:
    """What has read the source of the package."""
    return site("errors_page").reader()


@pytest.fixture(scope="module")
def errors_page(site: Callable[[str], ModuleType]) -> str:
    """The list of errors."""
    return str(site("errors_page").made(ADDRESS))


def test_every_option_and_preset_is_listed(site: Callable[[str], ModuleType]) -> None:
    page = site("options_page").made(ADDRESS)
    kinds = (p2p.VideoConfig, p2p.FramesConfig, p2p.PicturesConfig, p2p.CurateConfig)
    for kind in (*kinds, p2p.TrainConfig):
        (section,) = re.findall(rf"^## {kind.__name__}\n(.*?)(?=^## |\Z)", page, re.M | re.S)
        rows = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        assert sorted(rows) == sorted(field.name for field in dataclasses.fields(kind))
    assert all(f"| `{name}` |" in page for name in PRESETS)
    (image_size,) = re.findall(r"^\| `image_size` \| (.*) \|$", page, re.MULTILINE)
    assert "Takes a multiple of 32 from 64 to 1024 (pixels), or two of them" in image_size
    assert "Default: `256`. Another value later: refused." in image_size
    assert re.search(r"In Python `p2p.TrainConfig\(…\)`; in a shell flags of .*`train`", page)


def test_every_command_is_listed_with_what_is_its_own(site: Callable[[str], ModuleType]) -> None:
    page = site("commands_page").made(ADDRESS)
    commands = re.findall(r"^    (\w+)(?: +\w|$)", main.build_parser().format_help(), re.MULTILINE)
    assert re.findall(r"^## (\w+)", page, re.MULTILINE) == commands
    apply = page.partition("## apply\n")[2].partition("\n## ")[0]
    for argument in ("`RUN_DIR`", "`--smooth SHARE`", "`--mode auto\\|inference\\|paper`"):
        assert argument in apply
    assert "[TrainConfig](options.md#trainconfig)" in page.partition("## train\n")[2]


def test_every_public_name_is_listed_once(site: Callable[[str], ModuleType]) -> None:
    page = site("python_page")
    names = " ".join(page.GROUPS.values()).split()
    assert sorted([*names, "__version__"]) == p2p.__all__
    for name in names:
        assert pkgutil.resolve_name(page.place(name)), name


def template(text: str) -> re.Pattern[str]:
    """Returns what a listed sentence stands for."""
    return re.compile(".*".join(map(re.escape, text.split("…"))), re.DOTALL)


@pytest.mark.parametrize(
    "raising",
    [
        lambda: p2p.TrainConfig.preset("gut"),
        lambda: p2p.TrainConfig(epochs=0),
        lambda: p2p.TrainConfig(image_size=256, depth=12),
        lambda: p2p.download("nowhere.mp4", "videos"),
        lambda: p2p.download("ftp://example.org/clouds.mp4", "videos"),
        lambda: p2p.extract_frames("nowhere.mp4", "crops"),
        lambda: p2p.train("nowhere", "run"),
        lambda: p2p.status("nowhere"),
        lambda: p2p.apply("nowhere", "photo.jpg", "made.jpg"),
        lambda: p2p.export("nowhere", "model", ["gif"]),
        lambda: p2p.import_pictures("nowhere", "crops"),
        lambda: p2p.import_pairs("nowhere", "pairs", direction="sideways"),
        lambda: p2p.Project("a\0b"),
    ],
)
def test_an_error_is_found_in_the_list(
    reader: Any,
    errors_page: str,
    raising: Callable[[], object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(p2p.Pix2PixError) as raised:
        raising()
    error = raised.value
    told = reader.sentences([type(error).__name__])
    fitting = [
        sentence
        for sentence in told
        if all(
            template(listed).fullmatch(said)
            for listed, said in zip(sentence.parts, (error.what, error.why, error.fix), strict=True)
        )
    ]
    assert fitting, (error.what, error.why, error.fix)
    words = max(re.split("[…`]", fitting[0].parts[0]), key=len)
    assert words in errors_page.replace("\\", "")


def test_each_file_that_raises_is_in_the_list(errors_page: str) -> None:
    kinds = [name for name in dir(errors) if name.endswith("Error")]
    makes = re.compile(rf"(?<!class )\b({'|'.join(kinds)})\(\s*(?:_\(\s*)?f?\"")
    package = ROOT / "colab_pix2pix"
    raising = [p for p in package.rglob("*.py") if makes.search(p.read_text(encoding="utf-8"))]
    assert len(raising) > 30
    for path in raising:
        if path.name != "errors.py":
            assert f"/colab_pix2pix/{path.relative_to(package)})" in errors_page, path


def test_every_class_of_errors_is_in_the_list(errors_page: str) -> None:
    listed = set(re.findall(r"^### (\w+)$", errors_page, re.MULTILINE))
    assert {name for name in p2p.__all__ if name.endswith("Error")} <= listed
    assert {"UploadError", "OnCommandLineError"} & listed, "of other files than errors.py, too"


def test_what_the_live_page_says_is_in_the_list(errors_page: str) -> None:
    for said in ("There is no camera here.", "it was refused", "This file is no model."):
        assert said in errors_page


def test_a_link_out_of_the_docs_leads_to_the_repository(
    site: Callable[[str], ModuleType],
) -> None:
    hooks = site("hooks")
    file = type("File", (), {"src_uri": "guide/saving.md"})
    page = type("Page", (), {"file": file})
    text = "[a](../../CONTRIBUTING.md) [b](../steps.md#3-a-look) [c](../../nowhere.md)"
    assert hooks.on_page_markdown(text, page, {}, []) == (
        f"[a]({hooks.address()}/blob/main/CONTRIBUTING.md) [b](../steps.md#3-a-look)"
        " [c](../../nowhere.md)"
    )


def test_the_lists_need_nothing_that_the_package_needs() -> None:
    """The environment of `make docs` has none of it."""
    libraries = ("numpy", "PIL", "av", "rich", "yt_dlp", "imageio_ffmpeg", "matplotlib", "onnx")
    code = f"""if True:
        import sys
        sys.modules.update(dict.fromkeys({("tensorflow", "ipywidgets", *libraries)!r}))
        import hooks
        made = [page(hooks.address()) for page in hooks.PAGES.values()]
        assert all(len(text) > 2000 for text in made)
    """
    folder = ROOT / "scripts" / "site_pages"
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_every_page_is_in_the_menu_of_the_site() -> None:
    menu = re.findall(r"^ +- (?:.+: )?([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.M)
    pages = [str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")]
    assert sorted(menu) == sorted(pages)


def test_the_workflow_of_the_site_knows_its_commands() -> None:
    workflow = (ROOT / ".github" / "workflows" / "docs.yml").read_text()
    lines = re.findall(r"^ +colab-pix2pix (.+)$", workflow, re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["frames", "train", "export"]
    for line in lines:
        main.build_parser().parse_args(shlex.split(line))
    assert "make docs" in workflow and "\ndocs: " in (ROOT / "Makefile").read_text()


def test_addresses_of_the_repository_and_of_the_site_follow_the_setup(
    site: Callable[[str], ModuleType],
) -> None:
    hooks = site("hooks")
    address = hooks.on_config(types.SimpleNamespace(extra={})).site_url
    owner, name = hooks.address().split("/")[-2:]
    readme = (ROOT / "README.md").read_text()
    assert f"]({address})" in readme and f"]({address}live/)" in readme
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for found in re.findall(rf"https://\S+/{name}\b", page.read_text()):
            assert found in address or f"/{owner}/{name}" in found, page


def test_the_tools_of_the_site_are_pinned() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    names = re.findall(r"^[\w-]+", setup["options.extras_require"]["docs"], re.MULTILINE)
    pins = (ROOT / "tests" / "environments" / "docs.txt").read_text()
    pinned = re.findall(r"^([\w-]+)==", pins, re.MULTILINE)
    assert len(names) > 2 and set(names) <= set(pinned)
