"""What differs between an ONNX model and its edited copy, as text."""

from collections.abc import Sequence

from engine.model_export.origin import Fate, Origin
from engine.text.units import count_text

_MAX_NAMES = 8
"""Names that a line lists."""

_TITLES: tuple[tuple[Fate, str], ...] = (
    ("added", "added"),
    ("changed", "changed"),
    ("weights", "weights replaced"),
    ("rewired", "receiving others"),
)


def edit_report(origin: Origin) -> str:
    """A line per kind of change, with the names of the layers."""
    name = origin.imported.report.title
    if origin.is_unchanged:
        return f"the file of the model as it is ({name}): nothing is changed\n"
    lines = [f"an edited copy of {origin.path} ({name})"]
    for fate, title in _TITLES:
        lines += _line(title, [layer for layer, own in origin.fates.items() if own == fate])
    lines += _line("removed", origin.removed)
    lines += _line("renamed", [f"{old} → {new}" for old, new in origin.renamed])
    unchanged = sum(fate == "kept" for fate in origin.fates.values())
    lines.append(f"as they were: {count_text(unchanged, 'layer')}")
    return "\n".join(lines) + "\n"


def _line(title: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = ", …" if len(names) > _MAX_NAMES else ""
    return [f"{title}: {len(names):,} ({', '.join(names[:_MAX_NAMES])}{more})"]
