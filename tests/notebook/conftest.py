"""The two worlds in which the notebook runs."""

from __future__ import annotations

import sys

import pytest

from colab_pix2pix.notebook import kernel_state
from colab_pix2pix.notebook.forms import ProjectForm
from support.notebooks import standin_python


@pytest.fixture(autouse=True)
def fresh_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds what another has made: each is a kernel of its own."""
    monkeypatch.setattr(kernel_state, "current", kernel_state.KernelState())
    monkeypatch.setattr(ProjectForm, "typed_last", "")


@pytest.fixture(scope="module", params=["lab", "colab"])
def world(request: pytest.FixtureRequest) -> str:
    """The Python whose kernel runs the notebook."""
    if request.param == "lab":
        return sys.executable
    return standin_python()
