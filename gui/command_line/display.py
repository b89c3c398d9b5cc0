"""Checks for a display before Qt starts, which ends the program if there is none."""

import os
import socket
import sys
from pathlib import Path

_FIRST_PORT = 6000
"""TCP port of display 0 on another machine."""

_MOST_DISPLAYS = 65535 - _FIRST_PORT


def missing_display() -> str:
    """Why no window can be shown; "" if one can."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return ""
    x11, wayland = os.environ.get("DISPLAY"), os.environ.get("WAYLAND_DISPLAY")
    if not x11 and not wayland:
        return "neither DISPLAY nor WAYLAND_DISPLAY is set"
    if (wayland and _listens(Path(os.environ.get("XDG_RUNTIME_DIR", "/")) / wayland)) or (x11 and _x11_listens(x11)):
        return ""
    return f"nothing answers at {wayland or x11}"


def _x11_listens(display: str) -> bool:
    host, _, number = display.rpartition(":")
    number = number.partition(".")[0]
    if not (number.isascii() and number.isdigit()) or int(number) > _MOST_DISPLAYS:
        return False
    if host in ("", "unix"):
        return any(_listens(path) for path in (f"/tmp/.X11-unix/X{number}", f"\0/tmp/.X11-unix/X{number}"))
    try:
        socket.create_connection((host.strip("[]"), _FIRST_PORT + int(number)), timeout=2).close()
    except OSError:
        return False
    return True


def _listens(path: Path | str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True
