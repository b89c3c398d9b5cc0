"""Web pages that need nothing but themselves: elements whose texts are always escaped, and the page around them."""

import re
from collections.abc import Iterable
from html import escape

from engine.files.paths import RESOURCES
from engine.text.names import printable
from gui.theme import DARK, LIGHT, Theme

_VOID = frozenset({"br", "col", "img", "link", "meta", "source"})
"""Elements without an end tag."""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""What a browser may load and run: nothing but pictures within the page."""


class Markup(str):
    """HTML; any other text is escaped when it becomes part of it."""

    __slots__ = ()


Content = str | Iterable["Content"]
"""Text or markup, or several of them."""


def join(*content: Content) -> Markup:
    """The contents one after the other; control characters are shown as in JSON, since HTML forbids them."""
    parts = (
        part if isinstance(part, Markup) else escape(printable(part)) if isinstance(part, str) else join(*part)
        for part in content
    )
    return Markup("".join(parts))


def element(tag: str, *content: Content, **attributes: str | int | bool) -> Markup:
    """An element. Attributes that are False or "" are left out; ``class_`` and ``aria_label`` are written as usual."""
    words = [tag]
    for key, value in attributes.items():
        name = key.rstrip("_").replace("_", "-")
        if value is True:
            words.append(name)
        elif value is not False and value != "":
            words.append(f'{name}="{escape(printable(str(value)))}"')
    start = Markup(f"<{' '.join(words)}>")
    return start if tag in _VOID else Markup(f"{start}{join(*content)}</{tag}>")


def scroll_box(label: str, *content: Content) -> Markup:
    """A box that scrolls sideways by itself, also by keys, if its content is wider than the page."""
    return element("div", *content, class_="scroll", tabindex=0, role="region", aria_label=label)


def table(
    label: str, heads: Iterable[Content], bodies: Iterable[Iterable[Markup]], *, feet: Iterable[Markup] = ()
) -> Markup:
    """A table in a box that scrolls: a row of heads, groups of rows, and the rows at its end.

    Parameters
    ----------
    label
        What the table is, for screen readers.
    heads
        Texts, or cells made by `head_cell`.
    """
    cells = (head if isinstance(head, Markup) else head_cell(head) for head in heads)
    groups = [element("tbody", rows) for rows in bodies]
    feet = tuple(feet)
    foot = [element("tfoot", feet)] if feet else []
    return scroll_box(label, element("table", element("thead", element("tr", cells)), groups, foot))


def head_cell(text: Content, *, is_number: bool = False) -> Markup:
    return element("th", text, scope="col", class_="number" if is_number else "")


def data_cell(text: Content, *, is_number: bool = False, is_long: bool = False, title: str = "") -> Markup:
    """A data_cell of a row; `title` is shown as a tip."""
    return element("td", text, class_="number" if is_number else "long" if is_long else "", title=title)


def row_head(*content: Content, **attributes: str | int) -> Markup:
    """The data_cell that names its row."""
    return element("th", *content, scope="row", **attributes)


def swatch(colour_index: int) -> Markup:
    """A mark in the colour of a design; that of the stem is grey."""
    style = f"--mark:var(--design-{colour_index})" if colour_index >= 0 else ""
    return element("span", class_="swatch", style=style, aria_hidden="true")


def page(title: str, *content: Content, language: str = "en") -> bytes:
    """A whole page as the content of a file."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content="Convolume"),
        element("link", rel="icon", href="data:,"),
        element("title", title),
        Markup(f"<style>\n{_style()}</style>"),
    )
    body = element("body", element("main", *content))
    document = element("html", "\n", head, "\n", body, "\n", lang=language)
    return f"<!DOCTYPE html>\n{document}\n".encode()


def _style() -> str:
    """The style sheet, with the colours of both themes."""
    rules = (RESOURCES / "page.css").read_text(encoding="utf-8")
    dark = f"@media screen and (prefers-color-scheme: dark) {{\n:root {{ {_colours(DARK)} }}\n}}"
    return f":root {{ {_colours(LIGHT)} }}\n{dark}\n{re.sub(r'/[*].*?[*]/', '', rules, flags=re.DOTALL)}"


def _colours(theme: Theme) -> str:
    names = ("window", "base", "raised", "text", "muted", "grid", "accent", "error", "warning", "plain")
    colours = {name: getattr(theme, name) for name in names}
    colours |= {f"design-{index}": colour for index, colour in enumerate(theme.designs)}
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
