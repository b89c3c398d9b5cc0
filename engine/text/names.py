"""Names of nodes and designs: any script and sign that frameworks use, but no control characters, and not too long."""

import re
from collections.abc import Container

MAX_NODE_NAME = 1000
"""Characters; TensorFlow Lite joins the names of the operations that it fuses, which makes hundreds."""

MAX_DESIGN_NAME = 200

_KEPT = 60
"""Characters of a long name that a message has from its beginning, and from its end."""

_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ud800-\udfff]"
    f"|[{''.join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))}]"
)
"""C0 and C1 control characters, line separators, signs that reverse the order of the text after them, halves of
surrogate pairs, and code points that are no characters."""


def control_fault(text: str, allowed: str = "") -> str:
    """Which character of a text is a control character, and where; "" if none is, apart from the `allowed` ones."""
    for match in () if text.isprintable() else _HIDDEN.finditer(text):
        if match[0] not in allowed:
            return f"U+{ord(match[0]):04X} at character {match.start() + 1} is a control character; leave it out"
    return ""


def name_fault(name: str, longest: int = MAX_NODE_NAME) -> str:
    """Why a text cannot be a name; "" if it can."""
    if len(name) > longest:
        return f"a name has at most {longest:,} characters, not {len(name):,}"
    if not name.strip():
        return "a name needs a character that can be seen"
    return control_fault(name)


def unique_name(base: str, names: Container[str], longest: int = MAX_NODE_NAME) -> str:
    """`base`, or `base` with the first free number from 2 on: "relu_2". A long one is cut for the number."""
    name, number = base, 2
    while name in names:
        ending = f"_{number}"
        name, number = base[: longest - len(ending)] + ending, number + 1
    return name


_SEPARATORS = "/._"
"""Signs between the name of a module, a block or a group and that of a layer in it."""


def name_within(name: str, around: str) -> str:
    """The name of a layer without that of the block or group around it, if any: "conv1" of "layer1.0.conv1"."""
    for sign in _SEPARATORS if around else "":
        head, sign_there, tail = name.partition(f"{around}{sign}")
        if sign_there and tail and (not head or head[-1] in _SEPARATORS):
            return tail
    return name


def quoted(name: str) -> str:
    """A name in quotes; of a long one the beginning and the end, as long names often differ only there."""
    return repr(name) if len(name) <= 2 * _KEPT else f"{repr(name[:_KEPT])[:-1]}…{repr(name[-_KEPT:])[1:]}"


def without_controls(text: str) -> str:
    """The text with a space for each control character."""
    return _HIDDEN.sub(" ", text)


def printable(text: str) -> str:
    """The text with the escape in JSON of each control character apart from line breaks and tabs."""
    # Line by line, as most lines need no search, which takes seconds for a table of megabytes.
    lines = (line if line.isprintable() else _HIDDEN.sub(_escaped, line) for line in text.split("\n"))
    return "\n".join(lines)


def _escaped(match: re.Match[str]) -> str:
    if match[0] == "\t":
        return match[0]
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
