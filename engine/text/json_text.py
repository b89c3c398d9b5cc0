"""Values as indented JSON, for files and programs."""

import json
from typing import Any

import msgspec


def json_text(data: Any) -> str:
    """JSON with an indent of 2 and a line break at its end; what `json.dumps` writes, in a fraction of its time."""
    # The encoder of the standard library is fast only without indent, and knows integers of any size.
    compact = json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return msgspec.json.format(compact, indent=2).decode("utf-8", "surrogatepass") + "\n"
