"""Pictures of the page, for the README and to look at.

With $SCREENSHOTS set to a folder they are left there; $PAGE_RUN names a run to show in them.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.web.building import write_single_page
from support.pages import Visiting, as_file, save_screenshot

pytestmark = pytest.mark.slow


def test_screenshots(address: str, visiting: Visiting, tmp_path: Path) -> None:
    target = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    if run := os.environ.get("PAGE_RUN"):
        address = trained_page(Path(run), tmp_path)
    visit = visiting(viewport={"width": 1280, "height": 800}, device_scale_factor=1)
    visit.open(address + "#source=picture")
    visit.settle()
    visit.page.wait_for_timeout(600)
    save_screenshot(visit.page, target / "page.jpg")
    phone = visiting(viewport={"width": 390, "height": 844}, color_scheme="dark", is_mobile=True)
    phone.open(address + "#source=picture")
    phone.settle()
    phone.page.wait_for_timeout(600)
    save_screenshot(phone.page, target / "page-phone.jpg")
    for name in ("page.jpg", "page-phone.jpg"):
        assert (target / name).stat().st_size < 150_000


def trained_page(run: Path, folder: Path) -> str:
    """Returns the address of a single page with a trained model."""
    from colab_pix2pix.dataset.archive import unpack
    from colab_pix2pix.model.trained import load_trained
    from colab_pix2pix.project import Project

    trained = load_trained(Project(run))
    pictures = unpack(Project(run).dataset_zip, folder / "crops")
    held_out = [pictures.directory / crop.file for crop in pictures.kept if crop.split == "test"]
    brightest = max(held_out, key=lambda path: np.asarray(Image.open(path)).mean())
    sample = brightest.read_bytes()
    blur = {"blur_factor": trained.config.blur_factor, "condition": trained.config.condition}
    model = as_file(trained.generator, name="", **blur)
    path = write_single_page(folder / "meadow.html", model, title="A meadow", sample=sample)
    return path.as_uri()
