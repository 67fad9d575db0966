"""What the tests stand on: doubles of the world outside, and small data made on the spot."""

from pathlib import Path

TESTS = Path(__file__).parents[1]
CHECKOUT = TESTS.parent
