"""Names of layers as identifiers of Python."""

import keyword
import re
from collections.abc import Iterable

from engine.text.names import unique_name

_LONGEST = 60


class PythonNames:
    """One identifier per layer, as near to its name as possible.

    Parameters
    ----------
    reserved
        Identifiers that the module uses for something else.
    prefix
        The beginning of further ones.
    """

    def __init__(self, reserved: Iterable[str], prefix: str = "") -> None:
        self._prefix = prefix
        self._reserved = frozenset((*reserved, *keyword.kwlist, *keyword.softkwlist))
        self._taken = set(self._reserved)
        self._names: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        if name not in self._names:
            words = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")[:_LONGEST] or "layer"
            words = f"_{words}" if words[0].isdigit() else words
            is_reserved = words in self._reserved or (self._prefix and words.startswith(self._prefix))
            self._names[name] = unique_name(f"{words}_" if is_reserved else words, self._taken)
            self._taken.add(self._names[name])
        return self._names[name]


def class_name(kind: str) -> str:
    """``BottleneckResidual`` for "bottleneck_residual", ``Layer1_0`` for "layer1_0"."""
    words = re.sub(r"(?:^|_)([^\W\d_])", lambda match: match[1].upper(), kind)
    return f"Block{words}" if words[0].isdigit() else words


def text_comment(text: str) -> str:
    """A text as the inside of a docstring or comment of one line."""
    return re.sub(r'[\\"]', "'", text)
