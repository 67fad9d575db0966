"""A small model imitates a large one: what it learns, how it goes on, and what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from colab_pix2pix.cli import main
from colab_pix2pix.config import FramesConfig, TrainConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.extract import extract_frames
from colab_pix2pix.downloader.download import sample_video
from colab_pix2pix.errors import CheckpointError, IncompatibleRunError, OptionError
from colab_pix2pix.events import Event, Metrics, Note
from colab_pix2pix.model.pix2pix import Pix2Pix
from colab_pix2pix.model.trained import load_trained, saved_options
from colab_pix2pix.project import Project
from colab_pix2pix.training import fit
from colab_pix2pix.training.data import split_crops
from colab_pix2pix.workflows import held_out
from colab_pix2pix.workflows.distill import count_parameters, distill, small_options
from colab_pix2pix.workflows.pipeline import train
from support.videos import counting

pytestmark = pytest.mark.slow
LARGE = TrainConfig(
    image_size=64, base_filters=8, epochs=4, batch_size=4, precision="float32", decay_from=1.0
)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A trained run; its crops are in its archive alone."""
    folder = tmp_path_factory.mktemp("large")
    crops = extract_frames(sample_video(), folder / "crops", FramesConfig(count=24))
    project = Project(folder / "run")
    train(crops, project, LARGE)
    shutil.rmtree(folder / "crops")
    yield project


def test_it_comes_nearer_to_the_teacher_than_it_began(
    large: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("colab_pix2pix.workflows.distill._TEACHER_SHARE", 1.0)  # imitation alone
    small, events = Project(tmp_path / "small"), list[Event]()
    distill(large, small, parameters=250_000, epochs=60, on_event=events.append)
    teacher, student = load_trained(large), load_trained(small)
    assert student.generator.count_params() <= 250_000 < teacher.generator.count_params()
    assert (student.config.image_size, student.config.condition) == (64, "blurred-grey")
    l1 = [event.generator_l1_loss for event in events if isinstance(event, Metrics)]
    assert l1[-1] < 0.4 * l1[0], "the target is the teacher's picture"
    # On inputs that neither has learned from: nearer to the teacher than to the real pictures.
    real = held_out.pictures(large, LARGE, 4)
    grey = np.repeat(np.asarray(real[..., :1], np.float32) / 127.5 - 1, 1, axis=-1)
    made, meant = (np.asarray(each.generate(grey)) for each in (student, teacher))
    target = np.asarray(real, np.float32) / 127.5 - 1
    assert np.abs(made - meant).mean() < 0.7 * np.abs(made - target).mean()


def test_it_is_a_run_like_any_other_and_ends_with_the_same_bytes(
    large: Project, tmp_path: Path
) -> None:
    whole, halved = Project(tmp_path / "whole"), Project(tmp_path / "halved")
    distill(large, whole, parameters=250_000, epochs=2)
    distill(large, halved, parameters=250_000, epochs=1)
    result = distill(large, halved, parameters=250_000, epochs=2)
    assert result.epochs_done == 2
    ones, others = (load_trained(each).generator.get_weights() for each in (whole, halved))
    assert all(np.array_equal(one, other) for one, other in zip(ones, others, strict=True))


def test_frames_without_labels_are_learned_from_and_never_held_out(
    large: Project, tmp_path: Path
) -> None:
    small = Project(tmp_path / "small")
    before = manifest.read(_unpacked(large, tmp_path))
    own = tmp_path / "own.mp4"
    shutil.copy(sample_video(), own)
    other = counting(tmp_path / "other.mp4", frames=40)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for crop in before.crops[:3]:
        shutil.copy(before.directory / crop.file, folder)
    notes: list[Event] = []
    frames = [own, other, folder]
    distill(large, small, parameters=250_000, frames=frames, epochs=1, on_event=notes.append)
    after = manifest.read(small.crops / "of-the-teacher")
    learned, held = (split_crops(each, LARGE) for each in (after, before))
    assert {crop.file for crop in learned[1]} == {crop.file for crop in held[1]}
    added = {crop.source for crop in learned[0]} - {crop.source for crop in before.crops}
    assert added == {"other", "pictures"}
    assert len(learned[0]) > len(held[0]) + 20
    told = " ".join(note.message for note in notes if isinstance(note, Note))
    assert "own.mp4 is left out: the model was trained on it." in told
    # The same call again has nothing to add, and nothing to do.
    again = distill(large, small, parameters=250_000, frames=frames, epochs=1)
    assert again.epochs_done == 1
    assert manifest.read(after.directory).revision == after.revision


def _unpacked(project: Project, folder: Path) -> Path:
    from colab_pix2pix.dataset.archive import unpack

    return unpack(project.dataset_zip, folder / "before").directory


@pytest.mark.parametrize("size", [64, 256])
def test_the_widest_network_that_fits_is_taken(size: int) -> None:
    options = TrainConfig(image_size=size)
    small = small_options(options, Project("run"), 1_000_000)
    wider = small.replace(base_filters=small.base_filters + 1)
    assert count_parameters(small) <= 1_000_000 < count_parameters(wider)
    large = small_options(options, Project("run"), 10**9)
    assert large.base_filters == options.base_filters, "it is never wider than the teacher"


def test_what_can_not_be_done_is_said_before_anything_is_written(
    large: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "small"
    with pytest.raises(OptionError, match=r"The narrowest network for 64 pixels has [0-9]+"):
        distill(large, small, parameters=1000)
    with pytest.raises(CheckpointError, match="holds no trained model yet"):
        distill(tmp_path / "nothing", small)
    with pytest.raises(OptionError, match="parameters"):
        distill(large, small, parameters=-1)
    assert not small.exists()
    assert main.main(["distill", str(tmp_path / "nothing"), str(small)]) == 1
    assert "holds no trained model yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"blur_factor": 8.0}, "blur_factor = 24.0; received 8.0"),
        ({"image_size": 128}, "image_size = 64; received 128"),
        ({"condition": "edges"}, "condition = blurred-grey; received edges"),
        ({"input_channels": 3}, "input_channels = 1; received 3"),
    ],
)
def test_a_teacher_that_sees_something_else_is_refused(
    large: Project, tmp_path: Path, changed: dict[str, object], told: str
) -> None:
    config = LARGE.replace(teacher=str(large.path), **changed)
    with pytest.raises(IncompatibleRunError, match=told):
        train(_unpacked(large, tmp_path), tmp_path / "small", config)
    assert not (tmp_path / "small").exists()


def test_a_run_does_not_imitate_itself(large: Project, tmp_path: Path) -> None:
    config = LARGE.replace(teacher=str(large.path), epochs=9)
    with pytest.raises(IncompatibleRunError, match="is the run itself"):
        train(_unpacked(large, tmp_path), large, config)


def test_what_was_chosen_by_eye_is_imitated(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def load(run: Project, generation: str = "last", **options: object) -> SimpleNamespace:
        asked.append(generation)
        return SimpleNamespace(generator=None, config=LARGE, name="chosen by eye")

    monkeypatch.setattr("colab_pix2pix.model.trained.load_trained", load)
    plan = SimpleNamespace(config=LARGE.replace(teacher="run"))
    model = SimpleNamespace(imitate=lambda generator, config: None)
    assert fit._imitate_teacher(plan, model, print) == "chosen by eye"  # type: ignore[arg-type]
    assert asked == ["chosen"]


def test_the_real_pictures_count_for_a_quarter_and_a_run_that_has_begun_goes_on_as_it_did(
    large: Project, tmp_path: Path
) -> None:
    new, begun = Project(tmp_path / "new"), Project(tmp_path / "begun")
    distill(large, new, parameters=250_000, epochs=1)
    assert saved_options(new).teacher_share == 0.75
    options = small_options(saved_options(large), large, 250_000).replace(epochs=1)
    train(_unpacked(large, tmp_path), begun, options)  # as all did before there was a share
    told: list[Event] = []
    distill(large, begun, parameters=250_000, epochs=2, on_event=told.append)
    assert saved_options(begun).teacher_share == 1.0
    assert not [e.message for e in told if isinstance(e, Note) and "teacher_share" in e.message]


@pytest.mark.parametrize("share", [0.0, 0.75, 1.0])
def test_the_loss_is_mixed_of_both_distances(share: float) -> None:
    config = LARGE.replace(teacher_share=share, precision="float32", discriminator_augment=False)
    student, teacher = Pix2Pix(config), Pix2Pix(config.replace(seed=1))
    student.imitate(teacher.generator, config)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    grey, real = student.augmented_pair(pictures, np.int64(0))
    made, meant = student.generator(grey, training=True), teacher.generator(grey, training=False)
    near, far = (float(abs(np.asarray(made) - np.asarray(to)).mean()) for to in (meant, real))
    l1 = float(student.train_on(pictures, 0)[1])
    assert l1 == pytest.approx(share * near + (1 - share) * far, rel=1e-3)
