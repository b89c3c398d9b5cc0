"""The texts of QActions: underlined letters, each only once in a menu; and what an action runs."""

from collections.abc import Callable, Iterable

from PySide6.QtGui import QAction

_SHORT = 3
"""Length up to which a text is the first to choose its letter; longer ones find another."""


def connect_action(action: QAction, run: Callable[[], object]) -> None:
    """Run this when the action is triggered. Qt's `checked` is ignored: the state determines it."""
    action.triggered.connect(lambda _checked: run())


def assign_mnemonics(actions: Iterable[QAction]) -> None:
    """Give each action without an underlined letter one of its own, if possible the first of a word."""
    entries = [action for action in actions if not action.isSeparator()]
    letters = {mnemonic_letter(action.text()) for action in entries}
    for action in sorted(entries, key=lambda action: len(action.text()) > _SHORT):
        text = action.text()
        if mnemonic_letter(text):
            continue
        starts = [at for at, sign in enumerate(text) if sign.isalnum() and (at == 0 or text[at - 1] == " ")]
        positions = [*starts, *(at for at, sign in enumerate(text) if sign.isalnum())]
        at = next((at for at in positions if text[at].lower() not in letters), None)
        if at is not None:
            letters.add(text[at].lower())
            action.setText(f"{text[:at]}&{text[at:]}")


def mnemonic_letter(text: str) -> str:
    """The underlined letter of a text; "" if it has none."""
    _, mark, rest = text.replace("&&", "").partition("&")
    return rest[:1].lower() if mark else ""


def plain_text(text: str) -> str:
    """A text without the marks of underlined letters."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")
