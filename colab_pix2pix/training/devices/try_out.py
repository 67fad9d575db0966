"""Whether this machine's GPU can train, found out by one step, before the work begins.

What TensorFlow lists as a GPU need not work: its wheels have no kernels for the newest ones, and an
old driver, or a lack of memory elsewhere, shows in the first step only. So a process of its own
takes one; what came of it is remembered for this machine. On a machine without a GPU nothing can be
wrong, and nothing is tried: it costs a look for some files.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ... import __version__, files
from ...config import TrainConfig
from ...errors import TrainingError
from ...events import Note, OnEvent, ignore
from ...languages import _, current
from ...options import options
from . import gpu
from .child import child_environment, run_bounded

PATIENCE_SECONDS = 60.0
_STEP = (sys.executable, "-m", f"{__package__}.try_out_step")
_LAST_WORDS = 300
#: What TensorFlow's log says of a GPU that it does not find, the telling ones first.
_TELLING = ("insufficient", "cuinit", "dlopen", "cuda", "driver")
#: What was found in this process: machine -> networks -> trial.
_of_this_process: dict[str, dict[str, dict[str, Any]]] = {}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a device can do.

    Attributes:
        gpu: The name of the GPU, or "" where there is none.
        usable: Whether it trains; False where there is none.
        precision: The number format that was tried with success; "" where none was tried.
        deterministic: Whether its steps can be the same each time; True where nobody knows.
        reason: Why it is not used, or not as asked; "" where all is well. TensorFlow's own words
            are at its end.
    """

    gpu: str = ""
    usable: bool = False
    precision: str = ""
    deterministic: bool = True
    reason: str = ""

    @property
    def sentence(self) -> str:
        """What a person has to know of it, or ""."""
        if not self.reason:
            return ""
        if self.usable:
            return _("The GPU {gpu}: {reason}", gpu=self.gpu, reason=self.reason)
        cant = _("The GPU {gpu} can't be used, so the CPU does the work: {reason}")
        return cant.format(gpu=self.gpu, reason=self.reason)


def try_out(config: TrainConfig, on_event: OnEvent = ignore) -> Trial:
    """Returns whether the GPU takes a step of the networks that are chosen, and how.

    Once for a machine, TensorFlow and networks; later calls remember it. A step that takes longer
    than a minute is one that will always be slow where TensorFlow has no kernels for the GPU, and
    else only a slow start.

    Args:
        config: The options of the networks; `deterministic` and `precision` are obeyed.
        on_event: Told what a person has to know: a `Note`.

    Raises:
        TrainingError: the device has too little memory; or `deterministic` is on, and can't be.
    """
    if not gpu.may_be_here() or os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        return Trial()
    gpus, problem = gpu.nvidia_gpus()
    if problem:
        return Trial()  # as on machines that lost their GPU; the doctor tells
    machine, networks = _machine(gpus), _networks(config)
    trial = _remembered(machine, networks)
    if trial is None:
        trial, lasting = _found_out(config, gpus)
        _remember(machine, networks, trial, lasting=lasting)
    if trial.sentence:
        on_event(Note(message=trial.sentence, level="info" if trial.usable else "warning"))
    return trial


def leave_out_unusable(trial: Trial) -> None:
    """Hides a GPU that can't train from TensorFlow in this process.

    Raises:
        TrainingError: TensorFlow uses it already.
    """
    if trial.usable or not trial.gpu:
        return
    import tensorflow as tf

    try:
        tf.config.set_visible_devices([], "GPU")
    except RuntimeError as error:
        raise TrainingError(
            trial.sentence,
            why=_("TensorFlow holds it in this process already, and does not let go of it."),
            fix=_("Restart the session (in Colab: Runtime > Restart session), then train first."),
        ) from error


def leave_out_doubtful(on_event: OnEvent = ignore) -> None:
    """Hides a GPU that can't compute from what uses a model and does not train.

    Only one that something is known against is tried, with small networks: any other, or none,
    costs a question to the driver.

    Args:
        on_event: Told what a person has to know.

    Raises:
        TrainingError: TensorFlow uses it already.
    """
    gpus = gpu.nvidia_gpus()[0]
    if any(map(gpu.why_not, gpus)):
        leave_out_unusable(try_out(TrainConfig.preset("quick"), on_event))


def _found_out(config: TrainConfig, gpus: list[gpu.Gpu]) -> tuple[Trial, bool]:
    """Returns what a step has shown, and whether that holds for later processes, too."""
    name = gpus[0].name if gpus else ""
    known = next(filter(None, map(gpu.why_not, gpus)), "")
    try:
        outcome, log = _take_one_step(config)
    except subprocess.TimeoutExpired:
        if gpus and not gpu.has_kernels(gpus[0]):
            return Trial(gpu=name, reason=f"{known} {_no_step()}"), True
        return Trial(gpu=name, usable=True, reason=_no_step()), False
    if outcome and outcome["memory"] and not _may_hold_the_gpu():
        raise TrainingError(outcome["problem"])
    if outcome and outcome["precision"]:
        return _success(name, outcome), True
    if outcome and outcome["why_not_deterministic"] and not outcome["problem"]:
        raise TrainingError(
            _("deterministic: received 'on', and the GPU can't do the same step twice."),
            why=_("TensorFlow says: {words}", words=outcome["why_not_deterministic"]),
            fix=_("Choose auto or off, or other options."),
        )
    if not gpus:
        return Trial(), bool(outcome)  # nobody has said that there is one
    if not known and _may_hold_the_gpu():
        return Trial(gpu=name, usable=True), False
    if outcome and not outcome["gpus"]:
        libraries = _("TensorFlow does not find it; colab-pix2pix[gpu] brings CUDA's libraries.")
        return Trial(gpu=name, reason=_joined(known or libraries, log)), bool(known)
    words = outcome["problem"] if outcome else log
    # What nobody can explain may be another program's doing, and gone the next time.
    return Trial(gpu=name, reason=_joined(known, words)), bool(known)


def _success(name: str, outcome: dict[str, Any]) -> Trial:
    notes = []
    if outcome["problem"]:
        notes.append(
            _(
                "{precision} is the number format, for {why}.",
                precision=outcome["precision"],
                why=outcome["problem"],
            )
        )
    if outcome["why_not_deterministic"]:
        words = outcome["why_not_deterministic"]
        notes.append(
            _("two runs with these options differ in the last bits, for {why}.", why=words)
        )
    values = {name: outcome[name] for name in ("precision", "deterministic")}
    return Trial(gpu=name, usable=True, reason=_(" And ").join(notes), **values)


def _may_hold_the_gpu() -> bool:
    """Returns whether this process may have the memory that the new one lacked."""
    return "tensorflow" in sys.modules


def _no_step() -> str:
    return _("It took no step within {n} s.", n=f"{PATIENCE_SECONDS:.0f}")


def _joined(known: str, words: str) -> str:
    """Returns a reason, and TensorFlow's words for it in brackets."""
    if not (known and words):
        return known or words
    return f"{known} ({words})"


def _take_one_step(config: TrainConfig) -> tuple[dict[str, Any], str]:
    """Returns the `Outcome` of a step in a new process, {} where it died, and its last words.

    Raises:
        TimeoutExpired: it did not end.
    """
    command = [*_STEP, json.dumps(config.to_dict())]
    environment = child_environment(TF_CPP_MIN_LOG_LEVEL="0")
    ended = run_bounded(command, patience_seconds=PATIENCE_SECONDS, environment=environment)
    lines = [line.strip() for line in ended.errors.splitlines() if line.strip()]
    telling = [line for word in _TELLING for line in lines if word in line.lower()]
    if ended.status:
        last = lines[-1] if lines else f"exit status {ended.status}"
        return {}, last[-_LAST_WORDS:]
    outcome: dict[str, Any] = json.loads(ended.output.splitlines()[-1])
    return outcome, telling[0][-_LAST_WORDS:] if telling else ""


def _machine(gpus: list[gpu.Gpu]) -> str:
    versions = [gpu.version_of(name) for name in ("tensorflow", "keras")]
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    listed = [dataclasses.astuple(one) for one in gpus]
    return _hash([listed, chosen, versions, gpu.build(), __version__])


def _networks(config: TrainConfig) -> str:
    names = [name for name, spec in options(config).items() if spec.on_resume != "free"]
    values = {name: getattr(config, name) for name in names} | {"seed": 0}
    return _hash(values | {"language": current()})  # that of the reason


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _remembered(machine: str, networks: str) -> Trial | None:
    """Returns what is known of a device; of one that is held here already, with any networks."""
    stored = files.read_json_if_whole(_file()).get(machine)
    known = (stored if isinstance(stored, dict) else {}) | _of_this_process.get(machine, {})
    found = known.get(networks)
    if found is None and _may_hold_the_gpu():
        found = next(iter(known.values()), None)
    kinds = {field.name: type(field.default) for field in dataclasses.fields(Trial)}
    if not isinstance(found, dict) or not files.has_types(found, **kinds):
        return None
    return Trial(**{name: found[name] for name in kinds})


def _remember(machine: str, networks: str, trial: Trial, *, lasting: bool) -> None:
    entry = {networks: dataclasses.asdict(trial)}
    _of_this_process.setdefault(machine, {}).update(entry)
    if not lasting:
        return
    known = files.read_json_if_whole(_file()).get(machine)
    known = known if isinstance(known, dict) else {}
    _file().parent.mkdir(parents=True, exist_ok=True)
    # What was found with another GPU, driver or TensorFlow is of no use any more.
    files.write_json(_file(), {machine: known | entry})


def _file() -> Path:
    return files.cache_dir() / "devices.json"
