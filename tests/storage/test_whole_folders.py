"""Folders appear whole or do not look so, whenever a process dies; what it left is swept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from colab_pix2pix import litter
from colab_pix2pix.files import atomic_folder, atomic_write
from colab_pix2pix.litter import sweep, temp_folder, temp_name
from colab_pix2pix.storage import transfer

LAST = ("web/index.html", "model-card.md")
MODELS = {"generator.keras": 3, "web/model.onnx": 2, "web/js/main.js": 1, **dict.fromkeys(LAST, 1)}


def write(folder: Path, version: str) -> Path:
    for name, count in MODELS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name} {version}\n" * count)
    return folder


def content(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


def looks_finished(known: dict[str, str]) -> bool:
    return "not finished" not in known.get(LAST[-1], "not finished")


def page_is_of_one_piece(known: dict[str, str]) -> bool:
    """Returns whether a page that opens has the model and the script of its own version."""
    page = known.get(LAST[0], "not finished").split()
    parts = [known.get(name, "").split()[1:2] for name in MODELS if name.startswith("web/")]
    return page[-1] not in ("old", "new") or all(part == page[-1:] for part in parts)


def dying(call: Callable[[], None], at: int) -> bool:
    """Runs something in a process that is killed at its n-th touch of the disk; tells whether."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or status == 0
        return os.WIFSIGNALED(status)
    touches = 0

    def counted(event: str, arguments: object) -> None:
        nonlocal touches
        if event in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link"):
            touches += 1
            if touches == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(counted)
    try:
        call()
    finally:
        os._exit(0)


@pytest.fixture
def own_temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("before", ["nothing", "an earlier one", "an empty folder", "my files"])
def test_whenever_the_process_dies_an_export_is_whole_or_does_not_look_so(
    tmp_path: Path, own_temp: Path, before: str
) -> None:
    source = write(tmp_path / "source", "new")
    new, deaths = content(source), 0
    while True:
        desk = tmp_path / f"desk {deaths} 🌻"
        desk.mkdir()
        target = desk / "exported"
        mine = {"diary.txt": "dear diary", "web/mine.css": "x"}
        if before == "an earlier one":
            write(target, "old")
        elif before != "nothing":
            target.mkdir()
        if before == "my files":
            (target / "web").mkdir()
            for name, text in mine.items():
                (target / name).write_text(text)
        put_folder = partial(transfer.put_folder, source, target, last=LAST)
        died = dying(put_folder, deaths + 1)
        known = content(target)
        if before == "nothing" and known:
            assert {name: text for name, text in known.items() if ".part" not in name} == new
        whole = all(known.get(name) == text for name, text in new.items())
        old = before == "an earlier one" and all("old" in known[name] for name in new)
        assert whole or old or not looks_finished(known)
        assert page_is_of_one_piece(known)
        assert before != "my files" or all(known[name] == mine[name] for name in mine)
        # The same command again: all of it, and nothing that the dead one left.
        with temp_folder():
            put_folder()
        assert content(target) == new | (mine if before == "my files" else {})
        assert [path.name for path in desk.iterdir()] == ["exported"]
        assert list(own_temp.iterdir()) == []
        if not died:
            break
        deaths += 1
    assert deaths > 10


def test_what_a_killed_process_left_is_swept_and_what_lives_is_not(
    tmp_path: Path, own_temp: Path
) -> None:
    code = (
        "import time; from pathlib import Path\n"
        "from colab_pix2pix import files, litter\n"
        f"import tempfile; tempfile.tempdir = {str(own_temp)!r}\n"
        f"here = Path({str(tmp_path)!r})\n"
        "with litter.temp_folder() as a, files.atomic_write(here / 'big.jpg') as b,"
        " files.atomic_folder(here / 'crops') as c:\n"
        "    for path in (a / 'x', b, c / 'x'): path.write_text('x')\n"
        "    print('ready', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"

    def left() -> list[Path]:
        return [*own_temp.iterdir(), *tmp_path.glob(".big*"), *tmp_path.glob(".crops*")]

    def same_work() -> None:
        litter._swept.clear()
        with temp_folder(), atomic_folder(tmp_path / "more"):
            pass
        with atomic_write(tmp_path / "note.txt") as temp_path:
            temp_path.write_text("x")

    try:
        same_work()
        assert len(left()) == 3, "it lives"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    same_work()
    assert left() == []


def test_another_machines_litter_is_left_alone_for_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [temp_name("mine"), temp_name("movie", ".mp4"), temp_name("x" * 300, ".jpg")]
    dead = [name.replace(f"-{os.getpid()}-", "-999999999-") for name in names]
    others = [".my.part", ".a-12345678.part.jpg", "movie.part", "a-0000000g-1-12345678.part"]
    for name in [*names, *dead, *others]:
        (tmp_path / name).write_text("x")
    monkeypatch.setattr(litter, "_machine", lambda: "0" * 8)
    sweep(tmp_path)
    assert all((tmp_path / name).exists() for name in [*names, *dead, *others])
    long_ago = time.time() - 2 * 86_400
    os.utime(tmp_path / names[0], (long_ago, long_ago))
    sweep(tmp_path)
    assert not (tmp_path / names[0]).exists()
    monkeypatch.undo()
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} - {"home"} == {*names[1:], *others}
    sweep(tmp_path / "missing")


def test_what_is_right_already_is_not_written_again_before_the_file_that_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for folder in (source, target):
        folder.mkdir()
        for name in ("model", "page", "card"):
            (folder / name).write_text(name)
    (target / "card").write_text("torn")
    monkeypatch.setattr(transfer.drive, "is_drive", lambda path: True)
    written: list[str] = []
    put = transfer.put

    def spy(source: Path, target: Path, *progress: Callable[[], None]) -> None:
        written.append(target.name)
        put(source, target, *progress)

    monkeypatch.setattr(transfer, "put", spy)
    transfer.put_folder(source, target, last=("page", "card"))
    assert written == ["card", "card"]  # first that it is not finished, then its content
    (target / "model").write_text("torn")
    written.clear()
    transfer.put_folder(source, target, last=("page", "card"))
    assert written == ["card", "page", "model", "page", "card"]
