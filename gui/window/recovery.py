"""Offers the unsaved edits of windows that have crashed, each with its title, its time and a picture."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import QObject, QStandardPaths
from PySide6.QtGui import QImage

from engine.kernels import Checkpoint
from engine.run.check import check
from engine.text.moments import moment_text
from gui.export.project_pictures import thumbnail_image
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.window.banners import Banner
from gui.window.main_window import MainWindow
from gui.workbench.journal import Journal
from gui.workbench.journal_file import JournalFile, LostWork, claim_journals
from gui.workbench.journal_format import JournalFault
from gui.worker import Worker

_PICTURE, _PIXELS = (192, 128), 2
"""Size of a picture, with so many pixels for each one of a usual screen."""


def state_folder() -> Path:
    """Where all windows keep what is to outlive them."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.StateLocation))


class _Offer(Struct, frozen=True, eq=False):
    """What a crashed window has left: its file, which this window has claimed."""

    file: JournalFile
    work: LostWork
    picture: QImage | None


class _Unreadable(Struct, frozen=True):
    path: Path
    """Where the journal is now."""
    reason: str


class Recovery(QObject):
    """Looks for lost work in the background, and offers one after another in a banner, the latest first.

    Nothing is deleted before it is saved or declined: what is restored goes on in its own journal, and what is neither
    restored nor declined is offered by the next window.
    """

    def __init__(self, window: MainWindow, journal: Journal, folder: Path) -> None:
        super().__init__(window)
        self._window = window
        self._journal = journal
        self._folder = folder
        self._offers: list[_Offer] = []
        self._count = 0
        """Number of all offers so far."""
        self._banner: Banner | None = None
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)
        journal.failed.connect(self._on_journal_failed)
        window.closed.connect(self.close)

    def begin(self) -> None:
        """Look for lost work."""
        folder, look = self._folder, self._window.workbench.state.look
        self._worker.start(lambda checkpoint: _find(folder, look, checkpoint))

    def close(self) -> None:
        """Leave what is not answered to the next window, and end the journal of this one."""
        self._worker.close()
        for offer in self._offers:
            offer.file.release()
        self._offers.clear()
        self._journal.close()

    def _on_worker_reported(self, found: _Offer | _Unreadable) -> None:
        if isinstance(found, _Offer):
            self._offers.append(found)
            self._count += 1
            return
        text = f"{found.reason}. It is kept as {found.path}, and not offered again."
        self._say("The journal of a window that has crashed cannot be read", text[:1].upper() + text[1:])

    def _on_worker_ended(self, error: Exception | None) -> None:
        if error is not None:
            raise error
        self._show_offer()

    def _on_journal_failed(self, reason: str) -> None:
        text = f"Writing to {self._folder} fails: {reason}. Save more often."
        self._say("Unsaved edits would be lost in a crash", text)

    def _say(self, title: str, text: str) -> None:
        area = self._window.banners
        banner = Banner(title, text, (("OK", lambda: area.remove(banner)),))
        area.add(banner)

    def _show_offer(self) -> None:
        """Show the first of the offers that are not answered."""
        if self._banner is not None:
            self._window.banners.remove(self._banner)
        self._banner = None
        if not self._offers:
            return
        offer = self._offers[0]
        number = self._count - len(self._offers) + 1
        self._banner = Banner(
            _title(offer.work, f" ({number} of {self._count})" if self._count > 1 else ""),
            _details(offer.work),
            (
                ("Restore", partial(self._restore, offer)),
                ("Later", partial(self._postpone, offer)),
                ("Discard", partial(self._decline, offer)),
            ),
            offer.picture,
        )
        tips = "Go on where the crash was, with all undo steps", "Ask again at the next start", "Delete these edits"
        for button, tip in zip(self._banner.buttons.values(), tips, strict=True):
            button.setToolTip(tip)
        self._window.banners.add(self._banner)

    def _restore(self, offer: _Offer) -> None:
        if not self._window.files.may_discard():
            return
        self._offers.remove(offer)
        self._window.workbench.restore(offer.work.history)
        self._journal.adopt(offer.file)
        self._show_offer()

    def _postpone(self, offer: _Offer) -> None:
        self._offers.remove(offer)
        offer.file.release()
        self._show_offer()

    def _decline(self, offer: _Offer) -> None:
        self._offers.remove(offer)
        self._journal.discard(offer.file)
        self._show_offer()


def _find(folder: Path, look: Look, checkpoint: Checkpoint) -> Iterator[_Offer | _Unreadable]:
    """In the thread: claim every journal that no window has, and read it."""
    for file in claim_journals(folder):
        try:
            checkpoint()
            work = file.read()
        except JournalFault as fault:
            yield _Unreadable(file.set_aside(), str(fault))
        except BaseException:
            file.release()
            raise
        else:
            yield _Offer(file, work, _paint(work, look))


def _paint(work: LostWork, look: Look) -> QImage | None:
    """A picture of the project; None if it cannot be painted, which must not cost anyone the project itself."""
    project, focus = work.history.current.project, work.history.current.focus
    try:
        return thumbnail_image(ViewState(project, check(project), RunView(), focus, look), *_PICTURE, _PIXELS)
    except Exception:
        return None


def _title(work: LostWork, number: str) -> str:
    history = work.history
    name = history.path.name if history.path else history.current.project.title or "a project without a name"
    return f"Unsaved edits of {name}{number}"


def _details(work: LostWork) -> str:
    count = len(work.history.steps)
    steps = f"{count:,} undo steps" if count > 1 else "1 undo step"
    place = f" of {work.history.path}" if work.history.path else ""
    cut = "" if work.is_complete else " The last edits before the crash could not be read."
    moment = moment_text(datetime.fromtimestamp(work.time), datetime.now())
    return f"The program ended ({moment}) before they were saved: {steps}{place}.{cut}"
