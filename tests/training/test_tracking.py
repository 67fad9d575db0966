"""The option `track`: what wandb, trackio and mlflow are told, and that training waits for none.

`TRACKERS=wandb,mlflow,trackio` tries all three; trackio wants another Pillow than the other tests.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from PIL import Image

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import OptionError
from colab_pix2pix.events import Event, Metrics, Note, Sample, ignore
from colab_pix2pix.storage import colab
from colab_pix2pix.training.tracking import tracker
from colab_pix2pix.training.tracking.tracker import Tracker, tracked
from colab_pix2pix.workflows.pipeline import train
from support import TESTS
from support.networks import SMALLEST
from support.waiting import wait_for

TRACKERS = os.environ.get("TRACKERS", "wandb,mlflow").split(",")
KEY = "0123456789abcdef" * 2 + "01234567"
ABOUT = {"id": "5e0af1", "name": "flowers", "config": {"epochs": 7, "device": "CPU"}}
LINE = Metrics(
    step=20,
    epoch=1,
    generator_gan_loss=0.5,
    generator_l1_loss=0.25,
    discriminator_loss=0.75,
    held_out_l1_loss=0.125,
    held_out_follow=0.0625,
)


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody is logged in, and no library writes outside of the test."""
    for name in [n for n in os.environ if n.startswith(("WANDB", "MLFLOW", "TRACKIO", "HF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "home" / "trackio"))


@pytest.fixture
def silent_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Where all libraries send; takes every connection and never answers, as a dead network."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        server.settimeout(60)
        for name in ("WANDB_BASE_URL", "MLFLOW_TRACKING_URI", "TRACKIO_SERVER_URL"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setenv("TRACKIO_WRITE_TOKEN", KEY)
        yield server


@pytest.fixture
def in_colab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What a double of Colab reads: see support/fake_colab/README.md."""
    monkeypatch.setenv("FAKE_COLAB", str(tmp_path))
    monkeypatch.setenv("COLAB_RELEASE_TAG", "a release")
    monkeypatch.syspath_prepend(TESTS / "support" / "fake_colab")
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("google.colab")]:
        monkeypatch.delitem(sys.modules, name)


def written(folder: Path, pattern: str) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob(pattern)) if path.is_file())


def wandb_has(home: Path) -> tuple[str, int, bool]:
    records = [path.read_bytes() for path in home.rglob("*5e0af1/run-5e0af1.wandb")]
    assert all(b"epochs" in record and b"held_out_follow" in record for record in records)
    count = sum(b"0.0625" in record for record in records)
    return "held_out_follow", count, bool(list(home.rglob("media/images/samples*.png")))


def trackio_has(home: Path) -> tuple[str, int, bool]:
    (file,) = (home / "trackio").glob("*.db")
    with sqlite3.connect(file) as base:
        (config,) = base.execute("select config from configs").fetchone()
        rows = base.execute("select step, metrics from metrics").fetchall()
    assert '"epochs":7' in str(config)
    told = [str(metrics) for step, metrics in rows if step == 20]
    count = sum('"held_out_follow":0.0625' in metrics for metrics in told)
    return "held_out_follow", count, any("trackio.image" in metrics for metrics in told)


HAS: dict[str, Callable[[Path], tuple[str, int, bool]]] = {
    "wandb": wandb_has,
    "trackio": trackio_has,
}


@pytest.mark.parametrize("library", [name for name in TRACKERS if name != "mlflow"])
def test_each_library_gets_options_scores_and_pictures_and_one_run_goes_on(
    library: str, own_home: Path, tmp_path: Path
) -> None:
    picture, heard = tmp_path / "step-00000020.png", list[Event]()
    Image.new("RGB", (8, 8), "red").save(picture)
    for _ in range(2):  # sessions
        with Tracker(library, ABOUT, heard.append, patience_seconds=60) as track:
            for event in (
                LINE,
                Sample(step=20, path=picture),
                Sample(step=2, path=own_home / "no"),
            ):
                track(event)
    notes = [event for event in heard if isinstance(event, Note)]
    assert all(note.level == "info" and library in note.message for note in notes), notes
    assert len(notes) >= 2
    assert HAS[library](own_home) == ("held_out_follow", 2, True)


@pytest.mark.parametrize("library", TRACKERS)
def test_a_dead_network_stops_nothing_and_no_key_is_written(
    library: str, silent_server: socket.socket, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", KEY)
    heard: list[Event] = []
    with Tracker(library, ABOUT, heard.append, patience_seconds=0.5) as track:
        connection, _ = silent_server.accept()
        for _ in range(3000):  # more than wait for the library
            track(LINE)
        assert track._events.qsize() <= tracker._QUEUED + 1
    connection.close()
    assert track._process.poll() is not None
    (late,) = [event for event in heard if isinstance(event, Note) and event.level == "warning"]
    assert library in late.message and "metrics.csv has" in late.message
    assert KEY.encode() not in written(own_home, "*")
    assert not _at_work(own_home)


def _at_work(home: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _works_for(process, home)]


def _works_for(process: psutil.Process, home: Path) -> bool:
    try:
        return process.pid != os.getpid() and process.environ().get("HOME") == str(home)
    except psutil.Error:
        return False


def test_what_waits_for_a_dead_network_ends_soon_after_a_training_that_was_killed(
    silent_server: socket.socket, own_home: Path
) -> None:
    code = f"""if True:
        from time import sleep
        from colab_pix2pix.events import ignore
        from colab_pix2pix.training.tracking.tracker import Tracker
        tracker = Tracker("mlflow", {ABOUT}, ignore, patience_seconds=0.1)
        sleep(600)
    """
    training = subprocess.Popen([sys.executable, "-c", code])
    connection, _ = silent_server.accept()
    assert len(_at_work(own_home)) >= 2
    training.kill()
    training.wait()
    try:
        wait_for(lambda: not _at_work(own_home), "its end", 30)
    finally:
        for process in _at_work(own_home):
            process.kill()
    connection.close()


def test_a_disk_that_takes_nothing_stops_no_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no-folder").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no-folder"))
    heard: list[Event] = []
    with ExitStack() as stack:
        tracked("mlflow", ABOUT, heard.append, stack)(LINE)
    note = heard.pop(0)
    assert heard == [LINE] and isinstance(note, Note) and note.level == "warning"
    assert "Nothing goes to mlflow" in note.message and "no-folder" in note.message


def test_a_library_that_breaks_ends_with_a_word_without_passwords_and_the_training_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"unknown://me:{KEY}@127.0.0.1")
    heard: list[Event] = []
    with Tracker("mlflow", ABOUT, heard.append, patience_seconds=60) as track:
        track(LINE)
        track._hearing.join()
        track(LINE)
    (note,) = [event for event in heard if isinstance(event, Note) and event.level == "warning"]
    assert "mlflow has not got all of it" in note.message and "unknown://127" in note.message
    assert KEY not in note.message


def test_a_library_that_is_not_there_is_refused_before_anything_is_written(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trackio", None)
    with pytest.raises(OptionError, match=r"pip install 'colab_pix2pix\[trackio\]'"):
        train(crops, tmp_path / "run", TrainConfig(image_size=64, track="trackio"))
    assert not (tmp_path / "run").exists()


def test_a_folder_of_its_name_is_no_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trackio").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(OptionError, match=r"The package trackio is not installed"):
        tracker.require_library("trackio")


def test_in_colab_the_key_is_taken_from_the_secrets_and_given_to_that_process_alone(
    in_colab: Path,
) -> None:
    (in_colab / "secrets.json").write_text(json.dumps({"MLFLOW_TRACKING_TOKEN": KEY}))
    with Tracker("mlflow", ABOUT, ignore, patience_seconds=0) as track:
        process = psutil.Process(track._process.pid)
        known = wait_for(process.environ, "what it is given")  # for a moment it has nothing
    assert known["MLFLOW_TRACKING_TOKEN"] == KEY
    assert "MLFLOW_TRACKING_TOKEN" not in os.environ
    assert "MLFLOW_TRACKING_URI" not in known, "there is no such secret"


@pytest.mark.parametrize(
    ("secrets", "page", "said"),
    [
        ({}, "", []),
        ({"KEY": None}, "", ["Notebook does not have access to secret KEY"]),
        ({"KEY": "x"}, "gone", ["Requesting secret KEY timed out."]),
    ],
    ids=["none", "not-granted", "no-page"],
)
def test_a_secret_that_can_not_be_read_is_as_none_and_a_word_says_why(
    secrets: dict[str, str | None], page: str, said: list[str], in_colab: Path
) -> None:
    (in_colab / "secrets.json").write_text(json.dumps(secrets))
    (in_colab / "page").write_text(page)
    heard: list[Event] = []
    assert colab.secrets(["KEY"], heard.append) == {}
    for event, words in zip(heard, said, strict=True):
        assert isinstance(event, Note) and words in event.message


@pytest.mark.slow
def test_a_training_tells_mlflow_what_its_table_says_as_one_run_that_goes_on(
    crops: Dataset, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = SMALLEST.replace(epochs=2, track="mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", KEY)
    train(crops, tmp_path / "run", config)
    train(crops, tmp_path / "run", config.replace(epochs=3))
    header, *rows = (tmp_path / "run" / "metrics.csv").read_text().split()
    column = header.split(",").index("held_out_l1_loss")
    told = written(own_home, "metrics/held_out_l1_loss").decode().split("\n")[:-1]
    assert [line.split()[1] for line in told] == [
        row.split(",")[column] for row in rows if row.split(",")[column]
    ]
    assert written(own_home, "params/epochs") == b"2", "there is one run"
    samples = {path.name for path in (tmp_path / "run" / "samples").glob("*.jpg")}
    assert samples == {path.name for path in own_home.rglob("artifacts/samples/*.jpg")}
    assert KEY.encode() not in written(tmp_path / "run", "*") + written(own_home, "*")
