"""Every option is declared once, and checked once."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from colab_pix2pix.config import (
    PRESETS,
    CurateConfig,
    FramesConfig,
    SamplesConfig,
    ShareConfig,
    SmallConfig,
    TrainConfig,
    UseConfig,
    VideoConfig,
)
from colab_pix2pix.errors import OptionError
from colab_pix2pix.options import options as options_of
from colab_pix2pix.project import Project, check_name

KINDS = [
    VideoConfig,
    FramesConfig,
    CurateConfig,
    TrainConfig,
    ShareConfig,
    SmallConfig,
    UseConfig,
    SamplesConfig,
]


@pytest.mark.parametrize("kind", KINDS)
def test_the_defaults_pass_their_own_check_and_survive_json(kind: type) -> None:
    assert kind.from_dict(kind().to_dict()) == kind()


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_has_a_help_line(kind: type) -> None:
    assert all(about.help.endswith(".") for about in options_of(kind).values())


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (FramesConfig, {"count": 0}),
        (FramesConfig, {"count": 2.5}),
        (FramesConfig, {"scale": "-1:-1"}),
        (FramesConfig, {"scale": "big"}),
        (FramesConfig, {"crops": "everywhere"}),
        (TrainConfig, {"image_size": 100}),
        (TrainConfig, {"image_size": 32}),
        (TrainConfig, {"image_size": 2048}),
        (TrainConfig, {"epochs": -1}),
        (TrainConfig, {"learning_rate": float("nan")}),
        (TrainConfig, {"batch_size": True}),
        (TrainConfig, {"seed": "7"}),
        (SamplesConfig, {"samples": "1,2,3,4,5"}),
        (SamplesConfig, {"samples": "three"}),
        (ShareConfig, {"title": "two\nlines"}),
        (ShareConfig, {"signature": "x" * 61}),
        (ShareConfig, {"megabytes": 0.0}),
        (SmallConfig, {"parameters": 999}),
    ],
)
def test_a_bad_value_is_refused_with_what_was_received_and_expected(
    kind: type, values: dict[str, object]
) -> None:
    name, value = next(iter(values.items()))
    with pytest.raises(OptionError) as error:
        kind(**values)
    assert f"{name}: received {value!r}. Expected " in str(error.value)
    assert error.value.exit_status == 2


@pytest.mark.parametrize(
    ("size", "levels"), [(64, 6), (96, 5), (192, 6), (256, 8), (320, 6), (992, 5), (1024, 10)]
)
def test_a_picture_is_halved_while_its_sides_are_even(size: int, levels: int) -> None:
    assert TrainConfig(image_size=size).levels == levels
    assert TrainConfig(image_size=size, depth=3).levels == 3
    assert TrainConfig(image_size=size, output_size=size // 2).output_size == size // 2


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"image_size": 96, "depth": 6},
            "received 6 with image_size 96. Expected at most 5",
        ),
        ({"image_size": 96, "output_size": 64}, "Expected one of 96, 48: the input halved"),
        ({"image_size": 256, "output_size": 512}, "Expected one of 256, 128, 64, 32: the input"),
        ({"image_size": 256, "depth": 2, "output_size": 64}, "Expected one of 256, 128: the input"),
    ],
)
def test_what_does_not_go_with_the_size_is_refused_with_what_does(
    values: dict[str, int], expected: str
) -> None:
    with pytest.raises(OptionError, match=expected):
        TrainConfig(**values)


def test_an_unknown_option_is_refused_by_name() -> None:
    with pytest.raises(OptionError, match="'colour'"):
        TrainConfig.from_dict({"colour": 3})


def test_the_presets_are_valid_and_named_in_words() -> None:
    assert all(preset.purpose for preset in PRESETS.values())
    assert TrainConfig.preset("best") == TrainConfig()
    with pytest.raises(OptionError, match="Expected one of quick, best, few, browser, paper"):
        TrainConfig.preset("good")


def test_the_paper_preset_stays_exact() -> None:
    paper = TrainConfig.preset("paper")
    assert (paper.batch_size, paper.learning_rate, paper.lambda_l1) == (1, 2e-4, 100)
    assert (paper.dropout, paper.normalization, paper.upsampling) == (0.5, "batch", "transposed")
    assert (paper.image_size, paper.base_filters, paper.patch_layers) == (256, 64, 3)
    assert paper.max_zoom * paper.image_size == 286 and paper.flip
    assert (paper.brightness, paper.contrast, paper.ema, paper.decay_from) == (0, 0, 0, 1)
    assert not (paper.discriminator_augment or paper.consistency or paper.gan_warmup_steps)


@pytest.mark.parametrize("name", [
    "flowers", "Mein Garten 2", "été", "a.b-c_d", "_2",
    "हिन्दी", "ไทย", "かき氷", "e\u0301te\u0301", "🌻",
    "🌻 Garten", "räder 🚲🇩🇪", "👩🏽‍🎨❤️", "1️⃣ eins", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "x" * 64, "🌻" * 50,
])  # fmt: skip
def test_a_plain_name_is_a_project_name(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a/b",
        "..",
        "a..b",
        "../up",
        ".hidden",
        "a\nb",
        "x" * 65,
        "🌻" * 51,
        "🌻/a",
        "a\\b",
        "a^b",
        "a`b",
        "a:b",
        "-a",
        "\ud83c",
        "a\u202eb",
        "a\u200bb",
        "\u200d🌻",
        "\u0301e",
        "a\x00",
        "a\u2028b",
        "a|b",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(OptionError, match="name: received"):
        check_name(name)


def test_a_project_remembers_options(tmp_path) -> None:
    project = Project.named("flowers", tmp_path)
    assert project.recall(TrainConfig) == TrainConfig()
    assert not project.path.exists()
    project.remember(TrainConfig(epochs=7), FramesConfig(count=12))
    assert Project.named("flowers", tmp_path).recall(TrainConfig).epochs == 7
    assert Project.named("flowers", tmp_path).recall(FramesConfig).count == 12


def test_working_copies_lie_in_the_cache_never_in_the_project(tmp_path, own_home) -> None:
    work = Project(tmp_path / "flowers").work
    assert work.is_relative_to(own_home / ".cache" / "colab-pix2pix")


def test_an_error_keeps_its_parts_between_processes() -> None:
    error = OptionError(
        "Got 3.", why="Expected 4.", fix="Add one.", details="bc: 3 != 4", reason="3"
    )
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "Got 3. Expected 4. Add one. (bc: 3 != 4)"
    assert (again.why, again.details, again.reason) == ("Expected 4.", "bc: 3 != 4", "3")
    assert type(again) is OptionError


def test_an_error_tells_a_file_by_the_name_that_a_reader_knows() -> None:
    error = OptionError("/tmp/x is torn.", why="y", fix="Mend /tmp/x.", details="cat: /tmp/x")
    again = error.renamed(Path("/tmp/x"), "my.zip")
    assert str(again) == "my.zip is torn. y Mend my.zip. (cat: my.zip)"
    assert type(again) is OptionError


def test_what_was_stored_before_an_option_existed_goes_on_as_it_was() -> None:
    stored = TrainConfig(dropout=0.5, brightness=0.2).to_dict()
    added = [name for name, spec in options_of(TrainConfig).items() if spec.legacy is not None]
    assert "light_varies" in added
    old = TrainConfig.from_dict({n: v for n, v in stored.items() if n not in added})
    assert old.light_varies == "input" and not old.ema_warmup
    assert TrainConfig.from_dict({}) == TrainConfig()


def test_a_narrow_network_takes_longer_steps_unless_they_are_given() -> None:
    rates = [TrainConfig(base_filters=filters).step_width for filters in (64, 16, 4)]
    assert rates == pytest.approx([2e-4, 4e-4, 8e-4])
    assert TrainConfig(base_filters=4, learning_rate=1e-3).step_width == 1e-3
    assert TrainConfig.preset("paper").replace(base_filters=8).step_width == 2e-4


def test_layers_have_at_most_eight_times_the_width_unless_it_is_given() -> None:
    assert TrainConfig(base_filters=16).widest_layer == 128
    assert TrainConfig(base_filters=16, max_filters=512).widest_layer == 512
    old = {k: v for k, v in TrainConfig().to_dict().items() if k != "max_filters"}
    assert TrainConfig.from_dict(old).widest_layer == 512
