"""The forms and the gallery on a small screen with the dark theme."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.browsing import GALLERY, shoot
from support.frontends import FrontEnd

pytestmark = pytest.mark.slow
NARROW = """
import colab_pix2pix as p2p
from IPython.display import display
from colab_pix2pix.notebook import machine
from colab_pix2pix.dataset.manifest import Crop, Dataset
from pathlib import Path
crops = Dataset(Path("."), tuple(Crop(file=f"{n}.jpg") for n in range(9)))
display(machine.report(), p2p.forms.ProjectForm(), p2p.forms.VideoForm())
display(p2p.forms.FramesForm(), p2p.forms.TrainForm(crops=crops), p2p.forms.UseForm())
display(p2p.forms.SmallForm())
"""
#: The parts of a panel that stick out of it to the right: their class and by how many pixels.
_STICKING_OUT = """() => [...document.querySelectorAll('.cp')].flatMap(panel => {
  const right = panel.getBoundingClientRect().right;
  return [...panel.querySelectorAll('*')].filter(part => part.offsetParent)
    .map(part => [part.className, part.innerText, part.getBoundingClientRect().right - right])
    .filter(([name, text, by]) => by > 1); })"""


def test_on_a_small_dark_screen_nothing_sticks_out(tmp_path: Path) -> None:
    python = sys.executable
    with FrontEnd("lab", python, tmp_path / "small", width=420, dark=True) as front_end:
        page = front_end.open([GALLERY.replace("1000", "12"), NARROW, "p2p.Gallery(dataset)"])
        page.evaluate("jupyterapp.shell.collapseLeft()")
        front_end.run_all()
        front_end.wait_until_run()
        page.locator(".cp-thumb:visible").nth(11).wait_for()
        page.locator(".cp-more:visible").first.click()  # the pictures' own is hidden
        assert page.evaluate("document.body.dataset.jpThemeLight") == "false"
        shoot(page.locator(".cp-form-project"), "small-project", front_end)
        shoot(page.locator(".cp-form-video"), "small-video", front_end)
        shoot(page.locator(".cp-form-train"), "small-train", front_end)
        shoot(page.locator(".cp-gallery"), "small-gallery", front_end)
        assert page.evaluate(_STICKING_OUT) == []
        page.locator(".cp-thumb:visible").first.click()
        page.locator(".cp-find-alike").get_by_text("Find those like 1").click()
        page.locator(".cp-how-many:visible").wait_for()
        shoot(page.locator(".cp-gallery"), "small-alike", front_end)
        assert page.evaluate(_STICKING_OUT) == []
