"""The theme: that of the desktop, live, until a person chooses one."""

from collections.abc import Iterator
from functools import cache, partial
from typing import Literal

from msgspec.structs import replace
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication

from gui.state.look import ThemeName
from gui.window.menu_entry import MenuEntry
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench

_Choice = Literal["system", "light", "dark"]
_KEY = "look/theme"
_CHOICES: tuple[tuple[_Choice, str, str], ...] = (
    ("system", "As the system", "Light or dark as the desktop, also when that changes"),
    ("light", "Light", ""),
    ("dark", "Dark", ""),
)
_OF_SCHEMES: dict[Qt.ColorScheme, ThemeName] = {Qt.ColorScheme.Light: "light", Qt.ColorScheme.Dark: "dark"}


@cache
def theme_at_start() -> ThemeName:
    """The theme of the palette of the desktop; first called before the program has set its own."""
    return "dark" if QGuiApplication.palette().window().color().lightness() < 128 else "light"


def first_theme(settings: Settings) -> ThemeName:
    """The theme to start with."""
    return _theme_of(_stored_choice(settings))


def _stored_choice(settings: Settings) -> _Choice:
    text = settings.text(_KEY, "system", tuple(name for name, *_ in _CHOICES))
    return next(name for name, *_ in _CHOICES if name == text)


def _theme_of(choice: _Choice) -> ThemeName:
    """The theme of a choice; not every desktop has a colour scheme, but all have a palette."""
    if choice == "system":
        return _OF_SCHEMES.get(QGuiApplication.styleHints().colorScheme(), theme_at_start())
    return choice


class ThemeChoice(QObject):
    """Follows the desktop, and stores what a person chooses."""

    def __init__(self, workbench: Workbench, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._settings = settings
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_colour_scheme_changed)

    def entries(self) -> Iterator[MenuEntry]:
        """The themes to choose from."""
        for choice, text, tip in _CHOICES:
            yield MenuEntry(text, partial(self.choose, choice), tip, checked=choice == _stored_choice(self._settings))

    def choose(self, choice: _Choice) -> None:
        """Show a theme, or that of the desktop, from now on."""
        self._settings.set(_KEY, choice)
        self._show(_theme_of(choice))

    def toggle(self) -> None:
        """Choose the other theme."""
        self.choose("light" if self._workbench.state.look.theme == "dark" else "dark")

    def _on_colour_scheme_changed(self, scheme: Qt.ColorScheme) -> None:
        if _stored_choice(self._settings) == "system":
            self._show(_OF_SCHEMES.get(scheme, theme_at_start()))

    def _show(self, theme: ThemeName) -> None:
        self._workbench.set_look(replace(self._workbench.state.look, theme=theme))
