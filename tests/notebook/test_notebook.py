"""The notebook: what its file is like, and "Run all" by a kernel of each world, as from nothing.

The kernels are JupyterLab's (the Python that runs the tests) and a stand-in of Colab's, with the
versions of ipywidgets and ipykernel that Colab has: `$COLAB_STANDIN_PYTHON`.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient.exceptions import CellExecutionError
from PIL import Image

from colab_pix2pix.config import FramesConfig, TrainConfig, VideoConfig
from support import CHECKOUT
from support.networks import SMALLEST
from support.notebooks import Session, standin_python

NOTEBOOKS = sorted((CHECKOUT / "notebooks").glob("*.ipynb"))
TINY = (FramesConfig(count=24), SMALLEST.replace(epochs=400, save_every_seconds=2))
BRIEF = TrainConfig.preset("quick").replace(image_size=64, base_filters=16, epochs=6)
SMALL = (FramesConfig(count=60), TINY[1].replace(epochs=60, batch_size=2, learning_rate=5e-4))


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    """Each notebook of the repository."""
    return request.param


@pytest.fixture(scope="module")
def source(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def codes(notebook: dict[str, Any]) -> list[str]:
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def test_no_outputs_and_no_widget_states_are_committed(source: dict[str, Any]) -> None:
    assert "widgets" not in source["metadata"]
    for cell in source["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None
    nbformat.validate(nbformat.from_dict(source))


def test_cells_are_short_titled_and_define_nothing(source: dict[str, Any]) -> None:
    for code in codes(source):
        lines = [line for line in code.splitlines() if line.strip()]
        assert lines[0].startswith("#@title ")
        assert len(lines) <= 5, code
        assert not re.search(r"^\s*(def|class) ", code, re.MULTILINE)


def test_badge_and_git_address_name_the_repository_of_the_package(
    path: Path, source: dict[str, Any]
) -> None:
    setup = configparser.ConfigParser()
    setup.read(CHECKOUT / "setup.cfg", encoding="utf-8")
    url = setup["metadata"]["url"]
    repository = url.removeprefix("https://github.com/")
    text = "".join("".join(cell["source"]) for cell in source["cells"])
    here = path.relative_to(CHECKOUT).as_posix()
    assert f"https://colab.research.google.com/github/{repository}/blob/main/{here}" in text
    assert f'"git+{url}"' in codes(source)[0]
    assert set(re.findall(r"github(?:\.com)?/(\w+/\w+)", text)) == {repository}


@pytest.mark.slow
def test_forms_and_gallery_do_the_same_with_the_widgets_of_colab() -> None:
    files = [
        str(CHECKOUT / "tests" / "notebook" / name) for name in ("test_forms.py", "test_gallery.py")
    ]
    command = [standin_python(), "-m", "pytest", "-p", "no:cacheprovider", *files]
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT), "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " passed" in done.stdout and "skipped" not in done.stdout


@pytest.fixture(scope="module")
def first(world: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Session, str]]:
    """Run all from nothing, nobody there: as in Colab with the default crops."""
    session = Session(tmp_path_factory.mktemp("home"), world)
    session.project.remember(*(SMALL if world == sys.executable else (BRIEF,)))
    yield session, session.run_all()


@pytest.mark.slow
def test_run_all_trains_a_model(first: tuple[Session, str]) -> None:
    session, text = first
    project = session.project
    assert project.timelapse.stat().st_size > 10_000
    assert any(slot.exists() for slot in project.slots)
    assert len(list(project.samples.glob("step-*.jpg"))) > 10
    assert project.dataset_zip.exists()
    assert "Everything is in" in text and "cp-error" not in text.replace(".cp-error", "")
    rows = project.metrics_csv.read_text().splitlines()
    losses = [float(row.split(",")[3]) for row in rows[1:]]
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5]), "nothing was learned"


@pytest.mark.slow
def test_run_all_again_finds_everything_done(first: tuple[Session, str]) -> None:
    session, _ = first
    before = {path: path.stat().st_mtime_ns for path in session.project.slots if path.exists()}
    text = Session(session.home, session.python).run_all()
    assert "Welcome back" in text
    assert "Nothing to do" in text
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.slow
def test_set_up_says_what_there_is(first: tuple[Session, str]) -> None:
    _, text = first
    assert "Free disk" in text and "Training with 300 crops takes here" in text


@pytest.mark.slow
def test_the_first_form_is_there_after_the_import_alone(world: str, tmp_path: Path) -> None:
    session = Session(tmp_path, world)
    code = "import colab_pix2pix as p2p; p2p.forms.VideoForm()"
    cell = nbformat.v4.new_code_cell(code)
    session.notebook.cells = [cell]
    with session.client.setup_kernel(env=session.environment()):
        session.client.execute_cell(cell, 0)
    assert "cp-form-video" in str(session.client.widget_state)


@pytest.mark.slow
def test_run_all_learns_from_an_image_folder(tmp_path: Path) -> None:
    folder = tmp_path / "my pictures"
    folder.mkdir()
    for number in range(16):
        noise = np.random.default_rng(number).integers(0, 256, (5, 9, 3), np.uint8)
        picture = Image.fromarray(noise).resize((180, 100))
        picture.save(folder / f"{number:02d}.png")
    session = Session(tmp_path / "home", sys.executable)
    session.project.remember(*TINY, VideoConfig(source=str(folder)), TINY[1].replace(epochs=12))
    text = session.run_all()
    assert "The pictures in my pictures are taken from where they are." in text
    with zipfile.ZipFile(session.project.dataset_zip) as packed:
        names = [name for name in packed.namelist() if name.endswith(".jpg")]
    assert len(names) == 24 and all(name.startswith("my_pictures-") for name in names)
    assert len(list((session.project.path / "made").iterdir())) == 4
    assert "cp-error" not in text.replace(".cp-error", "")


@pytest.mark.slow
def test_an_interrupt_ends_in_one_line_and_the_cell_goes_on_when_run_again(
    world: str, tmp_path: Path
) -> None:
    session = Session(tmp_path, world)
    session.project.remember(*TINY)
    with pytest.raises(CellExecutionError), interrupting(session):
        session.run_all()
    (cell,) = [c for c in session.notebook.cells if "steps.train(" in c.source]
    (error,) = [output for output in cell.outputs if output.output_type == "error"]
    assert error.ename == "Stopped"
    friendly = (
        r"Stopped after step (\d+) of (\d+), everything is saved: run this cell again to go on."
    )
    found = re.fullmatch(friendly, "\n".join(error.traceback))
    assert found, error.traceback
    stopped_at, total = int(found[1]), int(found[2])

    epochs = stopped_at * TINY[1].epochs // total + 2
    session.project.remember(TINY[1].replace(epochs=epochs))
    text = Session(tmp_path, world).run_all()
    assert f"training goes on at step {stopped_at}." in text


class interrupting:
    """Interrupts a session's kernel once training has drawn a few samples."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.thread = threading.Thread(target=self.wait_and_interrupt, daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *exception: object) -> None:
        self.thread.join(10)
        assert not self.thread.is_alive()

    def wait_and_interrupt(self) -> None:
        samples = self.session.project.samples
        while len(list(samples.glob("step-*.jpg"))) < 8:
            time.sleep(0.1)
        process = self.session.client.km.provisioner.process
        os.killpg(os.getpgid(process.pid), 2)
