"""One mosaic of the canvas: a zoom box with the image of its tiles, and an overlay with the marks."""

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsScene

from gui.graphics.painted_item import PaintedItem
from gui.graphics.zoom import Zoom
from gui.graphics.zoom_box import ZoomBox
from gui.paint.maps.mosaic_panels import MosaicPanel
from gui.paint.maps.panel_drawing import draw_panel_marks, marks_rect, panel_opacity
from gui.paint.maps.tile_grid import Projection, project_grid
from gui.state.focus import Focus
from gui.theme import Theme
from gui.views.tiles_item import TilesItem


class MosaicFrame:
    """The maps of one panel.

    The overlay lies in the scene rather than in the box: it is painted in pixels, with the function that files use,
    and the frame of a selected map reaches beyond the maps.
    """

    def __init__(self, scene: QGraphicsScene) -> None:
        self.box = ZoomBox(from_corner=True)
        self.projection: Projection | None = None
        """The grid on the screen; None without maps."""
        self._tiles = TilesItem()
        self._marks = PaintedItem(self._paint_marks)
        self._panel: MosaicPanel | None = None
        self._focus = Focus()
        self._text_size = 0.0
        self._theme: Theme | None = None
        self.box.setFlag(self.box.GraphicsItemFlag.ItemClipsChildrenToShape, False)  # the tiles clip themselves
        self.box.addItem(self._tiles, ignoreBounds=True)
        scene.addItem(self.box)
        scene.addItem(self._marks)

    @property
    def true_size_zoom(self) -> float:
        """The magnification at which a value is one pixel wide."""
        assert self.projection is not None
        return 1 / (self.box.fitted_scale * self.projection.grid.repeat)

    def place(self, fitted: Projection | None, zoom: Zoom) -> None:
        """Move the box to where a fitted grid is laid out, and show the part of it that a zoom names."""
        if fitted is not None:
            self.box.setGeometry(fitted.rect)
            self.box.set_whole(fitted.grid.rect)
            if self.box.zoom != zoom:
                self.box.zoom = zoom
                self.box.apply_zoom()
        self.projection = fitted
        for item in (self.box, self._marks):
            item.setVisible(fitted is not None)

    def show_panel(self, panel: MosaicPanel, focus: Focus, text_size: float, density: float, theme: Theme) -> None:
        """Show the visible maps of a panel.

        Parameters
        ----------
        density
            Device pixels per pixel of the screen.
        """
        if self.projection is None or panel.tiles is None:
            return
        self._panel, self._focus, self._text_size, self._theme = panel, focus, text_size, theme
        self.projection = project_grid(self.projection.grid, self.projection.rect, self.box.viewRect())
        self._tiles.show_tiles(panel.tiles, self.projection, density, theme.plain)
        self._tiles.setOpacity(panel_opacity(panel))
        self._marks.set_rect(marks_rect(self.projection))

    def _paint_marks(self, painter: QPainter) -> None:
        if self._panel is not None and self.projection is not None and self._theme is not None:
            draw_panel_marks(painter, self.projection, self._panel, self._focus, self._text_size, self._theme)
