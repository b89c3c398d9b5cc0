"""Parts of pyqtgraph's views that several views share: the canvas, its zoom and pan, and items that host painting."""

import pyqtgraph

pyqtgraph.setConfigOptions(imageAxisOrder="row-major", antialias=True, mouseRateLimit=0)
