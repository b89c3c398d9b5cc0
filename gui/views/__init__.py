"""Views: widgets that draw a state or list it in a table, and report what the user requests."""

from gui.qt_mirror import mirror_qt_lazily

mirror_qt_lazily()  # before a view imports pyqtgraph
