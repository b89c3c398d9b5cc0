"""The texts of QActions: underlined letters, each only once in a menu; and what an action runs."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from PySide6.QtGui import QAction

_SHORT = 3
"""Length up to which a text is the first to choose its letter; longer ones find another."""


def connect_action(action: QAction, run: Callable[[], object]) -> None:
    """Run this when the action is triggered. Qt's `checked` is ignored: the state determines it."""
    action.triggered.connect(lambda _checked: run())


def assign_mnemonics(actions: Iterable[QAction]) -> None:
    """Give each action without an underlined letter one of its own, if possible the first of a word."""
    entries = [action for action in actions if not action.isSeparator()]
    texts = tuple([action.text() for action in entries])
    for action, before, text in zip(entries, texts, _with_mnemonics(texts), strict=True):
        if text != before:
            action.setText(text)


@lru_cache(maxsize=256)
def _with_mnemonics(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Cached, as every window has the same menus."""
    letters, marked = {mnemonic_letter(text) for text in texts}, list(texts)
    for number in sorted(range(len(texts)), key=lambda number: len(texts[number]) > _SHORT):
        text = texts[number]
        if mnemonic_letter(text):
            continue
        starts = [at for at, sign in enumerate(text) if sign.isalnum() and (at == 0 or text[at - 1] == " ")]
        positions = [*starts, *(at for at, sign in enumerate(text) if sign.isalnum())]
        at = next((at for at in positions if text[at].lower() not in letters), None)
        if at is not None:
            letters.add(text[at].lower())
            marked[number] = f"{text[:at]}&{text[at:]}"
    return tuple(marked)


def mnemonic_letter(text: str) -> str:
    """The underlined letter of a text; "" if it has none."""
    _, mark, rest = text.replace("&&", "").partition("&")
    return rest[:1].lower() if mark else ""


def plain_text(text: str) -> str:
    """A text without the marks of underlined letters."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")
