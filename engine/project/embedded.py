"""The project within a report: a link of the web page holds it, so that the page can be opened like a project file."""

import re
from base64 import b64decode, b64encode
from binascii import Error
from pathlib import Path

from engine.text.problems import Problem, ProjectError

REPORT_SUFFIXES = (".html", ".htm")
ELEMENT_ID = "convolume-project"
"""Of the link whose address is the project."""
MOST_REPORT_BYTES = 128 * 2**20
"""Largest report that is read; one of the start project has one megabyte."""

_TYPE = "data:application/toml;base64,"
# In a page that our program or a browser has written, "<" in a text and quotes in an attribute are always escaped: a
# text of the project cannot look like this link.
_LINK = re.compile(rb"<a\s[^<>]*>", re.IGNORECASE)
_ID = re.compile(rf'\sid="{ELEMENT_ID}"[\s>/]'.encode())
_ADDRESS = re.compile(rf'\shref="{re.escape(_TYPE)}([A-Za-z0-9+/=]*)"'.encode())


def is_report(path: Path) -> bool:
    """Whether a file is a report by its name."""
    return path.suffix.lower() in REPORT_SUFFIXES


def project_address(content: bytes) -> str:
    """The address of a link from which a browser downloads the content of a project file."""
    return f"{_TYPE}{b64encode(content).decode()}"


def embedded_project(page: bytes, path: Path) -> bytes:
    """The content of the project file within a report.

    Raises
    ------
    ProjectError
        The page has no project, several, or a damaged one.
    """
    links = [link[0] for link in _LINK.finditer(page) if _ID.search(link[0])]
    if not links:
        reason = "is a web page without a project; open a report that this program has written, or a project file"
    elif len(links) > 1:
        reason = f"has {len(links)} projects, and a report has one; open a report as it was written"
    else:
        address = _ADDRESS.search(links[0])
        try:
            return b64decode(address[1] if address else b"=", validate=True)
        except Error:
            reason = "the project within the report is damaged; open a report as it was written"
    raise ProjectError([Problem(reason, "")], path)
