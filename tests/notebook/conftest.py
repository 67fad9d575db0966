"""The two worlds in which the notebook runs."""

from __future__ import annotations

import sys

import pytest

from support.notebooks import standin_python


@pytest.fixture(scope="module", params=["lab", "colab"])
def world(request: pytest.FixtureRequest) -> str:
    """The Python whose kernel runs the notebook."""
    if request.param == "lab":
        return sys.executable
    return standin_python()
