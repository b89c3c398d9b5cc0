"""Parts of pyqtgraph's views that several views share: the canvas, its zoom and pan, and items that host painting."""
