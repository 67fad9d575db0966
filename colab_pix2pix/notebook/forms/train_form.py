"""The form for training: presets with about how long each takes here, and every option."""

from __future__ import annotations

import dataclasses
from typing import Protocol

import ipywidgets as widgets

from ... import wording
from ...config import FEW_CROPS, LEARNS, NETWORK, PRESETS, SamplesConfig, TrainConfig
from ...dataset.counts import counts_in_words, learned_and_held_out
from ...dataset.manifest import Dataset
from ...languages import N_, _
from ...options import Option, options
from ...project import Project
from ...workflows import time_estimate
from .. import image_folder, style
from .base import Form
from .fields import LABEL_WIDTH, Field, SharedStyles

_MORE_MINUTES = 20.0
_MINUTES_HELP = N_(
    "How long it trains when the next cell is run. 0: as long as the preset says above."
)
#: What a first look need not see, for the preset has set it; and where it is found.
_FOLDED = {"epochs": LEARNS, "batch_size": LEARNS, "image_size": NETWORK, "base_filters": NETWORK}


class _HasDataset(Protocol):
    @property
    def dataset(self) -> Dataset: ...


class TrainForm(Form[TrainConfig]):
    """How to train. A preset fills the boxes; any of them can be changed afterwards.

    Args:
        project: Where the options are stored.
        crops: Where given (a dataset, or a gallery), the form says about how long training takes.

    Example:
        >>> form = TrainForm()
        >>> form.preset.value, form.config.base_filters
        ('quick', 16)
        >>> form.preset.value = "paper"
        >>> form.config.base_filters
        64
        >>> form.value = {"epochs": 7}
        >>> form.preset.value
        ''
    """

    def __init__(
        self, project: Project | None = None, crops: Dataset | _HasDataset | None = None
    ) -> None:
        dataset = crops if crops is None or isinstance(crops, Dataset) else crops.dataset
        self._counts = counts_in_words(dataset) if dataset else ""
        self._crop_count = len(learned_and_held_out(dataset)[0]) if dataset else 0
        self._has_pairs = image_folder.has_pairs(dataset)
        self._device = time_estimate.gpu_name()
        self.time_estimate = widgets.HTML().add_class("cp-time")
        self.preset = (
            widgets.Dropdown(
                description=_("Preset"),
                options=[*self._presets(), (_("my own: as under More options"), "")],
                style={"description_width": LABEL_WIDTH},
                layout={"width": "640px", "max_width": "100%"},
            )
            .add_class("cp-box")
            .add_class("cp-preset")
        )
        self._dataset = dataset
        self._samples_project = project
        start = project.recall(SamplesConfig).samples if project else ""
        spec = options(SamplesConfig)["samples"]
        self.samples = Field(SamplesConfig, "samples", spec, start, SharedStyles())
        self.more_minutes = widgets.Button(
            description=_("{n} more minutes", n=f"{_MORE_MINUTES:.0f}"),
            layout={"width": "auto", "display": "" if _is_trained(project) else "none"},
        ).add_class("cp-more-minutes")
        super().__init__(self._preset_config("quick"), project=project, title=_("How to train?"))
        if dataset is not None:
            self._match_condition()
        self._show_preset_and_time()
        self.samples.on_change(self.errors.guard(lambda change: self._take_samples()))
        self.more_minutes.on_click(self.errors.guard(lambda clicked: self._take_more_minutes()))
        self.preset.observe(self.errors.guard(lambda change: self._use_preset()), names="value")

    def _above(self) -> list[widgets.Widget]:
        return [widgets.VBox([self.preset]).add_class("cp-field")]

    def _options(self) -> dict[str, Option]:
        specs = options(TrainConfig)
        minutes = dataclasses.replace(specs["minutes"], help=_MINUTES_HELP, label=N_("How long"))
        folded = {
            name: dataclasses.replace(specs.pop(name), advanced=True, group=group)
            for name, group in _FOLDED.items()
        }
        return {"minutes": minutes} | folded | specs | {"minutes": minutes}

    def _take_more_minutes(self) -> None:
        self.value = {"minutes": _MORE_MINUTES}

    def _below(self) -> list[widgets.Widget]:
        counts = widgets.HTML(style.line(self._counts)).add_class("cp-counts")
        return [self.samples.row, self.more_minutes, self.time_estimate, counts]

    def _take_samples(self) -> None:
        """Remembers which crops samples show, or says beside the box what is wrong."""
        from ...training.data import check_samples

        if not self.samples.check():
            return
        config = SamplesConfig(samples=self.samples.value)
        if self._dataset is not None:
            check_samples(config, self._dataset)
        if self._samples_project is not None:
            self._samples_project.remember(config)

    def _presets(self) -> list[tuple[str, str]]:
        presets = []
        for name, preset in PRESETS.items():
            seconds = time_estimate.estimate(preset.config, self._crop_count, self._device).seconds
            words = f"{name}, {_(preset.purpose)}"
            if self._crop_count:
                time = wording.estimate_in_words(seconds)
                words = _("{preset}, about {time} here", preset=words, time=time)
            presets.append((words, name))
        return presets

    def _use_preset(self) -> None:
        if self.preset.value:
            self.value = self._preset_config(self.preset.value)

    def _match_condition(self) -> None:
        """Changes an input that these crops can't give; only a later change stores it."""
        box = self.fields["condition"]
        if self._has_pairs != (box.value == "paired"):
            self._updating = True
            box.value = self._preset_config("quick").condition
            self._updating = False

    def _preset_config(self, preset: str) -> TrainConfig:
        """Returns the options of a preset as the crops need them: pairs are learned as pairs."""
        config = TrainConfig.preset(preset)
        return config.replace(condition="paired") if self._has_pairs else config

    def _changed(self) -> None:
        super()._changed()
        self._show_preset_and_time()

    def _show_preset_and_time(self) -> None:
        self._select_preset()
        text = style.line(self._time_text() if self.valid else "")
        self.time_estimate.value = text + style.line(self._suggestion(), "hint")

    def _select_preset(self) -> None:
        """Lets the menu show the preset that the boxes hold, or none of them."""
        values = self.value
        names = [name for name in PRESETS if vars(self._preset_config(name)) == values]
        self.preset.value = names[0] if names else ""

    def _suggestion(self) -> str:
        """Returns which preset is made for so few crops; "" where it is chosen or they are many."""
        if not 0 < self._crop_count < FEW_CROPS or self.preset.value == "few":
            return ""
        return _("{n} crops are few: the preset few is made for them.", n=self._crop_count)

    def _time_text(self) -> str:
        config = self.config
        if self._crop_count:
            return time_estimate.in_words(config, self._crop_count, self._device)
        time = wording.seconds_in_words(config.minutes * 60)
        ends = _("It will end after about {time}.", time=time)
        return ends if config.minutes else ""


def _is_trained(project: Project | None) -> bool:
    return project is not None and any(slot.exists() for slot in project.slots)
