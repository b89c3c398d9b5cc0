"""Golden texts: what a format gave when a person last looked at it. CONVOLUME_RENEW_GOLDEN=1 writes them anew."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent


def golden(name: str, text: str) -> str:
    """The text kept under that name; first made equal to `text` where the environment asks to renew."""
    path = FOLDER / name
    if os.environ.get("CONVOLUME_RENEW_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8", newline="")
    return path.read_bytes().decode("utf-8")
