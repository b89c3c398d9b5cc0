"""A strict reading of our web pages: their elements, texts and tables; anything that is not well formed is an error."""

from html.parser import HTMLParser

VOID = {"br", "col", "hr", "img", "link", "meta", "source"}
INLINE_ONLY = {"p", "h1", "h2", "h3", "figcaption", "summary"}
"""Elements that end by themselves before a block, so that one within them would break the page."""
BLOCKS = {"div", "p", "ul", "ol", "table", "figure", "section", "details", "pre", "h1", "h2", "h3", "dl"}
URL_ATTRIBUTES = {"href", "src", "srcset", "action", "data", "poster", "background", "cite", "formaction"}


class Page(HTMLParser):
    """The parsed page; AssertionError at the first element that is not closed or not allowed at its place."""

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.urls: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.texts: list[tuple[str, str]] = []
        """(the innermost element, text)."""
        self.feed(content.decode("utf-8"))
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        assert not any(name.startswith("on") for name in names)
        assert not (tag in BLOCKS and INLINE_ONLY & set(self.open)), (tag, self.open)
        self.elements.append((tag, dict(attrs)))
        self.urls += [value or "" for name, value in attrs if name in URL_ATTRIBUTES]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))
        if "table" in self.open and ("td" in self.open or "th" in self.open):
            self.tables[-1][-1][-1] += data

    def text_of(self, tag: str) -> list[str]:
        """The texts directly in elements of that name."""
        return [text for element, text in self.texts if element == tag]

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def with_id(self, element_id: str) -> dict[str, str | None]:
        (attributes,) = (attributes for _, attributes in self.elements if attributes.get("id") == element_id)
        return attributes
