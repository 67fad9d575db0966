"""What MkDocs calls while it builds the site.

A page that says `<!-- made: options -->` gets what is made of the code there. Links from docs/ to other
files of the repository, which work where the repository is shown, lead to its address.
"""

from __future__ import annotations

import configparser
import posixpath
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import commands_page  # noqa: E402
import errors_page  # noqa: E402
import options_page  # noqa: E402
import python_page  # noqa: E402

PAGES = {
    "commands": commands_page.made,
    "errors": errors_page.made,
    "options": options_page.made,
    "python": python_page.made,
}
_PLACE = re.compile(r"<!-- made: (\w+) -->")
_LINK = re.compile(r"\]\(((?:\.\./)+[^)#\s]+)")


def address() -> str:
    """Returns the address of the repository, as setup.cfg has it."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return setup["metadata"]["url"]


def on_config(config: Any) -> Any:
    """Sets what follows the repository's address."""
    owner, name = address().removeprefix("https://github.com/").split("/")
    # Not as repo_url: the theme would ask GitHub for its stars on each page.
    config.extra["social"] = [
        {"icon": "fontawesome/brands/github", "link": address(), "name": "the repository"}
    ]
    config.site_url = f"https://{owner}.github.io/{name}/"
    return config


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Puts in what is made, and leads links that leave docs/ to the repository."""
    markdown = _PLACE.sub(lambda found: PAGES[found[1]](address()), markdown)
    folder = posixpath.dirname(page.file.src_uri)

    def lead(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", folder, found[1]))
        outside = not path.startswith("docs/") and (ROOT / path).exists()
        return f"]({address()}/blob/main/{path}" if outside else found[0]

    return _LINK.sub(lead, markdown)
