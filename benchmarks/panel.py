"""What the notebook's panel costs a training: with and without it, in turns, in a real kernel.

    python benchmarks/panel.py [--turns 5] [--steps 400] [--track wandb]

With `--track`, it is what the option `track` of a training costs, in place of the panel.

A kernel of ipykernel does the work, so that every update of a widget is packed and sent as in a
notebook. Both kinds of run save, draw samples and write their files; the one has a `TrainingPanel`
(or a `Tracker`) as listener, the other has none. Each run is timed from its first Progress event,
when the network is compiled, to its last; the order changes from turn to turn, and medians are
compared. Where others use the machine too, this says less than the last number: the share of that
time for which the loop stood in the listener's own calls.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from jupyter_client.manager import start_new_kernel
from PIL import Image

PICTURES = 48
BATCH_SIZE = 2


def main() -> None:
    """Starts a kernel, lets it measure, and prints what it prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5, help="runs of each kind")
    parser.add_argument("--steps", type=int, default=400, help="steps of a run")
    parser.add_argument("--track", default="", help="wandb, trackio or mlflow")
    given = parser.parse_args()
    manager, client = start_new_kernel(kernel_name="python3")
    code = f"import sys; sys.path[:0] = {[str(Path(__file__).parent), *sys.path]!r}\n"
    code += f"import panel; panel.measure({given.turns}, {given.steps}, {given.track!r})"
    try:
        reply = client.execute_interactive(code, timeout=3600, output_hook=show)
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    sys.exit(reply["content"]["status"] != "ok")


def show(message: dict[str, Any]) -> None:
    """Prints what the kernel prints, and its errors."""
    content = message["content"]
    if message["msg_type"] == "stream":
        print(content["text"], end="", flush=True)
    elif message["msg_type"] == "error":
        print("\n".join(content["traceback"]), file=sys.stderr)


def measure(turns: int, steps: int, library: str) -> None:
    """Trains in turns, with and without the listener, and prints a table. Runs in the kernel."""
    what = library or "the panel"
    with tempfile.TemporaryDirectory() as name:
        make_pictures(Path(name) / "crops")
        seconds: dict[str, list[float]] = {"without": [], "with": []}
        shares = []
        train_once(Path(name), "warm-up", None, 20)
        for turn in range(turns):
            order = ["without", "with"] if turn % 2 else ["with", "without"]
            for kind in order:
                listener = what if kind == "with" else None
                took, share = train_once(Path(name), f"{kind}-{turn}", listener, steps)
                seconds[kind].append(took)
                shares += [share] if listener else []
    for kind, some in seconds.items():
        spread = f"{min(some) * 1e3:.2f} to {max(some) * 1e3:.2f}"
        print(f"{kind:8} {what}: {statistics.median(some) * 1e3:.2f} ms a step ({spread})")
    pairs = zip(seconds["with"], seconds["without"], strict=True)
    print(f"with {what} it took {statistics.median(a / b - 1 for a, b in pairs):+.1%} longer")
    spread = f"{min(shares):.3%} to {max(shares):.3%}"
    print(f"the loop stood in it for {statistics.median(shares):.3%} of the time ({spread})")


def train_once(folder: Path, name: str, listener: str | None, steps: int) -> tuple[float, float]:
    """Returns the seconds that a step takes, and the share of them spent in the listener."""
    import colab_pix2pix as p2p
    from colab_pix2pix.dataset import manifest
    from colab_pix2pix.events import Event, Progress, fan_out

    times: list[tuple[float, float]] = []
    inside = 0.0

    def clock(event: Event) -> None:
        if isinstance(event, Progress) and event.job == "train":
            times.append((event.done, time.perf_counter()))

    listeners = [clock]
    project = p2p.Project(folder / name)
    config = p2p.TrainConfig(
        image_size=128,
        base_filters=8,
        batch_size=BATCH_SIZE,
        epochs=max(1, steps * BATCH_SIZE // PICTURES),
        save_every_seconds=10,
    )
    with ExitStack() as stack:
        if listener:
            listen = start(listener, project, config, stack)

            def timed(event: Event) -> None:
                nonlocal inside
                before = time.perf_counter()
                listen(event)
                inside += (time.perf_counter() - before) if len(times) > 1 else 0.0

            listeners.append(timed)
        dataset = manifest.read(folder / "crops")
        p2p.train(dataset, project, config, on_event=fan_out(*listeners))
    (first, began), (last, ended) = times[0], times[-1]
    return (ended - began) / (last - first), inside / (ended - began)


def start(listener: str, project: Any, config: Any, stack: ExitStack) -> Callable[[Any], object]:
    """Returns the panel, which is shown, or a tracker."""
    from IPython.display import display

    import colab_pix2pix as p2p
    from colab_pix2pix.events import ignore
    from colab_pix2pix.training.tracking.tracker import Tracker

    if listener != "the panel":
        about = {"id": project.path.name, "name": project.path.name, "config": config.to_dict()}
        return stack.enter_context(Tracker(listener, about, ignore))
    panel = p2p.TrainingPanel(project)
    display(panel)
    return panel


def make_pictures(folder: Path) -> None:
    """Writes soft random crops."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(PICTURES):
        coarse = Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8))
        coarse.resize((160, 160), Image.Resampling.BICUBIC).save(folder / f"{index:02d}.jpg")


if __name__ == "__main__":
    main()
