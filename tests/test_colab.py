"""The notebook in Colab: consent, a Drive that uploads late, uploads, a machine that dies.

google.colab is a double with the real signatures (fake_colab/README.md), Drive the double of its
mount (drivefs/README.md), the kernel has the versions that Colab has.
"""

from __future__ import annotations

import ast
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import colab as colab_machines
import drivefs
import pytest
from colab import Colab, ColabSession
from nbclient.exceptions import CellExecutionError, DeadKernelError

from colab_pix2pix.config import FramesConfig, TrainConfig
from colab_pix2pix.errors import Pix2PixError
from colab_pix2pix.project import sample_step
from colab_pix2pix.storage.checkpoints import status

CHECKOUT = Path(__file__).parents[1]
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


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 90) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.2)
    raise TimeoutError(f"Waited {seconds} s for {what}.")


def error_of(cell: Any) -> str:
    """Returns what a cell shows of the error that ended it."""
    (error,) = [output for output in cell.outputs if output.output_type == "error"]
    return " ".join(error.traceback)


def functions(path: Path) -> dict[str, str]:
    """Returns the public functions of a source file: name -> arguments, as they are written."""
    found = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.FunctionDef)]
    return {n.name: ast.unparse(n.args) for n in found if n.name[0] != "_"}


def test_the_double_has_the_signatures_that_the_package_is_checked_against() -> None:
    stubs = sorted((CHECKOUT / "stubs/google/colab").glob("[a-z]*.pyi"))
    assert {stub.stem for stub in stubs} == {"drive", "files", "runtime"}
    for stub in stubs:
        double = functions(CHECKOUT / "tests/fake_colab/google/colab" / f"{stub.stem}.py")
        for name, arguments in functions(stub).items():
            assert double[name].replace("24 * 60 * 60 * 1000", "86400000") == arguments


def run_to(session: ColabSession, code: str) -> None:
    """Runs the cells that have not been run, up to the one with some code."""
    last = session.notebook.cells.index(session.cell(code))
    for index, cell in enumerate(session.notebook.cells[: last + 1]):
        if cell.cell_type == "code" and not cell.get("outputs"):
            session.client.execute_cell(cell, index)


def test_run_all_trains_on_drive_and_ends_when_all_is_safe(colab: Colab) -> None:
    colab.remember(*SMALL)
    session = colab.session()
    text = session.run_all()
    assert text.index("Google now asks whether this notebook may use your Drive") > 0
    words = [str(output) for output in session.cell("ProjectForm(").outputs]
    (mounted,) = [n for n, output in enumerate(words) if "Mounted at" in output]
    assert mounted == 1, "the sentence of why comes before the question"
    assert [call["call"] for call in colab.calls] == ["drive.mount"], "nobody was there to ask"
    step = int(re.findall(r"Safe on Drive: step (\d+)", text)[-1])
    colab.die()
    colab.drive.mount()
    state = status(colab.project)
    assert state["line"].startswith(f"Safe on Drive: step {step} (")
    assert state["epochs_done"] == SMALL[1].epochs
    assert colab.project.dataset_zip.exists() and colab.project.timelapse.exists()
    assert colab.project.recall(TrainConfig) == SMALL[1]


@pytest.mark.parametrize("consent", ["refused", "failed"])
def test_without_consent_nothing_is_written_and_the_cell_can_be_run_again(
    colab: Colab, consent: str
) -> None:
    colab.person(consent=consent)
    session = colab.session()
    with session.client.setup_kernel(env=session.environment()):
        with pytest.raises(CellExecutionError):
            run_to(session, "ProjectForm(")
        shown = error_of(session.cell("ProjectForm("))
        for words in (
            "Google Drive was not mounted: ",  # what
            "a Colab machine loses its own disk",  # why
            "Run the cell again and allow the access",  # what to do
        ):
            assert words in shown
        assert "Traceback" not in shown
        assert not (colab.mount_point / "MyDrive").exists()
        assert not (session.home / "colab_pix2pix").exists(), "no silent fallback"
        colab.person(consent="")
        session.cell("ProjectForm(").outputs = []
        run_to(session, "open_project(")
    assert "A new project: my-first-model." in session.text()
    assert colab.mount_point.joinpath("MyDrive").is_dir()


def test_when_the_machine_is_taken_away_a_new_one_goes_on_where_drive_was(colab: Colab) -> None:
    colab.remember(*LONG)
    first = colab.session()

    def take_away() -> None:
        safe = wait_for(lambda: safe_step(colab), "a state on Drive")
        colab.drive.order("set", paused=True)
        known.append(safe_step(colab) or safe)
        newest = known[0]
        wait_for(lambda: last_sample(first) > newest, "steps that Drive does not get")
        first.client.km.provisioner.process.kill()
        colab.die()

    known: list[int] = []
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
    assert "Welcome back: my-first-model" in text and resumed
    assert int(resumed[1]) == known[0]
    assert "crops came back from dataset.zip" in text


def safe_step(colab: Colab) -> int:
    """Returns the step that a new machine could restore now; 0 where nobody can say."""
    with suppress(Pix2PixError, OSError):
        confirmed = status(colab.project)["confirmed"]
        return int(confirmed["step"]) if confirmed else 0
    return 0


def last_sample(session: ColabSession) -> int:
    """Returns the newest step of which the machine has drawn a picture."""
    drawn = session.home.glob("cache/colab-pix2pix/projects/*/desk/samples/step-*.jpg")
    return max(map(sample_step, drawn), default=0)
