"""Pictures of all kinds are read as a viewer shows them, and what is none is one sentence."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from colab_pix2pix.errors import DatasetError
from colab_pix2pix.ffmpeg import run
from colab_pix2pix.images import Reading, image_size, read_centre, read_image, read_whole


def pixel(path: Path, at: tuple[int, int] = (3, 3), reading: Reading = Reading()) -> np.ndarray:
    return np.asarray(read_image(path, reading=reading).image)[at[1], at[0]].astype(int)


def display_p3() -> bytes:
    """Returns an ICC profile: sRGB's own, with the primaries of Display P3 in the place of its."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Adapted to the profile's white (D50), as Apple's file has them.
    columns = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    for index in range(int.from_bytes(profile[128:132], "big")):
        entry = 132 + 12 * index
        if (tag := bytes(profile[entry : entry + 4])) in columns:
            offset = int.from_bytes(profile[entry + 4 : entry + 8], "big") + 8
            for value in columns[tag]:
                profile[offset : offset + 4] = round(value * 65536).to_bytes(4, "big", signed=True)
                offset += 4
    name = "sRGB".encode("utf-16-be")
    return bytes(profile).replace(name, "Dp3x".encode("utf-16-be"))


SUFFIXES = ["tif", "tiff", "bmp", "gif", "avif", "jp2", "jfif", "webp", "ppm", "tga", "heic"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_picture_of_each_kind_is_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "heic":
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.new("RGB", (48, 32), (220, 60, 50)).save(path, "JPEG" if suffix == "jfif" else None)
    assert image_size(path) == (48, 32)
    assert np.abs(pixel(path) - (220, 60, 50)).max() < 12
    assert read_centre(path, 16).shape == (16, 16, 3)
    assert read_whole(path, 16).shape == (16, 24, 3)


def test_of_a_moving_picture_the_first_frame_is_read(tmp_path: Path) -> None:
    first, *rest = (Image.new("RGB", (20, 20), (90 * n, 0, 200)) for n in range(3))
    first.save(tmp_path / "a.gif", save_all=True, append_images=rest)
    assert np.abs(pixel(tmp_path / "a.gif") - (0, 0, 200)).max() < 8


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_a_wide_colour_profile_becomes_srgb(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"p3.{suffix}"
    image = Image.new("RGB", (32, 32), (220, 60, 50))
    image.save(path, icc_profile=display_p3(), quality=100)
    assert np.abs(pixel(path) - (239, 35, 36)).max() <= 5
    assert not read_image(path).image.info, "or a copy would be converted again"
    image.save(path, icc_profile=b"no profile", quality=100)
    assert np.abs(pixel(path) - (220, 60, 50)).max() <= 6


def test_a_transparent_picture_with_a_profile_is_converted_too(tmp_path: Path) -> None:
    image = Image.new("RGBA", (32, 32), (220, 60, 50, 255))
    image.paste((1, 2, 3, 0), (0, 0, 16, 32))
    image.save(tmp_path / "a.png", icc_profile=display_p3())
    assert np.abs(pixel(tmp_path / "a.png", (30, 3)) - (239, 35, 36)).max() <= 2
    assert pixel(tmp_path / "a.png").tolist() == [255, 255, 255]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
def test_no_hidden_colour_appears(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    image = Image.new("RGBA", (32, 32), (200, 200, 200, 255))
    image.paste((90, 90, 90, 0), (0, 0, 16, 32))
    if mode in ("P", "RGB"):  # one colour is the transparent one
        flat = image.convert("RGB")
        transparency: int | tuple[int, ...] = (90, 90, 90)
        if mode == "P":
            flat = flat.convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
            transparency = int(np.asarray(flat)[3, 3])
        flat.save(path, transparency=transparency)
    else:
        image.convert(mode).save(path)
    assert pixel(path).tolist() == [255, 255, 255]
    assert pixel(path, reading=Reading((0, 80, 0))).tolist() == [0, 80, 0]
    assert np.abs(pixel(path, (30, 3)) - 200).max() < 3
    found = read_image(path)
    assert found.transparent and not read_image_of(found.image, tmp_path).transparent


def read_image_of(image: Image.Image, folder: Path):  # type: ignore[no-untyped-def]
    image.save(folder / "again.png")
    return read_image(folder / "again.png")


def test_half_transparent_pixels_are_mixed_with_the_background(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (200, 0, 0, 128)).save(tmp_path / "a.png")
    reading = Reading((0, 0, 200))
    assert np.abs(pixel(tmp_path / "a.png", reading=reading) - (100, 0, 100)).max() <= 1


def deep_file(path: Path, values: np.ndarray) -> Path:
    """Writes uint16 `(h, w)` or `(h, w, 3)` as a PNG or a TIFF of 16 bits."""
    if values.ndim == 2:
        Image.fromarray(values).save(path)
        return path
    height, width, _ = values.shape
    raw = path.with_suffix(".raw")
    raw.write_bytes(values.astype("<u2").tobytes())
    size = ["-f", "rawvideo", "-pix_fmt", "rgb48le", "-s", f"{width}x{height}"]
    pixels = "rgb48be" if path.suffix == ".png" else "rgb48le"
    run([*size, "-i", str(raw), "-frames:v", "1", "-pix_fmt", pixels, str(path)], what="a test")
    raw.unlink()
    return path


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("colours", [1, 3])
def test_12_bits_in_16_do_not_come_out_black(suffix: str, colours: int, tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 4095, 640).astype(np.uint16), (160, 1))
    values = ramp if colours == 1 else np.stack([ramp, ramp // 2, ramp[:, ::-1]], axis=-1)
    path = deep_file(tmp_path / f"a.{suffix}", values)
    found = read_image(path)
    made = np.asarray(found.image).astype(float)
    assert found.deep
    wanted = values if colours == 3 else values[..., np.newaxis]
    assert np.abs(made - wanted * (255 / 4095)).max() <= 0.51
    levelled = np.asarray(read_image(path, reading=Reading(levels=(0, 65_535))).image)
    assert levelled.max() == 16


def test_a_picture_of_real_numbers_is_read_with_its_gaps(tmp_path: Path) -> None:
    depth = np.linspace(1.5, 3.5, 64, dtype=np.float32).reshape(8, 8)
    depth[0, 1] = np.nan
    Image.fromarray(depth).save(tmp_path / "a.tif")
    made = np.asarray(read_image(tmp_path / "a.tif").image)[..., 0]
    assert (made[0, 0], made[0, 1], made[7, 7]) == (0, 0, 255)


def test_an_even_picture_of_16_bits_keeps_its_shade(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 257 * 90, np.uint16)).save(tmp_path / "a.png")
    assert pixel(tmp_path / "a.png").tolist() == [90, 90, 90]


def bad_content(kind: str) -> bytes:
    stream = io.BytesIO()
    if kind in ("truncated", "header"):
        noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
        Image.fromarray(noise).save(stream, "JPEG" if kind == "truncated" else "PNG")
        whole = stream.getvalue()
        return whole[: len(whole) // 2] if kind == "truncated" else whole[:30]
    if kind == "zip":
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("a.txt", "x")
        return stream.getvalue()
    return {
        "empty": b"",
        "html": b"\n<!DOCTYPE html><html></html>",
        "video": b"\0\0\0\x18ftypmp42" + bytes(64),
        "text": b"no picture",
        "zeros": bytes(1000),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("truncated", "truncated"),
        ("header", "a.jpg"),
        ("empty", r"it is empty \(0 bytes\)"),
        ("html", r"it is a web page \(HTML\)"),
        ("video", "it is a video"),
        ("zip", "it is a zip archive"),
        ("text", "no known kind"),
        ("zeros", "nothing but zeros"),
    ],
)
def test_what_is_no_picture_is_told_in_words(kind: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(bad_content(kind))
    with pytest.raises(DatasetError, match=words) as error:
        read_image(path)
    assert str(error.value).startswith(f"{path} can't be read as a picture: ")
    assert "<_io" not in str(error.value)
    with pytest.raises(DatasetError) as of_stream:
        read_image(io.BytesIO(path.read_bytes()), path)
    assert str(of_stream.value) == str(error.value)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about the damage
def test_random_damage_is_always_told_in_words(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    noise = Image.fromarray(random.integers(0, 255, (40, 40, 3), np.uint8))
    for suffix in ("jpg", "png", "gif", "tif", "webp", "bmp", "avif", "jp2"):
        noise.save(tmp_path / f"a.{suffix}")
        whole = np.frombuffer((tmp_path / f"a.{suffix}").read_bytes(), np.uint8)
        for _ in range(40):
            damaged = whole[: random.integers(1, len(whole) + 1)].copy()
            places = random.integers(0, len(damaged), 12)
            damaged[places] = random.integers(0, 255, 12)
            stream = io.BytesIO(damaged.tobytes())
            try:
                assert read_image(stream, Path("a")).image.mode == "RGB"
            except DatasetError as error:
                assert "<_io" not in str(error)
