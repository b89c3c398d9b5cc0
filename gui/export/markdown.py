"""Texts of lessons as HTML: Markdown without pictures and without HTML of their own; links lead only to the web."""

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from engine.text.names import printable
from gui.export.html import Markup

_HEADINGS = 2
"""Levels by which headings of a text stand below those of the page."""
_LOWEST = 6


def markdown_html(text: str) -> Markup:
    """Paragraphs, lists, tables and code."""
    tokens = _parser().parse(printable(text))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + _HEADINGS, _LOWEST)}"
    return _render(tokens)


def inline_html(text: str) -> Markup:
    """A line: emphasis, code and links, without a paragraph."""
    return _render(_parser().parseInline(printable(text)))


def _render(tokens: list[Token]) -> Markup:
    parser = _parser()
    return Markup(parser.renderer.render(tokens, parser.options, {}))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False})
    parser.enable(["table", "strikethrough"]).disable("image")
    parser.validateLink = lambda url: url.startswith(("https://", "http://"))  # type: ignore[method-assign]
    return parser
