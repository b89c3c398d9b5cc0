"""The workspaces of the window: which one is present, and the layout that a person has given each of them."""

from collections.abc import Callable, Iterator
from typing import Literal
from zlib import crc32

from msgspec import Struct
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMainWindow

from gui.catalogue.panels import PANELS
from gui.catalogue.views import VIEWS
from gui.catalogue.workspaces import WORKSPACES, Arrangement, workspace_for, workspace_row
from gui.window.docks import CENTRE_VIEWS, Docks
from gui.window.settings import Settings

_DOCK_IDS = " ".join(row.id for row in (*PANELS, *VIEWS))
LAYOUT_VERSION = crc32(f"5 {_DOCK_IDS}".encode()) % 2**31
"""Layouts saved by another version, or with other docks, are not restored."""
_WIDE = 1200
"""Width of a window below which docks share places as tabs, before it is scaled by the size of the text."""
_BESIDE = 340
"""Width that the panel of a lesson takes from the docks, while their arrangement is borrowed."""
_NORMAL_TEXT = 15
"""Height in pixels of a line of text of the usual size."""
ArrangementKind = Literal["wide", "narrow", "own"]
"""The arrangement of the catalogue that a layout still is, or a person's own."""


class Workspace(Struct, frozen=True):
    """A workspace of the catalogue, or one that a person has saved."""

    id: str
    title: str
    tip: str
    is_saved: bool = False


class Workspaces(QObject):
    """Switches between workspaces; each keeps its layout, which is stored at once.

    Parameters
    ----------
    settings
        Where layouts are stored.
    """

    changed = Signal()
    """The list of workspaces, or which of them is present."""

    def __init__(self, window: QMainWindow, docks: Docks, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._docks = docks
        self._settings = settings
        self._arranged: ArrangementKind = "wide"
        """The arrangement that the docks were put in last."""
        self._is_own = False
        """Whether a person has moved docks since."""
        self._is_shown = False
        self._borrowed: Callable[[ArrangementKind], Arrangement] | None = None
        """Makes the arrangement that the window has for a while instead of a workspace, by its size."""
        ids = [workspace.id for workspace in self.all()]
        self._present = settings.text("workspaces/present", ids[0], ids)

    # The list

    def all(self) -> Iterator[Workspace]:
        """All workspaces in order: those of the catalogue, then the saved ones."""
        for row in WORKSPACES:
            yield Workspace(row.id, row.title, row.tip)
        for line in self._settings.text("workspaces/saved").splitlines():
            workspace_id, _, title = line.partition("=")
            if workspace_id and title:
                yield Workspace(workspace_id, title, "A workspace of your own", is_saved=True)

    @property
    def present(self) -> Workspace:
        return next(workspace for workspace in self.all() if workspace.id == self._present)

    def name_refusal(self, title: str, renamed: str = "") -> str:
        """Why a workspace cannot have this title; "" if it can."""
        others = {other.title.casefold() for other in self.all() if other.id != renamed}
        if not title.strip():
            return "A workspace needs a name"
        return f"There is a workspace named {title.strip()}" if title.strip().casefold() in others else ""

    def save_as(self, title: str) -> None:
        """Save the present layout as a workspace of its own, and switch to it."""
        ids = {workspace.id for workspace in self.all()}
        new = next(name for number in range(1, len(ids) + 2) if (name := f"saved{number}") not in ids)
        self.store()
        self._set_saved([*self._saved(), Workspace(new, title.strip(), "", is_saved=True)])
        self._present, self._is_own, self._borrowed = new, True, None
        self._store_as(new, "first_")
        self.store()
        self.changed.emit()

    def rename(self, title: str) -> None:
        """Rename the present workspace, a saved one."""
        new = Workspace(self._present, title.strip(), "", is_saved=True)
        self._set_saved([new if workspace.id == self._present else workspace for workspace in self._saved()])
        self.changed.emit()

    def remove(self) -> None:
        """Remove the present workspace, a saved one, and switch to the default."""
        removed = self._present
        self.switch_to(WORKSPACES[0].id)
        self._set_saved([workspace for workspace in self._saved() if workspace.id != removed])
        self._settings.remove(f"workspaces/{removed}")
        self.changed.emit()

    def _saved(self) -> list[Workspace]:
        return [workspace for workspace in self.all() if workspace.is_saved]

    def _set_saved(self, saved: list[Workspace]) -> None:
        self._settings.set("workspaces/saved", "\n".join(f"{one.id}={one.title}" for one in saved))

    # Switching

    def switch_to(self, workspace_id: str) -> None:
        """Store the present layout, and show that of another workspace."""
        if workspace_id != self._present or self.is_borrowed:
            self.store()
            self._borrowed = None
            self._present = workspace_id
            self._settings.set("workspaces/present", workspace_id)
            self._load(workspace_id)
        self.changed.emit()

    def open_for(self, part_id: str) -> None:
        """Bring a panel or view to the front; if it is closed, in the workspace that is made for it, if any."""
        row = workspace_for(part_id)
        if row is not None and not self.is_borrowed and not self._docks.is_open(part_id):
            self.switch_to(row.id)
        self._docks.bring_forward(part_id)

    def reset(self) -> None:
        """Arrange the present workspace as it was at first."""
        if self.is_borrowed or not self._restore(self._present, "first_"):
            self._arrange(self._size)
        self.store()

    @property
    def is_borrowed(self) -> bool:
        """Whether the window has another arrangement for a while, which is not stored."""
        return self._borrowed is not None

    def borrow(self, arrangement: Callable[[ArrangementKind], Arrangement]) -> None:
        """Store the present layout, and show another arrangement until it is given back or a person switches.

        Parameters
        ----------
        arrangement
            Makes it for the size of the window.
        """
        self.store()
        is_same = self._is_arranged_as(arrangement)
        self._borrowed = arrangement
        if self._is_shown and is_same:
            self._docks.show_first_tabs(arrangement(self._size))
        elif self._is_shown:
            self._arrange(self._size)
        self.changed.emit()

    def _is_arranged_as(self, arrangement: Callable[[ArrangementKind], Arrangement]) -> bool:
        """Whether the docks are as another arrangement would put them, which would take what is scrolled with it."""
        if self._borrowed is None or self._is_own or self._arranged != self._size:
            return False
        aim = arrangement(self._size)
        opened = {*self._docks.visible_ids, *self._docks.centre_ids}
        return aim == self._borrowed(self._size) and opened == {tab for p in aim.places for tab in p.tabs}

    def give_back(self) -> None:
        """Show the layout of the present workspace again."""
        if self.is_borrowed:
            self._borrowed = None
            if self._is_shown:
                self._load(self._present)
            self.changed.emit()

    def complete(self) -> None:
        """Finish the layout as the window is shown: only now are the sizes known."""
        if self._is_shown:
            return
        self._is_shown = True
        if self.is_borrowed:
            self._arrange(self._size)
        else:
            self._load(self._present)

    def fit_size(self) -> None:
        """Arrange the docks again after the window has become wide or narrow, unless a person has moved them."""
        if not self._is_shown or self._arranged == self._size or self._kind == "own":
            return
        arranged_tabs = {tab for place in self._arrangement(self._arranged).places for tab in place.tabs}
        visible, centre = set(self._docks.visible_ids), self._docks.centre_ids
        self._arrange(self._size, opened=visible - arranged_tabs, closed=(arranged_tabs - visible) - set(CENTRE_VIEWS))
        self._docks.show_centre(centre)

    @property
    def _text_scale(self) -> float:
        """The height of the text by its usual one, but not less than 1."""
        return max(1.0, self._window.fontMetrics().height() / _NORMAL_TEXT)

    @property
    def _size(self) -> ArrangementKind:
        least = _WIDE + (_BESIDE if self.is_borrowed else 0)
        return "wide" if self._window.width() >= least * self._text_scale else "narrow"

    @property
    def _kind(self) -> ArrangementKind:
        return "own" if self._is_own else self._arranged

    def own(self) -> None:
        """A person has moved a dock: the layout is no longer that of the catalogue."""
        self._is_own = True

    def _arrangement(self, kind: ArrangementKind) -> Arrangement:
        if self._borrowed is not None:
            return self._borrowed(kind)
        row = workspace_row(self._present)
        return row.wide if kind == "wide" else row.narrow

    def _arrange(
        self, kind: ArrangementKind, *, opened: set[str] | None = None, closed: set[str] | None = None
    ) -> None:
        self._docks.arrange(self._arrangement(kind), opened=opened or (), closed=closed or ())
        self._arranged, self._is_own = kind, False
        self._docks.share_space(self._text_scale)

    def _load(self, workspace_id: str) -> None:
        """Restore the stored layout of a workspace, if it still fits the window, else arrange it."""
        stored = self._settings.text(f"workspaces/{workspace_id}/arranged")
        if stored not in ("own", self._size) or not self._restore(workspace_id):
            self._arrange(self._size)

    # Storing

    def store(self) -> None:
        """Store the layout of the present workspace, unless it is another one for a while."""
        if self._is_shown and not self.is_borrowed:
            self._settings.set("workspaces/present", self._present)
            self._store_as(self._present)

    def _store_as(self, workspace_id: str, prefix: str = "") -> None:
        places = self._docks.save(LAYOUT_VERSION)
        for key, value in (
            ("arranged", self._kind),
            (f"{prefix}places", places),
            (f"{prefix}checksum", str(crc32(places.data()))),
            (f"{prefix}centre", " ".join(self._docks.centre_ids)),
            ("version", str(LAYOUT_VERSION)),
        ):
            self._settings.set(f"workspaces/{workspace_id}/{key}", value)

    def _restore(self, workspace_id: str, prefix: str = "") -> bool:
        """Restore the stored places of docks, toolbars and views; returns whether there are any, of this version."""
        group = f"workspaces/{workspace_id}"
        if self._settings.text(f"{group}/version") != str(LAYOUT_VERSION):
            return False
        places = self._settings.data(f"{group}/{prefix}places")
        if places is None:
            return False
        words = self._settings.text(f"{group}/{prefix}centre").split()
        centre_ids = [word for word in words if word in CENTRE_VIEWS]
        # Qt crashes with some damaged layouts.
        is_whole = self._settings.text(f"{group}/{prefix}checksum") == str(crc32(places.data()))
        if not is_whole or not self._docks.restore(self._arrangement(self._size), centre_ids, places, LAYOUT_VERSION):
            self._settings.reject(f"{group}/{prefix}places")
            return False
        self._arranged = self._size
        self._is_own = self._settings.text(f"{group}/arranged") == "own"
        return True
