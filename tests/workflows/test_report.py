"""The report on a run: its numbers are true, its pictures the right ones, its file complete."""

from __future__ import annotations

import base64
import dataclasses
import io
import re
import shutil
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright
from scipy import ndimage
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from colab_pix2pix import languages
from colab_pix2pix.cli import main
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.errors import CheckpointError, OptionError, Pix2PixError
from colab_pix2pix.events import Event, Progress
from colab_pix2pix.model import conditions
from colab_pix2pix.model.trained import load_trained
from colab_pix2pix.project import Project
from colab_pix2pix.storage.restore import keep_milestone
from colab_pix2pix.workflows.pipeline import train
from colab_pix2pix.workflows.report import report
from colab_pix2pix.workflows.reporting import sentences
from colab_pix2pix.workflows.reporting.nearest import Nearest, find_nearest
from support import drivefs, pages
from support.machines import machine

#: No chance when it is used: the numbers of a report can be computed again.
TINY = TrainConfig(
    image_size=64, base_filters=4, batch_size=4, normalization="instance", gan_warmup_steps=0
)
HOSTILE = '<script>alert("1")</script>'


def make_crops(directory: Path, *, count: int = 16, held_out: int = 4) -> Dataset:
    """Writes 80-pixel pictures of a disc that wanders over a gradient; the last are held out."""
    directory.mkdir()
    y, x = np.mgrid[0:80, 0:80]
    crops = []
    for index in range(count):
        picture = np.stack([x * 3, y * 3, 240 - x * 2], axis=-1).astype(np.uint8)
        picture[(x - 12 - 3 * index) ** 2 + (y - 40) ** 2 < 15**2] = (250, 200, 20 + 10 * index)
        Image.fromarray(picture).save(directory / f"disc-{index:02d}.png")
        split = "test" if index >= count - held_out else "train"
        crops.append(Crop(file=f"disc-{index:02d}.png", source="v", time=index, split=split))
    origin = {"title": HOSTILE, "uploader": "Ada & Bert", "licence": "CC BY 4.0"}
    dataset = Dataset(directory, tuple(crops), {"v": origin})
    manifest.write(dataset)
    return dataset


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run of two epochs and three: two slots, and a milestone of the first."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        dataset = make_crops(folder / "crops")
        for epochs in (2, 3, 4):
            train(dataset, folder / "run", TINY.replace(epochs=epochs))
            if epochs == 2:
                keep_milestone(folder / "run")
        yield folder / "run"


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Project:
    """A copy of that run, to be damaged."""
    shutil.copytree(trained, tmp_path / "discs & <b>")
    return Project(tmp_path / "discs & <b>")


@dataclasses.dataclass
class Row:
    """A row of the table of scores: what it is of, and its numbers by their columns."""

    head: str
    numbers: dict[str, float]


class ReportReader(HTMLParser):
    """What a person finds in a report.

    Attributes:
        text: All words.
        rows: The table of scores.
        images: What the images are said to show, and the images.
        sections: Their titles.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.rows: list[Row] = []
        self.images: list[tuple[str, Image.Image]] = []
        self.sections: list[str] = []
        self._words: list[str] = []
        self._inside: list[tuple[str, str]] = []
        self.feed(self.source)
        self.text = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "img":
            kind, content = known["src"].split(",", 1)
            assert kind == "data:image/jpeg;base64"
            self.images.append((known["alt"], Image.open(io.BytesIO(base64.b64decode(content)))))
        if tag == "tr":
            self.rows.append(Row("", {}))
        if tag not in ("img", "meta", "link", "path"):
            self._inside.append((tag, known.get("data-name", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag != "path":
            assert self._inside.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self._inside]
        if "style" in tags:
            return
        self._words.append(data)
        if tags[-1:] == ["h2"]:
            self.sections.append(data)
        if "td" in tags:
            name = next(name for tag, name in reversed(self._inside) if tag == "td")
            if name:
                self.rows[-1].numbers[name] = float(data.split()[0])
            else:
                self.rows[-1].head += data

    def images_of(self, words: str) -> list[np.ndarray]:
        """Returns the images that show something, without the small ones of the strip."""
        return [np.asarray(image) for alt, image in self.images if alt == words]


def held_out_pictures(dataset: Path) -> np.ndarray:
    """Returns the held-out crops at the size of the model: uint8 `(4, 64, 64, 3)`."""
    files = [dataset / f"disc-{index}.png" for index in (12, 13, 14, 15)]
    size = (TINY.image_size, TINY.image_size)
    opened = (Image.open(file).resize(size, Image.Resampling.LANCZOS) for file in files)
    return np.stack([np.asarray(image) for image in opened])


def ms_ssim(real: np.ndarray, made: np.ndarray) -> float:
    """Returns the MS-SSIM of two pictures in [0, 1] at three sizes, after Wang et al. (2003)."""
    weights = (0.0448, 0.2856, 0.3001)

    def blur(image: np.ndarray) -> np.ndarray:
        blurred = ndimage.gaussian_filter(image, (1.5, 1.5, 0), radius=(5, 5, 0))
        return blurred[5:-5, 5:-5]

    result = np.ones(3)
    for scale, weight in enumerate(weights):
        means = blur(real), blur(made)
        variances = blur(real**2) - means[0] ** 2 + blur(made**2) - means[1] ** 2
        covariance = blur(real * made) - means[0] * means[1]
        structure = (2 * covariance + 0.03**2) / (variances + 0.03**2)
        if scale == len(weights) - 1:
            luminance = 2 * means[0] * means[1] + 0.01**2
            structure = structure * luminance / (means[0] ** 2 + means[1] ** 2 + 0.01**2)
        result *= np.maximum(structure.mean((0, 1)), 0) ** (weight / sum(weights))
        half = (real.shape[0] // 2, 2, real.shape[1] // 2, 2, 3)
        real, made = real.reshape(half).mean((1, 3)), made.reshape(half).mean((1, 3))
    return float(result.mean())


def ssim(real: np.ndarray, made: np.ndarray) -> float:
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    result = structural_similarity(real, made, data_range=1.0, channel_axis=-1, **window)
    return float(result)


def psnr(real: np.ndarray, made: np.ndarray) -> float:
    return float(peak_signal_noise_ratio(real, made, data_range=1.0))


def mean_of(score: Callable[..., float], real: np.ndarray, made: np.ndarray) -> float:
    return float(np.mean([score(*pair) for pair in zip(real, made, strict=True)]))


def test_the_scores_of_each_saved_state_are_what_anyone_can_compute(
    run: Project, trained: Path
) -> None:
    found = ReportReader(report(run))
    *rows, unchanged = [row for row in found.rows if row.numbers]
    assert [row.head.split(",")[0] for row in rows] == [
        "step 12generation 3",
        "step 9generation 2",
        "step 6generation 1",
    ]
    assert "milestones/step-00000006.npz" in rows[2].head

    real = held_out_pictures(trained.parent / "crops") / 255.0
    fed = conditions.make_input((2 * real - 1).astype(np.float32), TINY).numpy()
    for row, number in zip(rows, ("3", "2", "1"), strict=True):
        if number == "1":  # a milestone in the place of a slot
            shutil.copyfile(run.path / "milestones" / "step-00000006.npz", run.slots[0])
        generator = load_trained(run, number).generator
        made = (generator(fed, training=False).numpy() + 1.0) / 2.0
        expected = {
            "L1": 2 * np.abs(made - real).mean(),
            "PSNR": mean_of(psnr, real, made),
            "SSIM": mean_of(ssim, real, made),
            "MS-SSIM": mean_of(ms_ssim, real, made),
        }
        for name, factor, offset in [
            ("follow", 1, 0),
            ("darker", 0.8, -0.3),
            ("brighter", 0.8, 0.3),
        ]:
            shown = np.clip(factor * fed + offset, -1, 1).astype(np.float32)
            again = conditions.make_input(generator(shown, training=False), TINY).numpy()
            expected[name] = np.abs(again - shown).mean() / 2
        random, noisy = np.random.default_rng(0), []
        for _ in range(2):
            seen = np.clip(2 * real - 1 + random.normal(0, 0.04, real.shape), -1, 1)
            noisy.append(conditions.make_input(seen.astype(np.float32), TINY).numpy())
        first, second = (generator(each, training=False).numpy() for each in noisy)
        expected["flicker"] = np.abs(first - second).mean() / 2
        assert list(row.numbers) == list(expected)
        for name, value in expected.items():
            digits = {"PSNR": 0.06, "flicker": 6e-5}
            close = pytest.approx(value, abs=digits.get(name, 6e-4))
            assert row.numbers[name] == close, name

    assert unchanged.head == "the input as it is"
    grey = (fed + 1) / 2 + np.zeros(3)
    assert unchanged.numbers["SSIM"] == pytest.approx(mean_of(ssim, real, grey), abs=1e-3)
    assert "Pictures as small as these have 3 such sizes" in found.text


def test_the_best_and_the_worst_crops_are_shown_with_what_differs(
    run: Project, trained: Path
) -> None:
    found = ReportReader(report(run))
    real = held_out_pictures(trained.parent / "crops")
    fed = conditions.make_input((real / 127.5 - 1).astype(np.float32), TINY)
    made = conditions.decode_image(load_trained(run).generator(fed, training=False)).numpy()
    differences = [
        deltaE_ciede2000(rgb2lab(a), rgb2lab(b)).mean() for a, b in zip(real, made, strict=True)
    ]
    order = np.argsort(differences)
    names = [f"disc-{12 + index}.png" for index in [*order[:1:-1], *order[:2]]]
    assert re.findall(r"<h3>(disc-\d+.png)<", found.source) == names
    assert f"mean difference {max(differences):.1f}." in found.text
    for words, pictures in (("the real picture", real), ("what it makes", made)):
        shown = found.images_of(words)
        expected = pictures[[*order[:1:-1], *order[:2]]]
        assert np.abs(np.stack(shown).astype(int) - expected).mean() < 6, "JPEG, of 255"
    assert len(found.images_of("the difference")) == 4
    # What is equal is drawn black.
    brightness = [image.mean() for image in found.images_of("the difference")]
    assert brightness[0] > brightness[-2]
    assert len(found.images_of("the nearest training picture")) == 4
    # The strip: the input, three states, the real pictures.
    assert [alt for alt, _ in found.images[:20:4]] == [
        "what it is shown",
        "step 12",
        "step 9",
        "step 6",
        "the real pictures",
    ]
    assert len(found.source) < 5e6


def test_it_tells_verdict_options_sources_and_curves(run: Project) -> None:
    found = ReportReader(report(run))
    assert "Starting: 12 steps and" in found.text
    assert "image_size 64 instead of 256." in found.text
    assert "learning_rate" not in found.text
    assert "CC BY 4.0" in found.text and "licences of their own" in found.text
    assert found.source.count("<svg") == 3 and 'class="cp-first" d="M' in found.source
    assert found.source.count('<path class="cp-saved"') == 9


def test_it_speaks_the_language_of_who_makes_it(run: Project) -> None:
    try:
        languages.use("de")
        path = report(run)
    finally:
        languages.use("en")
    found = ReportReader(path)
    assert '<html lang="de">' in found.source and "Messwerte" in found.sections
    assert "image_size 64 statt 256." in found.text
    english = re.findall(r"\b(?:the|of|with|pictures?|crops?|steps?|is)\b(?!-)", found.text)
    assert english == []


def test_what_others_have_written_is_shown_as_text(run: Project) -> None:
    path = report(run)
    found = ReportReader(path)
    assert HOSTILE not in found.source and HOSTILE in found.text
    assert "<h1>discs &amp; &lt;b&gt;</h1>" in found.source
    assert "Ada & Bert" in found.text
    assert path == run.path / "report.html"


def test_it_says_how_far_it_is(run: Project) -> None:
    heard: list[Event] = []
    report(run, on_event=heard.append)
    steps = [event for event in heard if isinstance(event, Progress)]
    assert {event.job for event in steps} == {"report"}
    assert [event.done for event in steps] == sorted(event.done for event in steps)
    # Each of three states on four crops as they are, darkened, brightened, and twice with noise.
    assert (steps[-1].done, steps[-1].total) == (60, 60)


def test_a_state_is_chosen_by_its_number(run: Project) -> None:
    found = ReportReader(report(run, generation="1"))
    shown = [row.head for row in found.rows if "its pictures are shown below" in row.head]
    assert len(shown) == 1 and "step 6" in shown[0]
    with pytest.raises(CheckpointError, match="3, 2, 1"):
        report(run, generation="7")


def test_a_milestone_of_a_slot_is_told_once(run: Project) -> None:
    keep_milestone(run)
    heads = [row.head for row in ReportReader(report(run)).rows if row.numbers]
    assert len(heads) == 4
    assert re.search(r"slot-[ab]\.npz, milestones/step-00000012\.npz", heads[0])


def tear(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def test_a_torn_slot_is_said_and_the_other_states_are_told(run: Project) -> None:
    torn = next(slot for slot in run.slots if load_trained(run).generation.path == slot)
    tear(torn)
    found = ReportReader(report(run))
    assert f"{torn.name} is no complete checkpoint" in found.text
    assert str(run.path) not in found.source
    heads = [row.head for row in found.rows if row.numbers]
    assert [head.split("generation")[0] for head in heads[:-1]] == ["step 9", "step 6"]
    assert "Starting: 12 steps" in found.text, "metrics.csv reaches farther than what is saved"
    assert "its pictures are shown below" in heads[0]


@pytest.mark.parametrize("damage", ["missing", "torn"])
def test_without_crops_everything_else_is_told(run: Project, damage: str) -> None:
    tear(run.dataset_zip) if damage == "torn" else run.dataset_zip.unlink()
    found = ReportReader(report(run))
    assert "Nothing could be measured on crops: " in found.text
    said = {"missing": "has no dataset.zip", "torn": "dataset.zip can't be unpacked"}
    assert said[damage] in found.text
    assert found.sections == ["The last sample of the training", "Curves", "Options", "Trained on"]
    assert len(found.images) == 1 and "Nobody can tell" in found.text
    assert "image_size 64 instead of 256." in found.text


def test_without_any_state_the_curves_are_told(run: Project) -> None:
    shutil.rmtree(run.path / "milestones")
    for slot in run.slots:
        tear(slot)
    run.samples.joinpath("step-99999999.jpg").write_bytes(b"torn")
    found = ReportReader(report(run))
    assert found.text.count("is no complete checkpoint") == 2
    assert "No saved state can be read" in found.text
    assert found.sections == ["The last sample of the training", "Curves", "Options", "Trained on"]
    assert "CC BY 4.0" in found.text and "Starting: 12 steps" in found.text

    tear(run.metrics_csv)
    assert "Starting: " in ReportReader(report(run)).text
    run.metrics_csv.unlink()
    with pytest.raises(CheckpointError, match="No saved state of the run"):
        report(run)


def test_torn_settings_and_a_missing_table_change_nothing(run: Project) -> None:
    before = ReportReader(report(run)).rows
    run.settings_file.write_text("{")
    run.metrics_csv.unlink()
    shutil.rmtree(run.samples)
    assert ReportReader(report(run)).rows == before


@pytest.mark.slow
def test_too_few_crops_to_hold_any_out_are_said_to_be_trained_on(tmp_path: Path) -> None:
    dataset = make_crops(tmp_path / "crops", count=4, held_out=0)
    run = train(dataset, tmp_path / "run", TINY.replace(epochs=1)).project
    found = ReportReader(report(run))
    assert "Means over 4 crops that it was trained on, for too few are there" in found.text
    assert "Did it learn by heart?" not in found.sections
    assert not found.images_of("the nearest training picture")


@pytest.mark.slow
def test_pairs_have_no_follow(tmp_path: Path) -> None:
    dataset = make_crops(tmp_path / "crops")
    crops = tuple(dataclasses.replace(crop, input_file=f"in-{crop.file}") for crop in dataset.crops)
    for crop in crops:
        with Image.open(dataset.directory / crop.file) as picture:
            picture.convert("L").save(dataset.directory / crop.input_file)
    dataset = dataset.replace(crops)
    manifest.write(dataset)
    config = TINY.replace(epochs=1, condition="paired", output_size=32)
    found = ReportReader(report(train(dataset, tmp_path / "run", config).project))
    (row,) = [row for row in found.rows if row.numbers]
    assert list(row.numbers) == ["L1", "PSNR", "SSIM", "MS-SSIM", "flicker"]
    assert "Follow is not measured" in found.text and "have 2 such sizes" in found.text


def test_where_nothing_is_trained_it_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["report", str(tmp_path / "no run")]) == 1
    assert "holds no trained model yet" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match="holds no trained model yet"):
        report(tmp_path / "empty", tmp_path / "out" / "report.html")
    assert not (tmp_path / "no run").exists() and not (tmp_path / "out").exists()
    assert not list((tmp_path / "empty").iterdir())


def test_a_target_that_is_no_html_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"ends in \.html"):
        report(tmp_path, tmp_path / "report.pdf")


def test_the_command_prints_where_it_is(run: Project, capsys: pytest.CaptureFixture[str]) -> None:
    target = run.path.parent / "new folder" / "discs.html"
    assert main.main(["report", str(run.path), str(target)]) == 0
    assert capsys.readouterr().out == f"{target}\n"
    assert ReportReader(target).rows


@pytest.mark.skipif(bool(drivefs.missing()), reason="needs FUSE")
def test_a_full_drive_is_told_and_no_half_report_is_left(run: Project) -> None:
    with machine() as it:
        target = it.drive.my_drive / "report.html"
        it.drive.fail("write", "ENOSPC")
        with pytest.raises(Pix2PixError, match="full"):
            report(run, target)
        it.drive.heal()
        assert not target.exists() or not target.stat().st_size


@pytest.mark.slow
@pytest.mark.parametrize("crops", ["with crops", "without crops"])
def test_it_opens_in_a_browser_without_network_in_light_and_dark_on_wide_and_narrow_screens(
    run: Project, crops: str
) -> None:
    if crops == "without crops":
        run.dataset_zip.unlink()
    path, papers = report(run), set()
    with sync_playwright() as playwright, pages.browser(playwright) as browser:
        for scheme in ("light", "dark"):
            for width in (1200, 420):
                screen = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
                visit = pages.Visit(browser, camera=None, offline=True, **screen)
                visit.page.goto(path.as_uri())
                asked = [url for url in visit.requests if not url.startswith("data:")]
                assert (asked, visit.errors) == ([path.as_uri()], [])
                broken = "() => [...document.images].filter(i => !i.naturalWidth).length"
                assert visit.page.evaluate(broken) == 0
                assert visit.page.evaluate("document.documentElement.scrollWidth") == width
                paper = "getComputedStyle(document.body).backgroundColor"
                papers.add(visit.page.evaluate(paper))
                visit.close()
    assert len(papers) == 2


def test_a_training_picture_given_back_is_found_mirrored_too(tmp_path: Path) -> None:
    dataset = make_crops(tmp_path / "crops")
    with Image.open(dataset.directory / "disc-03.png") as picture:
        known = np.asarray(picture)
    with Image.open(dataset.directory / "disc-14.png") as picture:
        real = np.asarray(picture)
    made, target = np.stack([known[:, ::-1], real]), np.stack([real, real])
    first, second = find_nearest(dataset, dataset.crops[:12], made, target, mirrored=True)
    assert first.crop.file == "disc-03.png" and first.distance < 0.01 < first.to_real
    assert second.to_real == 0 and second.distance == second.real_to_training > 0
    (unmirrored, _) = find_nearest(dataset, dataset.crops[:12], made, target, mirrored=False)
    assert unmirrored.distance > 0.01


def test_each_course_has_its_sentence() -> None:
    crop = Crop(file="a.jpg")
    remembered = [Nearest(crop, 0.01, 0.1, 0.05)] * 3
    seen = [Nearest(crop, 0.1, 0.05, 0.1)] * 3
    leaning = [Nearest(crop, 0.08, 0.05, 0.1)] * 3
    assert sentences.by_heart(remembered).startswith("Yes: it gives back training pictures")
    assert "3 of 3 results are nearer to a training picture" in sentences.by_heart(remembered)
    assert sentences.by_heart(seen).startswith("No: ")
    assert sentences.by_heart(leaning).startswith("In part, perhaps: ")

    def said(own: float, darker: float) -> str:
        return sentences.follow_sentence({"as they are": own, "made darker": darker})

    assert said(0.01, 0.012).startswith("It follows (0.010 on held-out inputs as they are, 0.012")
    assert said(0.01, 0.05).startswith("It follows roughly")
    assert said(0.01, 0.12).startswith("It follows crops of its own video, but not other light")
    assert sentences.follow_sentence({"as they are": 0.1}).startswith(
        "Follow is 0.100; of drawings"
    )
    assert said(0.1, 0.12).endswith("it redraws its own pictures whatever it is shown.")


def test_flicker_is_said_beside_what_the_camera_itself_changes() -> None:
    said = sentences.flicker_sentence
    assert said(0.0045).startswith("It is steady (0.0045): ") and "by 20% of what" in said(0.0045)
    assert said(0.02).startswith("It trembles a little (0.0200): ") and "89%" in said(0.02)
    assert said(0.05).startswith("It flickers (0.0500): ") and "2.2 times as much" in said(0.05)
    assert "0.0226 themselves" in sentences.flicker_meaning()
