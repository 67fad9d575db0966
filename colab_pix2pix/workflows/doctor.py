"""A look at the machine: what is there, what is missing or broken, and what to do about it.

Each finding is a function of its own. Whatever may crash or hang is asked in another process or
behind a patience: a library that can't be loaded, a driver, a mount. What is told is fit for a
public bug report: the home folder is `~`, and no name of a user stands in a path.
"""

from __future__ import annotations

import dataclasses
import datetime
import getpass
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__, files, mounts, wording
from ..config import TrainConfig
from ..errors import DriveError, Pix2PixError
from ..events import Event, OnEvent, ignore
from ..filenames import public_text
from ..options import checks_input
from ..storage import colab, drive
from ..training.devices.child import child_environment, run_bounded
from ..training.devices.gpu import nvidia_gpus, version_of
from ..training.devices.try_out import try_out

PATIENCE_SECONDS = 60.0
_OLD_DAYS = 90
_LOW_BYTES = 3e9  # two states of the full network, crops, samples and a model to download
_NO_ROOM_BYTES = 1e8
_LOW_MEMORY_BYTES = 2e9
_MEMINFO = Path("/proc/meminfo")
_OURS = "pip install --upgrade colab-pix2pix"
_YTDLP = "Upgrade it, it follows the sites' changes: pip install -U 'yt-dlp[deno]' yt-dlp-ejs"
#: A program is imported here, and its version printed: it may end the process it is loaded in.
_IMPORT = "import sys, importlib; print(importlib.import_module(sys.argv[1]).__version__)"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What was looked at.
        value: What was found, in words.
        advice: What to do about it; "" where all is well.
        stops_training: True for what nothing can be trained with.
    """

    name: str
    value: str
    advice: str = ""
    stops_training: bool = False


@checks_input()
def doctor(*, on_event: OnEvent = ignore) -> dict[str, Any]:
    """Looks at this machine, and says what to do about what is wrong.

    It takes a few seconds, with a GPU up to a minute: that takes one step of training. Nothing is
    changed, but what the GPU can do is remembered in the cache folder.

    Args:
        on_event: Told a `Note` while a mount does not answer.

    Returns:
        `ok`: False where something keeps training from working. `findings`: a dictionary for each,
        with `name`, `value`, `advice` ("" where all is well) and `stops_training`. `lines`: the
        same for people. No user's name and no key is in it, so that it can be published.
    """
    told: set[Event] = set()

    def tell_once(event: Event) -> None:
        if event not in told:
            told.add(event)
            on_event(event)

    looks: list[Callable[[], Finding]] = [
        system,
        lambda: library("TensorFlow", "tensorflow"),
        lambda: library("Keras", "keras"),
        lambda: library("PyAV", "av"),
        drivers,
        device,
        ffmpeg,
        ytdlp,
        javascript,
        memory,
        lambda: cache_disk(tell_once),
        lambda: project_disk(tell_once),
        lambda: google_drive(tell_once),
    ]
    findings = [_published(finding) for finding in mounts.each(looks)]
    return {
        "ok": not any(finding.stops_training for finding in findings),
        "findings": [dataclasses.asdict(finding) for finding in findings],
        "lines": [line for finding in findings for line in _in_words(finding)],
    }


def system() -> Finding:
    """Looks at the package, Python, and where they run."""
    where = f"{platform.system()} {platform.release()} {platform.machine()}"
    if colab.in_colab():
        where = f"Colab {os.environ.get('COLAB_RELEASE_TAG', '')}, {where}"
    value = f"{__version__}, Python {platform.python_version()}, {where}"
    return Finding(name="colab_pix2pix", value=value)


def library(name: str, module: str) -> Finding:
    """Looks whether a library that training needs can be loaded, and which version it is."""
    status, words = _run([sys.executable, "-c", _IMPORT, module])
    if status == 0:
        return Finding(name=name, value=words.splitlines()[-1])
    return Finding(
        name=name,
        value=f"{version_of(module)}, can't be loaded: {_last_line(words)}",
        advice=f"Install it again: {_OURS}; or pip install --force-reinstall {module}.",
        stops_training=True,
    )


def drivers() -> Finding:
    """Looks at what NVIDIA's driver lists."""
    gpus, problem = nvidia_gpus()
    if problem:
        advice = "With a GPU in it, install NVIDIA's driver again, then start the machine anew."
        return Finding(name="NVIDIA driver", value=f"nvidia-smi: {problem}", advice=advice)
    listed = [
        f"{one.name}, {wording.bytes_in_words(one.memory_bytes)}, driver {one.driver}"
        for one in gpus
    ]
    return Finding(name="NVIDIA driver", value="; ".join(listed) or "none")


def device() -> Finding:
    """Looks at what trains: the GPU takes a step of the full network."""
    gpus, _ = nvidia_gpus()
    try:
        trial = try_out(TrainConfig())
    except Pix2PixError as error:
        return Finding(name="Trains on", value=f"the GPU, but: {error.what}", advice=error.fix)
    if trial.usable:
        value = f"{trial.gpu}, {trial.precision or 'not tried'}"
        return Finding(name="Trains on", value=value, advice=trial.sentence)
    if gpus:
        why = "CUDA_VISIBLE_DEVICES hides the GPU. Unset it to use it."
        return Finding(name="Trains on", value="CPU", advice=trial.sentence or why)
    switch = "For a GPU: Runtime > Change runtime type." if colab.in_colab() else ""
    return Finding(name="Trains on", value=f"CPU, {os.cpu_count()} cores", advice=switch)


def ffmpeg() -> Finding:
    """Looks whether the ffmpeg that imageio-ffmpeg brings along runs."""
    advice = "Install it again: pip install --force-reinstall imageio-ffmpeg."
    try:
        import imageio_ffmpeg

        program = imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:
        return Finding(name="ffmpeg", value=f"missing: {_last_line(str(error))}", advice=advice)
    status, words = _run([program, "-version"])
    if status:
        return Finding(name="ffmpeg", value=f"{program}: {_last_line(words)}", advice=advice)
    found = re.match(r"ffmpeg version (\S+)", words)
    value = f"{found[1] if found else 'unknown'} (imageio-ffmpeg {version_of('imageio-ffmpeg')})"
    return Finding(name="ffmpeg", value=value)


def ytdlp() -> Finding:
    """Looks at yt-dlp, and how old it is: sites change, and one of months ago fails."""
    version = version_of("yt-dlp")
    if not (found := re.match(r"(\d{4})\.(\d{1,2})\.(\d{1,2})", version)):
        return Finding(name="yt-dlp", value=version, advice=_YTDLP)
    days = (datetime.date.today() - datetime.date(*map(int, found.groups()))).days
    value = f"{version}, {wording.counted(max(0, days), 'day')} old"
    return Finding(name="yt-dlp", value=value, advice=_YTDLP if days > _OLD_DAYS else "")


def javascript() -> Finding:
    """Looks for deno, which yt-dlp runs the scripts of some sites with."""
    advice = "Without it some sites give no video: pip install -U 'yt-dlp[deno]' yt-dlp-ejs"
    try:
        import deno

        program = deno.find_deno_bin()
    except (ImportError, FileNotFoundError) as error:
        return Finding(name="deno", value=f"missing: {_last_line(str(error))}", advice=advice)
    status, words = _run([program, "--version"])
    if status:
        return Finding(name="deno", value=f"{program}: {_last_line(words)}", advice=advice)
    return Finding(name="deno", value=words.splitlines()[0].removeprefix("deno "))


def memory() -> Finding:
    """Looks at the machine's memory, and how much of it is free."""
    text = _MEMINFO.read_text(encoding="utf-8") if _MEMINFO.exists() else ""
    values = {k: int(kb) * 1024 for k, kb in re.findall(r"^(\w+): +(\d+) kB", text, re.MULTILINE)}
    if "MemAvailable" not in values:  # macOS
        return Finding(name="Memory", value="this system does not tell")
    total, free = (wording.bytes_in_words(values[key]) for key in ("MemTotal", "MemAvailable"))
    advice = "Close other programs, or choose a smaller batch_size and base_filters."
    low = values["MemAvailable"] < _LOW_MEMORY_BYTES
    return Finding(name="Memory", value=f"{free} free of {total}", advice=advice if low else "")


def cache_disk(on_event: OnEvent = ignore) -> Finding:
    """Looks at the room where copies go: videos, crops, and states on their way to Drive."""
    return _room("Cache folder", files.cache_dir(), on_event, needed=False)


def project_disk(on_event: OnEvent = ignore) -> Finding:
    """Looks at the room where projects are kept."""
    try:
        folder = colab.project_root()
    except DriveError as error:
        return Finding(name="Projects", value=error.what, advice=mounts.REMOUNT)
    return _room("Projects", folder, on_event, needed=True)


def google_drive(on_event: OnEvent = ignore) -> Finding:
    """Looks whether Google Drive is mounted, answers, and has room."""
    if drive.is_drive(colab.MOUNT_POINT):
        return _room("Google Drive", colab.MOUNT_POINT, on_event, needed=False)
    advice = mounts.REMOUNT if colab.in_colab() else ""
    return Finding(name="Google Drive", value="not mounted", advice=advice)


def _room(name: str, folder: Path, on_event: OnEvent, *, needed: bool) -> Finding:
    def look(beat: mounts.Beat) -> tuple[int, int]:
        existing, free = files.free_space(folder)
        return free, shutil.disk_usage(existing).total

    try:
        free, total = mounts.ask(folder, look, on_event=on_event)
    except DriveError as error:
        value = f"{folder}: {error.what}"
        return Finding(name=name, value=value, advice=error.fix, stops_training=needed)
    except OSError as error:
        advice = "Look at the disk, and at who may read there."
        value = f"{folder}: {error.strerror or error}"
        return Finding(name=name, value=value, advice=advice, stops_training=needed)
    value = f"{folder}, {wording.bytes_in_words(free)} free of {wording.bytes_in_words(total)}"
    advice = "Make room: videos, crops and states may not fit." if free < _LOW_BYTES else ""
    stops = needed and free < _NO_ROOM_BYTES
    return Finding(name=name, value=value, advice=advice, stops_training=stops)


def _run(command: list[str]) -> tuple[int, str]:
    """Returns the exit status of a program and what it wrote; never waits for ever."""
    try:
        environment = child_environment(TF_CPP_MIN_LOG_LEVEL="3")
        ended = run_bounded(command, patience_seconds=PATIENCE_SECONDS, environment=environment)
    except subprocess.TimeoutExpired:
        return 1, f"no answer for {PATIENCE_SECONDS:.0f} s"
    except OSError as error:
        return 1, str(error.strerror)
    if ended.status:
        return ended.status, ended.errors or ended.output or f"exit status {ended.status}"
    return 0, ended.output


def _last_line(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def _published(finding: Finding) -> Finding:
    return dataclasses.replace(
        finding, value=_without_names(finding.value), advice=_without_names(finding.advice)
    )


def _without_names(text: str) -> str:
    """Returns a text without the home folder, the user's name in paths, and keys in links."""
    home = re.escape(str(Path.home()))
    text = re.sub(rf"{home}(?=/|\W|$)", "~", text) if home != "/" else text
    name = re.escape(os.environ.get("USER") or getpass.getuser())
    return public_text(re.sub(rf"(?<=/){name}(?=/|\W|$)", "USER", text))


def _in_words(finding: Finding) -> list[str]:
    mark = "!" if finding.stops_training else " "
    lines = [f"{mark} {finding.name:14} {finding.value}"]
    return [*lines, f"  {'':14} -> {finding.advice}"] if finding.advice else lines
