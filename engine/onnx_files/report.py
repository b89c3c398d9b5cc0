"""What has become of each node of an ONNX graph, as a value and as text."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from engine.text.units import count_text

_MAX_NAMES = 8
"""Names that a line lists."""


class ImportReport(Struct, frozen=True):
    """Every node of a graph by what it has become; each is in one of the four groups."""

    nodes: int
    """Number of nodes of the graph."""
    layers: tuple[tuple[str, str], ...] = ()
    """(name of the layer, kind) of those that are a layer of ours each."""
    recognised: tuple[tuple[str, str, int], ...] = ()
    """(name of the layer, function, number of nodes) of those that several nodes compute together."""
    folded: tuple[tuple[str, str], ...] = ()
    """(operator, why there is no layer) of those that compute nothing of a run, with as many rows as nodes."""
    opaque: tuple[tuple[str, str, str], ...] = ()
    """(name, operator, why it is none of our layers)."""
    notices: tuple[str, ...] = ()
    """What the file does not say, and is assumed."""

    @property
    def native_share(self) -> float:
        """The share of the nodes that need no ONNX Runtime."""
        return 1 - len(self.opaque) / max(self.nodes, 1)

    @property
    def title(self) -> str:
        """The counts in a few words: "450 nodes, 93 layers, 2 opaque"."""
        layers = len(self.layers) + len(self.recognised)
        opaque = f", {len(self.opaque):,} opaque" if self.opaque else ""
        return f"{count_text(self.nodes, 'node')}, {count_text(layers, 'layer')}{opaque}"

    def text(self) -> str:
        """Some lines: counts, and the names where they matter."""
        lines = [f"{count_text(self.nodes, 'node')}, {self.native_share:.1%} native"]
        lines.append(f"layers: {len(self.layers):,}")
        for title, count in Counter(function for _, function, _ in self.recognised).items():
            parts = sum(number for _, function, number in self.recognised if function == title)
            names = [name for name, function, _ in self.recognised if function == title]
            lines.append(f"recognised: {count:,} × {title}, from {parts:,} nodes ({_some(names)})")
        for (operator, reason), count in Counter(self.folded).items():
            lines.append(f"folded: {count:,} × {operator}: {reason}")
        lines += [f"opaque: {name} ({operator}): {reason}" for name, operator, reason in self.opaque]
        lines += [f"notice: {notice}" for notice in self.notices]
        return "\n".join(lines) + "\n"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MAX_NAMES]) + (", …" if len(names) > _MAX_NAMES else "")
