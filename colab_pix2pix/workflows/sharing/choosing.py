"""The saved state that is shown, used and exported: chosen by eye, and kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ... import events, mounts, wording
from ...config import ChosenConfig
from ...errors import CheckpointError
from ...events import Note, OnEvent
from ...languages import _
from ...options import checks_input
from ...project import Project
from ...storage import side_files, slots, transfer
from ...storage.os_errors import translate_os_errors

if TYPE_CHECKING:
    from ...storage.slots import Generation


@checks_input()
def choose_state(
    run_dir: Project | Path | str, step: int = 0, *, on_event: OnEvent = events.ignore
) -> int:
    """Chooses the saved state that apply, export, report, share and the live page take from now on.

    It is copied into the run's `milestones`, where no save touches it, and remembered with the
    project. Training goes on from the newest all the same.

    Args:
        run_dir: A run that has been saved at least once.
        step: Of the state; 0 takes the choice back: the newest counts again.
        on_event: Told a `Note` of what counts now.

    Returns:
        The step that counts.

    Raises:
        CheckpointError: the run has nothing saved, or no state of this step.
        DriveError: Google Drive has no room for the copy, or does not answer.
    """
    from ...model.trained import saved_states

    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    found = saved_states(project, on_event=on_event)
    if not step:
        project.remember(ChosenConfig())
        newest = wording.count(found[0].step)
        words = _("The newest state counts: step {step} for now.", step=newest)
        on_event(Note(message=words))
        return found[0].step
    state = next((one for one in found if one.step == step), None)
    if state is None:
        steps = ", ".join(str(number) for number in sorted({one.step for one in found}))
        raise CheckpointError(
            _("{name}: received {value}.", name="step", value=step),
            why=_("Expected that of a saved state: {steps}.", steps=steps),
            fix=_("A run keeps its two newest states; keep_milestone keeps more."),
        )
    _keep(project, state, on_event)
    project.remember(ChosenConfig(step=step))
    counts = _("Step {step} counts from now on: it is used, shown and exported.")
    message = counts.format(step=wording.count(step))
    on_event(Note(message=message))
    return step


def states_in_words(project: Project) -> list[str]:
    """Returns a line for each saved state of a run, oldest first.

    Raises:
        CheckpointError: the run has nothing saved.
    """
    from ...model.trained import chosen_step, saved_states

    found, chosen = saved_states(project), chosen_step(project)
    lines = []
    for state in sorted(found, key=lambda one: one.step):
        place = state.path.parent.name if state.path.parent.name == "milestones" else "a slot"
        counts = state.step == chosen or (not chosen and state is found[0])
        lines.append(f"step {state.step}, in {place}{', which counts' if counts else ''}")
    return lines


def draw_states(
    project: Project, pictures: int, *, on_event: OnEvent = events.ignore
) -> list[tuple[int, list[np.ndarray]]]:
    """Returns what each saved state makes of a few held-out crops, oldest first.

    Args:
        project: A run that has been saved at least once.
        pictures: How many crops at the most.
        on_event: Told a `Note` where the crops are lost and others stand in for them.

    Returns:
        The step of each state and its pictures, uint8 `(size, size, 3)`; before them, with the step
        -1, what the network sees, and at the end, with the step 0, what was there.
    """
    from ...model.trained import load_state, saved_states
    from ..export import comparison_pictures

    states = _by_step(saved_states(project, on_event=on_event))
    drawn: list[tuple[int, list[np.ndarray]]] = []
    for state in states:
        trained = load_state(state)
        from ...model import conditions  # TensorFlow is loaded by now

        if not drawn:
            crops = comparison_pictures(project, trained.config, pictures, on_event, chosen=True)
            fed, _ = conditions.make_pair(conditions.encode_image(crops), trained.config)
            seen = conditions.decode_image(fed).numpy()
            drawn.append((-1, list(np.broadcast_to(seen, (*seen.shape[:-1], 3)))))
        drawn.append((state.step, list(conditions.decode_image(trained.generate(fed)).numpy())))
    return [*drawn, (0, list(crops[..., :3]))]


def _by_step(found: Sequence[Generation]) -> list[Generation]:
    """Returns one state for each step, oldest first."""
    newest_last = {state.step: state for state in reversed(found)}
    return [newest_last[step] for step in sorted(newest_last)]


def _keep(project: Project, state: Generation, on_event: OnEvent) -> None:
    target = project.path / "milestones" / f"step-{state.step:08d}.npz"
    if state.path == target:
        return

    def bring(beat: mounts.Beat) -> str:
        side_files.check_room({target: state.file})
        return transfer.put(state.file, target, beat)

    with translate_os_errors(project.path):
        content = mounts.ask(target, bring, on_event=on_event)
        side_files.wait_until_confirmed({target: content}, on_event)
    slots.clear_scratch(project)
