"""Every example in a docstring is true, in every module of the package."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import ipywidgets as widgets
import pytest

import colab_pix2pix
from colab_pix2pix.dataset.manifest import Dataset

PACKAGE = Path(colab_pix2pix.__file__).parent
FOUND = [found.name for found in pkgutil.walk_packages([str(PACKAGE)], "colab_pix2pix.")]
MODULES = [
    name
    for name in FOUND
    if ">>> " in Path(importlib.util.find_spec(name).origin).read_text()  # type: ignore[union-attr, arg-type]
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(
    name: str, crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    example_globals = {"button": widgets.Button(), "dataset": crops}
    failed, _ = doctest.testmod(module, extraglobs=example_globals)
    assert not failed


def test_the_objects_for_notebooks_of_ones_own_have_examples() -> None:
    for name in ("forms.VideoForm", "Gallery", "TrainingPanel"):
        value: object = colab_pix2pix
        for attribute in name.split("."):
            value = getattr(value, attribute)
        assert ">>> " in str(value.__doc__), name
