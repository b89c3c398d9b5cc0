"""Makes pyqtgraph's mirror of Qt quick to import: without it, pyqtgraph makes every class of Qt at once."""

import sys
from inspect import currentframe
from types import ModuleType

_MIRRORS = ("QtCore", "QtGui", "QtWidgets")


class _Mirror(ModuleType):
    """Takes each name from the module of PySide6 when it is first used, as PySide6 itself makes its classes.

    pyqtgraph copies all names that a mirror does not have yet, so it has them all while it is asked for that.
    """

    def __getattr__(self, name: str) -> object:
        frame = currentframe()
        caller = None if frame is None else frame.f_back
        if caller is not None and caller.f_code.co_name == "_copy_attrs":
            return None
        value: object = getattr(sys.modules[f"PySide6.{self.__name__.rpartition('.')[2]}"], name)
        setattr(self, name, value)
        return value


def mirror_qt_lazily() -> None:
    """Prepare the import of pyqtgraph, which then takes 0.6 times as long; without effect once it is imported."""
    if "pyqtgraph.Qt" not in sys.modules:
        for name in _MIRRORS:
            sys.modules.setdefault(f"pyqtgraph.Qt.{name}", _Mirror(f"pyqtgraph.Qt.{name}"))
