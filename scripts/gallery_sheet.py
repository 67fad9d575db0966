"""Makes docs/foreign.jpg: pictures that have nothing to do with what a model learned, as it sees them.

    python scripts/gallery_sheet.py RUN_DIR docs/foreign.jpg

The pictures come with scikit-image and are free of rights: an astronaut and a galaxy field by NASA,
a rocket by SpaceX (CC0), a cup of coffee by Rachel Michetti (CC0), the cat Chelsea by Stéfan van der
Walt (CC0). Top row: the picture; middle: what the network sees of it; bottom: what it makes of that.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageOps
from skimage import data

import colab_pix2pix as p2p
from colab_pix2pix.images.scaling import network_input

NAMES = ("astronaut", "rocket", "coffee", "chelsea", "hubble_deep_field")
GAP = 4  # pixels


def main(run: Path, out: Path) -> None:
    config = p2p.Project(run).recall(p2p.TrainConfig)
    size = config.image_size
    with tempfile.TemporaryDirectory() as folder:
        shown, made = Path(folder) / "shown", Path(folder) / "made"
        shown.mkdir()
        for number, name in enumerate(NAMES):
            picture = ImageOps.fit(Image.fromarray(getattr(data, name)()), (size, size))
            picture.save(shown / f"{number}.png")
        pictures = [Image.open(path) for path in sorted(shown.iterdir())]
        seen = [network_input(picture, config).convert("RGB") for picture in pictures]
        results = [Image.open(path) for path in sorted(p2p.apply(run, shown, made))]
        rows = [pictures, seen, results]
        sheet = Image.new(
            "RGB", (GAP + (size + GAP) * len(NAMES), GAP + (size + GAP) * 3), "#1c1c1c"
        )
        for row, images in enumerate(rows):
            for column, image in enumerate(images):
                sheet.paste(image, (GAP + (size + GAP) * column, GAP + (size + GAP) * row))
        sheet.save(out, quality=88)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
