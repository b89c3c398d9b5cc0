"""Texts with names as plain text in tool tips, which Qt would take for HTML if they look like it."""

from html import escape


def plain_tip(text: str | None) -> str:
    """The text of a tool tip that shows exactly this, also if it contains ``<b>`` or ``&amp;``."""
    if not text or not ("<" in text or "&" in text):
        return text or ""
    return f'<p style="white-space: pre-wrap">{escape(text)}</p>'
