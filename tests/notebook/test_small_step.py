"""*Make it small* in the notebook: only where it is wanted, compared in plain words, then taken."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from colab_pix2pix.config import ShareConfig, SmallConfig
from colab_pix2pix.errors import OptionError
from colab_pix2pix.events import Event, Note
from colab_pix2pix.notebook import small_model, steps
from colab_pix2pix.notebook.forms import SmallForm
from colab_pix2pix.notebook.steps import (
    Stopped,
    model_steps,
    opening,
    sharing_steps,
    small_steps,
)
from colab_pix2pix.project import Project
from colab_pix2pix.workflows.reporting.beside_large import Comparison, Model, in_words

LARGE = Model(54_400_000, 108_900_000, 4.26, l1=0.11, follow=0.01, flicker=0.004)
SMALL = Model(990_000, 2_000_000, 245.3, l1=0.1155, follow=0.012, flicker=0.003)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "roses")


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Everything that steps display, in order."""
    shown: list[Any] = []
    for module in (opening, small_steps, sharing_steps, model_steps):
        monkeypatch.setattr(module, "display", lambda *things: shown.extend(things))
    return shown


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was asked of the training of small models, which takes no time here."""
    calls: list[dict[str, Any]] = []

    def distill(run: Project, small: Project, **options: Any) -> object:
        calls.append({"run": run, "small": small, **options})
        small.path.mkdir(parents=True, exist_ok=True)
        small.slots[0].touch()
        interrupted = options["minutes"] == 9
        return types.SimpleNamespace(interrupted=interrupted, step=3, total_steps=8)

    def compare(large: Project, small: Project, *, on_event: object) -> Comparison:
        picture = np.zeros((64, 64, 3), np.uint8)
        return Comparison(LARGE, SMALL, 26, True, [(picture,) * 4] * 2)

    monkeypatch.setattr("colab_pix2pix.workflows.distill.distill", distill)
    monkeypatch.setattr("colab_pix2pix.workflows.reporting.beside_large.compare", compare)
    return calls


def text_of(thing: Any) -> str:
    own = str(getattr(thing, "value", ""))
    return own + "".join(map(text_of, getattr(thing, "children", ())))


def test_without_the_tick_nothing_is_trained(
    project: Project, asked: list[Any], page: list[Any]
) -> None:
    assert steps.make_small(project) == project
    assert asked == [] and "stays as large as it is" in text_of(page[-1])
    assert not small_model.small_project(project, SmallConfig()).path.exists()


def test_with_the_tick_it_is_trained_compared_and_taken(
    project: Project,
    asked: list[dict[str, Any]],
    page: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    form = steps.choose_small(project)
    more = f"{tmp_path / 'b.mp4'}\n \n'{tmp_path / 'my pictures'}'"
    form.value = {"wanted": True, "parameters": 250_000, "minutes": 2.5, "frames": more}
    small = steps.make_small(project)
    (call,) = asked
    assert (call["run"], call["small"], call["parameters"]) == (project, small, 250_000)
    assert call["frames"] == [tmp_path / "b.mp4", tmp_path / "my pictures"]
    assert call["minutes"] == 2.5
    assert small.path == project.path / "roses-small-250000"
    words = text_of(page[-1])
    assert "Worse by 5%" in words and "what it sees, the model, the small model" in words.lower()
    assert len([w for w in page[-1].children if "cp-made" in w._dom_classes]) == 2
    live: list[Project] = []
    monkeypatch.setattr(model_steps.live_page, "live_view", lambda run, on_event: live.append(run))
    steps.try_live(project)
    assert live == [small]
    heard: list[Event] = []
    assert small_model.model_for_page(project, on_event=heard.append) == small
    form.value = {"wanted": False}
    assert small_model.model_for_page(project, on_event=heard.append) == project
    form.value = {"wanted": True, "parameters": 500_000}
    assert small_model.model_for_page(project, on_event=heard.append) == project
    told = [event.message for event in heard if isinstance(event, Note)]
    assert "at most 250 000 weights" in told[0] and "not made yet" in told[-1] and len(told) == 2


def test_an_interrupt_ends_in_one_line(project: Project, asked: list[Any], page: list[Any]) -> None:
    form = steps.choose_small(project)
    form.value = {"wanted": True, "minutes": 9}
    with pytest.raises(Stopped, match="Stopped after step 3 of 8: run this cell again to go on"):
        steps.make_small(project)
    assert "The small model" not in text_of(page[-1])


def test_a_path_that_can_not_be_one_is_refused_before_anything_is_stored(
    project: Project, asked: list[Any]
) -> None:
    form = SmallForm()
    form.value = {"wanted": True, "frames": "a.mp4\nhttps://me:secret@example.org/b.mp4?key=1"}
    with pytest.raises(OptionError, match=r"frames: received 'https://example.org/b.mp4'"):
        steps.make_small(project, form)
    assert asked == [] and not project.path.exists()
    assert "secret" not in str(form.config.to_dict()) and "key=1" not in str(form.config.to_dict())


def test_of_a_small_model_the_page_is_shared_and_the_film_of_the_training_stays(
    project: Project, asked: list[Any], page: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[Any, ...]] = []

    def share(run: Project, target: Any = "", config: Any = None, **options: Any) -> list[Path]:
        written.append((run, target, config.title, options.get("kinds", ())))
        return []

    monkeypatch.setattr("colab_pix2pix.workflows.sharing.share.share", share)
    monkeypatch.setattr(sharing_steps, "share_view", lambda files, name: None)
    steps.share(project)
    project.remember(SmallConfig(wanted=True))
    small = steps.make_small(project)
    project.remember(ShareConfig(signature="by Ada"))
    steps.share(project)
    assert written == [
        (project, "", "", ()),
        (project, "", "roses", ("gif", "mp4", "png")),
        (small, project.shared, "roses", ("html",)),
    ]


def test_the_difference_is_said_in_plain_words() -> None:
    assert in_words(Comparison(LARGE, SMALL, 26, True, [])) == [
        "Smaller: 990 000 weights instead of 54 400 000, a file of 2.0 MB instead of 108.9 MB.",
        "Faster: 245 pictures a second on one thread of this machine's processor instead of 4.3.",
        "Worse by 5%: its pictures are that much further from the real ones (L1 0.116 instead of"
        " 0.110, on 26 crops that neither has learned from).",
        "Follow is 0.012 instead of 0.010, flicker 0.0030 instead of 0.0040: less is better.",
    ]
    same = in_words(Comparison(SMALL, SMALL, 1, False, []))
    assert same[0].startswith("No smaller, ask for fewer") and same[1].startswith("No faster: ")
    assert same[2].startswith("As good: ") and same[2].endswith(
        "on 1 crop that both have learned from)."
    )
    better = in_words(Comparison(SMALL, LARGE, 26, True, []))
    assert better[2].startswith("No worse: its pictures are 5% closer")
