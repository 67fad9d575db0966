"""Why a download failed, and what to do about it: from yt-dlp's errors to ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import DownloadError
from ..filenames import public_link, public_text
from ..languages import N_, _

_LOCAL = "Fetch the video with a browser or at home, and give its path."
_COOKIES = "Sign in to the site in a browser, export its cookies.txt, and give it as `cookies`."
_UPGRADE = "upgrade yt-dlp, which follows the sites: pip install -U 'yt-dlp[deno]' yt-dlp-ejs"
_WHOLE_LINK = N_(
    "If the link had a password or a key in it: they are never stored, so paste the whole link"
    " again."
)
#: The failures of a link that lacks its password or its key.
_REFUSALS = ("private", "not found", "forbidden", "unsupported link")
_LONGEST_MESSAGE = 300


@dataclass(frozen=True)
class KnownFailure:
    """A known way in which downloads fail.

    Attributes:
        name: Its name, for tests and for talking about it.
        pattern: What is found in the names and messages of the errors, in small letters.
        why: The likely cause.
        fix: What to do.
    """

    name: str
    pattern: str
    why: str
    fix: str


#: The first that fits is taken, so the special ones come first.
KNOWN_FAILURES = (
    KnownFailure(
        "disk full",
        r"no space left|errno 28|disk quota",
        "The disk is full.",
        "Free some space, then try again: what was fetched is kept and the rest follows.",
    ),
    KnownFailure(
        "incomplete link",
        r"looks truncated|did you forget to quote the url",
        "The link was cut short on its way here.",
        "Copy it once more: from the address line of a browser, or with the video's Share button.",
    ),
    KnownFailure(
        "no server's name",
        r"'idna' codec|label (empty or )?too long|invalidurl",
        "What stands after https:// can't be the name of a server.",
        "Copy the link once more from the address line of a browser.",
    ),
    KnownFailure(
        "bot wall",
        r"not a bot|captcha|cloudflare|unusual traffic",
        "The site does not trust this machine's address, common in data centres such as Colab.",
        f"{_COOKIES} Or take another source: a path on Drive, an upload, a direct link or another"
        f" site. {_LOCAL}",
    ),
    KnownFailure(
        "age limit",
        r"confirm your age|age.restricted|inappropriate for some users",
        "The video is for grown-ups who are signed in.",
        _COOKIES,
    ),
    KnownFailure(
        "password",
        r"--video-password|protected by a password|wrong password|incorrect password",
        "The video opens only with a password.",
        f"Choose another video. {_LOCAL}",
    ),
    KnownFailure(
        "private",
        r"private video|members.only|join this channel|is private|only available for registered|"
        r"login required|requires payment|premium|use --cookies|need to log in|sign in",
        "The video is not public: only people who are signed in, and allowed to, can see it.",
        _COOKIES,
    ),
    KnownFailure(
        "geo-blocked",
        r"georestricted|geo.?restrict|in your country|from your location|your region",
        "The video is not shown in the country that this machine is in.",
        f"Choose another video. {_LOCAL}",
    ),
    KnownFailure(
        "protected",
        r"drm",
        "The video is encrypted against copying.",
        "Choose another video.",
    ),
    KnownFailure(
        "live stream",
        r"usernotlive|live event will begin|is not currently live|premieres in|premiere will",
        "It is a live stream that has not begun or is over.",
        "Wait for its recording, then take that link.",
    ),
    KnownFailure(
        "removed",
        r"video unavailable|has been removed|been terminated|no longer available|does not exist|"
        r"this video is (not|un)available|account.*(closed|suspended)",
        "The video was removed, or never was there.",
        "Open the link in a browser to see; choose another video.",
    ),
    KnownFailure(
        "no JavaScript",
        r"requested format is not available|javascript runtime|no video formats found|"
        r"only images are available",
        "The site has no such format, or it hides its formats from programs without JavaScript.",
        "Set the format to auto. Without deno, install it: pip install 'yt-dlp[deno]' yt-dlp-ejs",
    ),
    KnownFailure(
        "bad format",
        r"invalid format specification|syntaxerror",
        "The format is not written as yt-dlp writes formats.",
        "Set it to auto, or to a name out of the list of formats, such as 18.",
    ),
    KnownFailure(
        "unsupported link",
        r"unsupportederror|unsupported url|is not a valid url",
        "There is no video on that page that yt-dlp can find.",
        "Take the link of the video itself: the one that its share button gives.",
    ),
    KnownFailure(
        "too many requests",
        r"http error 429|too many requests|rate.?limit",
        "The site has had too many requests from this address.",
        "Wait for an hour, or take another source.",
    ),
    KnownFailure(
        "not found",
        r"http error 4(04|10)",
        "There is nothing at this link (404).",
        "Check its spelling; open it in a browser.",
    ),
    KnownFailure(
        "forbidden",
        r"http error 40[13]|http error 451",
        "The server refuses to give the file to this machine; such links often expire.",
        f"Take a fresh link from the page. {_COOKIES}",
    ),
    KnownFailure(
        "refused request",
        r"http error 4\d\d",
        "The server does not take this link.",
        "Open the link in a browser; take it once more from the page of the video.",
    ),
    KnownFailure(
        "server trouble",
        r"http error 5\d\d",
        "The server has trouble of its own.",
        "Try again later.",
    ),
    KnownFailure(
        "proxy",
        r"proxyerror|unable to connect to proxy|sockshttp|socks\w*error",
        "This machine goes through a proxy to the internet, and the proxy does not let it.",
        "Look at the settings HTTP_PROXY and HTTPS_PROXY of this machine.",
    ),
    KnownFailure(
        "no https",
        r"wrong.version.number|unexpected eof while reading|record layer failure",
        "What answers there does not speak https.",
        "Check the link; where it is a server of your own, begin it with http://.",
    ),
    KnownFailure(
        "certificate",
        r"certificateverifyerror|sslerror|certificate verify",
        "The server can't prove who it is, or something between here and there interferes.",
        "Check the date of this machine; take another source.",
    ),
    KnownFailure(
        "broken off",
        r"incompleteread|content too short|contenttooshort|more expected|did not get any data|"
        r"remotedisconnected|connectionreset|connection (was )?(aborted|reset|broken)",
        "The connection broke several times.",
        "Try again: what was fetched is kept and the rest follows.",
    ),
    KnownFailure(
        "unknown server",
        r"name or service not known|failed to resolve|getaddrinfo|temporary failure in name|"
        r"no address associated|nodename nor servname|name resolution",
        "No server of this name was found: it is misspelled, or this machine has no internet.",
        "Open the link in a browser; check its spelling and the connection of this machine.",
    ),
    KnownFailure(
        "refused connection",
        r"connection refused|errno 111|errno 61\b",
        "The server is there, but takes no connections: it is off, or the number after : is wrong.",
        "Check the link, or try again later.",
    ),
    KnownFailure(
        "no answer",
        r"timed out|timeouterror|timeout",
        "The server did not answer in time.",
        "Try again later; check the connection of this machine.",
    ),
    KnownFailure(
        "no network",
        r"transporterror|network is (unreachable|down)|no route to host|connectionerror",
        "The server can't be reached.",
        "Check the connection of this machine, and the spelling of the link.",
    ),
)
OTHER = KnownFailure(
    "other",
    "",
    "The site gave something that yt-dlp does not understand; it may have changed since.",
    f"Open the link in a browser: does the video play there? If so: {_LOCAL} Or {_UPGRADE}.",
)


def to_download_error(link: str, error: BaseException) -> DownloadError:
    """Returns our error for one of yt-dlp's.

    Args:
        link: What was to be fetched.
        error: What yt-dlp raised.
    """
    failure, message = classify(error), _message(error)
    fix = _(failure.fix)
    if failure.name in _REFUSALS and link == public_link(link):
        fix = f"{fix} {_(_WHOLE_LINK)}"
    return DownloadError(
        _("{link} can't be fetched.", link=public_link(link)),
        why=_(failure.why),
        fix=fix,
        details=f"yt-dlp: {message}",
    )


def classify(error: BaseException) -> KnownFailure:
    """Returns the entry of the catalogue that fits an error of yt-dlp and what lies beneath it."""
    text = " / ".join(f"{type(e).__name__}: {e}" for e in _chain(error)).lower()
    text = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return next((known for known in KNOWN_FAILURES if re.search(known.pattern, text)), OTHER)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Gives an error and what caused it: yt-dlp keeps that in `exc_info` and `cause`."""
    waiting: list[object] = [error]
    visited: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in visited:
            visited.add(id(cause))
            yield cause
            waiting += [*(getattr(cause, "exc_info", None) or ()), getattr(cause, "cause", None)]
            waiting += [cause.__cause__, cause.__context__]


def _message(error: BaseException) -> str:
    """Returns yt-dlp's message without its advice for users of its command line."""
    text = public_text(str(error)).removeprefix("ERROR: ")
    text = re.split(r"[;.]? +(?:please|Please) report this issue|\. Use --|\. {2}See  ", text)[0]
    text = re.sub(r" \(caused by .*", "", text, flags=re.DOTALL).strip().rstrip(".")
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"
