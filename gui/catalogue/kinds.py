"""How menus group the kinds of layers, so that none is longer than a screen. No Qt here."""

from engine.layers import LAYERS, Layer
from engine.layers.base import Role

_TITLES: dict[Role, str] = {
    "weights": "",
    "join": "",
    "resampling": "Pooling or size",
    "elementwise": "Function or norm",
}

KIND_GROUPS: tuple[tuple[str, tuple[type[Layer], ...]], ...] = tuple(
    (title, tuple(kind for kind in LAYERS if kind.role == role)) for role, title in _TITLES.items()
)
"""(title of a submenu, its kinds); without a title, they are in the menu itself."""
