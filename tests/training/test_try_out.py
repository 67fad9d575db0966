"""A GPU takes one step before the work begins; what can't is left out, with a sentence."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import config as internals

import colab_pix2pix as p2p
from colab_pix2pix import files
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import Pix2PixError, TrainingError
from colab_pix2pix.events import Event, Note
from colab_pix2pix.model.pix2pix import Pix2Pix
from colab_pix2pix.notebook import machine
from colab_pix2pix.training.devices import gpu, try_out
from colab_pix2pix.training.devices.try_out_step import take_one_step
from colab_pix2pix.workflows import time_estimate
from support import CHECKOUT

TINY = TrainConfig(image_size=64, base_filters=4, batch_size=2)
BLACKWELL = "NVIDIA RTX 5090, 580.65.06, 32607, 12.0"
T4 = "Tesla T4, 550.54.15, 15360, 7.5"
NO_KERNEL = "no kernel image is available for execution on the device"
REFUSED = "Determinism is not yet supported in GPU implementation of FusedBatchNorm."

Step = Callable[[Pix2Pix], np.ndarray]


@pytest.fixture
def a_gpu(monkeypatch: pytest.MonkeyPatch) -> Callable[[Step], None]:
    """TensorFlow lists a GPU; what a step gives on it is said by the test."""

    def visible(kind: str) -> list[tf.config.PhysicalDevice]:
        return [tf.config.PhysicalDevice(f"/physical_device:{kind}:0", kind)]

    details = {"compute_capability": (8, 0), "device_name": "Fake"}
    monkeypatch.setattr(tf.config, "get_visible_devices", visible)
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda device: details)

    def gives(step: Step) -> None:
        monkeypatch.setattr(Pix2Pix, "train_on", lambda model, pictures, step_number: step(model))

    return gives


def raises(kind: type[tf.errors.OpError], words: str) -> np.ndarray:
    raise kind(None, None, f"{words}\n\t [[{{node conv2d}}]]")


@pytest.mark.parametrize("kind", [tf.errors.InternalError, tf.errors.InvalidArgumentError])
def test_a_gpu_that_takes_no_step_in_any_format_says_why(
    a_gpu: Callable[[Step], None], kind: type[tf.errors.OpError]
) -> None:
    tried: list[str] = []

    def step(model: Pix2Pix) -> np.ndarray:
        tried.append(model.config.precision)
        return raises(kind, NO_KERNEL)

    a_gpu(step)
    outcome = take_one_step(TINY)
    assert (outcome.gpus, outcome.precision, outcome.problem) == (1, "", NO_KERNEL)
    assert tried == ["bfloat16", "float32"]


def test_the_number_format_is_one_that_was_tried(a_gpu: Callable[[Step], None]) -> None:
    def fails(model: Pix2Pix) -> np.ndarray:
        if model.config.precision == "float32":
            return np.ones(3, np.float32)
        return raises(tf.errors.InternalError, "no algorithm worked")

    def breaks(model: Pix2Pix) -> np.ndarray:
        return np.full(3, 1.0 if model.config.precision == "float32" else np.nan, np.float32)

    for step, words in ((fails, "no algorithm worked"), (breaks, "a step in bfloat16 gave no")):
        a_gpu(step)
        outcome = take_one_step(TINY)
        assert (outcome.precision, outcome.deterministic) == ("float32", True)
        assert outcome.problem.startswith(words)
        asked_for = take_one_step(TINY.replace(precision="bfloat16"))
        assert asked_for.precision == "" and asked_for.problem


def test_what_can_not_be_done_alike_is_done_otherwise(a_gpu: Callable[[Step], None]) -> None:
    def step(model: Pix2Pix) -> np.ndarray:
        if internals.is_op_determinism_enabled():
            return raises(tf.errors.UnimplementedError, REFUSED)
        return np.ones(3, np.float32)

    a_gpu(step)
    outcome = take_one_step(TINY)
    assert (outcome.precision, outcome.deterministic) == ("bfloat16", False)
    assert outcome.why_not_deterministic == REFUSED
    assert take_one_step(TINY.replace(deterministic="on")).precision == ""
    assert take_one_step(TINY.replace(deterministic="off")).why_not_deterministic == ""
    assert not internals.is_op_determinism_enabled()


def test_little_memory_is_no_fault_of_the_device(a_gpu: Callable[[Step], None]) -> None:
    def step(model: Pix2Pix) -> np.ndarray:
        raise TrainingError("The device has too little memory for 2 pictures at a time.")

    a_gpu(step)
    assert take_one_step(TINY).memory


@pytest.mark.parametrize("changes", [{}, {"condition": "paired", "batch_size": 0}])
def test_a_step_is_a_real_one(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]) -> None:
    cpu = tf.config.get_visible_devices("CPU")
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: cpu)
    outcome = take_one_step(TINY.replace(precision="float32", **changes))
    assert (outcome.precision, outcome.deterministic, outcome.problem) == ("float32", True, "")


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """Tries a GPU out that a driver lists; what its step comes to is given, without TensorFlow."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(try_out, "_of_this_process", {})
    monkeypatch.setattr(try_out, "_may_hold_the_gpu", lambda: False)

    def ask(
        line: str, code: str = "", config: TrainConfig = TINY, **outcome: Any
    ) -> tuple[try_out.Trial, list[str]]:
        a_driver(tmp_path / "bin", f"echo {shlex.quote(line)}")
        told = {"gpus": 1, "precision": "", "deterministic": False, "problem": ""} | outcome
        told = {"memory": False, "why_not_deterministic": ""} | told
        code = code or f"print({json.dumps(told)!r})"
        monkeypatch.setattr(try_out, "_STEP", (sys.executable, "-c", code))
        heard: list[Event] = []
        trial = try_out.try_out(config, heard.append)
        return trial, [event.message for event in heard if isinstance(event, Note)]

    return ask


def a_driver(folder: Path, script: str) -> None:
    folder.mkdir(exist_ok=True)
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


FAILS = "raise SystemExit('a step was taken again')"


def test_a_gpu_without_kernels_is_left_out_with_one_sentence_that_says_why(
    listening: Callable[..., Any],
) -> None:
    trial, told = listening(BLACKWELL, problem=NO_KERNEL)
    assert not trial.usable
    version = gpu.version_of("tensorflow")
    sentence = (
        "The GPU NVIDIA RTX 5090 can't be used, so the CPU does the work: TensorFlow"
        f" {version} has no kernels for its compute capability 12.0. ({NO_KERNEL})"
    )
    assert told == [sentence]
    assert listening(BLACKWELL, FAILS) == (trial, told)


def test_a_gpu_that_works_is_tried_once_for_its_networks(listening: Callable[..., Any]) -> None:
    trial, told = listening(T4, precision="float16", deterministic=True)
    assert (trial.usable, trial.precision, told) == (True, "float16", [])
    assert listening(T4, FAILS)[0] == trial
    again, told = listening(T4, FAILS, TINY.replace(base_filters=8))
    assert not again.usable and "a step was taken again" in told[0]
    # What nobody can explain is no more than what was so that time.
    try_out._of_this_process.clear()
    assert listening(T4, config=TINY.replace(base_filters=8), precision="float32")[0].usable


def test_one_that_is_held_here_already_is_known_by_any_networks(
    listening: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(try_out, "_may_hold_the_gpu", lambda: True)
    dies = "import os; os.kill(os.getpid(), 9)"
    assert listening(T4, dies)[0] == try_out.Trial(gpu="Tesla T4", usable=True)
    assert listening(T4, memory=True)[0].usable
    try_out._of_this_process.clear()
    trial, _ = listening(T4, precision="float16", deterministic=True)
    assert listening(T4, FAILS, TINY.replace(base_filters=8))[0] == trial


def test_a_driver_that_ends_the_process_is_left_out(listening: Callable[..., Any]) -> None:
    code = "import os, sys; print('Check failed: cudaSuccess', file=sys.stderr, flush=True)"
    trial, told = listening(T4, f"{code}; os.kill(os.getpid(), 6)")
    assert not trial.usable
    assert told == [
        "The GPU Tesla T4 can't be used, so the CPU does the work: Check failed: cudaSuccess"
    ]


@pytest.mark.parametrize(("line", "usable"), [(T4, True), (BLACKWELL, False)])
def test_a_step_that_never_ends_is_slow_or_hopeless(
    listening: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, line: str, usable: bool
) -> None:
    monkeypatch.setattr(try_out, "PATIENCE_SECONDS", 0.5)
    trial, (told,) = listening(line, "import time; time.sleep(600)")
    assert trial.usable == usable
    assert told.endswith("It took no step within 0 s.")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Tesla T4, 470.82.01, 15360, 7.5", r"its driver 470.82.01 is too old for CUDA \d"),
        (T4, r"TensorFlow does not find it; colab-pix2pix\[gpu\] brings .*\(failed call to cuIn"),
    ],
)
def test_one_that_tensorflow_does_not_find_says_what_to_install(
    listening: Callable[..., Any], line: str, reason: str
) -> None:
    outcome = json.dumps({"gpus": 0, "memory": False, "precision": "", "why_not_deterministic": ""})
    code = f"import sys; print('failed call to cuInit: 303', file=sys.stderr); print({outcome!r})"
    trial, (told,) = listening(line, code)
    assert not trial.usable
    assert re.search(reason, told), told


def test_what_is_asked_for_and_can_not_be_had_is_refused_before_the_work(
    listening: Callable[..., Any],
) -> None:
    with pytest.raises(TrainingError, match="too little memory"):
        listening(T4, memory=True, problem="The device has too little memory for 2 pictures.")
    trial, _ = listening(T4, why_not_deterministic=REFUSED, problem=NO_KERNEL)
    assert not trial.usable  # and nothing is said of determinism
    try_out._of_this_process.clear()
    with pytest.raises(TrainingError, match=r"received 'on'.*Determinism is not.*Choose auto"):
        listening(T4, why_not_deterministic=REFUSED, config=TINY.replace(deterministic="on"))


def test_what_is_not_as_usual_is_told_and_used(listening: Callable[..., Any]) -> None:
    trial, told = listening(T4, precision="float32", problem="a step in float16 gave no numbers")
    assert told == [
        "The GPU Tesla T4: float32 is the number format, for a step in float16 gave no numbers."
    ]
    trial, told = listening(
        T4,
        precision="float16",
        why_not_deterministic=REFUSED,
        config=TINY.replace(seed=1, flip=False),
    )
    assert trial.usable and not trial.deterministic
    assert "two runs with these options differ in the last bits" in told[0]


def test_nothing_is_tried_where_nothing_can_be_wrong(
    listening: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for hidden in ("-1", ""):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
        assert listening(T4, FAILS) == (try_out.Trial(), [])
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    a_driver(tmp_path / "bin", "echo 'no driver'; exit 9")
    assert try_out.try_out(TINY) == try_out.Trial()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(gpu, "_SIGNS", ())
    assert try_out.try_out(TINY) == try_out.Trial()
    assert not (files.cache_dir() / "devices.json").exists()


def test_a_memory_that_is_torn_is_tried_again(listening: Callable[..., Any]) -> None:
    trial, _ = listening(T4, precision="float16", deterministic=True)
    (path,) = files.cache_dir().glob("devices.json")
    (known,) = json.loads(path.read_text()).items()
    for torn in ("", "[]", json.dumps({known[0]: 3}), path.read_text().replace("true", "3")):
        path.write_text(torn)
        try_out._of_this_process.clear()
        assert listening(T4, precision="float16", deterministic=True)[0] == trial


def test_one_that_tensorflow_holds_already_needs_a_new_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def held(devices: list[object], kind: str) -> None:
        raise RuntimeError("Visible devices cannot be modified after being initialized")

    monkeypatch.setattr(tf.config, "set_visible_devices", held)
    try_out.leave_out_unusable(try_out.Trial(gpu="T4", usable=True))
    try_out.leave_out_unusable(try_out.Trial())
    with pytest.raises(TrainingError, match=r"T4 can't be used.*Restart the session"):
        try_out.leave_out_unusable(try_out.Trial(gpu="T4", reason="it is broken."))


def test_the_machine_cell_says_the_same(
    listening: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden: list[str] = []
    monkeypatch.setattr(tf.config, "set_visible_devices", lambda devices, kind: hidden.append(kind))
    _, (told,) = listening(BLACKWELL, problem=NO_KERNEL, config=TrainConfig())
    text = machine.report().children[1].value
    assert told.replace("'", "&#x27;") in text
    assert "No GPU here" not in text and hidden == ["GPU"]
    assert time_estimate.gpu_name() == ""


def test_a_gpu_that_is_small_for_the_full_network_is_named_with_that(
    listening: Callable[..., Any],
) -> None:
    listening(T4, precision="float16")  # makes the driver and the step
    words = {"memory": True, "problem": "The device has too little memory for 4 pictures."}
    with pytest.raises(TrainingError):
        listening(T4, config=TrainConfig(), **words)
    text = machine.report().children[1].value
    assert "GPU: Tesla T4. For the full network: The device has too little memory" in text
    assert time_estimate.gpu_name() == "Tesla T4"


def test_libraries_that_are_installed_later_are_found(
    listening: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = {"gpus": 0, "precision": ""}
    assert not listening(T4, **missing)[0].usable
    try_out._of_this_process.clear()  # a new session
    assert listening(T4, precision="float16")[0].usable
    monkeypatch.setattr(gpu, "build", lambda: {"is_cuda_build": False})
    assert "built without CUDA" in listening(T4, **missing)[0].reason
    monkeypatch.setattr(gpu, "build", lambda: {"is_cuda_build": True})
    assert listening(T4, precision="float16")[0].usable


@pytest.mark.parametrize(
    ("names", "capability", "known"),
    [
        (["sm_75", "sm_90a", "compute_90"], (9, 0), True),
        (["sm_80", "compute_90"], (8, 6), True),
        (["sm_80", "compute_90"], (7, 5), False),
        (["sm_80", "compute_90"], (12, 0), False),
        ([], (12, 0), True),
        (["sm_80"], None, True),
    ],
)
def test_which_gpus_a_tensorflow_has_kernels_for(
    monkeypatch: pytest.MonkeyPatch, names: list[str], capability: Any, known: bool
) -> None:
    monkeypatch.setattr(gpu, "build", lambda: {"cuda_compute_capabilities": names})
    one = gpu.Gpu(name="x", driver="", compute_capability=capability, memory_bytes=0)
    assert gpu.has_kernels(one) == known
    assert bool(gpu.why_not(one)) != known


def test_what_tensorflow_was_built_with_is_read_without_loading_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert gpu.build() == dict(tf.sysconfig.get_build_info())
    folder = tmp_path / "tensorflow" / "python" / "platform"
    folder.mkdir(parents=True)
    (tmp_path / "tensorflow" / "__init__.py").touch()
    for text in ("build_info = load()", "", "OrderedDict([('a'"):
        (folder / "build_info.py").write_text(text)
        spec = importlib.util.spec_from_file_location(
            "tensorflow",
            tmp_path / "tensorflow" / "__init__.py",
            submodule_search_locations=[str(tmp_path / "tensorflow")],
        )
        monkeypatch.setattr(importlib.util, "find_spec", lambda name, spec=spec: spec)
        assert gpu.build() == {}


def test_what_only_uses_a_model_leaves_a_hopeless_gpu_out_too(
    crops: Dataset,
    listening: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    hidden: list[str] = []
    monkeypatch.setattr(tf.config, "set_visible_devices", lambda devices, kind: hidden.append(kind))
    _, (told,) = listening(BLACKWELL, problem=NO_KERNEL, config=TrainConfig.preset("quick"))
    run, picture = tmp_path / "run", crops.directory / "disc-01.png"
    heard: list[Event] = []
    for use in (
        lambda: p2p.apply(run, picture, tmp_path / "made.png", on_event=heard.append),
        lambda: p2p.export(run, tmp_path / "exported", on_event=heard.append),
        lambda: p2p.report(run, tmp_path / "report.html", on_event=heard.append),
    ):
        heard.clear()
        with pytest.raises(Pix2PixError):  # there is no run: that is seen after the GPU
            use()
        assert Note(message=told, level="warning") in heard
    assert hidden == ["GPU"] * 3
    listening(T4, FAILS)
    try_out._of_this_process.clear()
    try_out.leave_out_doubtful()  # nothing speaks against it, so nothing is tried
    assert hidden == ["GPU"] * 3 and not try_out._of_this_process


@pytest.mark.slow
def test_a_training_whose_gpu_fails_goes_on_on_the_cpu(crops: Dataset, tmp_path: Path) -> None:
    a_driver(tmp_path / "bin", f"echo {shlex.quote(BLACKWELL)}")
    program = f"""
import json, sys
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.training.devices import try_out
broken = '''
import tensorflow as tf
from colab_pix2pix.model.pix2pix import Pix2Pix
from colab_pix2pix.training.devices import try_out_step
device = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
tf.config.get_visible_devices = lambda kind: [device]
tf.config.experimental.get_device_details = lambda device: {{"compute_capability": (12, 0)}}
def fail(*arguments, **options):
    raise tf.errors.InternalError(None, None, {NO_KERNEL!r})
Pix2Pix.train_on = fail
import sys
try_out_step.main(sys.argv[1:])
'''
try_out._STEP = (sys.executable, "-c", broken)
from colab_pix2pix.workflows.pipeline import train
config = TrainConfig(image_size=64, base_filters=4, epochs=1, batch_size=4, precision="float32")
result = train({str(crops.directory)!r}, {str(tmp_path / "run")!r}, config, on_event=print)
print("hidden" if sys.modules["tensorflow"].config.get_visible_devices("GPU") == [] else "seen")
print("step", result.step)
"""
    environment = {"PATH": f"{tmp_path / 'bin'}:/bin:/usr/bin", "PYTHONPATH": str(CHECKOUT)}
    environment |= {"HOME": str(tmp_path), "TF_CPP_MIN_LOG_LEVEL": "3"}
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    assert ended.returncode == 0, ended.stderr
    assert (
        f"so the CPU does the work: TensorFlow {gpu.version_of('tensorflow')} has no kernels"
        in ended.stdout
    )
    assert ended.stdout.splitlines()[-2:] == ["hidden", "step 3"]
