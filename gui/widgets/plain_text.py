"""Texts with names as plain text, which Qt would take for HTML in tool tips, and for underlined letters in menus."""

from html import escape


def plain_tip(text: str | None) -> str:
    """The text of a tool tip that shows exactly this, also if it contains ``<b>`` or ``&amp;``."""
    if not text or not ("<" in text or "&" in text):
        return text or ""
    return f'<p style="white-space: pre-wrap">{escape(text)}</p>'


def plain_label(text: str) -> str:
    """The label of a menu, a command or a button that shows exactly this, also if it contains ``&``."""
    return text.replace("&", "&&")
