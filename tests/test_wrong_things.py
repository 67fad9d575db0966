"""Whatever public functions and commands are given, only errors of the package leave them."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import shutil
import sys
import types
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import colab_pix2pix as p2p
from colab_pix2pix.cli import main
from colab_pix2pix.config import CurateConfig, FramesConfig, TrainConfig, VideoConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import OptionError, Pix2PixError
from colab_pix2pix.filenames import output_file, typed_path
from support import videos
from support.wrong_things import LINKS, OBJECTS, TEXTS, lay_out

pytestmark = pytest.mark.slow

Call = Callable[[Any, Any], object]
CONFIGS = (VideoConfig, FramesConfig, CurateConfig, TrainConfig)
ONE = FramesConfig(count=1, scale="-1:64")


class Trains(Exception):
    """Everything was accepted, and a training would begin."""


@dataclasses.dataclass
class Desk:
    """A folder in which much is wrong, and a few things are as they should be."""

    path: Path
    video: Path
    crops: Dataset
    odd: list[Path]

    @property
    def run(self) -> Path:
        return self.path / "run"


@pytest.fixture
def desk(crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    path = tmp_path / "desk"
    path.mkdir()
    odd = lay_out(path)
    video = videos.scene(path / "v.mov", seconds=1)
    (path / "run").mkdir()
    shutil.copytree(crops.directory, path / "crops")
    (path / "here").mkdir()
    monkeypatch.chdir(path / "here")

    def fit(*args: Any, **options: Any) -> None:
        raise Trains

    # No TensorFlow: what is refused is refused before it.
    fake: Any = types.ModuleType("fit")
    fake.fit = fit
    monkeypatch.setitem(sys.modules, "colab_pix2pix.training.fit", fake)
    return Desk(path, video, Dataset(path / "crops", crops.crops), odd)


def state_of(folder: Path) -> dict[str, int]:
    """Returns the size of each file and 0 for each folder below a folder."""
    found = {}
    for here, folders, files in os.walk(folder):
        found |= {os.path.join(here, name): 0 for name in folders}
        for name in files:
            path = os.path.join(here, name)
            found[path] = os.lstat(path).st_size
    return found


def what_is_wrong(error: Pix2PixError) -> str:
    """Returns what an error lacks: what was received, what was expected or what to do, in words."""
    text = str(error)
    inside = (
        " at 0x7",
        "Errno",
        "<_io",
        "Traceback",
        "NoneType",
        "object is not",
        "has no attribute",
    )
    lacks = not error.what or not (error.why or error.fix) or len(text) > 2000
    return f"says {text!r:.400}" if lacks or any(word in text for word in inside) else ""


def problem_of(desk: Desk, call: Callable[[], object]) -> str:
    """Returns what is wrong with how a call ends; "" where nothing is."""
    before = state_of(desk.path)
    try:
        call()
    except Trains:
        return ""
    except Pix2PixError as error:
        changed = "" if state_of(desk.path) == before else f"changed something, then {error!r}"
        return what_is_wrong(error) or changed
    except Exception as error:
        return f"let {error!r:.300} out"
    return ""


def problems_of(desk: Desk, call: Call, things: Iterable[Any]) -> list[str]:
    ends = ((thing, problem_of(desk, partial(call, desk, thing))) for thing in things)
    return [f"{thing!r:.80} {problem}" for thing, problem in ends if problem]


#: What reads: each is given every wrong thing.
READ: dict[str, Call] = {
    "download": lambda d, x: p2p.download(x, d.path / "new"),
    "download_all": lambda d, x: p2p.download_all(x, d.path / "new"),
    "download_all of one": lambda d, x: p2p.download_all([x], d.path / "new"),
    "extract_frames": lambda d, x: p2p.extract_frames(x, d.path / "new", ONE),
    "extract_many": lambda d, x: p2p.extract_many(x, d.path / "new", ONE),
    "extract_many of one": lambda d, x: p2p.extract_many([x], d.path / "new", ONE),
    "import_pictures": lambda d, x: p2p.import_pictures(x, d.path / "new", ONE),
    "import_pairs": lambda d, x: p2p.import_pairs(x, d.path / "new"),
    "import_pairs A": lambda d, x: p2p.import_pairs((x, d.path / "crops"), d.path / "new"),
    "import_pairs B": lambda d, x: p2p.import_pairs((d.path / "crops", x), d.path / "new"),
    "unpack": lambda d, x: p2p.unpack(x, d.path / "new"),
    "train": lambda d, x: p2p.train(x, d.path / "new"),
    "apply": lambda d, x: p2p.apply(d.run, x, d.path / "new.png"),
    "apply: the run": lambda d, x: p2p.apply(x, d.video, d.path / "new.mp4"),
    "export: the run": lambda d, x: p2p.export(x, d.path / "new"),
    "report: the run": lambda d, x: p2p.report(x, d.path / "new.html"),
    "distill: the run": lambda d, x: p2p.distill(x, d.path / "new"),
    "publish: the run": lambda d, x: p2p.publish(x, "ada/flowers"),
    "serve": lambda d, x: p2p.serve(x, open_browser=False),
    "share: the run": lambda d, x: p2p.share(x, d.path / "new"),
    "status": lambda d, x: p2p.status(x),
    "verify": lambda d, x: p2p.verify(x),
    "keep_milestone": lambda d, x: p2p.keep_milestone(x),
    "release_runtime": lambda d, x: p2p.release_runtime(x),
    "projects": lambda d, x: p2p.projects(x),
}
#: What is written to.
WRITTEN: dict[str, Call] = {
    "apply: a picture": lambda d, x: p2p.apply(d.run, d.path / "crops/disc-01.png", x),
    "apply: a folder": lambda d, x: p2p.apply(d.run, d.path / "crops", x),
    "apply: a video": lambda d, x: p2p.apply(d.run, d.video, x),
    "contact_sheet": lambda d, x: p2p.contact_sheet(d.crops, x, size=8),
    "pack": lambda d, x: p2p.pack(d.crops, x),
    "train": lambda d, x: p2p.train(d.crops, x),
    "export": lambda d, x: p2p.export(d.run, x),
    "report": lambda d, x: p2p.report(d.run, x),
    "share": lambda d, x: p2p.share(d.run, x),
    "distill": lambda d, x: p2p.distill(d.run, x),
    "Project": lambda d, x: p2p.Project(x),
    "Project.named": lambda d, x: p2p.Project.named(x, d.path),
    "Project.named in": lambda d, x: p2p.Project.named("x", x),
}
#: What costs a process of ffmpeg or writes many files: only where a disk could object.
WRITTEN_SLOWLY: dict[str, Call] = {
    "download": lambda d, x: p2p.download(d.video, x),
    "extract_frames": lambda d, x: p2p.extract_frames(d.video, x, ONE),
    "import_pictures": lambda d, x: p2p.import_pictures(d.path / "crops", x, ONE),
    "import_pairs": lambda d, x: p2p.import_pairs(d.path / "crops", x, size=16),
}
#: What is neither.
OTHER: dict[str, Call] = {
    "apply: mode": lambda d, x: p2p.apply(d.run, d.video, d.path / "n.mp4", mode=x),
    "apply: generation": lambda d, x: p2p.apply(d.run, d.video, d.path / "n.mp4", generation=x),
    "apply: smooth": lambda d, x: p2p.apply(d.run, d.video, d.path / "n.mp4", smooth=x),
    "apply: whole": lambda d, x: p2p.apply(d.run, d.video, d.path / "n.mp4", whole=x),
    "apply: on_event": lambda d, x: p2p.apply(d.run, d.video, d.path / "n.mp4", on_event=x),
    "export: formats": lambda d, x: p2p.export(d.run, d.path / "new", x),
    "export: a format": lambda d, x: p2p.export(d.run, d.path / "new", ["keras", x]),
    "export: weights": lambda d, x: p2p.export(d.run, d.path / "new", weights=x),
    "export: mode": lambda d, x: p2p.export(d.run, d.path / "new", mode=x),
    "distill: parameters": lambda d, x: p2p.distill(d.run, d.path / "new", parameters=x),
    "distill: frames": lambda d, x: p2p.distill(d.run, d.path / "new", frames=[x]),
    "publish: the name": lambda d, x: p2p.publish(d.run, x),
    "share: kinds": lambda d, x: p2p.share(d.run, d.path / "new", kinds=[x]),
    "serve: port": lambda d, x: p2p.serve(d.run, port=x, open_browser=False),
    "report: generation": lambda d, x: p2p.report(d.run, generation=x),
    "import_pairs: direction": lambda d, x: p2p.import_pairs("no", d.path / "new", direction=x),
    "import_pairs: size": lambda d, x: p2p.import_pairs("no", d.path / "new", size=x),
    "extract_frames: config": lambda d, x: p2p.extract_frames("no", d.path / "new", x),
    "extract_many: scheduler": lambda d, x: p2p.extract_many([], d.path / "new", scheduler=x),
    "extract_many: weights": lambda d, x: p2p.extract_many(["no"], d.path / "new", weights=x),
    "extract_many: a weight": lambda d, x: p2p.extract_many(["no"], d.path / "new", weights=[x]),
    "download: config": lambda d, x: p2p.download("no", d.path / "new", x),
    "list_formats: config": lambda d, x: p2p.list_formats("https://", x),
    "train: config": lambda d, x: p2p.train(d.crops, d.path / "new", x),
    "mark": lambda d, x: p2p.mark(x),
    "mark: config": lambda d, x: p2p.mark(d.crops, x),
    "split": lambda d, x: p2p.split(x),
    "split: config": lambda d, x: p2p.split(d.crops, x),
    "choose": lambda d, x: p2p.choose(x, "a", "keep"),
    "choose: files": lambda d, x: p2p.choose(d.crops, x, "keep"),
    "choose: a file": lambda d, x: p2p.choose(d.crops, ["disc-01.png", x], "keep"),
    "choose: choice": lambda d, x: p2p.choose(d.crops, "disc-01.png", x),
    "pack": lambda d, x: p2p.pack(x, d.path / "new.zip"),
    "contact_sheet": lambda d, x: p2p.contact_sheet(x, d.path / "new.png"),
    "contact_sheet: columns": lambda d, x: p2p.contact_sheet(d.crops, "n.png", columns=x),
    "contact_sheet: size": lambda d, x: p2p.contact_sheet(d.crops, "n.png", size=x),
    "contact_sheet: rows": lambda d, x: p2p.contact_sheet(d.crops, "n.png", rows=x, size=8),
    "release_runtime": lambda d, x: p2p.release_runtime(d.run, even_if_lost=x),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_read_may_be_anything(desk: Desk, name: str) -> None:
    assert (
        problems_of(desk, READ[name], [*OBJECTS, *TEXTS, *LINKS, *desk.odd, *map(str, desk.odd)])
        == []
    )


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_may_be_anything(desk: Desk, name: str) -> None:
    assert (
        problems_of(desk, WRITTEN[name], [*OBJECTS, *TEXTS, *LINKS, *desk.odd, *map(str, desk.odd)])
        == []
    )


@pytest.mark.parametrize("name", WRITTEN_SLOWLY)
def test_a_folder_to_write_to_may_be_anything(desk: Desk, name: str) -> None:
    assert (
        problems_of(
            desk, WRITTEN_SLOWLY[name], [*OBJECTS[::5], *TEXTS[::9], *LINKS[::9], *desk.odd]
        )
        == []
    )


@pytest.mark.parametrize("name", OTHER)
def test_options_may_be_anything(desk: Desk, name: str) -> None:
    assert problems_of(desk, OTHER[name], [*OBJECTS, *TEXTS]) == []


@pytest.mark.parametrize("kind", CONFIGS)
def test_an_option_of_a_config_may_be_anything(desk: Desk, kind: type[Any]) -> None:
    for field in dataclasses.fields(kind):

        def make(desk: Desk, thing: Any, name: str = field.name) -> object:
            return kind(**{name: thing})

        assert problems_of(desk, make, [*OBJECTS, *TEXTS]) == [], field.name


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.sampled_from(sorted({*READ, *OTHER} - {"unpack"})), thing=ANYTHING)
def test_what_nobody_has_thought_of_is_refused_too(desk: Desk, name: str, thing: Any) -> None:
    assert problems_of(desk, (READ | OTHER)[name], [thing]) == []


COMMANDS: dict[str, Callable[[Desk, str], list[object]]] = {
    "download": lambda d, x: ["download", x, d.path / "new"],
    "download to": lambda d, x: ["download", "nothing.mp4", x],
    "frames": lambda d, x: ["frames", x, d.path / "new", "--count", "1"],
    "import": lambda d, x: ["import", x, d.path / "new"],
    "import pairs": lambda d, x: ["import", "--pairs", x, d.path / "new"],
    "train": lambda d, x: ["train", x, d.path / "new"],
    "train: preset": lambda d, x: ["train", d.path / "crops", d.path / "new", "--preset", x],
    "train: epochs": lambda d, x: ["train", d.path / "crops", d.path / "new", "--epochs", x],
    "status": lambda d, x: ["status", x],
    "verify": lambda d, x: ["verify", x],
    "apply": lambda d, x: ["apply", d.run, x, d.path / "new.mp4"],
    "apply to": lambda d, x: ["apply", d.run, d.video, x],
    "apply: smooth": lambda d, x: ["apply", d.run, d.video, d.path / "new.mp4", "--smooth", x],
    "export": lambda d, x: ["export", d.run, x],
    "export: format": lambda d, x: ["export", d.run, d.path / "new", "--format", x],
    "report": lambda d, x: ["report", d.run, x],
    "a command": lambda d, x: [x],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_line_may_hold_anything(desk: Desk, name: str) -> None:
    for thing in [*TEXTS, *LINKS, *map(str, desk.odd)]:
        words = list(map(str, COMMANDS[name](desk, thing)))
        printed, before = io.StringIO(), state_of(desk.path)
        with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(io.StringIO()):
            try:
                status = main.main(words)
            except SystemExit as end:  # argparse's own way out
                status = int(str(end.code))
            except Trains:
                continue
            except Exception as error:
                pytest.fail(f"{words} let {error!r} out")
        said = printed.getvalue()
        assert status in (0, 1, 2), words
        assert not any(word in said for word in ("Traceback", " at 0x7", "Errno")), said
        if status:
            assert said.strip(), words
            assert state_of(desk.path) == before, words


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (' "my clip.mp4" ', "my clip.mp4"),
        ("'a.png'\n", "a.png"),
        ("“a b.zip”", "a b.zip"),
        ("\u202f\u00a0x".replace("\u202f", ""), "x"),
        ("\ufeff'it's.mp4'", "it's.mp4"),
        ("it's.mp4", "it's.mp4"),
        ("  ' x.mp4 '", "x.mp4"),
        ("~/x.mp4", os.path.join("HOME", "x.mp4")),
    ],
)
def test_blanks_and_quotes_around_a_path_are_taken_off(
    typed: str, meant: str, own_home: Path
) -> None:
    assert str(typed_path(typed)) == meant.replace("HOME", str(own_home))


def test_a_path_object_is_taken_as_it_is(desk: Desk) -> None:
    (desk.path / "here" / "~ 'x' ").touch()
    assert typed_path(Path("~ 'x' ")) == Path("~ 'x' ")
    assert typed_path(Path(" 'x' ")) == Path(" 'x' ")


def test_a_pasted_path_is_found_by_functions_and_commands(desk: Desk) -> None:
    for typed in (f' "{desk.video}" ', f"'{desk.video}'\n"):
        assert p2p.download(typed, desk.path / "got").is_file()
        assert len(p2p.extract_frames(typed, f"'{desk.path}/cut'", ONE).crops) == 1
        assert main.main(["frames", typed, f"'{desk.path}/cut'", "--count", "1"]) == 0


@pytest.mark.parametrize("typed", ["~nosuchuser/x.mp4", " '~nosuchuser/x.mp4'"])
def test_the_home_of_nobody_is_named(desk: Desk, typed: str) -> None:
    for call in (READ["extract_frames"], READ["download"], READ["train"], WRITTEN["pack"]):
        with pytest.raises(OptionError, match="no user 'nosuchuser'"):
            call(desk, typed)


def test_a_link_in_place_of_a_path_is_named_without_its_secrets(desk: Desk) -> None:
    for name in ("extract_frames", "import_pictures", "apply", "train"):
        with pytest.raises(OptionError, match=r"received 'https://example.org/v.mp4'") as caught:
            READ[name](desk, "https://me:secret@example.org/v.mp4?token=abc")
        assert "secret" not in str(caught.value) and "abc" not in str(caught.value)


def test_what_is_meant_by_a_folder_or_a_name_without_a_suffix(desk: Desk) -> None:
    folder, kinds = desk.path / "folder", (".png", ".jpg")
    assert output_file(folder, "a", kinds) == folder / "a.png"
    assert output_file(f"{desk.path}/new/", "a", kinds) == desk.path / "new" / "a.png"
    assert output_file(desk.path / "made", "a", kinds) == desk.path / "made.png"
    assert output_file(desk.path / "take.2", "a", kinds) == desk.path / "take.2.png"
    assert output_file(desk.path / "made.JPG", "a", kinds) == desk.path / "made.JPG"
    assert p2p.contact_sheet(desk.crops, desk.path / "sheet", size=8) == desk.path / "sheet.jpg"
    assert p2p.contact_sheet(desk.crops, folder, size=8) == folder / "contact-sheet.jpg"
    assert p2p.contact_sheet(desk.crops, desk.path / "s.tif", size=8).stat().st_size > 0
    # What was not named in full is never written over.
    for named in (folder, desk.path / "sheet"):
        with pytest.raises(OptionError, match="is there already"):
            p2p.contact_sheet(desk.crops, named, size=8)


@pytest.mark.parametrize(
    ("name", "target", "words"),
    [
        ("apply: a picture", "out.heic", r"ends in \.png, \.jpg.* or \.tiff, or a folder"),
        ("apply: a picture", "out.mp4", r"ends in \.png"),
        ("apply: a video", "out.png", r"ends in \.mp4"),
        ("apply: a folder", "out.png", "Expected a folder"),
        ("apply: a folder", "empty.mp4/x", "is no folder"),
        ("apply: a picture", "empty/x.png", "is no folder"),
        ("contact_sheet", "sheet.pdf", r"ends in \.jpg"),
        ("contact_sheet", "pipe.png", "a device"),
        ("report", "report.pdf", r"ends in \.html"),
        ("pack", "crops.rar", r"ends in \.zip"),
    ],
)
def test_what_an_output_cannot_be_is_said_at_once(
    desk: Desk, name: str, target: str, words: str
) -> None:
    with pytest.raises(OptionError, match=words):
        WRITTEN[name](desk, desk.path / target)
