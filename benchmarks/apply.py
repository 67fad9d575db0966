"""What a video costs beside the network: the generator alone against the whole way, in turns.

    python benchmarks/apply.py [--turns 3] [--frames 300] [--base-filters 8 64]

The generator alone runs over frames that lie decoded in memory, in the same blocks. The whole way
decodes a 640×360 video with ffmpeg, makes the input, generates, and writes H.264. Both are timed
without loading the network. The order changes from turn to turn; medians are compared.

On a processor the network and ffmpeg share the cores. The last line stands for a graphics card: its
generator waits 2 ms a frame, takes no core and makes nothing.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from colab_pix2pix import ffmpeg
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.model.build import build_generator
from colab_pix2pix.model.predictor import Predictor
from colab_pix2pix.model.trained import Trained
from colab_pix2pix.storage.slots import Generation
from colab_pix2pix.video.probe import probe
from colab_pix2pix.video.stream import scaled_frames
from colab_pix2pix.video.timeline import read_timeline
from colab_pix2pix.workflows.apply import BLOCK, generate_frames, write_video

Pictures = Callable[[np.ndarray], np.ndarray]


def main() -> None:
    """Prints frames per second of both, and what is lost, for each width of the network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--base-filters", type=int, nargs="+", default=[8, 64])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        video = Path(name) / "video.mp4"
        graph = f"testsrc2=size=640x360:rate=25:duration={given.frames / 25}"
        ffmpeg.run(["-f", "lavfi", "-i", graph, str(video)], what="making a video")
        for base_filters in given.base_filters:
            generate = untrained(TrainConfig(base_filters=base_filters, precision="float32"))
            compare(video, f"base_filters {base_filters:2}", generate, generate.size, given.turns)
        compare(video, "a device of its own", waiting, 256, given.turns)
    print("ffmpeg", imageio_ffmpeg.get_ffmpeg_version())


def compare(video: Path, name: str, generate: Pictures, size: int, turns: int) -> None:
    """Times both for one generator, and prints a line."""
    info = probe(video)
    timeline = read_timeline(info)
    blocks = [block.pictures for block in scaled_frames(info, timeline, size, BLOCK)]
    frames = sum(map(len, blocks))
    target = video.with_name("made.mp4")

    def alone() -> None:
        for block in blocks:
            generate(block)

    def whole() -> None:
        made = generate_frames(generate, scaled_frames(info, timeline, size, BLOCK))
        write_video(made, video, timeline, target)

    seconds: dict[str, list[float]] = {"alone": [], "whole": []}
    kinds: dict[str, Callable[[], None]] = {"alone": alone, "whole": whole}
    generate(blocks[0]), generate(blocks[-1])  # compiled
    for turn in range(turns):
        for kind in sorted(kinds, reverse=bool(turn % 2)):
            began = time.perf_counter()
            kinds[kind]()
            seconds[kind].append(time.perf_counter() - began)
    rate = {kind: frames / statistics.median(some) for kind, some in seconds.items()}
    pairs = zip(seconds["alone"], seconds["whole"], strict=True)
    lost = statistics.median(1 - a / b for a, b in pairs)
    print(
        f"{name}: the generator alone {rate['alone']:.1f} frames/s,"
        f" a video {rate['whole']:.1f} frames/s: {lost:.1%} lost"
    )


def waiting(pictures: np.ndarray) -> np.ndarray:
    """Stands for a generator on a device of its own."""
    time.sleep(0.002 * len(pictures))
    return pictures


def untrained(config: TrainConfig) -> Predictor:
    """Returns a generator with weights by chance, ready to be used."""
    facts = {"run_id": "none", "generation": 0, "step": 0}
    generation = Generation(Path(), facts, "unconfirmed", Path())
    return Predictor(Trained(build_generator(config, plain=True), config, generation))


if __name__ == "__main__":
    main()
