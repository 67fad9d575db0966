"""A model goes onto the Hub and comes back, on another machine, without a key."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from colab_pix2pix.project import Project
from colab_pix2pix.workflows.pipeline import train
from support.discs import discs
from support.hub import KEY, Hub, running_hub
from support.networks import FLAGS, SMALLEST
from support.waiting import wait_for

pytestmark = pytest.mark.slow
TINY = SMALLEST.replace(precision="float32")
Done = subprocess.CompletedProcess[str]
Process = subprocess.Popen[str]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("trained")
    project = Project(folder / "flowers")
    train(discs(folder / "crops"), project, TINY)
    yield project


@pytest.fixture
def hub() -> Iterator[Hub]:
    with running_hub() as hub:
        yield hub


class Run:
    """Runs commands on a machine that has nothing of the Hub, with a key."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self._hub, self._folder = hub, folder

    def start(self, *arguments: object, key: str = KEY, home: str = "home") -> Process:
        clean = {n: v for n, v in os.environ.items() if not n.startswith(("HF_", "HUGGING"))}
        clean |= {"HF_ENDPOINT": self._hub.address, "HF_HOME": str(self._folder / home)}
        clean |= {"HF_HUB_DISABLE_XET": "1", "CUDA_VISIBLE_DEVICES": "-1"}
        return subprocess.Popen(
            [sys.executable, "-m", "colab_pix2pix", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean | ({"HF_TOKEN": key} if key else {}),
        )

    def __call__(self, *arguments: object, key: str = KEY, home: str = "home") -> Done:
        process = self.start(*arguments, key=key, home=home)
        out, err = process.communicate()
        return Done(arguments, process.returncode, out, err)


@pytest.fixture
def run(hub: Hub, tmp_path: Path) -> Run:
    return Run(hub, tmp_path)


def test_what_is_published_is_what_others_start_from(
    trained: Project, hub: Hub, run: Run, tmp_path: Path
) -> None:
    done = run("publish", trained.path, "ada/flowers")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        f"{hub.address}/ada/flowers",
        f"{hub.address}/spaces/ada/flowers",
    ]
    model, page = hub.files["model", "ada/flowers"], hub.files["space", "ada/flowers"]
    assert {"README.md", "generator.safetensors", "condition.json", "sample.jpg"} <= set(model)
    assert {"README.md", "index.html"} < set(page) and b"<html" in page["index.html"]
    assert any(name.endswith(".onnx") for name in page)
    _, header, card = model["README.md"].decode().split("---\n", 2)
    assert yaml.safe_load(header)["pipeline_tag"] == "image-to-image"
    assert "--init-from hub:ada/flowers" in card
    assert yaml.safe_load(page["README.md"].decode().split("---\n")[1])["sdk"] == "static"
    everything = b"".join([*model.values(), *page.values(), done.stdout.encode()])
    assert KEY.encode() not in everything
    assert all(KEY not in file.read_text(errors="replace") for file in _files(trained.path))

    crops = discs(tmp_path / "crops").directory
    flags = [*FLAGS, "--precision=float32", "--seed=7", "--learning-rate=1e-7"]
    new = run(
        *("train", crops, tmp_path / "new", "--init-from=hub:ada/flowers", *flags),
        key="",
        home="elsewhere",
    )
    assert new.returncode == 0, new.stderr
    ones, others = (_weights(path) for path in (trained.path, tmp_path / "new"))
    assert max(abs(a - b).max() for a, b in zip(ones, others, strict=True)) < 1e-3


def _weights(run: Path) -> list:  # type: ignore[type-arg]
    from colab_pix2pix.model.trained import load_trained

    return [w for w in load_trained(Project(run)).generator.get_weights() if w.ndim == 4]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_publisher_that_dies_in_the_middle_sends_nothing_twice(
    trained: Project, hub: Hub, run: Run
) -> None:
    hub.hangs_after = 1
    first = run.start("publish", trained.path, "ada/flowers")
    wait_for(lambda: hub.received, "the first large file")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert hub.files["model", "ada/flowers"] == {}, "nothing half"
    hub.hangs_after = 10**6
    done = run("publish", trained.path, "ada/flowers")
    assert done.returncode == 0, done.stderr
    assert len(hub.received) > 1 and set(hub.received.values()) == {1}


@pytest.mark.parametrize(
    ("key", "name", "told"),
    [
        ("", "ada/flowers", "There is no key for the Hub."),
        ("hf_wrong", "ada/flowers", "The Hub does not know this key."),
        (KEY, "bob/flowers", "does not let this key write there"),
        (KEY, "flowers", "Expected owner/name"),
        (KEY, "ada/flo wers", "Expected owner/name"),
        (KEY, "ada/taken", "ada/taken is taken"),
    ],
)
def test_what_the_hub_does_not_take_is_one_sentence(
    trained: Project, hub: Hub, run: Run, key: str, name: str, told: str
) -> None:
    taken = {"model.bin": b"something else"}
    hub.files["model", "ada/taken"] = dict(taken)
    done = run("publish", trained.path, name, key=key)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert told in " ".join(done.stderr.split()) and "Traceback" not in done.stderr
    assert not key or key not in done.stderr
    assert hub.files["model", "ada/taken"] == taken


def test_a_model_that_is_not_there_is_said_before_anything_is_written(
    hub: Hub, run: Run, tmp_path: Path
) -> None:
    hub.files["model", "ada/other"] = {"model.bin": b"pickled"}
    crops = discs(tmp_path / "crops").directory
    for name, told in (
        ("ada/nothing", "The Hub has no such model, or it is private."),
        ("ada/other", "ada/other has no generator.safetensors."),
    ):
        done = run("train", crops, tmp_path / "new", f"--init-from=hub:{name}", "--image-size=64")
        assert done.returncode == 1 and told in " ".join(done.stderr.split()), done.stderr
        assert not (tmp_path / "new").exists()
    hub.address = "http://127.0.0.1:9"
    gone = run("train", crops, tmp_path / "new", "--init-from=hub:ada/flowers", "--image-size=64")
    assert gone.returncode == 1 and "the Hub can't be reached" in " ".join(gone.stderr.split())
    assert not (tmp_path / "new").exists()
