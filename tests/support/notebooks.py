"""The notebook in a kernel of each world, without a browser."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from colab_pix2pix.project import Project
from support import CHECKOUT

NOTEBOOK = CHECKOUT / "notebooks" / "colab_pix2pix.ipynb"


def standin_python() -> str:
    """Returns the Python of the Colab stand-in."""
    return os.environ.get("COLAB_STANDIN_PYTHON") or str(CHECKOUT / ".venv-colab/bin/python")


class Session:
    """A kernel with the notebook, in a home of its own."""

    def __init__(self, home: Path, python: str) -> None:
        self.home, self.python = home, python
        self.notebook = nbformat.read(NOTEBOOK, as_version=4)
        kernels = home / "kernels" / "tested"
        kernels.mkdir(parents=True, exist_ok=True)
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": "tested", "language": "python"}
        (kernels / "kernel.json").write_text(json.dumps(spec))
        manager = AsyncKernelManager(
            kernel_name="tested",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(home / "kernels")]),
        )
        self.client = NotebookClient(
            self.notebook,
            km=manager,
            timeout=900,
            resources={"metadata": {"path": str(home)}},
        )

    @property
    def project(self) -> Project:
        return Project(self.home / "projects" / "my-first-model")

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "IPYTHONDIR": str(self.home / "ipython"),
            "COLAB_PIX2PIX_HOME": str(self.home / "projects"),
            "PYTHONPATH": str(CHECKOUT),
            "CUDA_VISIBLE_DEVICES": "",
        }

    def run_all(self) -> str:
        """Runs every cell; returns the text of all widgets and outputs at the end."""
        with self.client.setup_kernel(env=self.environment()):
            for index, cell in enumerate(self.notebook.cells):
                if cell.cell_type == "code":
                    self.client.execute_cell(cell, index)
        return self.text()

    def text(self) -> str:
        states = self.client.widget_state.values()
        values = [s["value"] for s in states if isinstance(s.get("value"), str)]
        return "\n".join(values) + json.dumps([c.get("outputs") for c in self.notebook.cells])
