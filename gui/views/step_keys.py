"""Keys that step through the values of a volume."""

from PySide6.QtCore import Qt

from gui.state.focus_steps import FocusStep

KEY_STEPS: dict[int, FocusStep] = {
    Qt.Key.Key_Left: (0, 0, -1),
    Qt.Key.Key_Right: (0, 0, 1),
    Qt.Key.Key_Up: (0, -1, 0),
    Qt.Key.Key_Down: (0, 1, 0),
    Qt.Key.Key_PageUp: (-1, 0, 0),
    Qt.Key.Key_PageDown: (1, 0, 0),
}
