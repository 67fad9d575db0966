"""How long a person waits before anything happens: the import, and `--help`.

    python benchmarks/startup.py [--turns 11]

Prints medians of processes of their own, and what Python itself takes of them.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python alone": ["-c", "pass"],
    "import colab_pix2pix": ["-c", "import colab_pix2pix"],
    "colab-pix2pix --help": ["-m", "colab_pix2pix", "--help"],
    "colab-pix2pix train --help": ["-m", "colab_pix2pix", "train", "--help"],
    "a form": ["-c", "import colab_pix2pix; colab_pix2pix.forms.TrainForm()"],
}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=11, help="processes of each kind")
    args = parser.parse_args()
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(args.turns):  # in turns, so that a busy minute hits all of them
        for name, arguments in COMMANDS.items():
            seconds[name].append(run_seconds(arguments))
    for name, values in seconds.items():
        print(f"{name:28} {statistics.median(values):6.2f} s (fastest {min(values):.2f} s)")


def run_seconds(arguments: list[str]) -> float:
    """Returns how long a Python process takes."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
