"""The two worlds in which the notebook runs."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from colab_pix2pix.notebook import kernel_state
from colab_pix2pix.notebook.forms import ProjectForm
from support import CHECKOUT
from support.notebooks import standin_python

if TYPE_CHECKING:
    from support.frontends import FrontEnd


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


@pytest.fixture(scope="module", params=["colab", "lab"])
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FrontEnd]:
    """A server and a browser, for all tests in one front-end."""
    from support.frontends import FrontEnd  # the stand-in of Colab has no browser

    python = standin_python() if request.param == "colab" else sys.executable
    with FrontEnd(request.param, python, tmp_path_factory.mktemp(request.param)) as front_end:
        yield front_end


@pytest.fixture
def front_end(opened: FrontEnd) -> Iterator[FrontEnd]:
    """A front-end without projects and crops of earlier tests."""
    yield opened
    opened.close()
    for folder in ("projects", "cache"):
        shutil.rmtree(opened.home / folder, ignore_errors=True)


@pytest.fixture
def notebook() -> dict[str, Any]:
    """The content of the notebook's file."""
    path = CHECKOUT / "notebooks" / "colab_pix2pix.ipynb"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
