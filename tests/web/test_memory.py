"""The page runs for days: its memory stays flat.

With $PAGE_SECONDS it is watched for so long (`make longtest`: ten minutes).
"""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Browser

from support.pages import Visit, Visiting, memory_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("settings", ["smooth=0.5", "smooth=0.5&feedback=0.5&mix=0.5"])
def test_memory_stays_flat(
    settings: str,
    address: str,
    model: bytes,
    visiting: Visiting,
    chromium_with_camera: Browser,
) -> None:
    seconds = float(os.environ.get("PAGE_SECONDS", "8"))
    visit = visiting()
    page = visit.open(f"{address}#source=camera&{settings}")
    if "mix" in settings:
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Add a second model").click()
        chooser.value.set_files({"name": "b.onnx", "mimeType": "", "buffer": model})
        page.get_by_label("Mix of the two models").wait_for()
    visit.wait_for_frames(400)  # what a page needs at first is there
    before = settled_memory(visit, chromium_with_camera)
    frames = page.evaluate("window.page.frames")
    page.wait_for_timeout(1000 * seconds)
    page.wait_for_function(f"window.page.frames > {frames + 5 * seconds}")
    grown = settled_memory(visit, chromium_with_camera) - before
    assert grown < 12e6, f"{grown / 1e6:.1f} MB more after {seconds:.0f} s"


def settled_memory(visit: Visit, browser: Browser) -> int:
    """Returns the smallest of a few measurements, after what is garbage was collected."""
    session = visit.context.new_cdp_session(visit.page)
    measured = []
    for _ in range(5):
        session.send("HeapProfiler.collectGarbage")
        measured.append(memory_of(browser))
        visit.page.wait_for_timeout(300)
    session.detach()
    return min(measured)
