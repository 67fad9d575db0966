"""Names of files: as people type them, made from titles and other files, and what they end in."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import OptionError
from .languages import N_, _

#: What the name of an image file ends in, in small letters.
IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib"),
    *(".tif", ".tiff", ".avif", ".heic", ".heif", ".jp2", ".j2k", ".jpf", ".jpx", ".j2c"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".pcx", ".psd", ".qoi"),
)
#: The kinds of image files that people have, in words.
IMAGE_KINDS = N_("a JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, JPEG 2000 or HEIC file")
#: The same of those that are written; what is named without one gets the first.
WRITTEN_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")

_BLANKS = " \t\r\n\v\f\u00a0\u200b\u200e\u200f\u2060\ufeff"
_QUOTES = "\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"
_LONGEST_NAME, _LONGEST_PATH = 255, 4095  # bytes, of file systems
_LONGEST_SHOWN = 120

_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]+://"  # and no drive of Windows
_YOUTUBE = r"(?i)https?://([\w-]+\.)*(youtube(-nocookie)?\.com|youtu\.be)(/|$)"
#: What of a link's query is kept: the names under which sites give the numbers of their videos.
_NAMES_VIDEO = re.compile(
    r"(?i)(v|vid|video|video_?id|clip|clip_?id|episode|id|viewkey|list|playlist|playlist_?id|p)"
    r"=[\w.-]{1,48}",
    re.ASCII,
)


def typed_text(text: str) -> str:
    """Returns a link or a path as it was meant: without the blanks and quotes around it.

    Example:
        >>> typed_text(' "my clip.mp4" ')
        'my clip.mp4'
    """
    text = text.strip(_BLANKS)
    while len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip(_BLANKS)
    return text


def typed_path(value: Any, name: str = "path") -> Path:
    """Returns a path as a person has typed or pasted it; the disk is not asked.

    Blanks and quotes around a text go, `~` is a home folder. A `Path` is taken as it is, but for
    the `~`.

    Args:
        value: A text, or a path of any kind.
        name: What it is for, for an error.

    Raises:
        OptionError: it is empty, a link, something else, or none that a disk can have.
    """
    if not isinstance(value, str | os.PathLike):
        raise _no_path(name, value, N_("Expected a path: a text or a pathlib.Path."))
    plain = os.fspath(value)
    text = typed_text(plain) if isinstance(value, str) else plain
    if not isinstance(text, str):
        raise _no_path(name, value, N_("Expected a path of characters, not of bytes."))
    if not text:
        raise _no_path(name, value, N_("Expected the path of a file or a folder."))
    if isinstance(value, str) and re.match(_SCHEME, text):
        fix = N_("Fetch what it leads to with `download` first, and give that path.")
        raise _no_path(
            name, public_link(text), N_("Expected a path on this machine, no link."), fix
        )
    full = os.path.expanduser(text)
    if full[0] == "~" and not os.path.lexists(full):
        who = full.split("/")[0][1:]
        why = _("There is no user {name}, whose home folder that would be.", name=repr(who))
        raise _no_path(name, value, why)
    try:
        parts = os.fsencode(full).split(b"/")
    except UnicodeEncodeError:
        raise _no_path(name, value, N_("It holds half a character.")) from None
    if "\0" in full:
        raise _no_path(name, value, N_("A path holds no character of the number 0."))
    if max(map(len, parts)) > _LONGEST_NAME or len(full) > _LONGEST_PATH:
        why = N_("Expected names of up to {n} bytes, {most} in all.")
        why = _(why, n=_LONGEST_NAME, most=_LONGEST_PATH)
        raise _no_path(name, value, why)
    return Path(full)


def _no_path(name: str, value: Any, why: str, fix: str = "Look for a typing error.") -> OptionError:
    what = _("{name}: received {value}.", name=name, value=shown(value))
    return OptionError(what, why=_(why), fix=_(fix))


def shown(value: Any) -> str:
    """Returns what was received as an error shows it: short, and no address in a memory.

    Example:
        >>> shown("x.png"), shown(object()), len(shown("x" * 1000))
        ("'x.png'", 'an object of the type object', 120)
    """
    if isinstance(value, os.PathLike) and isinstance(path := os.fspath(value), str):
        value = path
    text = repr(value)
    if text.startswith("<") or " at 0x" in text:
        return _("an object of the type {kind}", kind=type(value).__name__)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 2]} …"


def output_file(
    target: Path | str, stem: str, suffixes: Sequence[str], *, what: str = N_("the file")
) -> Path:
    """Returns the file to write where a person has named a file, a folder, or no kind of file.

    A folder that is there (or a text that ends in "/") gets a file called `stem` in it, a name
    without a suffix gets the usual one. What was not named in full is never written over.

    Args:
        target: What was named.
        stem: The name of the file, without its suffix, where a folder is named.
        suffixes: What the file may end in, in small letters; the first is the usual one.
        what: What is written, for an error.

    Raises:
        OptionError: the suffix is none of those, or nothing can be written there.
    """
    named = typed_path(target, "output")
    into_folder = named.is_dir() or (isinstance(target, str) and typed_text(target)[-1] == "/")
    path = named / f"{stem}{suffixes[0]}" if into_folder else named
    listed = _(" or ").join(filter(None, [", ".join(suffixes[:-1]), suffixes[-1]]))
    values = {"named": repr(str(named)), "path": path, "what": _(what)}
    if not into_folder and path.suffix.lower() not in suffixes:
        # A number such as that of "take.2" is no suffix.
        if re.fullmatch(r"\.[A-Za-z]\w{0,7}", path.suffix):
            raise OptionError(
                _("Received {named} for {what} to write.", **values),
                why=_("Expected a name that ends in {listed}, or a folder.", listed=listed),
                fix=_("Choose one of these."),
            )
        path = path.with_name(f"{path.name}{suffixes[0]}")
        values["path"] = path
    if path != named and path.exists():
        raise OptionError(
            _("Received {named} for {what} to write, which would be {path}.", **values),
            why=_("That is there already, and only what is named in full is written over."),
            fix=_("Name the file to write."),
        )
    if path.exists() and not path.is_file():
        words = N_("Received {named} for {what} to write, which is a device.")
        if path.is_dir():
            words = N_("Received {named} for {what} to write, which is a folder.")
        raise OptionError(
            _(words, named=repr(str(path)), what=_(what)),
            why=_("Expected a file, new or old."),
            fix=_("Choose another name."),
        )
    _check_folder(path.parent, what)
    return path


def output_folder(target: Path | str, file_suffixes: Sequence[str]) -> Path:
    """Returns the folder for many files.

    Raises:
        OptionError: it is a file, has the name of one, or can't be made.
    """
    folder = typed_path(target, "output")
    if not folder.is_dir() and folder.suffix.lower() in file_suffixes:
        raise OptionError(
            _("Received {folder} for many files.", folder=repr(str(folder))),
            why=_("Expected a folder, new or old."),
            fix=_("Leave the suffix out."),
        )
    _check_folder(folder, N_("the files"))
    return folder


def _check_folder(folder: Path, what: str) -> None:
    """Makes sure that a folder is there or can be made.

    Raises:
        OptionError: a file is in the way, or nothing may be written there.
    """
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        return
    words = N_("Received the folder {folder} for {what} to write, but {nearest} is no folder.")
    if nearest.is_dir():
        words = N_(
            "Received the folder {folder} for {what} to write, but {nearest} may not be written to."
        )
    raise OptionError(
        _(words, folder=repr(str(folder)), what=_(what), nearest=nearest),
        why=_("Expected a folder that is there or can be made."),
        fix=_("Choose another one."),
    )


def is_text(text: str) -> bool:
    """Returns whether a text can be stored: half a character can't, a byte of a file's name can."""
    return not re.search(r"[\ud800-\udc7f\udd00-\udfff]", text)


def safe_name(text: str) -> str:
    """Returns a text as a file name of every system: letters and digits stay, the rest is "_".

    Example:
        >>> safe_name("Été à Paris? / 4K")
        'Été_à_Paris_4K'
    """
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"[^\w.-]+", "_", text).strip("._-")
    while len(text.encode()) > 80:
        text = text[:-1]
    return text or "video"


def is_plain_name(name: str) -> bool:
    """Returns True for the name of a file in a folder or its sub-folders, which leaves it nowhere.

    Example:
        >>> [is_plain_name(name) for name in ("a.jpg", "b/a.jpg", "../a.jpg", "/a.jpg", "")]
        [True, True, False, False, False]
    """
    return "\0" not in name and not {"", ".", ".."} & set(name.split("/"))


def packed_name(name: str) -> str:
    """Returns the name of a file in sub-folders as that of a file in none, as archives have it.

    A packed name stays as it is. What is too long for one name ends in a checksum of it.

    Example:
        >>> packed_name("a.jpg"), packed_name("b/a.jpg")
        ('a.jpg', 'b%2Fa.jpg')
    """
    name = re.sub(r"[/\\:]", lambda found: f"%{ord(found[0]):02X}", name)
    # What is no text in any alphabet has no place in JSON or a zip: its bytes are named.
    name = re.sub(r"[\ud800-\udfff]", lambda found: f"%{ord(found[0]) & 0xFF:02X}", name)
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    end = safe_suffix(Path(name))
    known = f"~{hashlib.sha256(name.encode()).hexdigest()[:16]}{end}"
    return name.encode()[: _LONGEST_NAME - len(known)].decode(errors="ignore") + known


def safe_suffix(path: Path) -> str:
    """Returns the suffix of a file in small letters, or "" when it is no plain one."""
    suffix = path.suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else ""


def public_link(link: str) -> str:
    """Returns a link without what is not for others, fit to be stored and shown.

    Left out are a user's name and password, the fragment, and all of the query (keys, tokens,
    signatures) but what names the video, such as YouTube's `v` and `list`. A text that is no link,
    such as a path, is returned as it is.

    Example:
        >>> public_link("https://me:secret@example.org/clip.mp4?token=abc")
        'https://example.org/clip.mp4'
        >>> public_link("https://www.youtube.com/watch?v=aqz-KE-bpKQ&si=abc&t=9")
        'https://www.youtube.com/watch?v=aqz-KE-bpKQ'
    """
    if not re.match(_SCHEME, link):
        return link
    address, _, query = _without_user(link).partition("#")[0].partition("?")
    address = re.sub(r";[^/;=]*=[^/]*", "", address)  # such as `;jsessionid=`
    named = [pair for pair in re.split("[&;]", query) if _NAMES_VIDEO.fullmatch(pair)]
    return f"{address}?{'&'.join(named)}" if named else address


def names_its_video(link: str) -> bool:
    """Returns whether what `public_link` leaves of a link surely names the same video."""
    return public_link(link) == _without_user(link) or bool(re.match(_YOUTUBE, public_link(link)))


def public_text(text: str) -> str:
    """Returns a text with each link in it as `public_link` has it."""
    return re.sub(rf"{_SCHEME}[^\s\"'<>]+", lambda found: public_link(found[0]), text)


def _without_user(link: str) -> str:
    # A password may hold what ends the name of a server, as a person types it: `me:pa/ss@`.
    return re.sub(rf"^({_SCHEME})([^/?#]*|[^:/?#@\[]*:(?!\d*([/?#]|$)).*)@", r"\1", link)
