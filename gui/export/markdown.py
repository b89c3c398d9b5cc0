"""Texts of lessons as HTML: Markdown without pictures and without HTML of their own; links lead only to the web."""

import re
from functools import cache
from typing import TYPE_CHECKING

from engine.text.names import printable
from gui.export.html import Markup, scroll_box

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_HEADINGS = 2
"""Levels by which headings of a text stand below those of the page."""
_LOWEST = 6
_TABLE = re.compile("<table>.*?</table>", re.DOTALL)


def markdown_html(text: str) -> Markup:
    """Paragraphs, lists, tables and code; a table has a box in which it scrolls."""
    tokens = _parser().parse(printable(text))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + _HEADINGS, _LOWEST)}"
    return Markup(_TABLE.sub(lambda match: scroll_box("Table", Markup(match[0])), _render(tokens)))


def inline_html(text: str) -> Markup:
    """A line: emphasis, code and links, without a paragraph."""
    return _render(_parser().parseInline(printable(text)))


def inline_text(text: str) -> str:
    """A line without its emphasis, code and links."""
    (line,) = _parser().parseInline(text)
    return "".join(token.content for token in line.children or ())


def _render(tokens: "list[Token]") -> Markup:
    parser = _parser()
    return Markup(parser.renderer.render(tokens, parser.options, {}))


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # a start of the window, which exports nothing, would wait for it

    parser = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False})
    parser.enable(["table", "strikethrough"]).disable("image")
    parser.validateLink = lambda url: url.startswith(("https://", "http://"))  # type: ignore[method-assign]
    return parser
