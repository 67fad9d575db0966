"""How long a person waits in the notebook, in both front-ends: the first form, a gallery's pages.

    python benchmarks/notebook.py [--turns 3]

Needs what the browser tests need: Chromium, and `$COLAB_STANDIN_PYTHON` for the front-end that is
like Colab. Times are those of the person: from the start of a cell, or from the click, to what is
seen. On a quiet machine with two cores: a form and a first page of a thousand crops in about a
second, a page turned in less than half of one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.browsing import GALLERY, turn_to_page, wait_for_page
from support.frontends import FrontEnd
from support.notebooks import standin_python

CELLS = [
    "import colab_pix2pix as p2p; p2p.forms.VideoForm()",
    "p2p.steps.set_up()",
    GALLERY,
    "p2p.Gallery(dataset)",
]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=3, help="new servers of each front-end")
    args = parser.parse_args()
    for kind, python in (("lab", sys.executable), ("colab", standin_python())):
        seconds: dict[str, list[float]] = {}
        for _ in range(args.turns):
            with tempfile.TemporaryDirectory() as home:
                with FrontEnd(kind, python, Path(home)) as front_end:
                    measure(front_end, seconds)
        for name, values in seconds.items():
            median, slowest = statistics.median(values), max(values)
            print(f"{kind:6} {name:32} {median:6.2f} s (slowest {slowest:.2f} s)")


def measure(front_end: FrontEnd, seconds: dict[str, list[float]]) -> None:
    """Opens the notebook, and adds what each thing took to `seconds`."""

    def timed(name: str, act: Callable[[], object]) -> None:
        started = time.perf_counter()
        act()
        seconds.setdefault(name, []).append(time.perf_counter() - started)

    page = front_end.open(CELLS)

    def show(cell: int, selector: str) -> None:
        front_end.run_cell(cell)
        page.locator(selector).first.wait_for()

    timed("the first form, with the import", lambda: show(0, ".cp-form-video"))
    timed("set_up()", lambda: show(1, ".cp-machine"))
    front_end.run_cell(2)
    front_end.wait_until_run(3)
    timed("a page of a thousand crops", lambda: (front_end.run_cell(3), wait_for_page(page, 1)))
    for number in range(2, 7):
        timed("the next page", lambda number=number: turn_to_page(page, number))


if __name__ == "__main__":
    main()
