"""Small requests beside a download: how long a file is, and images of a known greatest size."""

from __future__ import annotations

import http.client
import io
import urllib.request

from PIL import Image

_MOST_BYTES = 2_000_000
_TIMEOUT_SECONDS = 10
_HEADERS = {"User-Agent": "Mozilla/5.0"}


def content_length(link: str) -> int:
    """Returns how long a server says that a file is; 0 where it does not."""
    try:
        with _request(link, "HEAD") as response:
            return int(response.headers.get("Content-Length", 0))
    except (OSError, ValueError):
        return 0


def fetch_image(address: str) -> Image.Image | None:
    """Returns the image at an address; None where there is none: only an ornament."""
    if not address.startswith(("http://", "https://")):
        return None
    try:
        with _request(address) as response:
            content = response.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            return None
        with Image.open(io.BytesIO(content)) as image:
            return image.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None


def _opener() -> urllib.request.OpenerDirector:
    """Returns an opener of http and https links, and follows redirects to nothing else."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def _request(address: str, method: str = "GET") -> http.client.HTTPResponse:
    request = urllib.request.Request(address, method=method, headers=_HEADERS)
    response: http.client.HTTPResponse = _opener().open(request, timeout=_TIMEOUT_SECONDS)
    return response
