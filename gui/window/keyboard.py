"""The keyboard in the window: F6 goes from panel to panel, Tab in reading order through all of them and the toolbar."""

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from gui.widgets.focus_mark import FocusMark
from gui.widgets.tab_order import chain_tab_order, focus_entry, focusable_in_reading_order, focusable_widgets
from gui.window.banners import BannerArea
from gui.window.docks import Docks
from gui.window.start_host import StartHost
from gui.window.toolbar import Toolbar


class _Stop(NamedTuple):
    """A part of the window that F6 goes to, and what gets the focus there."""

    part: QWidget
    target: QWidget


class Keyboard:
    """Moves the focus between the parts of a window."""

    def __init__(
        self,
        window: QMainWindow,
        docks: Docks,
        toolbar: Toolbar,
        banners: BannerArea,
        start: StartHost,
    ) -> None:
        self._window = window
        self._docks = docks
        self._beside: list[QWidget] = []
        """What is at the left of the docks, in every layout of them."""
        self._toolbar = toolbar
        self._banners = banners
        self._start = start
        self._mark = FocusMark(window)
        self._chained: tuple[QWidget | None, int, int] = None, 0, 0
        """The frame of docks, the number of its tab bars and that of what is beside it, whose order Tab follows.

        Qt deletes bars, so none is kept.
        """

    def add_beside(self, part: QWidget) -> None:
        """Include a part at the left of the docks."""
        self._beside.append(part)
        self.forget_chain()

    def step(self, by: int) -> None:
        """Go to the next part, or to the one before."""
        stops, focused = sorted(self._stops(), key=self._place), QApplication.focusWidget()
        at = next((index for index, stop in enumerate(stops) if _contains(stop.part, focused)), -1 if by > 0 else 0)
        if stops:
            self._mark.begin()
            stops[(at + by) % len(stops)].target.setFocus(Qt.FocusReason.TabFocusReason)

    def _place(self, stop: _Stop) -> tuple[int, int]:
        """Where a part begins: columns from left to right, each from top to bottom."""
        at = stop.part.mapTo(self._window, QPoint(0, 0)) if self._window.isAncestorOf(stop.part) else QPoint()
        return at.x(), at.y()

    def _stops(self) -> Iterator[_Stop]:
        if self._toolbar.isVisible():
            yield _Stop(self._toolbar, self._toolbar.entry)
        if self._banners.buttons:
            yield _Stop(self._banners, self._banners.buttons[0])
        for part in (*self._beside, *self._docks.contents.values(), self._start.page):
            target = None if part is None else focus_entry(part)
            if part is not None and part.isEnabled() and target is not None:
                yield _Stop(part, target)
        for bar in self._docks.tab_bars:
            if bar.isVisible() and bar.isEnabled() and sum(map(bar.isTabVisible, range(bar.count()))) > 1:
                yield _Stop(bar, bar)

    def tab(self, forward: bool) -> bool:
        """Go on from the end of the chain to banners, toolbar and the first panel; returns whether it was there.

        Focus proxies would lead Qt on within a form.
        """
        self._mark.begin()
        beside = focusable_widgets(self._beside)
        chain, key = [*beside, *self._chain()], (self._docks.frame, len(self._docks.tab_bars), len(beside))
        if self._chained != key:
            self._chained = key
            chain_tab_order([*self._toolbar.buttons, *chain])
        if not forward:
            return False
        visible = [widget for widget in chain if widget.isVisible() and widget.isEnabled()]
        ring = [*visible[-1:], *self._banners.buttons, self._toolbar.entry, *visible[:1]]
        focused = QApplication.focusWidget()
        if focused not in ring[:-1]:
            return False
        ring[ring.index(focused) + 1].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def forget_chain(self) -> None:
        """Chain the widgets anew at the next Tab: there are more of them."""
        self._chained = None, 0, 0

    def _chain(self) -> list[QWidget]:
        """All that Tab goes to in panels and views, in the order of their table; each tab bar after what is in it."""
        chain: list[QWidget] = []
        docks, centre = self._docks, self._docks.centre
        titles = {bar: {bar.tabText(index) for index in range(bar.count())} for bar in docks.frame.tab_bars}
        for part_id, content in docks.contents.items():
            if content is centre.widget(0):
                chain.append(centre.tabBar())
            chain += focusable_in_reading_order(content)
            title = docks[part_id].windowTitle() if part_id in docks else ""
            for bar in [bar for bar in titles if title in titles[bar]]:
                titles[bar].remove(title)
                if not titles[bar]:
                    chain.append(bar)
        return chain


def _contains(part: QWidget, widget: QWidget | None) -> bool:
    return widget is not None and (part is widget or part.isAncestorOf(widget))
