"""The window of the manual, opened at the page about a panel or view."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from gui.catalogue.panels import PANELS
from gui.catalogue.views import VIEWS
from gui.widgets.manual_pages import MANUAL, START

if TYPE_CHECKING:
    from gui.widgets.manual_reader import ManualReader

_PAGES = {row.id: row.manual_page for row in (*PANELS, *VIEWS)} | {"lesson": "lessons"}


class Manual:
    """The reader, created when it is first opened."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent
        self.reader: ManualReader | None = None

    def open_at(self, page: Path) -> None:
        if self.reader is None:
            from gui.widgets.manual_reader import ManualReader  # here, as the start of the window has no time for it

            self.reader = ManualReader(self._parent)
        self.reader.show_page(page)
        self.reader.show()
        self.reader.raise_()
        self.reader.activateWindow()

    def close_down(self) -> None:
        """Close together with the main window: an open manual would keep the program running."""
        if self.reader is not None:
            self.reader.close()


def page_about(part_id: str) -> Path:
    """The page about a panel or view; the start page for ""."""
    return MANUAL / f"{_PAGES[part_id]}.md" if part_id else START
