"""How much memory there is, told before the system ends a process for it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from colab_pix2pix.model import memory


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
