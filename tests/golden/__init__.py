"""Golden texts: the output of a format when a person last checked it. CONVOLUME_RENEW_GOLDEN=1 renews them."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent


def golden(name: str, text: str) -> str:
    """The stored text of that name; first replaced by `text` if the environment asks for it."""
    path = FOLDER / name
    if os.environ.get("CONVOLUME_RENEW_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8", newline="")
    return path.read_bytes().decode("utf-8")
