"""How fast crops are cut, beside ffmpeg alone and beside the loop of the ancestor.

    python benchmarks/extract.py [--folder FOLDER] [--repeat 3]

Makes its videos (a few minutes, once per folder), measures each job several times in turn, and
prints the shortest times as a table.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

from colab_pix2pix.downloader.download import sample_video

FFMPEG = [get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error", "-y"]
PASS = "ffmpeg decodes, does nothing"
LOOP_STEPS = 25  # of the 500 that the baseline would take

CUT = """
import json, resource, sys, time
from colab_pix2pix import FramesConfig, extract_frames
started = time.perf_counter()
dataset = extract_frames(sys.argv[1], sys.argv[2], FramesConfig(**json.loads(sys.argv[3])))
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([seconds, len(dataset.crops), peak]))
"""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "p2p-bench"))
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    short, long, high = make_videos(given.folder)
    jobs: dict[str, Callable[[], dict[str, float]]] = {}
    for name, video in (("257 s", short), ("26 min", long), ("1080p, 5 min", high)):
        jobs[f"{name}: {PASS}"] = lambda video=video: decode(video)
    jobs[f"257 s: three processes a step ({LOOP_STEPS} of 500 steps)"] = lambda: loop(short)
    jobs["257 s: 1 000 crops"] = lambda: cut(short, count=1000)
    jobs["26 min: 200 crops"] = lambda: cut(long, count=200)
    jobs["26 min: 200 crops, exact=False"] = lambda: cut(long, count=200, exact=False)
    jobs["26 min: 20 000 crops"] = lambda: cut(long, count=20_000)
    jobs["1080p, 5 min: 1 000 crops"] = lambda: cut(high, count=1000)
    results: dict[str, dict[str, float]] = {}
    for turn in range(given.repeat):
        for name, job in jobs.items():
            if turn and "20 000" in name:
                continue
            before = processor_seconds()
            result = job()
            result["processor"] = processor_seconds() - before
            if name not in results or result["seconds"] < results[name]["seconds"]:
                results[name] = result
    report(results)


def make_videos(folder: Path) -> tuple[Path, Path, Path]:
    """Returns 257 s and 26 min at 640x360 and 5 min at 1080p, all with a key frame every 128."""
    short, long, high = folder / "257s.mp4", folder / "26min.mp4", folder / "1080p.mp4"
    coding = ["-an", "-c:v", "libx264", "-preset", "veryfast", "-bf", "3"]
    coding += ["-g", "128", "-keyint_min", "128", "-sc_threshold", "0"]
    source = ["-stream_loop", "-1", "-i", str(sample_video())]
    if not short.exists():
        run([*source, "-t", "257", *coding, str(short)])
    if not long.exists():
        run(["-stream_loop", "-1", "-i", str(short), "-t", "1560", "-c", "copy", str(long)])
    if not high.exists():
        piece = folder / "piece.mp4"
        run([*source, "-t", "20.48", "-vf", "scale=1920:1080", *coding, str(piece)])
        run(["-stream_loop", "-1", "-i", str(piece), "-t", "300", "-c", "copy", str(high)])
    return short, long, high


def processor_seconds() -> float:
    """Returns what all ended child processes used; a busy machine changes it less than the time."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(arguments: list[str]) -> None:
    """Runs ffmpeg to its end."""
    subprocess.run([*FFMPEG, *arguments], check=True)


def decode(video: Path) -> dict[str, float]:
    """The least that a full pass can cost."""
    started = time.perf_counter()
    run(["-i", str(video), "-map", "0:v:0", "-f", "null", "-"])
    return {"seconds": time.perf_counter() - started}


def loop(video: Path) -> dict[str, float]:
    """The ancestor's way: seek to a step, write a picture, cut it twice; scaled up to 500 steps."""
    with tempfile.TemporaryDirectory() as name:
        started = time.perf_counter()
        for step in range(LOOP_STEPS):
            moment = 257 * (step + 0.5) / LOOP_STEPS
            frame = Path(name, f"{step}.jpg")
            scale = ["-vf", "scale=-1:256", "-frames:v", "1", "-q:v", "1", str(frame)]
            run(["-ss", f"{moment:.3f}", "-i", str(video), *scale])
            for side, left in (("left", "0"), ("right", "in_w-256")):
                crop = ["-vf", f"crop=256:256:{left}:0", "-q:v", "1"]
                run(["-i", str(frame), *crop, str(frame.with_name(f"{step}-{side}.jpg"))])
        seconds = time.perf_counter() - started
    return {"seconds": seconds * 500 / LOOP_STEPS, "crops": 2 * LOOP_STEPS}


def cut(video: Path, **options: object) -> dict[str, float]:
    """Ours, in a process of its own, whose memory is measured too (ffmpeg's is not)."""
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-c", CUT, str(video), f"{name}/crops", json.dumps(options)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        shutil.rmtree(name, ignore_errors=True)
    seconds, crops, peak = json.loads(output)
    return {"seconds": seconds, "crops": crops, "megabytes": peak}


def report(results: dict[str, dict[str, float]]) -> None:
    """Prints a table, and the ratios that matter."""
    print(f"| {'job':52} | seconds | processor | crops | our memory |")
    print(f"|{'-' * 54}|---------|-----------|-------|------------|")
    for name, result in results.items():
        memory = f"{result['megabytes']:.0f} MB" if "megabytes" in result else ""
        crops = f"{result['crops']:.0f}" if "crops" in result else ""
        times = f"{result['seconds']:7.2f} | {result['processor']:9.2f}"
        print(f"| {name:52} | {times} | {crops:>5} | {memory:>10} |")
    print("\nRatios of seconds, and of processor seconds in brackets:")
    loop = next(name for name in results if "three processes" in name)
    dense, high = "257 s: 1 000 crops", "1080p, 5 min: 1 000 crops"
    ratio(
        results,
        f"257 s: {PASS}",
        dense,
        "one decoding pass is this many times as long as 1 000 crops",
    )
    ratio(results, f"1080p, 5 min: {PASS}", high, "the same at 1080p")
    ratio(results, f"26 min: {PASS}", "26 min: 200 crops", "the same for 200 of 26 minutes")
    ratio(results, f"26 min: {PASS}", "26 min: 200 crops, exact=False", "the same, exact=False")
    faster = results[loop]["seconds"] / results[dense]["seconds"]
    print(f"{faster:6.1f}          three processes a step, against 1 000 crops")


def ratio(results: dict[str, dict[str, float]], one: str, other: str, words: str) -> None:
    """Prints how many times longer one job takes than another."""
    seconds = results[one]["seconds"] / results[other]["seconds"]
    processor = results[one]["processor"] / results[other]["processor"]
    print(f"{seconds:6.2f} ({processor:5.2f})  {words}")


if __name__ == "__main__":
    main()
