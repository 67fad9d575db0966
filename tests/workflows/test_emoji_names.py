"""A project whose name holds emoji and other alphabets, the whole way."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.events import Event, Note
from colab_pix2pix.notebook.forms import ProjectForm
from colab_pix2pix.project import Project, projects
from colab_pix2pix.storage.restore import status
from colab_pix2pix.web.page_server import PageServer
from colab_pix2pix.workflows.apply import apply
from colab_pix2pix.workflows.drill import drill
from colab_pix2pix.workflows.export import FORMATS, export
from colab_pix2pix.workflows.pipeline import train
from colab_pix2pix.workflows.report import report
from colab_pix2pix.workflows.verification import verify
from conftest import Command
from support import drivefs
from support.networks import SMALLEST

NAME = "🚲 räder 🇩🇪 👩🏽‍🎨 かき氷"


def test_the_form_takes_it_and_lists_it(tmp_path: Path) -> None:
    form = ProjectForm(tmp_path)
    form.name.value = NAME
    assert form.message.value == "" and form.project.path == tmp_path / NAME
    form.project.remember(SMALLEST)
    assert projects(tmp_path) == [form.project]
    assert NAME in ProjectForm(tmp_path).list.value


@pytest.mark.slow
def test_it_is_trained_kept_exported_and_reported(
    crops: Dataset, tmp_path: Path, command: Command
) -> None:
    project = train(crops, Project.named(NAME, tmp_path), SMALLEST).project
    assert project.settings()["name"] == NAME and status(project)["epochs_done"] == 1
    exported = export(project, project.exports, list(FORMATS))
    assert all(path.exists() for path in exported) and len(exported) > len(FORMATS)
    single = export(project, project.exports, ["web"], single_file=True)
    assert any(NAME in path.read_text() for path in single if path.suffix == ".html")
    assert (project.exports / "model-card.md").read_text().startswith(f"# {NAME}\n")
    assert NAME in report(project).read_text()
    assert len(apply(project, crops.directory, project.path / "made")) == 12
    assert verify(project)["ok"] and drill(project)["ok"]
    told = command("status", project.path)
    assert told.returncode == 0, told.stderr
    assert "1 epoch done" in told.stdout
    server = PageServer(project.exports / "web")
    server.start()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{server.path}") as page:
        assert NAME in page.read().decode()
    server.shutdown()


@pytest.mark.slow
def test_drive_keeps_it(crops: Dataset, mount: drivefs.Drive, fast: None) -> None:
    heard: list[Event] = []
    project = Project.named(NAME, mount.my_drive)
    result = train(crops, project, SMALLEST, on_event=heard.append)
    assert result.safety is not None and result.safety.safe_step == result.step
    assert not [e for e in heard if isinstance(e, Note) and e.level == "warning"]
    assert status(project)["confirmed"]["step"] == result.step
