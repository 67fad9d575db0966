"""The notebook in Colab: consent, a Drive that uploads late, uploads, a machine that dies.

google.colab is a double with the real signatures (support/fake_colab/README.md), Drive the double
of its mount (support/drivefs/README.md), the kernel has the versions that Colab has.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nbclient.exceptions import CellExecutionError, DeadKernelError
from PIL import Image

from colab_pix2pix.config import FramesConfig, TrainConfig
from colab_pix2pix.errors import DriveError, Pix2PixError
from colab_pix2pix.notebook import steps
from colab_pix2pix.notebook.steps import opening
from colab_pix2pix.project import Project, sample_step
from colab_pix2pix.storage import colab as google_colab
from colab_pix2pix.storage import drive
from colab_pix2pix.storage.restore import status
from colab_pix2pix.workflows.release import release_when_safe
from support import CHECKOUT, TESTS, drivefs
from support import colab as colab_machines
from support.browsing import cell_with, relevant_lines, run_up_to, shoot
from support.colab import Colab, ColabSession
from support.frontends import FrontEnd
from support.notebooks import standin_python
from support.waiting import wait_for

MISSING = drivefs.missing()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"needs FUSE: {MISSING}"),
]
SMALL = (
    FramesConfig(count=24),
    TrainConfig(image_size=64, base_filters=4, batch_size=4, epochs=20, save_every_seconds=1),
)
LONG = (SMALL[0], SMALL[1].replace(epochs=400))


@pytest.fixture
def colab() -> Iterator[Colab]:
    with colab_machines.colab() as it:
        yield it


def error_of(cell: Any) -> str:
    """Returns what a cell shows of the error that ended it."""
    (error,) = [output for output in cell.outputs if output.output_type == "error"]
    return " ".join(error.traceback)


def functions(path: Path) -> dict[str, str]:
    """Returns the public functions of a source file: name -> arguments, as they are written."""
    definitions = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.FunctionDef)]
    return {n.name: ast.unparse(n.args) for n in definitions if n.name[0] != "_"}


def test_the_double_has_the_signatures_that_the_package_is_checked_against() -> None:
    stubs = sorted((CHECKOUT / "stubs/google/colab").glob("[a-z]*.pyi"))
    assert {stub.stem for stub in stubs} == {
        *("drive", "errors", "files", "output", "runtime", "userdata")
    }
    for stub in stubs:
        double = functions(TESTS / "support/fake_colab/google/colab" / f"{stub.stem}.py")
        for name, arguments in functions(stub).items():
            assert double[name].replace("24 * 60 * 60 * 1000", "86400000") == arguments


def run_to(session: ColabSession, code: str) -> None:
    """Runs the cells that have not been run, up to the one with some code."""
    last = session.notebook.cells.index(session.cell(code))
    for index, cell in enumerate(session.notebook.cells[: last + 1]):
        if cell.cell_type == "code" and not cell.get("outputs"):
            session.client.execute_cell(cell, index)


@pytest.fixture(scope="module")
def finished() -> Iterator[tuple[Colab, ColabSession]]:
    """A session after Run all, with nobody there; its kernel lives."""
    with colab_machines.colab() as it:
        it.remember(*SMALL)
        session = it.session()
        with session.client.setup_kernel(env=session.environment()):
            run_to(session, "give_back(")
            yield it, session


def test_run_all_trains_on_drive_ends_when_all_is_safe_and_keeps_the_machine(
    finished: tuple[Colab, ColabSession],
) -> None:
    colab, session = finished
    text = session.text()
    assert "Google now asks whether this notebook may use your Drive" in text
    outputs = [str(output) for output in session.cell("choose_project(").outputs]
    (mounting,) = [n for n, output in enumerate(outputs) if "Mounted at" in output]
    assert mounting == 1, "the sentence of why comes before the question"
    assert [call["call"] for call in colab.calls] == ["drive.mount"]
    assert "The machine stays yours." in text
    assert re.search(r"not trained yet\. Free on Drive: \d", text)
    assert re.search(r"Safe on Drive: step \d+ \([^·]*\), crops, \d+ samples?</", text), (
        "nothing is under way"
    )


def test_the_machine_is_given_back_when_drive_has_everything_and_not_before(
    finished: tuple[Colab, ColabSession],
) -> None:
    colab, session = finished
    before = status(colab.project)
    colab.drive.order("set", paused=True)
    late = colab.project.path / "made" / "late.png"
    late.write_bytes(b"a picture")
    cell = session.cell("give_back(")
    cell.source = cell.source.replace("False", "True")

    def upload() -> None:
        wait_for(lambda: "0 of 1 files on Drive" in session.text(), "the wait to be told")
        calls_before.append([call["call"] for call in colab.calls])
        colab.drive.order("set", paused=False)

    calls_before: list[list[str]] = []
    clouds = threading.Thread(target=upload)
    clouds.start()
    session.client.execute_cell(cell, session.notebook.cells.index(cell))
    clouds.join(60)
    assert calls_before == [["drive.mount"]], "the machine was kept while a file was under way"
    after = [call["call"] for call in colab.calls]
    assert after == ["drive.mount", "drive.flush_and_unmount", "runtime.unassign"]
    assert "Everything is safe on Drive: the machine is given back now." in session.text()
    process = session.client.km.provisioner.process
    wait_for(lambda: process.poll() is not None, "the machine to be gone", seconds=10)
    colab.die()
    colab.drive.mount()
    state = status(colab.project)
    assert state["confirmed"]["step"] == before["step"] and late.read_bytes() == b"a picture"
    assert state["epochs_done"] == SMALL[1].epochs
    assert colab.project.dataset_zip.exists() and colab.project.timelapse.exists()
    assert colab.project.recall(TrainConfig) == SMALL[1]


def test_in_the_browser_pairs_are_uploaded_learned_and_safe_on_drive(colab: Colab) -> None:
    home = colab.home / "browser"
    colab.furnish(home)
    colab.remember(*SMALL)
    notebook = json.loads((CHECKOUT / "notebooks/colab_pix2pix.ipynb").read_text())
    environment = colab.environment()
    with FrontEnd("colab", standin_python(), home, environment=environment) as front_end:
        page = front_end.open(notebook)
        run_up_to(front_end, notebook, "choose_video(")
        page.get_by_text("Google now asks whether this notebook may use your Drive").wait_for()
        shoot(page.locator(".cp-form-video"), "colab-video", front_end)

        # The dialogue is left without a choice: the cell says so, and can be run again.
        get = cell_with(notebook, "get_video(")
        page.locator(".cp-form-video .cp-upload input").check()
        front_end.run_cell(get)
        page.get_by_text("No file was uploaded.").first.wait_for()
        colab.choose(zip_of_pairs(home))
        front_end.run_cell(get)
        page.get_by_text("Choose in the form which one is made from the other.").last.wait_for()
        assert "Traceback" not in page.locator("body").inner_text()
        shoot(page.locator(".cp-form-video"), "colab-pairs", front_end)
        page.locator(".cp-form-video .cp-pairs select").select_option("yes: B is made from A")
        front_end.run_cell(get)
        page.get_by_text("my_pairs.zip, ").wait_for()

        run_up_to(front_end, notebook, "give_back(")
        page.locator(".cp-training").get_by_text("Safe on Drive: step").first.wait_for()
        shoot(page.locator(".cp-use"), "colab-pairs-used", front_end)
        page.get_by_text("The machine stays yours.").wait_for()
        assert relevant_lines(front_end.console) == []
    uploads = [call for call in colab.calls if call["call"] == "files.upload"]
    assert len(uploads) == 2, "what was uploaded is not asked for again"
    assert colab.project.recall(TrainConfig).condition == "paired"
    assert status(colab.project)["line"].startswith("Safe on Drive: step ")


def zip_of_pairs(home: Path) -> Path:
    """Packs folders A and B with ten pictures each; B is A turned blue."""
    for number in range(10):
        noise = np.random.default_rng(number).integers(0, 256, (4, 4, 3), np.uint8)
        for name, pixels in (("A", noise), ("B", noise // (4, 4, 1))):
            folder = home / "pairs" / name
            folder.mkdir(parents=True, exist_ok=True)
            large = Image.fromarray(pixels.astype(np.uint8)).resize((90, 90))
            large.save(folder / f"{number}.png")
    return Path(shutil.make_archive(str(home / "my_pairs"), "zip", home / "pairs"))


@pytest.fixture
def in_process(colab: Colab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Colab]:
    """This process is in Colab, Drive mounted, with a project."""
    for name, value in colab.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(TESTS / "support" / "fake_colab")
    monkeypatch.setattr(google_colab, "MOUNT_POINT", colab.mount_point)
    colab.mount_point.parent.mkdir()
    google_colab.mount()
    colab.project.remember(*SMALL)
    colab.drive.wait_until_uploaded()
    yield colab
    for name in [name for name in sys.modules if name.startswith("google.colab")]:
        del sys.modules[name]


def test_what_drive_does_not_get_keeps_the_machine_and_is_named(in_process: Colab) -> None:
    in_process.drive.order("set", paused=True)
    (in_process.project.path / "late.png").write_bytes(b"a picture")
    with pytest.raises(DriveError) as refused:
        release_when_safe(in_process.project, wait_seconds=0.1)
    assert "late.png would be lost" in str(refused.value)
    assert [call["call"] for call in in_process.calls] == ["drive.mount"]


def test_a_machine_that_colab_does_not_take_back_is_told(in_process: Colab) -> None:
    in_process.person(unassign="fails")
    with pytest.raises(DriveError, match="did not take the machine back: Unable to request"):
        release_when_safe(in_process.project)
    assert not drive.is_drive(in_process.mount_point), "everything was uploaded first"


def test_elsewhere_there_is_nothing_to_give_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    shown: list[Any] = []
    monkeypatch.setattr(opening, "display", shown.append)
    steps.give_back(Project(tmp_path), when_safe=True)
    assert "there is nothing to give back" in shown[0].notes.value


@pytest.mark.parametrize("consent", ["refused", "failed"])
def test_without_consent_nothing_is_written_and_the_cell_can_be_run_again(
    colab: Colab, consent: str
) -> None:
    colab.person(consent=consent)
    session = colab.session()
    with session.client.setup_kernel(env=session.environment()):
        with pytest.raises(CellExecutionError):
            run_to(session, "choose_project(")
        shown = error_of(session.cell("choose_project("))
        for text in (
            "Google Drive was not mounted: ",  # what
            "a Colab machine loses its own disk",  # why
            "Run the cell again and allow the access",  # what to do
        ):
            assert text in shown
        assert "Traceback" not in shown
        assert not (colab.mount_point / "MyDrive").exists()
        assert not (session.home / "colab_pix2pix").exists(), "no silent fallback"
        colab.person(consent="")
        again = session.cell("choose_project(")
        session.client.execute_cell(again, session.notebook.cells.index(again))
        run_to(session, "open_project(")
    assert "A new project: my-first-model." in session.text()
    assert colab.mount_point.joinpath("MyDrive").is_dir()


def test_when_the_machine_is_taken_away_a_new_one_goes_on_where_drive_was(colab: Colab) -> None:
    colab.remember(*LONG)
    first = colab.session()

    def take_away() -> None:
        safe = wait_for(lambda: safe_step(colab), "a state on Drive")
        colab.drive.order("set", paused=True)
        safe_steps.append(safe_step(colab) or safe)
        newest = safe_steps[0]
        wait_for(lambda: last_sample(first) > newest, "steps that Drive does not get")
        first.client.km.provisioner.process.kill()
        colab.die()

    safe_steps: list[int] = []
    thief = threading.Thread(target=take_away)
    thief.start()
    with pytest.raises(DeadKernelError):
        first.run_all()
    thief.join(60)
    colab.remember(LONG[1].replace(epochs=30))  # enough, and not for long

    second = colab.session()
    with second.client.setup_kernel(env=second.environment()):
        run_to(second, "steps.train(")
    text = second.text()
    resumed = re.search(r"training goes on at step (\d+)\.", text)
    assert re.search(r"Welcome back: continue at epoch \d+ of 400 \(my-first-model, step", text)
    assert resumed and int(resumed[1]) == safe_steps[0]
    assert "crops came back from dataset.zip" in text


def safe_step(colab: Colab) -> int:
    """Returns the step that a new machine could restore now; 0 where nobody can say."""
    with suppress(Pix2PixError, OSError):
        confirmed = status(colab.project)["confirmed"]
        return int(confirmed["step"]) if confirmed else 0
    return 0


def last_sample(session: ColabSession) -> int:
    """Returns the newest step of which the machine has drawn a picture."""
    drawn = session.home.glob("cache/colab-pix2pix/projects/*/staging/samples/step-*.jpg")
    return max(map(sample_step, drawn), default=0)
