"""The start page: samples as pictures, recent files, what can be dropped; it takes the place of the whole middle."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QImage, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.catalogue.samples import SAMPLE_GROUPS, Sample, SampleGroup, sample_path
from gui.catalogue.start_page import DROPS, LESSONS_SENTENCE, LESSONS_TITLE, SENTENCE
from gui.export.project_pictures import PictureRequest, ProjectPicture, ProjectPictures
from gui.lessons.head import LessonHead
from gui.widgets.arrow_keys import ARROWS, nearest_part
from gui.widgets.flow import FlowLayout
from gui.widgets.picture_card import CardForm, PictureCard
from gui.window.start_parts import RecentRow, make_heading, make_text

_LARGE = CardForm((30.0, 16.5), 2, 8, title_size=1.5, beside=44.0, fills=True)
_FIRST = CardForm((11.0, 6.2), 2, 5, title_size=1.5, beside=30.0, fills=True)
_LESSON = CardForm((13.0, 6.0), 2, 7)
_SMALL = CardForm((13.0, 7.8), 2, 4)
_SIDE = 21
"""Width of the column of files, in lines of text."""
_STACKED = 44
"""Width of the page, in lines of text, below which the files are above the samples."""
_SCALES = ((0, 1.0), (110, 1.35), (140, 1.7))
"""How much larger pictures are in pages of these widths, in lines of text."""
_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.OtherFocusReason,
)
"""Reasons of the focus for which the page scrolls to the part."""


class StartPage(QScrollArea):
    """Shows what there is to open, and reports what the user chooses."""

    sample_chosen = Signal(Path)
    lesson_chosen = Signal(Path)
    recent_chosen = Signal(Path)
    recent_removed = Signal(Path)
    new_chosen = Signal()
    open_chosen = Signal()
    reopen_chosen = Signal(bool)
    back_chosen = Signal()

    def __init__(
        self, pictures: ProjectPictures, lessons: Sequence[LessonHead] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Start page")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAutoFillBackground(True)
        self.cards: dict[Path, PictureCard] = {}
        """The card of each sample."""
        self.lesson_cards: dict[Path, PictureCard] = {}
        """The card of each lesson."""
        self.recent_rows: dict[Path, RecentRow] = {}
        self._lessons = lessons
        self._pictures = pictures
        self._pictures.answered.connect(self._on_picture_answered)
        self._theme = "light"
        self._scale = 1.0
        self._is_painted = False
        """Whether all pictures are those of the present size and theme, or being painted."""
        self.back = QPushButton("Back")
        self.new, self.open = QPushButton("New project"), QPushButton("Open…")
        self.reopen = QCheckBox("Reopen the last project at the next start")
        self._recent_column = QVBoxLayout()
        self._no_recent = make_text("Projects that you open or save are listed here.")
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._lay_out()
        self.show_back("")
        self._connect()

    # Layout

    def _lay_out(self) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 16, 24, 24)
        column.setSpacing(12)
        column.addLayout(self._make_head())
        self._columns.setSpacing(28)
        self._side = self._make_side()
        self._columns.addWidget(self._make_samples(), 1)
        self._columns.addWidget(self._side)
        column.addLayout(self._columns, 1)
        self.setWidget(page)

    def _make_head(self) -> QHBoxLayout:
        sentence = make_heading(SENTENCE, 1.25)
        row = QHBoxLayout()
        row.addWidget(sentence, 1)
        row.addWidget(self.back, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _make_samples(self) -> QWidget:
        samples = QWidget()
        column = QVBoxLayout(samples)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for head in self._lessons[:1]:
            column.addWidget(self._make_lesson_card(head, _FIRST, f"Begin with a lesson: {head.title}"))
            column.addSpacing(6)
        for number, group in enumerate(SAMPLE_GROUPS):
            if number:
                column.addSpacing(10)
                column.addWidget(make_heading(group.title))
                column.addWidget(make_text(group.sentence))
                column.addWidget(self._make_cards(group))
            else:
                column.addWidget(self._make_card(group.samples[0], _LARGE, group.title, (group.sentence,)))
                self._add_lessons(column)
        column.addStretch(1)
        return samples

    def _add_lessons(self, column: QVBoxLayout) -> None:
        """Add the lessons after the first one, which is above."""
        if len(self._lessons) < 2:
            return
        column.addSpacing(10)
        column.addWidget(make_heading(LESSONS_TITLE))
        column.addWidget(make_text(LESSONS_SENTENCE))
        row = QWidget()
        row.setAccessibleName(LESSONS_TITLE)
        flow = FlowLayout(row)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.setSpacing(10)
        for head in self._lessons[1:]:
            flow.addWidget(self._make_lesson_card(head, _LESSON, head.title))
        column.addWidget(row)

    def _make_lesson_card(self, head: LessonHead, form: CardForm, title: str) -> PictureCard:
        card = PictureCard(form, title, (head.summary, f"{head.minutes} minutes"))
        self.lesson_cards[head.path] = card
        card.clicked.connect(lambda _checked=False: self.lesson_chosen.emit(head.path))
        card.installEventFilter(self)
        return card

    def _make_cards(self, group: SampleGroup) -> QWidget:
        row = QWidget()
        row.setAccessibleName(group.title)
        flow = FlowLayout(row)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.setSpacing(10)
        for sample in group.samples:
            name, _, words = sample.title.partition(": ")
            flow.addWidget(self._make_card(sample, _SMALL, name, (words,) if words else ()))
        return row

    def _make_card(self, sample: Sample, form: CardForm, title: str, details: tuple[str, ...] = ()) -> PictureCard:
        path = sample_path(sample)
        card = self.cards[path] = PictureCard(form, title, details)
        card.clicked.connect(lambda _checked=False, path=path: self.sample_chosen.emit(path))
        card.installEventFilter(self)
        return card

    def _make_side(self) -> QWidget:
        side = QWidget()
        side.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        buttons = QHBoxLayout()
        for button in (self.new, self.open):
            button.setMinimumHeight(2 * self.fontMetrics().height())
            buttons.addWidget(button, 1)
        column.addLayout(buttons)
        column.addSpacing(8)
        column.addWidget(make_heading("Recent files"))
        column.addWidget(self._no_recent)
        self._recent_column.setSpacing(4)
        column.addLayout(self._recent_column)
        column.addWidget(self.reopen)
        column.addSpacing(8)
        column.addWidget(make_heading("Drop files anywhere"))
        for title, words in DROPS:
            column.addWidget(make_text(f"{title}: {words}"))
        column.addWidget(make_text("Several at once: each goes where it belongs"))
        column.addStretch(1)
        return side

    def _connect(self) -> None:
        self.new.clicked.connect(self.new_chosen)
        self.open.clicked.connect(self.open_chosen)
        self.back.clicked.connect(self.back_chosen)
        self.reopen.clicked.connect(self.reopen_chosen)
        for part in (self.new, self.open, self.back, self.reopen):
            part.installEventFilter(self)

    # What it shows

    def show_recent(self, paths: Iterable[Path]) -> None:
        """List the recent files, of which is not known yet whether they exist."""
        paths = list(paths)
        if paths == list(self.recent_rows):
            return
        while item := self._recent_column.takeAt(0):
            row = item.widget()
            if row is not None:
                row.hide()
                row.deleteLater()
        self.recent_rows = {path: RecentRow(path) for path in paths}
        for path, row in self.recent_rows.items():
            row.card.clicked.connect(lambda _checked=False, path=path: self.recent_chosen.emit(path))
            row.remove.clicked.connect(lambda _checked=False, path=path: self.recent_removed.emit(path))
            row.card.installEventFilter(self)
            row.remove.installEventFilter(self)
            self._recent_column.addWidget(row)
        self._no_recent.setVisible(not paths)
        self._paint_again()

    def show_theme(self, theme: str) -> None:
        if theme != self._theme:
            self._theme = theme
            self._paint_again()

    def show_back(self, name: str) -> None:
        """Offer to return to the open project; "" if there is none."""
        self.back.setText(f"Back to {name}" if name else "Back")
        self.back.setVisible(bool(name))

    def begin(self) -> None:
        """Put the keyboard on the first lesson, or else on the first sample."""
        next(iter((*self.lesson_cards.values(), *self.cards.values()))).setFocus(Qt.FocusReason.ActiveWindowFocusReason)
        self.ensureVisible(0, 0)

    # Pictures

    def _paint_again(self) -> None:
        self._is_painted = False
        if self.isVisible():
            self._paint()

    def _paint(self) -> None:
        if self._is_painted:
            return
        self._is_painted = True
        first = next(iter(self.cards))
        # A sample that is a recent file as well shares the larger picture.
        cards = {**self.cards, **{path: row.card for path, row in self.recent_rows.items() if path not in self.cards}}
        of_lessons = [(head.picture, self.lesson_cards[head.path]) for head in self._lessons if head.picture]
        self._pictures.start(
            [
                *(self._request(path, card, runs=False) for path, card in of_lessons),
                *(self._request(path, card, runs=path == first) for path, card in cards.items()),
            ]
        )

    def _request(self, path: Path, card: PictureCard, *, runs: bool) -> PictureRequest:
        ratio = self.devicePixelRatioF()
        size = card.picture_size() * ratio
        return PictureRequest(path, (size.width(), size.height()), ratio, self._theme, runs)

    def _on_picture_answered(self, picture: ProjectPicture) -> None:
        row, card = self.recent_rows.get(picture.path), self.cards.get(picture.path)
        if row is not None:
            row.show_modified(picture.modified)
        of_lessons = [self.lesson_cards[head.path] for head in self._lessons if head.picture == picture.path]
        for each in (card, None if row is None else row.card, *of_lessons):
            is_shared = row is not None and each is row.card
            if each is not None and picture.image is not None and (is_shared or self._fits(each, picture.image)):
                each.show_image(picture.image)

    def _fits(self, card: PictureCard, image: QImage) -> bool:
        """Whether a picture is that of a card: lessons and samples show the same projects in several sizes."""
        return abs(card.picture_size().width() * self.devicePixelRatioF() - image.width()) <= 1

    def close_down(self) -> None:
        self._pictures.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._paint()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._pictures.busy:
            self._pictures.cancel()
            self._is_painted = False

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_side"):
            self._fit()
            self._paint_again()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Put the files beside the samples, or above them if the page is narrow."""
        line, directions = self.fontMetrics().height(), QBoxLayout.Direction
        is_narrow = self.width() < _STACKED * line
        self._columns.setDirection(directions.BottomToTop if is_narrow else directions.LeftToRight)
        side = self.width() if is_narrow else _SIDE * line
        self._side.setMaximumWidth(side)
        self._side.setMinimumWidth(0 if is_narrow else side)
        scale = max(scale for lines, scale in _SCALES if self.width() >= lines * line)
        if scale != self._scale:
            self._scale = scale
            for card in (*self.cards.values(), *self.lesson_cards.values()):
                card.set_scale(scale)
            self._paint_again()

    # Keyboard

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent) and event.gotFocus() and event.reason() in _KEYBOARD:
            assert isinstance(watched, QWidget)
            self.ensureWidgetVisible(watched, 0, 16)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in ARROWS:
            self._go(Qt.Key(event.key()))
            return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.back.isVisible():
            self.back_chosen.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self._remove_focused()
        else:
            super().keyPressEvent(event)

    def _go(self, key: Qt.Key) -> None:
        """Move the focus to the nearest part in the direction of a key."""
        page, current = self.widget(), self.focusWidget()
        parts: list[QWidget] = [self.back, self.new, self.open, self.reopen]
        parts += [*self.lesson_cards.values(), *self.cards.values()]
        parts += [part for row in self.recent_rows.values() for part in (row.card, row.remove)]
        nearest = None if page is None or current is None else nearest_part(page, current, parts, key)
        if nearest is not None:
            nearest.setFocus(Qt.FocusReason.OtherFocusReason)

    def _remove_focused(self) -> None:
        for path, row in self.recent_rows.items():
            if row.card.hasFocus():
                self.recent_removed.emit(path)
                return
