"""Makes a small moving picture of a training: python scripts/training_webp.py RUN_DIR docs/training.webp.

It shows every sample of the run as it was drawn while it trained, each for the same time, the last one
for longer. The one in docs/ is of `make demo`.
"""

import sys
from pathlib import Path

from PIL import Image

QUALITY = 50
FIRST, EACH, LAST = 900, 140, 2500  # milliseconds


def main(run: Path, out: Path) -> None:
    paths = sorted((run / "samples").glob("step-*.jpg"))
    if len(paths) < 3:
        sys.exit(f"{run} has {len(paths)} samples; a moving picture takes 3.")
    first, *rest = [Image.open(path).convert("RGB") for path in paths]
    durations = [FIRST, *[EACH] * (len(rest) - 1), LAST]
    first.save(
        out,
        save_all=True,
        append_images=rest,
        duration=durations,
        loop=0,
        quality=QUALITY,
        method=6,
    )
    print(f"{out}: {len(paths)} samples, {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
