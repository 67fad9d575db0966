"""A saved state that is chosen by eye: kept, remembered, and taken by all that shows a model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import ipywidgets as widgets
import numpy as np
import pytest

from colab_pix2pix.cli import main
from colab_pix2pix.config import ChosenConfig
from colab_pix2pix.errors import CheckpointError
from colab_pix2pix.events import Event, Note, ignore
from colab_pix2pix.model.trained import find_state
from colab_pix2pix.notebook.panels.choice_view import ChoiceView
from colab_pix2pix.project import Project
from colab_pix2pix.workflows.apply import apply
from colab_pix2pix.workflows.export import export
from colab_pix2pix.workflows.pipeline import train
from colab_pix2pix.workflows.report import report
from colab_pix2pix.workflows.sharing.choosing import choose_state, draw_states, states_in_words
from colab_pix2pix.workflows.sharing.serve import page_folder
from support.discs import discs
from support.networks import SMALLEST


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run with two slots: after one epoch and after two."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        crops = discs(folder / "crops")
        for epochs in (1, 2):
            train(crops, folder / "run", SMALLEST.replace(epochs=epochs))
        yield folder / "run"


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Project:
    return Project(shutil.copytree(trained, tmp_path / "clouds"))


def steps_of(project: Project) -> list[int]:
    return [step for step, _ in draw_states(project, 2) if step > 0]


def said(heard: list[Event]) -> str:
    return "\n".join(event.message for event in heard if isinstance(event, Note))


@pytest.mark.slow
def test_what_was_chosen_is_kept_and_taken_by_all_until_the_choice_is_taken_back(
    run: Project, tmp_path: Path
) -> None:
    early, late = steps_of(run)
    heard: list[Event] = []
    assert find_state(run, "chosen").step == late and not said(heard)
    assert choose_state(run.path, early, on_event=heard.append) == early
    assert f"Step {early} counts from now on" in said(heard)
    assert run.recall(ChosenConfig).step == early
    train(discs(tmp_path / "crops"), run, SMALLEST.replace(epochs=4))
    assert early not in [find_state(run, "last").step, late]

    heard.clear()
    page = page_folder(run, on_event=heard.append)
    picture = tmp_path / "crops" / "disc-01.png"
    apply(run, picture, tmp_path / "made.png", on_event=heard.append)
    export(run, tmp_path / "out", on_event=heard.append)
    report(run, tmp_path / "report.html", on_event=heard.append)
    assert said(heard).count(f"Step {early} is taken: it was chosen by eye.") >= 4
    chosen = (tmp_path / "made.png").read_bytes()
    assert f"{early} steps" in (tmp_path / "out" / "model-card.md").read_text()
    first_model = (page / "model.onnx").read_bytes()

    assert choose_state(run, on_event=ignore) == find_state(run, "last").step
    apply(run, picture, tmp_path / "newest.png")
    assert (tmp_path / "newest.png").read_bytes() != chosen
    assert (page_folder(run) / "model.onnx").read_bytes() != first_model
    apply(run, picture, tmp_path / "best.png", generation="best")
    assert choose_state(run, early) == early, "it is a milestone, and may be chosen again"


def test_a_step_that_is_not_saved_is_refused_with_those_that_are(run: Project) -> None:
    before = run.settings_file.read_bytes()
    steps = " ".join(map(str, steps_of(run)))
    with pytest.raises(CheckpointError, match=f"received 999. .*{steps.replace(' ', ', ')}"):
        choose_state(run, 999)
    assert run.settings_file.read_bytes() == before
    with pytest.raises(CheckpointError, match="no trained model yet"):
        choose_state(run.path / "missing", 3)


def test_a_choice_whose_state_is_lost_is_told_and_the_newest_taken(run: Project) -> None:
    early, late = steps_of(run)
    run.remember(ChosenConfig(step=7777))
    heard: list[Event] = []
    assert find_state(run, "chosen", on_event=heard.append).step == late
    assert "Step 7 777, which was chosen by eye, is lost: the newest is taken." in said(heard)
    run.settings_file.write_text("torn")
    choose_state(run, early)
    assert find_state(run, "chosen").step == early


def test_the_command_lists_chooses_and_takes_back(
    run: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    early, late = steps_of(run)
    assert states_in_words(run)[-1] == f"step {late}, in a slot, which counts"
    for word, answer in ((str(early), early), ("newest", late)):
        assert main.main(["choose", str(run.path), word]) == 0
        assert capsys.readouterr().out.strip() == str(answer)
    assert main.main(["choose", str(run.path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    for wrong in ("later", "0", "1.5"):
        assert main.main(["choose", str(run.path), wrong]) == 2
        assert "Expected a whole number, or newest" in capsys.readouterr().err


def test_a_click_on_a_row_chooses_it_and_another_button_takes_it_back(run: Project) -> None:
    drawn = draw_states(run, 2)
    assert drawn[0][0] == -1 and drawn[-1][0] == 0
    assert all(len(pictures) == 2 for _, pictures in drawn)
    assert np.abs(drawn[1][1][0].astype(int) - drawn[2][1][0]).max() > 0
    view = ChoiceView(run, drawn)
    early, late = view.buttons

    def marked() -> list[int]:
        return [s for s, button in view.buttons.items() if "cp-counts-now" in button._dom_classes]

    assert marked() == [late] and view.newest.disabled
    view.buttons[early].click()
    assert marked() == [early] and run.recall(ChosenConfig).step == early
    assert f"Step {early} counts from now on" in view.note.value
    assert marked() == [early] and ChoiceView(run, drawn).newest.disabled is False
    view.newest.click()
    assert marked() == [late] and run.recall(ChosenConfig).step == 0
    text = "".join(w.value for w in view.children if isinstance(w, widgets.HTML))
    assert text.count("which counts now") == 1
