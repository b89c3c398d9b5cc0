"""Parts of pyqtgraph's views that several views share: the canvas, its zoom and pan, and items that host painting."""

from gui.qt_mirror import mirror_qt_lazily

mirror_qt_lazily()

import pyqtgraph  # noqa: E402 (after its mirror of Qt)

pyqtgraph.setConfigOptions(imageAxisOrder="row-major", antialias=True, mouseRateLimit=0)
