"""Pairs of pictures, and coloured inputs, go the whole way: import, train, resume, apply."""

from __future__ import annotations

import dataclasses
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.cli import main
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.import_images import import_pairs
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.errors import DatasetError, IncompatibleRunError, OptionError
from colab_pix2pix.events import Event, Metrics
from colab_pix2pix.model import conditions, pix2pix
from colab_pix2pix.options import options
from colab_pix2pix.project import Project
from colab_pix2pix.storage.restore import status
from colab_pix2pix.training.data import load_pictures
from colab_pix2pix.workflows.apply import apply
from colab_pix2pix.workflows.pipeline import train

PAIRED = TrainConfig(
    image_size=64,
    base_filters=4,
    epochs=4,
    batch_size=4,
    condition="paired",
    precision="float32",
    gan_warmup_steps=0,
)


def side_by_side(folder: Path, count: int = 10) -> Path:
    """Writes pictures: on the left (A) a green bar on red, on the right (B) a white one on blue."""
    folder.mkdir()
    for number in range(count):
        both = np.empty((80, 160, 3), np.uint8)
        both[:, :80], both[:, 80:] = (180, 0, 0), (0, 0, 180)
        both[:, 6 * number : 6 * number + 12] = (0, 220, 0)
        both[:, 80 + 6 * number : 92 + 6 * number] = (250, 250, 250)
        Image.fromarray(both).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture
def pairs(tmp_path: Path) -> Dataset:
    return import_pairs(side_by_side(tmp_path / "facades"), tmp_path / "pairs", size=80)


def arrays(project: Project) -> dict[str, bytes]:
    with np.load(status(project)["slots"][0]["path"]) as file:
        return {name: file[name].tobytes() for name in file.files if name != "manifest.json"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "config",
    [
        PAIRED,
        PAIRED.replace(input_channels=1, output_size=32, ema=0.9, leak=0.3, memory_limit=0.0),
    ],
    ids=["colour", "grey and small, from the disk"],
)
def test_training_on_pairs_resumes_to_the_same_bytes_and_applies(
    pairs: Dataset, tmp_path: Path, config: TrainConfig
) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Metrics) and event.step == 4:
            os.kill(os.getpid(), signal.SIGINT)

    first = train(pairs, tmp_path / "in two", config, on_event=interrupt)
    assert first.interrupted and 0 < first.step < 9
    heard: list[Event] = []
    second = train(pairs, tmp_path / "in two", config, on_event=heard.append)
    assert second.started_at_step == first.step and second.epochs_done == 4
    whole = train(pairs, tmp_path / "in one", config)
    assert arrays(second.project) == arrays(whole.project)
    assert all(e.held_out_ssim for e in heard if isinstance(e, Metrics) and e.step == second.step)
    results = apply(second.project, tmp_path / "facades" / "00.png", tmp_path / "made.png")
    assert Image.open(results[0]).size == (config.output_size or 64,) * 2
    with pytest.raises(IncompatibleRunError, match=r"input_channels|leak"):
        train(pairs, second.project, config.replace(input_channels=3, leak=0.25))


@pytest.mark.slow
def test_the_sample_grid_shows_the_given_picture_its_partner_and_what_was_made(
    pairs: Dataset, tmp_path: Path
) -> None:
    result = train(pairs, tmp_path / "run", PAIRED.replace(epochs=1))
    grid = np.asarray(Image.open(min(result.project.samples.glob("*.jpg")))).astype(int)
    given, wanted = grid[4 + 32, 4 + 2], grid[4 + 64 + 4 + 32, 4 + 2]
    assert np.abs(given - (180, 0, 0)).max() < 25
    assert np.abs(wanted - (0, 0, 180)).max() < 25


@pytest.mark.slow
def test_a_network_learns_the_partners_of_pairs(pairs: Dataset, tmp_path: Path) -> None:
    heard: list[Event] = []
    options = PAIRED.replace(base_filters=8, epochs=30, learning_rate=2e-3)
    train(pairs, tmp_path / "run", options, on_event=heard.append)
    scores = [e.held_out_l1_loss for e in heard if isinstance(e, Metrics) and e.held_out_l1_loss]
    assert scores[-1] < 0.4 * scores[0]
    Image.new("RGB", (64, 64), (180, 0, 0)).save(tmp_path / "red.png")
    (result,) = apply(tmp_path / "run", tmp_path / "red.png", tmp_path / "made.png")
    red, _, blue = np.asarray(Image.open(result)).reshape(-1, 3).mean(0)
    assert blue > red + 60  # fed as it is: its grey alone would not tell red from blue


def test_both_of_a_pair_are_cut_zoomed_and_mirrored_alike(pairs: Dataset) -> None:
    config = PAIRED.replace(max_zoom=2.0)
    pictures = load_pictures(pairs, config)
    assert pictures.train.shape == (9, 80, 80, 6)
    image = conditions.augment_target(
        pictures.train, image_size=64, max_zoom=2.0, flip=True, seed=(1, 2)
    )
    input_image, target_image = conditions.make_pair(image, config)
    green, white = (input_image[..., 1] + 1) * 127.5 / 220, (target_image[..., 0] + 1) * 127.5 / 250
    np.testing.assert_allclose(green, white, atol=1e-3)
    assert 0.02 < green.numpy().mean() < 0.5
    model = pix2pix.Pix2Pix(config.replace(max_zoom=1.0, flip=False))
    fed, wanted = model.augmented_pair(pictures.train, np.int64(0))
    plain = conditions.augment_target(
        pictures.train, image_size=64, max_zoom=1.0, flip=False, seed=(0, 0)
    )
    assert np.array_equal(fed, plain[..., 3:])  # neither brighter nor darker
    assert np.array_equal(wanted, plain[..., :3])


def test_pairs_with_another_condition_are_refused_with_the_flag_to_give(
    pairs: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match="Add --condition paired"):
        train(pairs, tmp_path / "run", PAIRED.replace(condition="blurred-grey"))
    assert not (tmp_path / "run").exists()


def test_the_condition_paired_without_pairs_is_refused(crops: Dataset, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no picture beside disc-00\.png\. With"):
        train(crops, tmp_path / "run", PAIRED)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("condition", ["paired", "blurred-grey"])
def test_a_mixture_of_pairs_and_loose_pictures_is_refused(
    pairs: Dataset, tmp_path: Path, condition: str
) -> None:
    one = dataclasses.replace(pairs.crops[3], input_file="")
    mixed = pairs.replace((*pairs.crops[:3], one, *pairs.crops[4:]))
    messages = {"paired": f"{one.file}; 9 others have one", "blurred-grey": "--condition paired"}
    with pytest.raises(DatasetError, match=messages[condition]):
        train(mixed, tmp_path / "run", PAIRED.replace(condition=condition))
    rejected = dataclasses.replace(one, choice="reject")
    rest = pairs.replace((*pairs.crops[:3], rejected, *pairs.crops[4:]))
    assert len(load_pictures(rest, PAIRED).train) == 8


@pytest.mark.parametrize("side", ["file", "input_file"])
def test_a_picture_of_a_pair_that_is_missing_or_unreadable_is_named(
    pairs: Dataset, tmp_path: Path, side: str
) -> None:
    path = pairs.directory / getattr(pairs.crops[4], side)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])  # its head is right: it shows only when decoded
    with pytest.raises(DatasetError, match=path.name):
        train(pairs, tmp_path / "run", PAIRED)
    path.unlink()
    with pytest.raises(DatasetError, match=f"{path.name} is missing"):
        train(pairs, tmp_path / "run", PAIRED)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_two_pairs_are_enough(tmp_path: Path) -> None:
    two = import_pairs(side_by_side(tmp_path / "two", 2), tmp_path / "pairs", size=64)
    result = train(two, tmp_path / "run", PAIRED.replace(epochs=1))
    assert result.epochs_done == 2  # a step of four pictures sees each of two twice
    assert load_pictures(two, PAIRED).held_out.shape[0] == 2


def test_the_hash_of_a_dataset_covers_the_partners(pairs: Dataset) -> None:
    before = pairs.sha256
    partner = pairs.directory / pairs.crops[2].input_file
    Image.new("RGB", (80, 80), "white").save(partner)
    assert pairs.sha256 != before
    turned = [dataclasses.replace(c, file=c.input_file, input_file=c.file) for c in pairs.crops]
    assert pairs.replace(tuple(turned)).sha256 != pairs.sha256
    alone = [Crop(file=file) for crop in pairs.crops for file in crop.files]
    assert pairs.replace(tuple(alone)).sha256 != pairs.sha256


@pytest.mark.parametrize(
    ("changes", "parameters", "judged"),
    [
        ({}, 54_423_811, 2_768_385),
        ({"input_channels": 3}, 54_425_859, 2_770_433),
        ({"condition": "paired"}, 54_425_859, 2_770_433),
        ({"condition": "paired", "input_channels": 1}, 54_423_811, 2_768_385),
    ],
)
def test_options_lead_to_the_published_networks(
    changes: dict[str, object], parameters: int, judged: int
) -> None:
    config = TrainConfig(precision="float32").replace(**changes)
    assert pix2pix.build_generator(config).count_params() == parameters
    assert pix2pix.build_discriminator(config).count_params() == judged


@pytest.mark.parametrize("condition", ["grey", "edges"])
def test_a_coloured_input_of_a_picture_without_colours_is_refused(condition: str) -> None:
    with pytest.raises(OptionError, match="input_channels: received 3 with condition"):
        TrainConfig(condition=condition, input_channels=3)


@pytest.mark.slow
def test_a_blurred_input_can_keep_its_colours(crops: Dataset, tmp_path: Path) -> None:
    config = PAIRED.replace(condition="blurred-grey", input_channels=3, epochs=1)
    result = train(crops, tmp_path / "run", config)
    assert len(apply(result.project, crops.directory, tmp_path / "made")) == 12
    grid = np.asarray(Image.open(min(result.project.samples.glob("*.jpg")))).astype(int)
    assert np.ptp(grid[4:68, 4:68], axis=-1).max() > 100  # the row of inputs is no grey


def test_what_changes_a_network_can_not_change_on_resume() -> None:
    about = options(TrainConfig)
    assert {about[name].on_resume for name in ("condition", "input_channels", "leak")} == {"refuse"}
    assert about["memory_limit"].on_resume == "free"


@pytest.mark.slow
def test_pairs_are_imported_and_trained_on_from_the_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, crops, run = side_by_side(tmp_path / "mine"), tmp_path / "crops", tmp_path / "run"
    arguments = [
        "import",
        "--pairs",
        "--direction",
        "BtoA",
        "--size",
        "64",
        str(folder),
        str(crops),
    ]
    assert main.main(arguments) == 0
    assert "10 pairs" in capsys.readouterr().out
    dataset = manifest.read(crops)
    assert {crop.split for crop in dataset.crops} == {"train", "test"}
    given = Image.open(crops / dataset.crops[5].input_file).convert("RGB").getpixel((2, 2))
    assert given == (0, 0, 180)
    small = ["--image-size", "64", "--base-filters", "4", "--epochs", "1"]
    assert main.main(["train", str(crops), str(run), *small]) == 1
    assert "--condition paired" in capsys.readouterr().err
    assert not run.exists()
    assert main.main(["train", str(crops), str(run), *small, "--condition", "paired"]) == 0
    assert (run / "dataset.zip").is_file()


def test_two_folders_and_loose_pictures_are_imported_from_the_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "AB":
        side_by_side(tmp_path / name, 3)
    both = [str(tmp_path / "A"), str(tmp_path / "B")]
    assert main.main(["import", "--pairs", *both, str(tmp_path / "pairs")]) == 0
    assert all(crop.input_file for crop in manifest.read(tmp_path / "pairs").crops)
    assert main.main(["import", *both, str(tmp_path / "loose"), "--scale", "-1:64"]) == 0
    loose = manifest.read(tmp_path / "loose")
    assert not any(crop.input_file for crop in loose.crops)
    assert any("duplicate" in crop.marks for crop in loose.crops)
    capsys.readouterr()
    assert main.main(["import", "--pairs", *both, both[0], str(tmp_path / "more")]) == 1
    assert "Received 3 sources of pairs" in capsys.readouterr().err
    assert main.main(["import", "--pairs", "--count", "3", *both, str(tmp_path / "more")]) == 2
    assert "Received --count with --pairs" in capsys.readouterr().err
    assert main.main(["import", "--pairs", "--size", "-3", *both, str(tmp_path / "more")]) == 1
    assert not (tmp_path / "more").exists()
