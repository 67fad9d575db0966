"""How much memory there is, told before the system ends a process for it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.errors import TrainingError
from colab_pix2pix.model import memory
from colab_pix2pix.model.pix2pix import build_generator


def test_a_process_knows_what_it_has_had_and_may_have() -> None:
    before = memory.peak_bytes()
    held = bytearray(200_000_000)
    assert memory.peak_bytes() >= before + 0.5 * len(held) or before > len(held)
    assert 1e8 < memory.available_bytes() < 1e14


@pytest.mark.parametrize(
    ("limit", "used", "expected"),
    [("1000", "400", 600), ("1000", "1200", 0), ("max", "400", None), ("", "", None)],
)
def test_a_container_may_have_less_than_the_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: str, used: str, expected: int | None
) -> None:
    files = tmp_path / "max", tmp_path / "current"
    files[0].write_text(limit)
    files[1].write_text(used)
    machine = tmp_path / "meminfo"
    machine.write_text("MemTotal: 99 kB\nMemAvailable:       5 kB\n")
    monkeypatch.setattr(memory, "_MEMINFO", machine)
    monkeypatch.setattr(memory, "_CONTAINER", (tuple(map(str, files)), ("/nowhere", "/nowhere")))
    assert memory.available_bytes() == (5 * 1024 if expected is None else expected)


def test_where_nobody_tells_everything_fits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "nothing")
    monkeypatch.setattr(memory, "_CONTAINER", (("/nowhere", "/nowhere"),) * 2)
    assert memory.available_bytes() == sys.maxsize


#: The most memory of a process after two steps, less that of TensorFlow alone; in MiB.
MEASURED = {
    (256, 32, 1): 389, (512, 32, 1): 577, (1024, 32, 1): 1259, (1024, 32, 4): 3733,
    (1024, 64, 1): 2804, (512, 64, 4): 2752, (256, 64, 4): 1363,
    (1024, 32, 8): 7050, (1024, 16, 2): 1099,
}  # fmt: skip


@pytest.mark.parametrize(("size", "width", "batch"), MEASURED)
def test_what_training_takes_is_about_what_was_measured(size: int, width: int, batch: int) -> None:
    config = TrainConfig(image_size=size, base_filters=width)
    measured = MEASURED[size, width, batch] * 2**20
    assert memory.training_bytes(config, batch) == pytest.approx(measured, rel=0.12)


@pytest.mark.parametrize("options", [{}, {"image_size": 96}, {"depth": 4, "input_channels": 3}])
def test_the_weights_are_counted_without_building_them(options: dict[str, int]) -> None:
    config = TrainConfig(base_filters=16, precision="float32").replace(**options)
    counted = build_generator(config, plain=True).count_params()
    assert memory._weights(config) == pytest.approx(counted, rel=0.01)


@pytest.mark.parametrize(
    ("free", "advice"),
    [
        (5e9, "Choose batch_size 2."),
        (2e9, "Choose batch_size 1 and base_filters 45 in a new run."),
        (2e8, "Choose a smaller image_size in a new run, or a machine with more memory."),
    ],
)
def test_training_that_the_memory_can_not_hold_is_refused_with_what_it_can(
    monkeypatch: pytest.MonkeyPatch, free: float, advice: str
) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: int(free))
    config = TrainConfig(image_size=1024)
    with pytest.raises(TrainingError) as error:
        memory.check_training(config, 4)
    assert "would take about 8.2 GB of memory" in str(error.value)
    assert str(error.value).endswith(advice)
    memory.check_training(config.replace(image_size=64, base_filters=4), 1)
