"""From a plan to a trained model: what has to be there before the first step, in named steps.

Whatever fails on the way, or later, leaves no thread, no session and no half-written file behind.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import numpy as np

from ..events import Note, OnEvent, Resumed, Safety, ignore
from ..filenames import typed_path
from ..languages import _
from ..model import memory
from ..model.tf_logging import silence_stderr
from ..project import Project
from ..storage import npz, restore
from ..storage.checkpoints import CheckpointWriter
from .artifacts import sample_bytes
from .data import Pictures, load_pictures
from .devices.determinism import NOT_ALIKE, deterministic_ops, needs_switch
from .devices.program_cache import forget_programs, keep_programs
from .devices.try_out import Trial, leave_out_unusable, try_out
from .history import History
from .plan import Plan, nothing_to_do
from .progress import samples_between
from .time_budget import TimeBudget
from .tracking.tracker import tracked
from .trainer import Recorders, Trainer, TrainingResult, result_at

if TYPE_CHECKING:
    from ..model.distributed import DeviceGroup
    from ..model.pix2pix import Pix2Pix


def fit(
    plan: Plan,
    on_event: OnEvent,
    *,
    keep_crops: Callable[[CheckpointWriter], None],
    crops_are_kept: Callable[[], bool],
) -> TrainingResult:
    """Trains as planned; see `pipeline.train`.

    Args:
        plan: What to do.
        on_event: Told what happens.
        keep_crops: Called by the process that writes, once nothing can be refused any more, before
            the first step and where there is none: brings the crops into the project, with the
            writer that it is given.
        crops_are_kept: Whether all of that is in the project already.
    """
    for note in plan.notes:
        on_event(Note(message=note))
    if plan.finished:
        done = plan.schedule.epoch(plan.first_step)
        on_event(Note(message=nothing_to_do(done)))
        safety = restore.safety(plan.project, plan.found)
        pending = plan.found[0].durability == "pending" or bool(safety.missing_files)
        if crops_are_kept() and not (safety.on_drive and pending):
            return result_at(plan, plan.first_step)
        return result_at(plan, plan.first_step, _wait_for_the_rest(plan, on_event, keep_crops))
    with prepare(plan, on_event, keep_crops=keep_crops) as trainer:
        trainer.run()
        return trainer.result()


def _wait_for_the_rest(
    plan: Plan, on_event: OnEvent, keep_crops: Callable[[CheckpointWriter], None]
) -> Safety:
    """Brings to the project what a run that is complete has left on its way, and what was chosen
    since; returns what is safe of it."""
    with _begin_writing(plan, on_event) as writer:
        keep_crops(writer)
        for event in writer.wait_until_safe():
            on_event(event)
        return writer.safety


@contextmanager
def prepare(
    plan: Plan, on_event: OnEvent, *, keep_crops: Callable[[CheckpointWriter], None]
) -> Iterator[Trainer]:
    """Gives a trainer that is ready to run.

    Where several machines train together, each has one. Only the chief draws, saves, writes and
    speaks.

    Args:
        plan: What to do.
        on_event: Told what happens.
        keep_crops: See `fit`.

    Raises:
        DatasetError: a picture can't be read.
        TrainingError: the devices can't share a batch, or have too little memory.
        CheckpointError: the saved state is damaged.
        DriveError: the project folder can't be written.
    """
    started = time.monotonic()
    with ExitStack() as stack:
        saved = _start_reading(plan, stack)
        trial = try_out(plan.config, on_event)
        if trial.usable:
            keep_programs(trial.gpu)
        pictures = load_pictures(plan.dataset, plan.config, on_event)
        devices, device_info = _detect_devices(plan, trial)
        on_event = on_event if devices.chief else ignore
        devices.check_options(plan.config)
        switched = needs_switch(plan.config.deterministic, device_info)
        stack.enter_context(deterministic_ops(switched))
        if device_info["device"] == "CPU":
            memory.check_training(plan.config, -(-plan.config.batch_size // devices.size) or 1)
        plan = _with_batch_size(plan, device_info["precision"], pictures, devices.size, on_event)
        devices.check(plan.config)
        model = _build_model(plan, device_info, devices, pictures, on_event)
        if plan.config.teacher:
            device_info["teacher"] = _imitate_teacher(plan, model, on_event)
        history = History()
        if saved:
            _restore(plan, model, history, saved.result(), device_info, on_event)
            del saved  # the memory is free again: the model has a copy
        elif plan.start_from:
            model.start_from(plan.start_from)
        recorders = None
        if devices.chief:
            writer = stack.enter_context(_begin_writing(plan, on_event))
            keep_crops(writer)
            recorders = _begin_recording(plan, model, pictures, history, writer, stack)
            config = plan.config.to_dict() | device_info
            about = {"id": writer.run_id, "name": plan.project.path.name, "config": config}
            on_event = tracked(plan.config.track, about, on_event, stack)
        minutes = plan.config.minutes
        yield Trainer(
            plan,
            model,
            history,
            devices,
            device_info,
            recorders=recorders,
            budget=TimeBudget(minutes, plan, started) if minutes else None,
            on_event=on_event,
        )


def _start_reading(plan: Plan, stack: ExitStack) -> Future[npz.Arrays] | None:
    """Reads the saved state while pictures are decoded and TensorFlow loads."""
    if not plan.found:
        return None
    reader = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="restore"))
    return reader.submit(npz.load, plan.found[0].file)


def _detect_devices(plan: Plan, trial: Trial) -> tuple[DeviceGroup, dict[str, str]]:
    """Returns what trains together, and device, versions, number format and determinism.

    TensorFlow takes seconds to load: only now, when the plan and the pictures are known to be good.
    """
    with silence_stderr():
        from ..model import distributed
        from ..model.distributed import detect_devices

        leave_out_unusable(trial)
        precision = trial.precision or distributed.precision(plan.config.precision)
        info = distributed.describe() | {"precision": precision}
        asked = plan.config.deterministic
        alike = info["device"] == "CPU" or (
            trial.deterministic if asked == "auto" else asked == "on"
        )
        return detect_devices(), info | {"deterministic": "yes" if alike else "no"}


def _with_batch_size(
    plan: Plan, precision: str, pictures: Pictures, devices: int, on_event: OnEvent
) -> Plan:
    if not plan.batch_size_is_found:
        return plan
    from .batch_size_finder import find_batch_size, fits_into_memory

    before = plan.config.batch_size  # of the run that goes on, perhaps on other devices
    fitting = before or find_batch_size(plan.config.replace(precision=precision), pictures.train)
    size = max(1, fitting // devices) * devices  # each device gets an equal share
    if size == before:
        return plan
    if before:
        changed = _(
            "batch_size changes from {before} to {size}: {devices} devices share it.",
            before=before,
            size=size,
            devices=devices,
        )
        on_event(Note(message=changed))
    else:
        on_event(Note(message=fits_into_memory(size)))
    return plan.with_batch_size(size)


def _build_model(
    plan: Plan,
    device_info: dict[str, str],
    devices: DeviceGroup,
    pictures: Pictures,
    on_event: OnEvent,
) -> Pix2Pix:
    from ..model.pix2pix import Pix2Pix
    from .devices.compiling import fit_beside, in_words, phases_to_compile

    on_gpu = device_info["device"] != "CPU"
    phases = phases_to_compile(plan, on_gpu=on_gpu)
    device_info["compiled"] = in_words(phases)
    model = Pix2Pix(
        plan.config.replace(precision=device_info["precision"]),
        devices,
        compiled=phases,
        on_note=lambda message: on_event(Note(message=message)),
        forget=forget_programs,
    )
    model.learn_from(
        pictures.train, resident=bool(phases) and fit_beside(pictures.train, on_gpu=on_gpu)
    )
    return model


def _imitate_teacher(plan: Plan, model: Pix2Pix, on_event: OnEvent) -> str:
    """Gives the model its teacher; returns the name of the teacher's state."""
    from ..model.trained import CHOSEN, load_trained

    run = Project(typed_path(plan.config.teacher, "teacher"))
    teacher = load_trained(run, CHOSEN, on_event=on_event)
    model.imitate(teacher.generator, teacher.config)
    return teacher.name


def _restore(
    plan: Plan,
    model: Pix2Pix,
    history: History,
    arrays: npz.Arrays,
    device_info: dict[str, str],
    on_event: OnEvent,
) -> None:
    newest = plan.found[0]
    shapes = {name: (tuple(v.shape), v.dtype) for name, v in model.variables().items()}
    npz.check_fit(newest.path, arrays, shapes)
    model.restore(arrays)
    history.unpack(newest.manifest)
    on_event(Resumed(step=newest.step, generation=newest.number, history=tuple(history.lines)))
    for name, before in newest.manifest["made_with"].items():
        if (now := device_info.get(name)) != before:
            words = _("{name} was {before} and is {now} now: results may differ a little.")
            changed = words.format(name=name, before=before, now=now)
            on_event(Note(message=changed))
    if device_info["deterministic"] == "no":
        said = [_(NOT_ALIKE)]
        if plan.config.deterministic == "off":
            said.append(_("deterministic auto changes that."))
        on_event(Note(message=" ".join(said)))


def _begin_writing(plan: Plan, on_event: OnEvent) -> CheckpointWriter:
    """Takes the run over: from here on, this session writes."""
    return CheckpointWriter(
        plan.project,
        plan.found,
        configs=[plan.config],
        save_every_seconds=plan.config.save_every_seconds,
        on_event=on_event,
    )


def _begin_recording(
    plan: Plan,
    model: Pix2Pix,
    pictures: Pictures,
    history: History,
    writer: CheckpointWriter,
    stack: ExitStack,
) -> Recorders:
    from .data import sample_pictures
    from .evaluation import HeldOut
    from .snapshot import Snapshot
    from .tensorboard import EventFile

    variables = model.variables()
    sizes = (int(np.prod(v.shape)) * v.value.dtype.size for v in variables.values())
    samples = samples_between(plan.first_step, plan.last_step)
    writer.need(sum(sizes), samples * sample_bytes(plan.config.image_size))
    return Recorders(
        writer=writer,
        snapshot=stack.enter_context(Snapshot(variables)),
        held_out=HeldOut(
            model, pictures.held_out, sample_pictures(plan.dataset, plan.project, plan.config)
        ),
        curves=stack.enter_context(EventFile(writer.staging_dir.logs, history.lines)),
    )
