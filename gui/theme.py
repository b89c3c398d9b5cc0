"""Colours and fonts of the light and the dark theme, for the screen and for exported files."""

from msgspec import Struct
from PySide6.QtGui import QColor, QFont, QPalette

# Okabe and Ito's colours, which colour-blind people can tell apart; darkened or lightened for contrast with text.
_DESIGNS_LIGHT = ("#0072b2", "#c44e00", "#007a5a", "#a03f7f", "#8a6d00", "#2a7fb8", "#555555")
_DESIGNS_DARK = ("#56b4e9", "#f0913a", "#2fc49a", "#dd8fbf", "#f0e442", "#8ec7f0", "#bbbbbb")


class Theme(Struct, frozen=True):
    """A named set of colours, each as "#rrggbb"."""

    name: str
    window: str
    base: str
    raised: str
    text: str
    muted: str
    grid: str
    accent: str
    error: str
    warning: str
    edge: str
    """Outlines of boxes, and marks on maps."""
    pool: str
    frame: str
    """Frames of fields and check boxes, before Fusion darkens them."""
    plain: str
    """Faces of boxes without values."""
    designs: tuple[str, ...]

    def design(self, index: int) -> str:
        """Return the colour of designs with that index."""
        return self.designs[index % len(self.designs)]


LIGHT = Theme(
    name="light",
    window="#f3f4f6",
    base="#fcfcfd",
    raised="#ffffff",
    text="#1b1f24",
    muted="#59626d",
    grid="#d5d9df",
    accent="#0a66c2",
    error="#b3261e",
    warning="#8a5a00",
    edge="#23272e",
    pool="#7a5195",
    frame="#c9cfd7",
    plain="#dfe3e9",
    designs=_DESIGNS_LIGHT,
)
DARK = Theme(
    name="dark",
    window="#1f2226",
    base="#17191c",
    raised="#2a2e34",
    text="#e8eaed",
    muted="#a2aab4",
    grid="#3b4149",
    accent="#5aa9ff",
    error="#ff8a80",
    warning="#ffca66",
    edge="#0b0c0e",
    pool="#c39bd8",
    frame="#b4bcc6",
    plain="#3a4048",
    designs=_DESIGNS_DARK,
)
THEMES: dict[str, Theme] = {theme.name: theme for theme in (LIGHT, DARK)}

FIELDS = ("QLineEdit", "QAbstractSpinBox", "QComboBox", "QCheckBox", "QRadioButton", "QListWidget")
"""Widget classes whose frames must stay visible."""

_FONT_FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans")


def font(pixels: float, *, bold: bool = False) -> QFont:
    """Return a text font. Its size is in pixels, so that figures look the same on every screen."""
    result = QFont()
    result.setFamilies(list(_FONT_FAMILIES))
    result.setPixelSize(max(1, round(pixels)))
    result.setBold(bold)
    return result


def palette(theme: Theme) -> QPalette:
    """Return Fusion's palette in the theme's colours; not every platform has a colour scheme of its own."""
    roles = QPalette.ColorRole
    colours = {
        roles.Window: theme.window,
        roles.WindowText: theme.text,
        roles.Base: theme.base,
        roles.AlternateBase: theme.window,
        roles.ToolTipBase: theme.raised,
        roles.ToolTipText: theme.text,
        roles.PlaceholderText: theme.muted,
        roles.Text: theme.text,
        roles.Button: theme.raised,
        roles.ButtonText: theme.text,
        roles.BrightText: theme.error,
        roles.Link: theme.accent,
        roles.Highlight: theme.accent,
        roles.HighlightedText: theme.base,
        roles.Light: theme.raised,
        roles.Midlight: theme.grid,
        roles.Mid: theme.grid,
        roles.Dark: theme.muted,
        roles.Shadow: theme.edge,
        roles.Accent: theme.accent,
    }
    result = QPalette()
    for role, colour in colours.items():
        result.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText, roles.PlaceholderText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.muted))
    return result


def field_palette(theme: Theme) -> QPalette:
    """Return the palette of `FIELDS`. Fusion draws their frames darker than the window: invisible in the dark theme."""
    result = palette(theme)
    result.setColor(QPalette.ColorRole.Window, QColor(theme.frame))
    return result
