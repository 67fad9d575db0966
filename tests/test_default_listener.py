"""Progress without `on_event`: in a terminal, in a notebook, and where nobody looks."""

from __future__ import annotations

import inspect
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

import colab_pix2pix as p2p
from support import CHECKOUT, terminals, videos

#: Cuts six crops; argv: the video, the folder, and what else the call is given.
CUT = """
import sys
import colab_pix2pix as p2p
options = p2p.FramesConfig(count=6, scale="-1:64")
heard = []
given = {"listener": {"on_event": heard.append}, "ignore": {"on_event": p2p.events.ignore}}
crops = p2p.extract_frames(sys.argv[1], sys.argv[2], options, **given.get(sys.argv[3], {}))
print(len(crops.crops), "crops", bool(heard))
"""


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    clip = videos.lavfi(tmp_path / "clip.mp4", "testsrc2=size=320x180:rate=10", "-t", "4")
    return [str(clip), str(tmp_path / "crops")]


def test_a_terminal_shows_the_line_of_the_command_line(words: list[str]) -> None:
    line, result = terminals.screen_after(CUT, 80, [*words, ""], PYTHONPATH=str(CHECKOUT))
    assert line.startswith("frames   100%") and "6 of 6 crops" in line
    assert result == "6 crops False"


@pytest.mark.parametrize(("given", "heard"), [("listener", True), ("ignore", False)])
def test_with_a_listener_a_terminal_shows_nothing(
    words: list[str], given: str, heard: bool
) -> None:
    rows = terminals.screen_after(CUT, 80, [*words, given], PYTHONPATH=str(CHECKOUT))
    assert rows == [f"6 crops {heard}"]


@pytest.mark.parametrize("stream", ["a file", "none", "closed"])
def test_a_script_whose_errors_go_elsewhere_stays_silent(words: list[str], stream: str) -> None:
    begin = {"a file": "", "none": "import sys; sys.stderr = None"}
    code = begin.get(stream, "import sys; sys.stderr = open('/dev/null', 'w'); sys.stderr.close()")
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\n{CUT}", *words, ""], capture_output=True, text=True
    )
    assert (run.stdout, run.stderr) == ("6 crops False\n", "")


JOB = """
import sys
from colab_pix2pix.default_listener import with_progress
from colab_pix2pix.events import Note, Progress

def job(*, on_event):
    on_event(Progress(job="train", done=1, total=3, unit="steps"))
    print("begun", flush=True)
    sys.stdin.readline()
    on_event(Note(message="Saved."))
    on_event(Progress(job="train", done=3, total=3, unit="steps"))
    print("done", flush=True)

with_progress(job)()
"""


def test_a_job_goes_on_when_its_terminal_is_closed() -> None:
    ours, theirs = terminals.open_terminal(80)
    process = subprocess.Popen(
        [sys.executable, "-c", JOB],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=terminals.environment(),
        text=True,
    )
    os.close(theirs)
    assert process.stdout is not None and process.stdout.readline() == "begun\n"
    os.close(ours)
    assert process.communicate("go\n")[0] == "done\n"


@pytest.mark.slow
@pytest.mark.parametrize("given", ["", "ignore"])
def test_a_notebook_shows_one_line_that_is_updated(words: list[str], given: str) -> None:
    manager = KernelManager(kernel_name="python3")
    manager.kernel_spec.argv[0] = sys.executable
    manager.start_kernel(env=os.environ | {"PYTHONPATH": str(CHECKOUT)})
    client = manager.blocking_client()
    messages = []
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        code = f"import sys; sys.argv = {['', *words, given]!r}\n{CUT}"
        reply = client.execute_interactive(code, timeout=60, output_hook=messages.append)
        assert reply["content"]["status"] == "ok", reply
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    displayed = [m["content"]["data"] for m in messages if m["msg_type"] == "display_data"]
    written = "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")
    assert written == "6 crops False\n"
    assert len(displayed) == (0 if given else 1)
    assert all("application/vnd.jupyter.widget-view+json" in data for data in displayed)
    updates = str([m["content"] for m in messages if m["msg_type"] == "comm_msg"])
    assert ("6 of 6 crops" in updates) == (not given)


def test_every_public_function_that_tells_events_shows_them() -> None:
    functions = [
        getattr(p2p, name) for name in p2p.__all__ if inspect.isfunction(getattr(p2p, name))
    ]
    told = {f.__name__ for f in functions if "on_event" in inspect.signature(f).parameters}
    assert {"download", "extract_frames", "train", "apply", "export", "report"} <= told
    for name in told:
        function = getattr(p2p, name)
        assert inspect.signature(function).parameters["on_event"].default is None
        assert "Left out, the progress is shown" in str(function.__doc__), name
        assert pickle.loads(pickle.dumps(function)) is function


def test_what_is_no_listener_is_refused() -> None:
    with pytest.raises(p2p.OptionError, match="on_event: received 3"):
        p2p.download("clip.mp4", "somewhere", on_event=3)
