"""Pictures that are no squares, from the video to the export: wide ones and tall ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import colab_pix2pix as p2p
from colab_pix2pix.config import FramesConfig, TrainConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import OptionError, Pix2PixError
from colab_pix2pix.events import Event, Note
from colab_pix2pix.model.trained import load_trained
from colab_pix2pix.project import Project
from colab_pix2pix.training.artifacts import read_sample, size_of_pictures, split_grid
from colab_pix2pix.video.probe import probe
from support import videos

TINY = TrainConfig(base_filters=4, batch_size=2, epochs=1, gan_warmup_steps=1, precision="float32")
WIDE, TALL = ("96x64", "3:2"), ("64x96", "2:3")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return videos.scene(tmp_path_factory.mktemp("video") / "scene.mp4", seconds=1)


@pytest.fixture(scope="module", params=[WIDE, TALL], ids=["wide", "tall"])
def shape(request: pytest.FixtureRequest) -> tuple[str, str]:
    size: tuple[str, str] = request.param
    return size


@pytest.fixture(scope="module")
def crops(video: Path, shape: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("crops") / "crops"
    return p2p.extract_frames(video, folder, FramesConfig(count=6, scale="-1:96", shape=shape[1]))


@pytest.fixture(scope="module")
def run(
    crops: Dataset, shape: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """A run that was resumed once."""
    run = Project(tmp_path_factory.mktemp("run") / "oblong")
    config = TINY.replace(image_size=shape[0])
    p2p.train(crops, run, config)
    p2p.train(crops, run, config.replace(epochs=2))
    return run


def pixels_of(size: str) -> tuple[int, int]:
    width, height = map(int, size.split("x"))
    return width, height


def test_crops_have_the_shape_and_lie_in_the_frame(
    crops: Dataset, shape: tuple[str, str], video: Path
) -> None:
    across, down = map(int, shape[1].split(":"))
    info = probe(video)
    assert len(crops.crops) == 6
    for crop in crops.crops:
        with Image.open(crops.directory / crop.file) as image:
            assert abs(image.width * down - image.height * across) <= max(across, down)
        left, top, width, height = crop.box
        assert abs(width * down - height * across) <= 2 * max(across, down)
        assert left + width <= info.width and top + height <= info.height
    assert crops.sources[crops.crops[0].source]["options"]["shape"] == shape[1]


def test_a_contact_sheet_shows_them_whole(
    crops: Dataset, shape: tuple[str, str], tmp_path: Path
) -> None:
    plain, with_inputs = (
        p2p.contact_sheet(crops, tmp_path / name, size=60, columns=3, inputs=inputs)
        for name, inputs in (("a.png", False), ("b.png", True))
    )
    across, down = pixels_of(shape[0])
    cell = round(60 * across / max(across, down)), round(60 * down / max(across, down))
    for path, beside in ((plain, 1), (with_inputs, 2)):
        with Image.open(path) as sheet:
            assert sheet.width == 2 * 20 + 3 * (beside * cell[0] + 6) - 6
            assert sheet.height == 20 + 2 * (cell[1] + 6) - 6 + 48


@pytest.mark.slow
def test_samples_and_metadata_keep_the_proportions(run: Project, shape: tuple[str, str]) -> None:
    width, height = pixels_of(shape[0])
    path = run.sample_files()[-1]
    assert size_of_pictures(path) == (width, height)
    grid = read_sample(path)
    assert grid is not None
    inputs, real, _made = split_grid(grid, size_of_pictures(path))
    assert real.shape[1:] == (height, width, 3)
    assert np.ptp(real) > 100 and np.ptp(inputs.mean(-1)) > 20
    assert json.loads((run.path / "project.json").read_text())["train"]["image_size"] == shape[0]
    trained = load_trained(run)
    assert trained.config.image_size == shape[0]
    assert trained.generator.output.shape[1:] == (height, width, 3)


@pytest.mark.slow
def test_another_size_is_refused_by_its_name(crops: Dataset, run: Project) -> None:
    with pytest.raises(Pix2PixError, match="image_size = 64"):
        p2p.train(crops, run, TINY.replace(image_size=64, epochs=3))


@pytest.mark.slow
def test_apply_takes_the_centre_or_all_of_pictures_and_videos(
    run: Project, shape: tuple[str, str], video: Path, tmp_path: Path
) -> None:
    width, height = pixels_of(shape[0])
    Image.effect_noise((170, 100), 90).convert("RGB").save(tmp_path / "a.png")
    p2p.apply(run, tmp_path / "a.png", tmp_path / "centre.png", mode="inference")
    p2p.apply(run, tmp_path / "a.png", tmp_path / "whole.png", mode="inference", whole=True)
    assert Image.open(tmp_path / "centre.png").size == (width, height)
    assert Image.open(tmp_path / "whole.png").size == (109, 64)
    made = p2p.apply(run, video, tmp_path / "made.mp4", mode="inference", side_by_side=True)
    info = probe(made[0])
    assert (info.width, info.height) == (2 * width, height)


@pytest.mark.slow
def test_every_export_makes_the_same_pictures_and_says_how_large_they_are(
    run: Project, shape: tuple[str, str], tmp_path: Path
) -> None:
    width, height = pixels_of(shape[0])
    formats = ["keras", "h5", "safetensors", "savedmodel", "onnx", "tflite", "web"]
    p2p.export(run, tmp_path, formats)  # it compares each with the model
    facts = json.loads((tmp_path / "condition.json").read_text())
    assert (facts["image_width"], facts["image_height"]) == (width, height)
    assert (facts["output_width"], facts["output_height"]) == (width, height)
    assert "image_size" not in facts and facts["version"] == 2
    assert f"(batch, {height}, {width}, 1)" in (tmp_path / "model-card.md").read_text()
    with Image.open(tmp_path / "web" / "sample.jpg") as sample:
        assert sample.size == (width, height)


@pytest.mark.slow
def test_report_and_shared_sheet_keep_the_proportions(
    run: Project, shape: tuple[str, str], tmp_path: Path
) -> None:
    width, height = pixels_of(shape[0])
    page = p2p.report(run, tmp_path / "report.html").read_text()
    assert f'width="{width}" height="{height}"' in page
    assert f"At {width}x{height} pixels" in page
    p2p.share(run, tmp_path / "shared")
    with Image.open(next((tmp_path / "shared").glob("*.png"))) as sheet:
        across, down = 256, round(256 * height / width)  # of a picture on it
        assert sheet.width == 2 * 25 + 3 * across + 2 * 8
        assert sheet.height in [(170 + rows * (down + 8)) // 2 * 2 for rows in range(1, 5)]


@pytest.mark.slow
def test_crops_of_another_shape_are_cut_to_their_centre_with_one_note(
    crops: Dataset, shape: tuple[str, str], tmp_path: Path
) -> None:
    heard: list[Event] = []
    other = TALL if shape == WIDE else WIDE
    config = TINY.replace(image_size=other[0], gan_warmup_steps=1000)
    p2p.train(crops, Project(tmp_path / "run"), config, on_event=heard.append)
    notes = [event.message for event in heard if isinstance(event, Note)]
    cut = [note for note in notes if "have other proportions" in note]
    assert cut == [
        f"6 of 6 pictures have other proportions than {other[0]} pixels: the network sees their"
        " centre."
    ]


@pytest.mark.parametrize(
    "size", ["512x", "500x288", "512x288x3", 0, "288", "32x64", "64x1056", "x64", "-64x64", 2.0]
)
def test_what_is_no_size_is_refused_in_one_sentence(size: object) -> None:
    with pytest.raises(OptionError, match="a multiple of 32 from 64 to 1024") as caught:
        TrainConfig(image_size=size)  # type: ignore[arg-type]
    assert str(caught.value).startswith(f"image_size: received {size!r}.")


def test_a_size_has_one_way_to_be_stored() -> None:
    assert TrainConfig(image_size="256x256") == TrainConfig()
    wide = TrainConfig(image_size="512 × 288", output_size="256X144")
    assert (wide.image_size, wide.output_size, wide.levels) == ("512x288", "256x144", 5)
    assert TrainConfig.from_dict(json.loads(json.dumps(wide.to_dict()))) == wide
    with pytest.raises(OptionError, match="Expected one of 512x288, 256x144, 128x72, 64x36"):
        TrainConfig(image_size="512x288", output_size=256)


@pytest.mark.parametrize("shape", ["16x9", "0:9", "16:0", "17:1", "1:17", "", "16:9:1", "a:b"])
def test_what_is_no_shape_is_refused(shape: str) -> None:
    with pytest.raises(OptionError, match="width:height such as 1:1, 16:9 or 9:16"):
        FramesConfig(shape=shape)


def test_datasets_of_squares_are_stored_as_before() -> None:
    assert "shape" not in FramesConfig().to_dict()
    assert FramesConfig(shape="32:18").shape == "16:9"
    assert FramesConfig.from_dict(FramesConfig(shape="9:16").to_dict()).shape == "9:16"
