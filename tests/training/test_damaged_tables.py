"""`metrics.csv` after a death in the middle of a write, or whatever else happens to it."""

from __future__ import annotations

import random
from pathlib import Path

from colab_pix2pix.events import Metrics
from colab_pix2pix.project import Project
from colab_pix2pix.training.artifacts import read_metrics, write_metrics
from colab_pix2pix.training.diagnosis import diagnose
from colab_pix2pix.workflows.reporting.curves import curves

LINES = [
    Metrics(
        step=20 * n,
        epoch=n,
        generator_gan_loss=0.7,
        generator_l1_loss=0.5 / n,
        discriminator_loss=0.6,
        held_out_l1_loss=0.6 / n if n % 2 else None,
    )
    for n in range(1, 40)
]


def project_with(tmp_path: Path, content: bytes) -> Project:
    (tmp_path / "metrics.csv").write_bytes(content)
    return Project(tmp_path)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read_metrics(Project(tmp_path)) == []
    write_metrics(Project(tmp_path), LINES)
    assert read_metrics(Project(tmp_path)) == LINES


def test_a_torn_table_gives_its_whole_lines(tmp_path: Path) -> None:
    content = write_metrics(Project(tmp_path), LINES).read_bytes()
    for length in range(0, len(content), 37):
        found = read_metrics(project_with(tmp_path, content[:length]))
        assert found[:-1] == LINES[: max(0, len(found) - 1)]


def test_a_damaged_table_gives_lines_that_can_be_drawn_and_judged(tmp_path: Path) -> None:
    chance = random.Random(7)
    good = write_metrics(Project(tmp_path), LINES).read_bytes()
    texts = [b"nan", b"inf", b"-1", b"1e999", b"9" * 400, b"\x00", b'"', b"\r", b"\xff", b",,", b""]
    for _ in range(150):
        content = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(content))
            content[at : at + chance.randint(0, 9)] = chance.choice(texts)
        found = read_metrics(project_with(tmp_path, bytes(content)))
        assert [row.step for row in found] == sorted({row.step for row in found})
        assert diagnose(found).sentence
        assert bool(curves(found)) == bool(found)
