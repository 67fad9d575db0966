"""Damaged files of all kinds, and what is called with each: `python -m support.damage`.

It runs as a process of its own: what ends a process, or never ends, is a finding, too. Each call is
told in a line of JSON when it begins and when it ends.
"""

from __future__ import annotations

import json
import random
import shutil
import struct
import sys
import tempfile
import types
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from . import videos

_OPUS = ("-c:a", "libopus", "-ar", "48000")
#: Containers, each with the options that make it of 14 pictures and as long a sound.
CONTAINERS: dict[str, tuple[str, ...]] = {
    "h264.mp4": ("-bf", "2", "-c:a", "aac"),
    "fragments.mp4": ("-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"),
    "hevc.mp4": ("-c:v", "libx265", "-x265-params", "log-level=error", "-an"),
    "h264.mkv": ("-c:a", "libmp3lame"),
    "ffv1.mkv": ("-c:v", "ffv1", "-c:a", "flac"),
    "vp8.webm": ("-c:v", "libvpx", "-c:a", "libvorbis"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", *_OPUS),
    "mpeg4.avi": ("-c:v", "mpeg4", "-bf", "1", "-c:a", "libmp3lame"),
    "mjpeg.avi": ("-c:v", "mjpeg", "-c:a", "pcm_s16le"),
    "h264.flv": ("-c:a", "aac", "-ar", "44100"),
    "flv1.flv": ("-c:v", "flv1", "-an"),
    "x.gif": ("-an",),
    "prores.mov": ("-c:v", "prores_ks", "-c:a", "pcm_s16le"),
    "rle.mov": ("-c:v", "qtrle", "-an"),
    "h264.ts": ("-c:a", "aac"),
    "mpeg2.ts": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "mpeg2.mpg": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "theora.ogv": ("-c:v", "libtheora", "-c:a", "libvorbis"),
    "wmv2.wmv": ("-c:v", "wmv2", "-c:a", "wmav2"),
    "x.apng": ("-an", "-plays", "0", "-f", "apng"),
    "raw.h264": ("-an",),
    "dv.3gp": ("-c:v", "h263", "-s", "128x96", "-c:a", "aac", "-ar", "8000"),
}
_SIDE = 24


def make_samples(folder: Path) -> list[Path]:
    """Writes a small whole file of each kind into a folder; returns all of them."""
    folder.mkdir(parents=True)
    for name, output in CONTAINERS.items():
        graph = "testsrc2=size=64x48:rate=10:duration=1.4[out0];sine=440:duration=1.4[out1]"
        pixels = () if any(c in output for c in ("ffv1", "qtrle", "prores_ks")) else ("yuv420p",)
        pixels = pixels if name not in ("x.gif", "x.apng", "mjpeg.avi") else ()
        options = (*(("-pix_fmt", *pixels) if pixels else ()), "-g", "5", *output)
        videos.lavfi(folder / name, graph, *options)
    _make_pictures(folder)
    _make_zips(folder)
    return sorted(folder.iterdir())


def _make_pictures(folder: Path) -> None:
    y, x = np.mgrid[0:_SIDE, 0:_SIDE]
    colours = np.stack([x * 10, y * 10, 200 - x * 4], axis=-1).astype(np.uint8)
    picture = Image.fromarray(colours)
    deep = Image.fromarray((x * 2000).astype(np.uint16))
    seen = Image.merge("RGBA", [*picture.split(), Image.fromarray((x * 10).astype(np.uint8))])
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = _profile()
    picture.save(folder / "a.jpg", exif=exif, icc_profile=profile)
    picture.convert("CMYK").save(folder / "cmyk.jpg")
    picture.save(folder / "progressive.jpg", progressive=True)
    picture.save(folder / "a.png", icc_profile=profile, exif=exif)
    deep.save(folder / "deep.png")
    picture.quantize(16).save(folder / "palette.png", transparency=0)
    seen.save(folder / "alpha.webp", exif=exif)
    picture.save(folder / "moves.gif", save_all=True, append_images=[picture.rotate(90)])
    picture.save(folder / "moves.webp", save_all=True, append_images=[picture.rotate(90)])
    picture.save(folder / "a.bmp")
    for packing in ("raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"):
        picture.save(folder / f"{packing}.tif", compression=packing, icc_profile=profile)
    deep.save(folder / "deep.tif")
    picture.save(folder / "a.avif")
    picture.save(folder / "a.jp2")
    picture.save(folder / "a.tga", compression="tga_rle")
    picture.save(folder / "a.pcx")
    picture.save(folder / "a.ppm")
    (folder / "deep-colours.png").write_bytes(_deep_png())


def _profile() -> bytes:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"sRGB", b"mine")


def _deep_png() -> bytes:
    """Returns a PNG of 16 bits a colour, which Pillow does not write."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + bytes(range(_SIDE * 6)) for _ in range(_SIDE))
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 16, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _make_zips(folder: Path) -> None:
    from colab_pix2pix.dataset.curate import pack
    from colab_pix2pix.dataset.manifest import Crop, Dataset

    crops = []
    for name in ("a.png", "b.png"):
        Image.new("RGB", (_SIDE, _SIDE), "green").save(folder / f"packed-{name}")
        crops.append(Crop(file=f"packed-{name}"))
    pack(Dataset(folder, tuple(crops)), folder / "dataset.zip")
    for crop in crops:
        (folder / crop.file).unlink()
    names = ("train/A/x.png", "train/B/x.png", "test/A/y.png", "test/B/y.png")
    kinds = {"stored": 0, "deflated": 8, "bzip2": 12, "lzma": 14}
    for kind, method in kinds.items():
        with zipfile.ZipFile(folder / f"{kind}.zip", "w", method) as archive:
            for name in names:
                archive.writestr(name, (folder / "a.png").read_bytes())


def damaged(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Returns a file as copies, downloads and disks leave it: never quite what it was."""
    found = bytearray(content)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        size = len(found)
        if size < 8:
            break
        # Heads hold what everything else hangs on.
        place = chance.choice([chance.randrange(size), chance.randrange(min(size, 700))])
        length = min(size - place, chance.choice([1, 4, 16, 200, size // 3]))
        kind = chance.choice(["flip", "flip", "flip", "number", "number", "cut", "zeros", "noise",
                              "twice", "gone", "spliced", "joined"])  # fmt: skip
        if kind == "flip":
            for _ in range(chance.choice([1, 1, 5, 40])):
                found[chance.choice([place, chance.randrange(size)])] ^= 1 << chance.randrange(8)
        elif kind == "number" and place + 4 <= size:
            value = chance.choice([0, 1, 0x7F, 0xFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1])
            found[place : place + 4] = struct.pack(chance.choice("<>") + "I", value)
        elif kind == "cut":
            del found[chance.choice([place, size - chance.randrange(1, min(size, 60))]) :]
        elif kind == "zeros":
            found[place : place + length] = bytes(length)
        elif kind == "noise":
            found[place : place + length] = chance.randbytes(length)
        elif kind == "twice":
            found[place:place] = found[place : place + length]
        elif kind == "gone":
            del found[place : place + length]
        elif kind == "spliced":
            found[place:] = other[min(place, len(other)) :]
        else:
            found += other
    return bytes(found)


#: What is called with a damaged file, and where it may write.
Call = Callable[[Path, Path, random.Random], object]


def _frames(path: Path, new: Path, chance: random.Random) -> object:
    import colab_pix2pix as p2p

    config = p2p.FramesConfig(
        count=chance.choice([1, 3, 40]),
        scale="-1:32",
        crops=chance.choice(["sides", "centre", "grid", "random"]),
        exact=chance.random() < 0.7,
        cut_bars=chance.random() < 0.7,
        start=chance.choice(["", "", "0.3"]),
    )
    return p2p.extract_frames(path, new, config)


def _import(path: Path, new: Path, chance: random.Random) -> object:
    import colab_pix2pix as p2p

    reading = p2p.PicturesConfig(strict=chance.random() < 0.3, nearest=chance.random() < 0.3)
    source = path if path.suffix == ".zip" else path.parent
    return p2p.import_pictures(source, new, p2p.FramesConfig(count=4, scale="-1:16"), reading)


def _pairs(path: Path, new: Path, chance: random.Random) -> object:
    import colab_pix2pix as p2p

    source = path if path.suffix == ".zip" else path.parent
    reading = p2p.PicturesConfig(side_by_side=chance.random() < 0.5)
    return p2p.import_pairs(source, new, size=16, reading=reading)


def _unpack(path: Path, new: Path, chance: random.Random) -> object:
    import colab_pix2pix as p2p

    return p2p.unpack(path, new)


def _apply(path: Path, new: Path, chance: random.Random) -> object:
    import colab_pix2pix as p2p

    whole, side_by_side = chance.random() < 0.5, chance.random() < 0.3
    suffix = chance.choice([".mp4", ".mp4", ".png"])
    return p2p.apply(
        path.parent, path, new.with_suffix(suffix), mode="inference", whole=whole,
        side_by_side=side_by_side,
    )  # fmt: skip


def _apply_folder(path: Path, new: Path, chance: random.Random) -> object:
    import colab_pix2pix as p2p

    return p2p.apply(path.parent, path.parent, new, mode="inference", whole=chance.random() < 0.5)


def _download(path: Path, new: Path, chance: random.Random) -> object:
    import colab_pix2pix as p2p

    return p2p.download(path, new)


def _look(path: Path, new: Path, chance: random.Random) -> object:
    from colab_pix2pix.video.decode import decode_still
    from colab_pix2pix.video.probe import probe

    return decode_still(probe(path), chance.choice([0.0, 0.5, 9.0]), (16, 16))


CALLS: dict[str, Call] = {
    "extract_frames": _frames,
    "import_pictures": _import,
    "import_pairs": _pairs,
    "unpack": _unpack,
    "apply": _apply,
    "apply to a folder": _apply_folder,
    "download": _download,
    "a look": _look,
}
_OF_VIDEOS = ("extract_frames", "extract_frames", "apply", "apply", "download", "a look")
_OF_PICTURES = ("import_pictures", "import_pairs", "apply", "apply to a folder")
_OF_ZIPS = ("import_pictures", "import_pairs", "unpack")


def without_a_network() -> None:
    """Puts a model that gives back what it is given in the place of a trained one."""

    class Predictor:
        size, name = 32, "no network"

        def __init__(self, *args: object, **options: object) -> None: ...

        def __call__(self, pictures: np.ndarray) -> np.ndarray:
            return 255 - pictures

    trained: Any = types.ModuleType("trained")
    trained.load_trained = lambda *args, **options: None
    predictor: Any = types.ModuleType("predictor")
    predictor.Predictor = Predictor
    sys.modules["colab_pix2pix.model.trained"] = trained
    sys.modules["colab_pix2pix.model.predictor"] = predictor


def try_one(seed: int, samples: list[Path], keep: Path | None = None) -> dict[str, str]:
    """Damages a file and calls something with it; returns what was done, and how it ended.

    "raw" is the type of an exception that is not of the package, "left" what it wrote besides.
    """
    from colab_pix2pix.errors import Pix2PixError

    chance = random.Random(seed)
    sample = chance.choice(samples)
    moves = sample.name in CONTAINERS or sample.name.startswith("moves")
    usual = _OF_VIDEOS if moves else _OF_ZIPS if sample.suffix == ".zip" else _OF_PICTURES
    name = chance.choice(usual if chance.random() < 0.95 else tuple(CALLS))
    content = damaged(chance, sample.read_bytes(), chance.choice(samples).read_bytes())
    told = {"sample": sample.name, "call": name}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "given", sample.name)
        path.parent.mkdir()
        path.write_bytes(content)
        new = Path(folder, "new", "made")
        new.parent.mkdir()
        if keep is not None:
            shutil.copy(path, keep / f"{seed}-{sample.name}")
        _tell(seed, told)
        try:
            CALLS[name](path, new, chance)
            told["ended"] = "done"
        except Pix2PixError as error:
            told["ended"] = "refused"
            told["words"] = str(error)
            if left := [str(p.name) for p in new.parent.rglob("*")]:
                told["left"] = f"{left} beside {error}"
        except BaseException as error:
            told["ended"], told["raw"] = "raw", repr(error)
        outside = {p.name for p in Path(folder).iterdir()} - {"given", "new"}
        beside = {p.name for p in path.parent.iterdir()} - {path.name}
        if outside or beside or path.read_bytes() != content:
            told["left"] = f"{outside} {beside}, or the file itself was changed"
    return told


def _tell(seed: int, told: dict[str, str]) -> None:
    sys.stdout.write(json.dumps({"seed": seed, **told}) + "\n")
    sys.stdout.flush()


def main(samples: Path, first: int, last: int, keep: Path | None = None) -> None:
    """Tries the damages of some seeds, and tells each in two lines of JSON."""
    import av

    av.logging.set_level(av.logging.PANIC)
    without_a_network()
    found = sorted(samples.iterdir())
    for seed in range(first, last):
        told = try_one(seed, found, keep)
        _tell(seed, told)


if __name__ == "__main__":
    folder, first, last, *keep = sys.argv[1:]
    main(Path(folder), int(first), int(last), Path(keep[0]) if keep else None)
