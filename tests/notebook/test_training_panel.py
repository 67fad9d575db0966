"""The panels that follow a long job, fed with events by hand."""

from __future__ import annotations

import dataclasses
import io
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.events import (
    Event,
    Metrics,
    Note,
    Progress,
    Resumed,
    Safety,
    Sample,
    Saved,
    TrainingProgress,
    Verdict,
)
from colab_pix2pix.notebook.panels import training_panel
from colab_pix2pix.notebook.panels.progress_line import ProgressLine
from colab_pix2pix.notebook.panels.results import result_view
from colab_pix2pix.notebook.panels.samples import SampleView
from colab_pix2pix.notebook.panels.training_panel import TrainingPanel
from colab_pix2pix.project import Project
from colab_pix2pix.storage import status_line
from colab_pix2pix.training import artifacts
from colab_pix2pix.training.diagnosis import diagnose
from colab_pix2pix.training.interrupt import interruptible
from colab_pix2pix.video.encode import encode_video
from colab_pix2pix.workflows.reporting import curves


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(training_panel.time, "monotonic", clock)
    return clock


def metrics(step: int, held_out: float | None = None) -> Metrics:
    return Metrics(
        step=step,
        epoch=step // 10,
        generator_gan_loss=1.0 + 1 / step,
        generator_l1_loss=0.5 / step,
        discriminator_loss=0.7,
        held_out_l1_loss=held_out,
    )


def progress(step: int) -> Progress:
    return TrainingProgress(
        done=step,
        total=200,
        per_second=12.34,
        seconds_left=200 - step,
        crops_per_second=49.36,
        epoch=step // 10 + 1,
        epochs=20,
    )


def saved(step: int, generation: int, *, confirmed: bool = True) -> Saved:
    return Saved(step=step, generation=generation, path=Path("slot-a.npz"), confirmed=confirmed)


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    path = tmp_path / "step-00000012.jpg"
    Image.fromarray(np.full((40, 60, 3), (200, 30, 30), np.uint8)).save(path)
    return path


def test_the_panel_tells_epoch_step_speed_and_time_left(clock: Clock) -> None:
    panel = TrainingPanel()
    panel(metrics(50))
    clock.now += 1
    panel(progress(50))
    assert "epoch 6 of 20, 50 of 200 steps, 49.4 crops per second, 2 min left" in panel.text.value
    assert "width:25.00%" in panel.text.value
    assert "difference to the real crops <b>0.010</b>" in panel.losses.value
    assert "never seen" not in panel.losses.value
    panel(dataclasses.replace(metrics(60, 0.2), held_out_follow=0.1))
    panel.finish()
    assert "_" not in panel.losses.value, "no name of a column in a panel"


def test_text_is_sent_on_a_timer_and_not_at_each_step(clock: Clock) -> None:
    panel = TrainingPanel()
    sent: list[str] = []
    panel.text.observe(lambda change: sent.append(change["new"]), names="value")
    for step in range(1, 101):
        clock.now += 0.01
        panel(progress(step))
    assert 3 <= len(sent) <= 5


def test_curves_are_drawn_seldom_enough_to_cost_a_hundredth(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[float] = []

    def slow(history: object) -> str:
        drawn.append(clock.now)
        clock.now += 0.5
        return "a chart"

    monkeypatch.setattr(curves, "curves", slow)
    panel = TrainingPanel()
    for step in range(1, 3001):
        clock.now += 0.1
        panel(metrics(step))
    assert len(drawn) >= 3
    assert 0.5 * len(drawn) <= 0.01 * (clock.now - 100)


def test_finish_shows_what_the_timer_has_held_back(clock: Clock) -> None:
    panel = TrainingPanel()
    panel(progress(10))
    panel(metrics(10))
    panel(metrics(200))
    panel(progress(200))
    assert "200 of 200" not in panel.text.value
    panel.finish()
    assert "200 of 200 steps" in panel.text.value
    assert "cp-done" in panel.text.value
    assert "<svg" in panel.curves.value and panel.curves.layout.display == "block"


def test_finish_tells_the_step_that_was_reached_and_no_time_left(clock: Clock) -> None:
    panel = TrainingPanel()
    panel(progress(17))
    panel(saved(20, 1))
    panel.finish()
    assert "20 of 200 steps" in panel.text.value
    assert "left" not in panel.text.value and "per second" not in panel.text.value


def falling(step: int, held_out: float) -> Metrics:
    loss = {"generator_gan_loss": 1.0, "discriminator_loss": 0.7}
    return Metrics(
        step=step, epoch=step // 20, generator_l1_loss=held_out, held_out_l1_loss=held_out, **loss
    )


def test_the_verdict_is_said_in_the_panel_and_follows_each_epoch(clock: Clock) -> None:
    panel = TrainingPanel()
    panel(falling(20, 0.5))
    assert "too few to tell" in panel.verdict.value and "cp-quiet" in panel.verdict.value
    for step in range(40, 2000, 20):
        clock.now += 3
        panel(falling(step, 0.5 / step**0.3))
    assert "Learning: " in panel.verdict.value and "cp-good" in panel.verdict.value
    clock.now += 3
    nothing = dataclasses.replace(falling(2000, 0.1), generator_l1_loss=float("nan"))
    panel(nothing)
    assert "Broken: " in panel.verdict.value and "cp-warning" in panel.verdict.value


def test_one_step_and_one_measure_are_said_as_people_do() -> None:
    assert diagnose([falling(1, 0.5)]).sentence.startswith(
        "Starting: 1 step and 1 measure on held-out crops so far"
    )


def test_the_verdict_at_the_end_stands_in_the_panel_once(clock: Clock) -> None:
    panel = TrainingPanel()
    history = [falling(step, 0.5 / step**0.3) for step in range(20, 400, 20)]
    for row in history:
        panel(row)
    panel(diagnose(history))
    panel.finish()
    assert "Learning: " in panel.verdict.value
    assert panel.notes.value == ""


def test_the_verdict_costs_little_in_short_epochs(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def counted(history: list[Metrics]) -> Verdict:
        calls.append(1)
        return diagnose(history)

    monkeypatch.setattr(training_panel, "diagnose", counted)
    panel = TrainingPanel()
    for step in range(20, 2000, 20):  # an epoch each
        clock.now += 0.1
        panel(falling(step, 0.5))
    assert len(calls) <= 11


def test_the_newest_sample_is_shown_as_a_small_jpeg(grid: Path) -> None:
    panel = TrainingPanel()
    assert panel.sample.image.layout.display == "none"
    panel(Sample(step=12, path=grid))
    with Image.open(io.BytesIO(panel.sample.image.value)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (60, 40))
    assert panel.sample.image.layout.display == "block"
    assert "Step 12." in panel.sample.caption.value


def test_the_panel_shows_the_one_line_about_what_is_safe(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_line.time, "time", lambda: clock.now)
    panel = TrainingPanel()
    panel.finish()
    assert "Nothing is saved yet" in panel.saved.value
    for event, text, css_class in (
        (Safety(on_drive=True, uploading_step=10), "Nothing is on Drive yet", "cp-warning"),
        (Safety(on_drive=True, safe_step=10, safe_time=100), "Safe on Drive: step 10", "cp-good"),
    ):
        clock.now += 1
        panel(event)
        assert text in panel.saved.value and css_class in panel.saved.value
    clock.now += 120
    panel.finish()
    assert "Safe on Drive: step 10 (2 min ago)" in panel.saved.value


def test_the_wait_for_the_upload_is_shown_and_then_the_training_again(clock: Clock) -> None:
    panel = TrainingPanel()
    panel(progress(200))
    clock.now += 1
    panel(Progress(job="upload", done=12, total=30, unit="seconds", seconds_left=18))
    assert "Upload: 12 of 30 seconds" in panel.text.value
    panel.finish()
    assert "200 of 200 steps" in panel.text.value


@pytest.mark.parametrize("listener", [TrainingPanel, ProgressLine])
def test_words_from_outside_are_shown_as_text(listener: type) -> None:
    panel = listener()
    evil = "<img src=x onerror=alert(1)>"
    panel(Note(message=evil, level="warning"))
    panel(Progress(job=evil, done=1, total=1, unit=evil))
    shown = panel.notes.value + panel.text.value
    assert "<img" not in shown
    assert shown.lower().count("&lt;img") == 3 if listener is ProgressLine else "&lt;img" in shown


@pytest.mark.parametrize("listener", [TrainingPanel, ProgressLine])
def test_every_kind_of_event_is_taken(listener: type, grid: Path) -> None:
    events: list[Event] = [
        progress(1), metrics(1), Sample(step=1, path=grid), saved(1, 1),
        Resumed(step=1, generation=1), Note(message="hello"),
    ]  # fmt: skip
    panel = listener()
    for event in events:
        panel(event)
    assert "hello" in panel.notes.value


def test_a_line_shows_bytes_as_people_say_them_and_a_job_without_an_end() -> None:
    line = ProgressLine()
    line(Progress(job="download", done=2.4e6, total=4.8e6, unit="bytes", per_second=1e6))
    assert "Download: 2.4 MB of 4.8 MB, 1.0 MB per second" in line.text.value
    line = ProgressLine()
    line(Progress(job="download", done=5e6, unit="bytes"))
    assert "Download: 5.0 MB" in line.text.value
    assert "cp-bar" not in line.text.value


def test_the_last_progress_of_a_line_is_never_held_back(clock: Clock) -> None:
    line = ProgressLine()
    for done in (1, 2, 3):
        line(Progress(job="frames", done=done, total=3, unit="crops"))
    assert "3 of 3 crops" in line.text.value


def test_a_panel_starts_with_what_earlier_sessions_left(tmp_path: Path) -> None:
    project = Project(tmp_path)
    artifacts.write_sample(project, 20, np.zeros((8, 8, 3), np.uint8))
    artifacts.write_metrics(project, [metrics(10), metrics(20, held_out=0.25)])
    panel = TrainingPanel(project)
    assert "Step 20." in panel.sample.caption.value
    assert "the same on crops it has never seen <b>0.250</b>" in panel.losses.value
    assert panel.curves.value


def test_steps_that_are_done_again_replace_the_lost_ones(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[list[int]] = []

    def drawn_of(history: list[Metrics]) -> str:
        drawn.append([metrics.step for metrics in history])
        return "a chart"

    monkeypatch.setattr(curves, "curves", drawn_of)
    panel = TrainingPanel()
    for step in (10, 20, 30, 20):
        panel(metrics(step))
    panel.finish()
    assert drawn == [[10, 20]]


def test_the_result_shows_what_there_is_and_says_when_there_is_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path / "<roses>")
    texts = " ".join(getattr(w, "value", "") for w in result_view(project).children)
    assert "Nothing is trained yet" in texts
    assert "<roses>" not in texts
    pixels = np.zeros((16, 16, 3), np.uint8)
    artifacts.write_sample(project, 1, pixels)
    artifacts.write_metrics(project, [metrics(1), metrics(2, held_out=0.5)])
    encode_video(project.timelapse, [(0.0, pixels), (0.5, pixels)])
    view = result_view(project)
    shown = [*view.children, *view.children[2].children]
    names = {name for widget in shown for name in widget._dom_classes}
    assert {"cp-sample", "cp-steps", "cp-timelapse", "cp-curves"} <= names


def sample_grids(project: Project, *steps: int) -> list[Path]:
    grey = np.zeros((8, 8, 3), np.uint8)
    return [artifacts.write_sample(project, step, grey) for step in steps]


def put(view: SampleView, share: float) -> None:
    """Moves the slider as a front-end does: 0 is its left end, 1 its right."""
    view.slider.set_state({"value": round((share - 1) * -view.slider.min)})


def test_a_slider_leads_through_the_earlier_samples_once_training_has_ended(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    for step, grey in ((1, 10), (2, 100), (16, 200)):
        artifacts.write_sample(project, step, np.full((8, 8, 3), grey, np.uint8))
    panel = TrainingPanel(project)
    assert panel.sample.slider.layout.display == "none", "nobody answers it while the cell runs"
    panel.finish()
    assert panel.sample.slider.layout.display == "flex"
    assert "Step 16." in panel.sample.caption.value
    put(panel.sample, 0)
    assert "Step 1." in panel.sample.caption.value
    with Image.open(io.BytesIO(panel.sample.image.value)) as picture:
        assert picture.getpixel((4, 4))[0] == pytest.approx(10, abs=3)


@pytest.mark.parametrize("number", [2, 3, 7, 18, 60, 97])
def test_an_arrow_key_leads_from_one_sample_to_the_next(tmp_path: Path, number: int) -> None:
    view = SampleView()
    view.offer(sample_grids(Project(tmp_path), *range(number)))
    slider, told = view.slider, [view.caption.value]
    while slider.value > slider.min:
        slider.set_state({"value": slider.value - slider.step})
        told += [view.caption.value] if view.caption.value != told[-1] else []
    assert slider.value == slider.min
    assert [int(words.split("Step ")[1].split(".")[0]) for words in told] == [*range(number)][::-1]
    assert -slider.min / slider.step < 1.2 * number + 1, "few presses show what the last one did"


def test_the_slider_stays_where_it_was_put_and_else_follows_the_newest(tmp_path: Path) -> None:
    paths = sample_grids(Project(tmp_path), 1, 2, 16, 20, 30)
    panel = TrainingPanel()
    view = panel.sample
    for step, path in zip((1, 2, 16), paths, strict=False):
        panel(Sample(step=step, path=path))
        assert f"Step {step}." in view.caption.value
    put(view, 0.5)
    chosen = view.slider.value
    panel(Sample(step=20, path=paths[3]))
    panel.finish()
    assert "Step 2." in view.caption.value and view.slider.value == chosen < 0
    put(view, 1)
    assert "Step 20." in view.caption.value
    panel(Sample(step=30, path=paths[4]))
    assert "Step 30." in view.caption.value
    panel(Sample(step=16, path=paths[2]))  # later ones were lost with an earlier session
    assert "Step 16." in view.caption.value and view.slider.value == 0
    put(view, 0.9)  # the newest one's part of the slider
    panel(Sample(step=20, path=paths[3]))
    assert "Step 20." in view.caption.value


def test_nothing_of_the_slider_moves_while_pictures_come(tmp_path: Path) -> None:
    """A click that is under way when the next picture comes means what it meant."""
    paths = sample_grids(Project(tmp_path), *range(50))
    panel = TrainingPanel()
    panel.polling = Heard()
    panel(Sample(step=0, path=paths[0]))
    panel(Sample(step=1, path=paths[1]))
    slider, changes = panel.sample.slider, []
    slider.observe(lambda change: changes.append((change["name"], change["new"])))
    clicked = slider.min
    for step, path in enumerate(paths[2:], 2):
        panel(Sample(step=step, path=path))
    assert changes == [] and "Step 49." in panel.sample.caption.value
    slider.set_state({"value": clicked})
    assert "Step 0." in panel.sample.caption.value
    slider.set_state({"value": 0})
    assert "Step 49." in panel.sample.caption.value


def test_while_pictures_come_the_slider_is_fine_enough_for_all_of_them(tmp_path: Path) -> None:
    paths = sample_grids(project := Project(tmp_path), *range(60))
    for path in paths[3:]:
        path.unlink()
    panel = TrainingPanel(project)  # which goes on with three
    for step, path in enumerate(sample_grids(project, *range(3, 60)), 3):
        panel(Sample(step=step, path=path))
    slider, told = panel.sample.slider, set()
    for value in range(slider.min, 1, slider.step):
        slider.set_state({"value": value})
        told.add(panel.sample.caption.value)
    assert len(told) == 60


def test_a_place_on_the_slider_is_one_of_those_there_were_when_it_was_clicked(
    tmp_path: Path,
) -> None:
    """While pictures come fast, a click is under way when the next one is there."""
    panel = TrainingPanel()

    class Clicked(Heard):
        """The middle was clicked while three pictures were there; it is heard when asked for."""

        def poll(self, *, at_once: bool = False) -> None:
            if at_once and len(panel.sample._offered) == 3:
                put(panel.sample, 0.5)

    panel.polling = Clicked()
    for path in sample_grids(Project(tmp_path), 0, 1, 2, 4, 5):
        panel(Sample(step=0, path=path))
    assert "Step 1." in panel.sample.caption.value


def test_only_a_persons_hand_pins_a_sample(tmp_path: Path) -> None:
    """Front-ends send the states that they were sent back, late and in any order."""
    view, sent = SampleView(), [0]
    view.slider.observe(lambda change: sent.append(change["new"]), names="value")
    for step, path in enumerate(sample_grids(Project(tmp_path), *range(8))):
        view.add(path)
        for value in [*sent, view.slider.value]:
            view.slider.set_state({"value": value})
        assert f"Step {step}." in view.caption.value


def test_a_chosen_sample_that_is_lost_with_an_earlier_session_gives_way(tmp_path: Path) -> None:
    project = Project(tmp_path)
    view = SampleView()
    view.offer(sample_grids(project, 1, 2, 3, 4))
    put(view, 2 / 3)
    assert "Step 3." in view.caption.value
    view.add(project.sample_file(2))
    assert "Step 2." in view.caption.value and view.slider.value == 0


def test_a_sample_that_is_gone_is_explained(tmp_path: Path) -> None:
    project = Project(tmp_path)
    pixels = np.zeros((8, 8, 3), np.uint8)
    paths = [artifacts.write_sample(project, step, pixels) for step in (1, 2)]
    view = SampleView()
    view.offer(paths)
    paths[0].unlink()
    put(view, 0)
    assert "is missing or torn" in view.caption.value


class Heard:
    """Stands for a kernel that lets clicks through."""

    trouble = ""

    def poll(self, *, at_once: bool = False) -> None:
        pass

    def close(self) -> None:
        pass


def test_the_stop_button_is_there_while_training_runs_and_clicks_are_heard(clock: Clock) -> None:
    panel = TrainingPanel()
    button, hint = panel.stop.button, panel.stop.hint
    assert button.layout.display == "none" and "interrupt button" in hint.value
    panel.polling = Heard()
    panel(progress(1))
    assert button.layout.display == "none", "nothing runs yet that it could end"
    with interruptible() as interrupted:
        clock.now += 1
        panel(progress(2))
        assert button.layout.display == "" and button.description == "Stop"
        assert not interrupted()
        button.click()
        assert interrupted()
        assert button.disabled and "Stopping" in button.description
        button.click()  # is not the second press that raises
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    panel.finish()
    assert button.layout.display == "none" and hint.value == ""
    button.click()  # too late: nothing happens


def test_where_clicks_are_not_heard_the_panel_speaks_of_the_interrupt_button_alone(
    clock: Clock,
) -> None:
    panel = TrainingPanel()
    with interruptible():
        panel(progress(1))
        assert panel.polling.trouble == "There is no kernel."
        assert panel.stop.button.layout.display == "none"
        assert panel.sample.slider.layout.display == "none"
        assert "press the interrupt button" in panel.stop.hint.value


def test_what_the_two_networks_do_to_each_other_is_shown_from_their_first_step_on() -> None:
    alone = dataclasses.replace(metrics(1, 0.1), generator_gan_loss=0.0, discriminator_loss=0.0)
    assert "against each other" not in curves.curves([alone])
    assert "against each other" in curves.curves([alone, metrics(2, 0.1)])
    panel = TrainingPanel()
    panel(alone)
    panel.finish()
    assert "difference to the real crops" in panel.losses.value
    assert "told from real ones" not in panel.losses.value
    panel(metrics(2, 0.1))
    panel.finish()
    assert "told from real ones" in panel.losses.value


def test_a_torn_sample_stops_nothing_and_the_newest_whole_one_is_shown(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for step in (5, 10, 15):
        picture = np.full((40, 60, 3), 10 * step, np.uint8)
        artifacts.write_sample(project, step, picture)
    newest = project.sample_file(15)
    for content in (b"", newest.read_bytes()[:300], b"no picture"):
        newest.write_bytes(content)
        panel = TrainingPanel(project)
        assert "Step 10." in panel.sample.caption.value
        assert Image.open(io.BytesIO(panel.sample.image.value)).getpixel((5, 5))[0] in range(
            95, 106
        )
        view = SampleView()
        view.offer(project.sample_files())
        put(view, 0)
        assert "Step 5." in view.caption.value
        put(view, 1)
        assert "Step 10." in view.caption.value and not view.errors.value
        view.add(project.sample_file(15))


def test_a_project_of_torn_pictures_alone_still_shows_its_panel_and_its_result(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    project.samples.mkdir()
    for path in (project.sample_file(5), project.timelapse, project.metrics_csv):
        path.write_bytes(b"")
    panel = TrainingPanel(project)
    assert "step 5 is missing or torn" in panel.sample.caption.value
    panel(Sample(step=5, path=project.sample_file(5)))
    panel.finish()
    shown = " ".join(row.value for row in result_view(project).children if hasattr(row, "value"))
    assert "training.mp4" in shown


def test_the_panel_does_not_call_unsaved_what_an_earlier_session_has_saved(tmp_path: Path) -> None:
    project = Project(tmp_path)
    artifacts.write_metrics(project, [metrics(20), metrics(40)])
    assert "Nothing is saved yet" not in TrainingPanel(project).saved.value
    assert "Nothing is saved yet" in TrainingPanel(Project(tmp_path / "new")).saved.value


def test_nothing_is_called_unsaved_above_a_welcome_back(tmp_path: Path, clock: Clock) -> None:
    """Before the first epoch ends there is no history; a state may be saved all the same."""
    project = Project(tmp_path)
    for slot in project.slots[:1]:
        slot.write_bytes(b"a state")
    panels = [TrainingPanel(project), TrainingPanel()]
    for panel in panels:
        panel(Resumed(step=776, generation=3))
        for step in range(777, 800):
            clock.now += 1
            panel(progress(step))
        panel.finish()
        assert "training goes on at step 776" in panel.notes.value
        assert "Nothing is saved yet" not in panel.saved.value
    panels[0](Safety(on_drive=False, safe_step=776, safe_time=0))
    panels[0].finish()
    assert "Saved: step 776" in panels[0].saved.value
