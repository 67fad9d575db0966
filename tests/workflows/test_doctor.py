"""The doctor says what is there, and of each thing that is broken what to do; it never hangs."""

from __future__ import annotations

import datetime
import getpass
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import colab_pix2pix as p2p
from colab_pix2pix import files, mounts
from colab_pix2pix.cli import main
from colab_pix2pix.errors import TrainingError
from colab_pix2pix.events import Event, Note
from colab_pix2pix.storage import colab
from colab_pix2pix.training.devices import child
from colab_pix2pix.training.devices.try_out import Trial
from colab_pix2pix.workflows import doctor
from colab_pix2pix.workflows.doctor import Finding
from support import drivefs

needs_fuse = pytest.mark.skipif(bool(drivefs.missing()), reason=f"needs FUSE: {drivefs.missing()}")


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def no_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds to load is well."""
    monkeypatch.setattr(doctor, "library", lambda name, module: Finding(name=name, value="1.0"))


def test_a_machine_that_is_well_is_told_in_full(
    capsys: pytest.CaptureFixture[str], own_home: Path
) -> None:
    assert main.main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    found = {finding["name"]: finding["value"] for finding in report["findings"]}
    assert p2p.__version__ in found["colab_pix2pix"]
    assert f"Python {sys.version.split()[0]}" in found["colab_pix2pix"]
    for name in ("TensorFlow", "Keras", "PyAV", "deno"):
        assert found[name][0].isdigit(), found
    assert "imageio-ffmpeg" in found["ffmpeg"] and "old" in found["yt-dlp"]
    assert found["Cache folder"].startswith("~/.cache/colab-pix2pix, ")
    assert found["Projects"].startswith("~/colab_pix2pix, ") and " free of " in found["Projects"]
    assert str(own_home) not in json.dumps(report)
    assert not files.cache_dir().exists() and not (own_home / "colab_pix2pix").exists()


def test_libraries_that_can_not_be_loaded_stop_training_and_not_the_doctor(
    command: Callable[..., Any], tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = own_home / "broken"
    broken.mkdir()
    (broken / "tensorflow.py").write_text("raise ImportError(f'{__file__}: cannot open libcuda')")
    (broken / "keras.py").write_text("import os; os.kill(os.getpid(), 11)")
    (broken / "av.py").write_text("__version__ = '18.0'")
    monkeypatch.setenv("PYTHONPATH", str(broken))
    ended = command("doctor", cwd=Path(p2p.__file__).parents[1])
    assert ended.returncode == 1, ended.stderr
    lines = ended.stdout.splitlines()
    (tensorflow,) = [line for line in lines if line.startswith("! TensorFlow")]
    assert "can't be loaded: ImportError: ~/broken/tensorflow.py: cannot open libcuda" in tensorflow
    assert "-> Install it again" in lines[lines.index(tensorflow) + 1]
    assert any(line.startswith("! Keras") and "exit status -11" in line for line in lines)
    assert any(line.startswith("  PyAV           18.0") for line in lines)


def test_a_library_that_never_loads_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "endless.py").write_text("import time; time.sleep(600)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(doctor, "PATIENCE_SECONDS", 0.3)
    finding = doctor.library("Endless", "endless")
    assert finding.stops_training and "no answer for" in finding.value


def test_a_driver_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    assert doctor.drivers() == Finding(name="NVIDIA driver", value="none")
    program(tmp_path / "bin" / "nvidia-smi", "echo 'could not communicate with the driver'; exit 9")
    finding = doctor.drivers()
    assert finding.value == "nvidia-smi: could not communicate with the driver"
    assert "driver again" in finding.advice and not finding.stops_training
    program(tmp_path / "bin" / "nvidia-smi", "echo 'Tesla T4, 550.54.15, 15360, 7.5'")
    assert doctor.drivers().value == "Tesla T4, 16.1 GB, driver 550.54.15"


def test_a_driver_that_never_answers_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.setattr("colab_pix2pix.training.devices.gpu._PATIENCE_SECONDS", 0.2)
    # What is in a driver's hands can't be killed, nor waited for.
    monkeypatch.setattr(child.subprocess.Popen, "kill", lambda self: None)
    monkeypatch.setattr(child, "_REAP_SECONDS", 0.1)
    program(tmp_path / "bin" / "nvidia-smi", "exec sleep 20")
    began = time.monotonic()
    assert "no answer" in doctor.drivers().value
    assert time.monotonic() - began < 15


def test_what_trains_is_told_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path / "bin" / "nvidia-smi", "echo 'Tesla T4, 550.54.15, 15360, 7.5'")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")

    def finds(trial: Trial) -> Finding:
        monkeypatch.setattr(doctor, "try_out", lambda config: trial)
        return doctor.device()

    well = finds(Trial(gpu="Tesla T4", usable=True, precision="float16"))
    assert (well.value, well.advice) == ("Tesla T4, float16", "")
    broken = finds(Trial(gpu="Tesla T4", reason="its driver is too old."))
    assert broken.value == "CPU" and "so the CPU does the work: its dr" in broken.advice
    assert "CUDA_VISIBLE_DEVICES hides" in finds(Trial()).advice

    def full(config: object) -> Trial:
        raise TrainingError("The device has too little memory.", fix="Try batch_size 2.")

    monkeypatch.setattr(doctor, "try_out", full)
    assert doctor.device().advice == "Try batch_size 2."
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    assert "Change runtime type" in finds(Trial()).advice


def test_an_ffmpeg_that_is_missing_or_does_not_run_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "nothing"))
    missing = doctor.ffmpeg()
    assert "No such file" in missing.value and "pip install" in missing.advice
    broken = program(tmp_path / "ffmpeg", "echo 'wrong ELF class' >&2; exit 127")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(broken))
    assert doctor.ffmpeg().value.endswith(": wrong ELF class")
    endless = program(tmp_path / "endless", "exec sleep 600")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(endless))
    monkeypatch.setattr(doctor, "PATIENCE_SECONDS", 0.2)
    assert "no answer" in doctor.ffmpeg().value

    def nowhere() -> str:
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", nowhere)
    assert doctor.ffmpeg().value == "missing: No ffmpeg exe could be found."
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    assert doctor.ffmpeg().value.startswith("missing: ") and doctor.ffmpeg().advice


@pytest.mark.parametrize(
    ("days", "advice"), [(0, False), (90, False), (91, True), (400, True), (None, True)]
)
def test_a_yt_dlp_of_months_ago_is_told(
    monkeypatch: pytest.MonkeyPatch, days: int | None, advice: bool
) -> None:
    version = "missing"
    if days is not None:
        released = datetime.date.today() - datetime.timedelta(days=days)
        version = f"{released:%Y.%m.%d}"
    monkeypatch.setattr(doctor, "version_of", lambda package: version)
    finding = doctor.ytdlp()
    assert finding.value.startswith(version)
    assert bool(finding.advice) == advice and not finding.stops_training
    if days == 400:
        assert finding.value.endswith(", 400 days old")


def test_a_deno_that_is_missing_or_does_not_run_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError("deno is not there")

    monkeypatch.setattr("deno.find_deno_bin", nowhere)
    assert doctor.javascript().value == "missing: deno is not there"
    broken = program(tmp_path / "deno", "echo 'GLIBC_2.99 not found' >&2; exit 1")
    monkeypatch.setattr("deno.find_deno_bin", lambda: str(broken))
    assert "GLIBC_2.99" in doctor.javascript().value and doctor.javascript().advice
    monkeypatch.setitem(sys.modules, "deno", None)
    assert "pip install" in doctor.javascript().advice


def test_little_memory_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = tmp_path / "meminfo"
    monkeypatch.setattr(doctor, "_MEMINFO", table)
    assert doctor.memory().advice == ""
    for free, advice in ((1_000_000, True), (8_000_000, False)):
        table.write_text(f"MemTotal:       13000000 kB\nMemAvailable:   {free} kB\n")
        finding = doctor.memory()
        assert finding.value.endswith(" free of 13.3 GB")
        assert bool(finding.advice) == advice


def test_an_unreadable_folder_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(folder: Path) -> tuple[Path, int]:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(files, "free_space", fails)
    assert "Input/output error" in doctor.project_disk().value
    assert doctor.project_disk().stops_training and not doctor.cache_disk().stops_training


@pytest.fixture
def small_drive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[drivefs.Drive]:
    home = tmp_path_factory.mktemp("d")
    with drivefs.Drive(home, home / "drive", quota=50_000_000) as drive:
        yield drive


@needs_fuse
def test_a_full_drive_is_told_and_keeps_training_from_keeping_anything(
    small_drive: drivefs.Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(colab, "MOUNT_POINT", small_drive.mount_point)
    monkeypatch.setenv("COLAB_PIX2PIX_HOME", str(small_drive.my_drive / "not made yet"))
    drive, projects = doctor.google_drive(), doctor.project_disk()
    assert "50.0 MB free of 50.0 MB" in drive.value and "Make room" in drive.advice
    assert projects.stops_training and "Make room" in projects.advice
    small_drive.fail("statfs", "EIO")
    assert "Input/output error" in doctor.google_drive().value


@needs_fuse
def test_a_drive_that_hangs_is_told_once_and_given_up(
    mount: drivefs.Drive, monkeypatch: pytest.MonkeyPatch, no_libraries: None
) -> None:
    monkeypatch.setattr(colab, "MOUNT_POINT", mount.mount_point)
    monkeypatch.setenv("COLAB_PIX2PIX_HOME", str(mount.my_drive / "projects"))
    monkeypatch.setattr(mounts, "WORD_AFTER_SECONDS", 0.1)
    monkeypatch.setattr(mounts, "PATIENCE_SECONDS", 0.5)
    mount.fail("*", "hang")
    heard: list[Event] = []
    try:
        report = p2p.doctor(on_event=heard.append)
    finally:
        mount.heal()
    found = {finding["name"]: finding for finding in report["findings"]}
    assert not report["ok"] and found["Projects"]["stops_training"]
    assert "has not answered" in found["Google Drive"]["value"]
    assert "Mount Drive again" in found["Google Drive"]["advice"]
    assert len([event for event in heard if isinstance(event, Note)]) == 1


def test_a_drive_that_is_not_mounted_in_colab_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(colab, "MOUNT_POINT", tmp_path)
    assert doctor.google_drive() == Finding(name="Google Drive", value="not mounted")
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab_20261101")
    assert doctor.google_drive().advice == doctor.project_disk().advice == mounts.REMOUNT
    assert "Colab release-colab_20261101, Linux" in doctor.system().value


def test_what_is_told_names_nobody_and_holds_no_key(
    monkeypatch: pytest.MonkeyPatch, own_home: Path, no_libraries: None
) -> None:
    monkeypatch.setenv("USER", "jane")
    value = f"{own_home}/x and /data/jane/y, {own_home}er; https://me:secret@host/v?token=abc"
    finding = Finding(name="x", value=value, advice=f"rm {own_home}")
    monkeypatch.setattr(doctor, "memory", lambda: finding)
    report = p2p.doctor()
    told = next(found for found in report["findings"] if found["name"] == "x")
    assert told["value"] == f"~/x and /data/USER/y, {own_home}er; https://host/v"
    assert told["advice"] == "rm ~"
    monkeypatch.delenv("USER")
    assert doctor._without_names(f"/data/{getpass.getuser()}/y") == "/data/USER/y"
    assert os.environ["HOME"] == str(own_home)


def test_the_forms_for_bugs_ask_for_it() -> None:
    folder = Path(p2p.__file__).parents[1] / ".github" / "ISSUE_TEMPLATE"
    for name in ("bug.yml", "bug-in-colab.yml"):
        assert "`colab-pix2pix doctor`" in (text := (folder / name).read_text()).replace("!", "")
        assert "id: doctor\n" in text
