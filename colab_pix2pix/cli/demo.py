"""The whole way once, with a crash in the middle: what `make demo` shows."""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import events, wording
from ..config import CurateConfig, FramesConfig, TrainConfig
from ..dataset import curate
from ..downloader.download import download, is_link, sample_video
from ..errors import Pix2PixError
from ..events import Metrics, Note, Progress, Resumed, Saved
from ..options import as_flags
from ..project import Project
from ..storage.restore import status
from ..workflows.pipeline import cut_and_mark
from .terminal import Terminal

_KILL_AFTER = 0.35  # of all steps, so that both halves can be seen


@dataclass(frozen=True, kw_only=True)
class DemoResult:
    """What the demo has shown.

    Attributes:
        folder: The folder of this demo.
        crops: Number of crops cut.
        kept: Number of crops that no mark rejects.
        killed_at_step: The last step seen before the kill; None when training ended too soon.
        resumed_step: The saved step that the second process went on from.
        first_l1: Held-out L1 loss at the start.
        last_l1: Held-out L1 loss at the end.
    """

    folder: Path
    crops: int
    kept: int
    killed_at_step: int | None
    resumed_step: int | None
    first_l1: float
    last_l1: float


def demo(root: Path, source: str = "", *, frames: FramesConfig, train: TrainConfig) -> DemoResult:
    """Runs the main job and prints a summary.

    Args:
        root: Where a new folder is made for this demo; nothing in it is ever overwritten.
        source: A link or a path; "" serves the sample video on a local port and downloads it.
        frames: How to cut.
        train: How to train.

    Raises:
        Pix2PixError: a step failed.
    """
    started = time.monotonic()
    terminal = Terminal(sys.stdout)
    terminal.line("1. Get the video")
    video, folder = _get_video(root, source, terminal)
    terminal.line("2. Cut crops out of it, and mark the bad ones")
    dataset = cut_and_mark([video], folder / "crops", frames, CurateConfig(), on_event=terminal)
    curate.contact_sheet(dataset, folder / "contact-sheet.jpg")
    project = Project(folder / "project")
    project.remember(frames)
    terminal.line("3. Train, and kill the training process without warning on the way")
    process = _TrainProcess(folder / "crops", project, train, terminal)
    killed_at_step = process.run(kill=True)
    if killed_at_step is not None:
        saved = status(project)["step"]
        terminal.line(
            f"   Killed at step {killed_at_step} (SIGKILL); the last saved step is {saved}"
        )
        terminal.line("4. Start the same command again")
        process.run(kill=False)
    result = DemoResult(
        folder=folder,
        crops=len(dataset.crops),
        kept=len(dataset.kept),
        killed_at_step=killed_at_step,
        resumed_step=process.resumed_step,
        first_l1=process.held_out[0],
        last_l1=process.held_out[-1],
    )
    _summarize(result, project, terminal, time.monotonic() - started)
    return result


def _get_video(root: Path, source: str, terminal: Terminal) -> tuple[Path, Path]:
    if source:
        path = urllib.parse.urlsplit(source).path if is_link(source) else source
        folder = _new_folder(root, Path(path).stem or "video")
        return download(source, folder / "video", on_event=terminal), folder
    folder = _new_folder(root, "sample")
    with _served(sample_video()) as address:
        terminal.line(f"   {address}")
        return download(address, folder / "video", on_event=terminal), folder


def _new_folder(root: Path, name: str) -> Path:
    """Returns a folder that does not exist yet: `root/name`, `root/name-2`, …"""
    name = re.sub(r"[^\w-]+", "-", name).strip("-")[:40] or "video"
    number, folder = 1, root / name
    while folder.exists():
        number += 1
        folder = root / f"{name}-{number}"
    return folder


@contextlib.contextmanager
def _served(file: Path) -> Iterator[str]:
    """Serves the folder of a file on a free local port; gives the file's address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    class Tolerant(http.server.ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            # yt-dlp looks at the first bytes and hangs up: no error of ours.
            if not isinstance(sys.exc_info()[1], ConnectionError):
                super().handle_error(request, client_address)

    handler = functools.partial(Quiet, directory=str(file.parent))
    with Tolerant(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/{file.name}"
        finally:
            server.shutdown()
            thread.join()


class _TrainProcess:
    """Runs `train` as a process of its own and follows its events."""

    def __init__(
        self, crops: Path, project: Project, config: TrainConfig, terminal: Terminal
    ) -> None:
        program = [sys.executable, "-m", "colab_pix2pix", "train", "--json"]
        self.command = [*program, str(crops), str(project.path), *as_flags(config)]
        self.epochs = config.epochs
        self.terminal = terminal
        self.held_out: list[float] = []
        self.resumed_step: int | None = None

    def run(self, *, kill: bool) -> int | None:
        """Trains to the end, or kills the process in the middle of an epoch, after a save.

        Returns:
            The last step seen before the kill, or None when the process ended by itself.
        """
        saved = False
        process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=None, text=True, start_new_session=True
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                event = events.from_json(line)
                self._handle(event)
                saved = saved or isinstance(event, Saved)
                if kill and saved and isinstance(event, Progress) and self._is_mid_epoch(event):
                    os.kill(process.pid, signal.SIGKILL)
                    process.wait()
                    return int(event.done)
            if process.wait():
                raise Pix2PixError("The training process has failed; see above.")
            return None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def _handle(self, event: events.Event) -> None:
        if isinstance(event, Metrics) and event.held_out_l1_loss is not None:
            self.held_out.append(event.held_out_l1_loss)
        if isinstance(event, Resumed):
            self.resumed_step = event.step
        if not isinstance(event, Note) or event.level == "warning":
            self.terminal(event)

    def _is_mid_epoch(self, event: Progress) -> bool:
        if event.job != "train" or not event.total:
            return False
        epoch = event.done / event.total * self.epochs
        return event.done > _KILL_AFTER * event.total and 0.2 < epoch % 1 < 0.8


def _summarize(result: DemoResult, project: Project, terminal: Terminal, seconds: float) -> None:
    samples = sorted(project.samples.glob("*.jpg"))
    outcome = "Training ended before there was a saved step to kill it after."
    if result.killed_at_step is not None:
        outcome = f"Killed at step {result.killed_at_step}, resumed at step {result.resumed_step}."
    lines = [
        "",
        f"Done in {wording.seconds_in_words(seconds)}."
        f" {result.kept} of {result.crops} crops were good.",
        outcome,
        "Difference to the real picture, on crops never trained on: "
        f"{result.first_l1:.3f} at first, {result.last_l1:.3f} now.",
        "",
        f"the crops          {result.folder / 'contact-sheet.jpg'}",
        f"the last samples   {samples[-1]}",
        f"the time-lapse     {project.timelapse}",
        f"the loss curve     {project.losses_png}",
        f"the checkpoints    {project.slots[0]}",
        f"                   {project.slots[1]}",
        "",
        "Now with your own video: colab-pix2pix demo --source LINK_OR_FILE",
    ]
    for line in lines:
        terminal.line(line)
