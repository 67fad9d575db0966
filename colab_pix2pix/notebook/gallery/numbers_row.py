"""Crops by their numbers: rejected, kept, or chosen for the sample pictures of a training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from ...config import SamplesConfig
from ...languages import N_, _
from ...project import Project
from .. import kernel_state, style
from .selection import Choice, Selection, parse_numbers

_MOST_SAMPLES = 4
Guard = Callable[[Callable[[Any], None]], Callable[[Any], None]]


class NumbersRow(widgets.HBox):  # type: ignore[misc]
    """A box for the numbers of crops, and buttons for what shall happen to them.

    Args:
        selection: The crops.
        choose: Keeps or rejects crops by the names of their files.
        guard: Wraps what a click does, so that its errors are seen.
        project: Whose samples shall show crops; without one there is no button for that.

    Attributes:
        numbers: The box.
        reject: The button that rejects them.
        keep: The button that keeps them.
        samples: The button that shows them in the samples of the next training.
    """

    def __init__(
        self,
        selection: Selection,
        choose: Callable[[list[str], Choice], None],
        guard: Guard,
        project: Project | None,
    ) -> None:
        self._selection, self._choose_files, self._guard = selection, choose, guard
        self._project = project
        self.numbers = widgets.Text(
            description=_("Numbers"), placeholder="3, 7-9", layout={"width": "230px"}
        ).add_class("cp-numbers")
        self.reject = self._button(N_("Reject these"), lambda: self._choose("reject"))
        self.keep = self._button(N_("Keep these"), lambda: self._choose("keep"))
        self.samples = self._button(N_("Show these in samples"), self._take_samples)
        self.said = widgets.HTML().add_class("cp-samples-said")
        self.boxes = [self.numbers, self.reject, self.keep, self.samples]
        shown = self.boxes if project is not None else self.boxes[:-1]
        super().__init__([*shown, self.said])
        self.add_class("cp-controls")

    def add_sample(self, file: str) -> str:
        """Lets samples show one crop more, in the place of the oldest of four; returns what to say.

        Args:
            file: The crop.
        """
        assert self._project is not None
        files = [crop.file for crop in self._selection.dataset.crops]
        number = files.index(file) + 1
        known = self._project.recall(SamplesConfig).numbers
        others = [n for n in known if n != number and n <= len(files)]
        return self._store([*others, number][-_MOST_SAMPLES:])

    def _choose(self, choice: Choice) -> None:
        crops = self._selection.dataset.crops
        numbers = parse_numbers(self.numbers.value, len(crops))
        self._choose_files([crops[number - 1].file for number in numbers], choice)
        self.numbers.value = ""

    def _take_samples(self) -> None:
        self.said.value = ""
        words = self._store(parse_numbers(self.numbers.value, len(self._selection.dataset.crops)))
        self.said.value = style.line(words)
        self.numbers.value = ""

    def _store(self, numbers: list[int]) -> str:
        """Keeps in the project, and shows in the form for the training, what samples are of.

        Raises:
            OptionError: there are too many.
        """
        assert self._project is not None
        config = SamplesConfig(samples=", ".join(map(str, numbers)))
        self._project.remember(config)
        form = kernel_state.current.get("train_form")
        if form is not None and kernel_state.current.project == self._project:
            form.samples.value = config.samples
        return _("Samples of the next training show: {numbers}.", numbers=config.samples)

    def _button(self, name: str, action: Callable[[], None]) -> widgets.Button:
        button = widgets.Button(description=_(name), layout={"width": "auto"})
        button.on_click(self._guard(lambda clicked: action()))
        return button.add_class("cp-" + name.lower().replace(" ", "-"))
