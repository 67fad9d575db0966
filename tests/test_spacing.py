"""Evenly spaced choices."""

from __future__ import annotations

import doctest

from colab_pix2pix import spacing


def test_the_examples_are_true() -> None:
    result = doctest.testmod(spacing)
    assert result.attempted > 1 and not result.failed


def test_the_first_and_the_last_are_among_those_chosen_and_none_comes_twice() -> None:
    for most in range(2, 13):
        chosen = spacing.evenly_chosen(range(12), most)
        assert (chosen[0], chosen[-1], len(set(chosen))) == (0, 11, most)
    assert spacing.evenly_chosen([], 3) == []
