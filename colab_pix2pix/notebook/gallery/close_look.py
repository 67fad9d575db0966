"""A crop of the gallery in large, over what the network sees of it; from crop to crop by keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as widgets

from ... import wording
from ...config import TrainConfig
from ...dataset.manifest import Crop, Dataset
from ...images import image_size
from ...languages import N_, _
from .. import inline_images, style
from ..large_view import CSS, stage
from .selection import Choice

_PIXELS = 512
_HINT = N_("Click a picture to see it large.")
# Arrow keys press the buttons: the notebook's own keys, such as x to cut a cell, are not for here.
# The whole panel hears them, and has them as soon as it is there: it stays where a picture in it is
# drawn anew, and no key is lost.
_KEYS = """const look = this.closest('.cp-close-look');
look.tabIndex = -1;
look.style.outline = 'none';
look.onkeydown = event => {
  const key = {ArrowLeft: 'back', ArrowRight: 'next', Escape: 'close'}[event.key];
  if (key && !event.target.matches('input')) {
    event.preventDefault();
    look.querySelector('.cp-look-' + key).click();
  }
  event.stopPropagation();
};
look.focus({preventScroll: true});"""


class CloseLook(widgets.VBox):  # type: ignore[misc]
    """Shows one crop in large, while its button is pressed; hidden until a crop is clicked then.

    Args:
        choose: Keeps or rejects crops by the names of their files.
        guard: Wraps what a click does, so that its errors are seen.
        add_sample: Lets the samples of a training show a crop, by the name of its file, and returns
            what to say; None hides the button for it.

    Attributes:
        looking: The button; while it is pressed a click on a crop opens it here.
        buttons: What does something at a click.
    """

    def __init__(
        self,
        choose: Callable[[list[str], Choice], None],
        guard: Callable[[Callable[[object], None]], Callable[[object], None]],
        config: TrainConfig,
        add_sample: Callable[[str], str] | None = None,
    ) -> None:
        self._choose, self._guard, self._config = choose, guard, config
        self._dataset: Dataset | None = None
        self._crops: Sequence[Crop] = ()
        self._file, self._drawn = "", ""
        self.looking = widgets.ToggleButton(
            description=_("Look closely"), icon="search", layout={"width": "auto"}
        ).add_class("cp-looking")
        self.looking.observe(guard(lambda change: self._toggle()), names="value")
        self.picture = widgets.HTML(layout={"width": "100%", "max_width": "512px"})
        self.caption = widgets.HTML().add_class("cp-look-caption")
        self.back = self._button("‹", "back", lambda: self._turn(-1))
        self.next = self._button("›", "next", lambda: self._turn(1))
        self.reject = self._button(_("Reject"), "reject", self._reject)
        self.sample = self._button(_("Show in samples"), "sample", self._as_sample)
        self._add_sample, self._said = add_sample, ""
        close = self._button(_("Close"), "close", self._close)
        inside = [self.back, self.next, self.reject, *([self.sample] if add_sample else []), close]
        self.buttons = [self.looking, *inside]
        row = widgets.HBox(inside).add_class("cp-controls")
        super().__init__([self.picture, row, self.caption], layout={"display": "none"})
        self.add_class("cp-close-look")

    def show_crop(self, crop: Crop) -> None:
        """Shows a crop in large."""
        self._file, self._said = crop.file, ""
        self.layout.display = "flex"
        self._show()

    def take(self, dataset: Dataset, crops: Sequence[Crop]) -> None:
        """Takes the crops that can be turned to, and what was decided about them."""
        self._dataset, self._crops = dataset, crops
        self._show()

    def _show(self) -> None:
        if self.layout.display == "none" or self._dataset is None:
            return
        known = {crop.file: crop for crop in self._dataset.crops}
        if self._file not in known:
            self._close()
            return
        crop, files = known[self._file], [each.file for each in self._crops]
        place = files.index(self._file) if self._file in files else -1
        self.back.disabled, self.next.disabled = place <= 0, place + 1 >= len(files)
        self.reject.description = _("Reject it") if crop.kept else _("Keep it")
        number = list(known).index(crop.file) + 1
        words = [_("Crop {n}", n=number), wording.seconds_in_words(crop.time), *map(_, crop.marks)]
        words += [] if crop.kept else [_("rejected")]
        self.caption.value = style.line(", ".join(words), "help") + style.line(self._said)
        if self._drawn != crop.file:
            self.picture.value = self._drawing(self._dataset, crop)
            self._drawn = crop.file

    def _drawing(self, dataset: Dataset, crop: Crop) -> str:
        path = dataset.directory / crop.file
        seen_path = dataset.directory / (crop.input_file or crop.file)
        size = inline_images.fitted(image_size(path), _PIXELS)
        real = inline_images.centre(path, size)
        config = None if crop.input_file else self._config
        seen = inline_images.seen_centre(seen_path, config, size)
        pictures = [inline_images.data_url(picture) for picture in (seen, real)]
        ratio = size.width / size.height
        names = _("what it sees"), _("the crop")
        drawn = stage(pictures[0], pictures[1], *names, ratio=ratio)
        keys = f'<img alt="" src="data:," style="display:none" onerror="{style.escape(_KEYS)}">'
        return f"<style>{CSS}</style><div>{drawn}{keys}</div>"

    def _toggle(self) -> None:
        if self.looking.value:
            self.caption.value = style.line(_(_HINT), "hint")
        else:
            self._close()

    def _turn(self, by: int) -> None:
        files = [crop.file for crop in self._crops]
        if self._file in files and 0 <= files.index(self._file) + by < len(files):
            self.show_crop(self._crops[files.index(self._file) + by])

    def _reject(self) -> None:
        kept = self._dataset is not None and any(
            crop.kept for crop in self._dataset.crops if crop.file == self._file
        )
        self._choose([self._file], "reject" if kept else "keep")

    def _as_sample(self) -> None:
        if self._add_sample is not None:
            self._said = self._add_sample(self._file)
            self._show()

    def _close(self) -> None:
        self.layout.display = "none"
        self.looking.value = False

    def _button(self, name: str, kind: str, action: Callable[[], None]) -> widgets.Button:
        button = widgets.Button(description=name, layout={"width": "auto"})
        button.on_click(self._guard(lambda clicked: action()))
        return button.add_class(f"cp-look-{kind}")
