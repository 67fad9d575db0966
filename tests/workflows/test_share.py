"""What is shared of a training: whole, signed, small enough, and told where something is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.cli import main
from colab_pix2pix.config import ShareConfig
from colab_pix2pix.errors import CheckpointError, ExportError, OptionError
from colab_pix2pix.events import Event, Note
from colab_pix2pix.project import Project
from colab_pix2pix.storage.restore import keep_milestone
from colab_pix2pix.video.probe import probe
from colab_pix2pix.workflows.pipeline import train
from colab_pix2pix.workflows.sharing import share as sharing
from colab_pix2pix.workflows.sharing import signed_sheet
from colab_pix2pix.workflows.sharing.film import write_fitting
from colab_pix2pix.workflows.sharing.share import share
from support.discs import discs
from support.networks import SMALLEST

TINY = SMALLEST.replace(epochs=3)
SIGNED = ShareConfig(title="Clouds & <b>", signature="by Ada")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        project = train(discs(folder / "crops"), folder / "run", TINY).project
        keep_milestone(project)
        train(discs(folder / "more"), project, TINY.replace(epochs=6))
        yield project.path


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Project:
    """A copy of that run, to be damaged."""
    return Project(shutil.copytree(trained, tmp_path / "clouds"))


def said(heard: list[Event]) -> str:
    return "\n".join(event.message for event in heard if isinstance(event, Note))


@pytest.mark.slow
def test_all_that_is_shared_has_the_title_and_the_signature(run: Project, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    gif, mp4, png, html = share(run.path, tmp_path / "show", SIGNED)
    assert [path.name for path in (gif, mp4, png, html)] == [
        f"Clouds_b.{kind}" for kind in ("gif", "mp4", "png", "html")
    ]
    assert sorted(gif.parent.iterdir()) == sorted([gif, mp4, png, html])
    steps = len(run.sample_files())
    with Image.open(gif) as film, Image.open(png) as sheet:
        assert (film.n_frames, film.info["loop"], film.size) == (steps, 0, sheet.size)
        first = np.asarray(film.convert("RGB"), int)
        film.seek(steps - 1)
        last = np.asarray(film.convert("RGB"), int)
        picture = np.asarray(sheet.convert("RGB"), int)
    column = picture.shape[1] // 3
    made, real = slice(column + 9, 2 * column - 9), slice(2 * column + 9, -30)
    body = slice(picture.shape[0] // 4, picture.shape[0] // 2)
    changed = abs(first - last)[body]
    assert changed[:, made].mean() > changed[:, real].mean() + 0.1, (
        "it learns; what was there stays"
    )
    assert abs(last - picture)[body, real].mean() < 12, "the sheet shows the same crops"
    for corner in (np.s_[:70, :400], np.s_[-50:, :400]):
        assert picture[corner].max() > 150, "words stand above and below"
    film_seconds = probe(mp4).duration_seconds
    assert film_seconds == pytest.approx(steps / 8 + 2, abs=0.3)
    text = html.read_text()
    assert "<title>Clouds &amp; &lt;b&gt;</title>" in text
    assert "by Ada · made with colab_pix2pix" in text
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before


@pytest.mark.slow
def test_by_the_command_it_lies_in_the_run_and_the_signature_is_that_of_the_project(
    run: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    run.remember(ShareConfig(signature="by Bert"))
    assert main.main(["share", str(run.path), "--format", "png, html", "--title", "Fog"]) == 0
    png, html = map(Path, capsys.readouterr().out.split())
    assert png == run.path / "share" / "Fog.png" and png.is_file()
    assert "by Bert" in html.read_text() and "<title>Fog</title>" in html.read_text()
    assert main.main(["share", str(run.path), "--format", "png", "--title", "Fog"]) == 0


@pytest.mark.slow
def test_another_generation_gives_other_pictures(run: Project) -> None:
    sheets = []
    for generation in ("last", "1"):
        (png,) = share(run, kinds=["png"], generation=generation)
        with Image.open(png) as sheet:
            sheets.append(np.asarray(sheet.convert("RGB"), int))
    assert abs(sheets[0] - sheets[1]).max() > 30


def test_what_is_too_large_is_made_smaller(run: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    large = {path.suffix: path for path in share(run, kinds=["gif", "mp4", "png"])}
    sizes = {kind: path.stat().st_size for kind, path in large.items()}
    monkeypatch.setattr(sharing, "_BYTES", 1e4)  # a run of discs takes a hundredth of a real one
    small = share(run, config=ShareConfig(megabytes=2), kinds=["gif", "mp4", "png"])
    assert all(path.stat().st_size <= 20_000 < sizes[path.suffix] for path in small)
    with Image.open(small[0]) as film:
        assert film.n_frames == len(run.sample_files()) and film.width >= 120


def test_a_file_that_does_not_fit_however_small_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    with pytest.raises(
        OptionError, match=r"received 0\.1, and a\.gif takes 200\.0 kB at its smallest"
    ):
        write_fitting(path, lambda width: path.write_bytes(bytes(200_000)), 800, 100_000)


def test_torn_samples_are_left_out_of_the_film(run: Project) -> None:
    samples = run.sample_files()
    samples[1].write_bytes(samples[1].read_bytes()[:300])
    Image.new("RGB", (50, 50)).save(samples[2])
    (gif,) = share(run, kinds=["gif"])
    with Image.open(gif) as film:
        assert film.n_frames == len(samples) - 2


@pytest.mark.slow
def test_what_is_lost_is_told_and_the_rest_is_made(run: Project, tmp_path: Path) -> None:
    heard: list[Event] = []
    run.dataset_zip.unlink()
    assert len(share(run, tmp_path / "a", kinds=["gif", "png"], on_event=heard.append)) == 2
    assert "has no dataset.zip" in said(heard), "the sheet is made of the last sample"
    shutil.rmtree(run.samples)
    (html,) = share(run, tmp_path / "b", kinds=["gif", "png", "html"], on_event=heard.append)
    assert html.suffix == ".html"
    assert "No gif: the samples are lost." in said(heard)
    assert "No png: the crops and samples are lost." in said(heard)
    with pytest.raises(ExportError, match="its samples and crops are lost"):
        share(run, tmp_path / "c", kinds=["mp4", "png"])
    assert not (tmp_path / "c").exists()


def test_one_that_fails_leaves_nothing(
    run: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: object, **options: object) -> None:
        raise ExportError("The page fails.")

    monkeypatch.setattr(sharing, "export", fail)
    with pytest.raises(ExportError, match="The page fails"):
        share(run, tmp_path / "show", kinds=["gif", "html"])
    assert not (tmp_path / "show").exists()


def test_the_page_of_a_large_network_is_left_out_unless_it_is_asked_for(
    run: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Event] = []
    monkeypatch.setattr(sharing, "_MOST_WEIGHTS", 1000)
    assert [path.suffix for path in share(run, on_event=heard.append)] == [".gif", ".mp4", ".png"]
    assert "No page is made, for a page as one file would take" in said(heard)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": ["gif", "svg"]}, "kinds: received 'svg'. Expected some of gif, mp4, png, html."),
        ({"target": "run/samples"}, "lies in the input"),
        ({"target": "run"}, "is the input"),
        ({"target": "notes.txt"}, "is no folder"),
    ],
)
def test_bad_input_is_refused(
    trained: Path, tmp_path: Path, options: dict[str, object], message: str
) -> None:
    shutil.copytree(trained, tmp_path / "run")
    (tmp_path / "notes.txt").write_text("mine")
    given = {**options}
    if "target" in given:
        given["target"] = tmp_path / str(given["target"])
    with pytest.raises(OptionError, match=message):
        share(tmp_path / "run", **given)  # type: ignore[arg-type]
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_what_is_not_trained_can_not_be_shared(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no trained model yet"):
        share(tmp_path / "run")


def test_letters_that_no_font_has_are_told(run: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Event] = []
    share(run, config=ShareConfig(title="Ночь, Νύχτα, nöt"), kinds=["gif"], on_event=heard.append)
    assert "No font" not in said(heard)
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: [__file__])
    share(run, config=ShareConfig(title="雲"), kinds=["gif"], on_event=heard.append)
    assert "No font of this machine has all letters" in said(heard)


@pytest.mark.parametrize("size", [16, 64, 256, 512])
@pytest.mark.parametrize("count", [1, 4])
def test_a_sheet_holds_long_words_and_has_even_sides(size: int, count: int) -> None:
    picture = np.full((size, size, 3), 200, np.uint8)
    font, _ = signed_sheet.find_font("")
    words = {"title": "W" * 60, "signature": "W" * 60, "remark": "step 1"}
    sheet = signed_sheet.draw_sheet([(picture,) * 3] * count, **words, font=font)
    assert sheet.width % 2 == sheet.height % 2 == 0
    assert np.asarray(sheet)[:, -12:].max() < 60, "nothing runs out at the right"
