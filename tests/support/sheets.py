"""Hands that draw on the sheet of the web page: with a mouse, a pen or a finger."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page

from support.pages import Visit


def sheet(page: Page) -> np.ndarray:
    """Returns what is drawn: uint8 `(512, 512, 4)`."""
    text = page.evaluate("document.querySelector('#source canvas').toDataURL().split(',')[1]")
    with Image.open(io.BytesIO(base64.b64decode(text))) as opened_image:
        return np.asarray(opened_image.convert("RGBA"))


def canvas(page: Page) -> Locator:
    return page.locator("#source canvas")


def move(page: Page, x: float, y: float, steps: int = 6) -> None:
    """Moves the mouse to a place on the sheet, in shares of its side."""
    box = canvas(page).bounding_box()
    assert box
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=steps)


def line(
    page: Page, start: tuple[float, float], end: tuple[float, float], *, steps: int = 6
) -> None:
    move(page, *start)
    page.mouse.down()
    move(page, *end, steps=steps)
    page.mouse.up()


def stylus(page: Page, y: float, pressure: float) -> int:
    """Draws a line with a pen; returns how thick it became."""
    canvas(page).evaluate(
        """(canvas, [y, pressure]) => { const box = canvas.getBoundingClientRect();
          canvas.setPointerCapture = () => {}; // this pen does not exist
          for (const [kind, x] of [['down', 0.2], ['move', 0.8], ['up', 0.8]])
            canvas.dispatchEvent(new PointerEvent('pointer' + kind, { pointerId: 9, pressure,
              pointerType: 'pen', clientX: box.x + x * box.width,
              clientY: box.y + y * box.height })); }""",
        [y, pressure],
    )
    column = sheet(page)[:, 256, 0]
    around = column[int(512 * (y - 0.15)) : int(512 * (y + 0.15))]
    return int((around < 128).sum())


def swipe(visit: Visit, x: float, y: float, distance: float) -> None:
    """Moves a finger up or down."""
    session = visit.context.new_cdp_session(visit.page)

    def touch(kind: str, *points: float) -> None:
        at = [{"x": x, "y": point} for point in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", y)
    for part in range(1, 11):
        touch("touchMove", y + distance * part / 10)
        visit.page.wait_for_timeout(16)
    touch("touchEnd")
    session.detach()
