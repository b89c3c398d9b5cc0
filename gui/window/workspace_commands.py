"""The commands of workspaces: one to switch to each of them, and those that save, rename and remove a person's own."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QInputDialog, QMenu, QMessageBox, QWidget

from gui.catalogue.workspaces import WORKSPACES
from gui.widgets.plain_text import plain_label
from gui.window.mnemonics import assign_mnemonics, connect_action, plain_text
from gui.window.workspaces import Workspaces

_MOST_KEYS = 9
_Buttons = QMessageBox.StandardButton


class WorkspaceCommands(QObject):
    """The QActions of all workspaces, the saved ones as well, in their menu.

    Parameters
    ----------
    actions
        Commands of the window by id.
    menu
        The menu of workspaces, which has those of the catalogue already.
    """

    def __init__(self, window: QWidget, workspaces: Workspaces, actions: Mapping[str, QAction], menu: QMenu) -> None:
        super().__init__(window)
        self._window = window
        self._workspaces = workspaces
        self._menu = menu
        self._group = QActionGroup(self)
        self._of_catalogue = {row.id: actions[f"workspace_{row.id}"] for row in WORKSPACES}
        for action in self._of_catalogue.values():
            action.setCheckable(True)
            self._group.addAction(action)
        self._group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)  # a lesson has none of them
        self._own = tuple(actions[action_id] for action_id in ("rename_workspace", "remove_workspace"))
        self._saved: list[QAction] = []
        self.fill()

    @property
    def choices(self) -> tuple[QAction, ...]:
        """The commands that switch to each workspace, in order."""
        return (*self._of_catalogue.values(), *self._saved)

    def fill(self) -> None:
        """List the workspaces, and check the present one."""
        for action in self._saved:
            self._window.removeAction(action)
            action.deleteLater()
        self._saved = []
        present = self._workspaces.present
        before = self._menu.actions()[len(self._of_catalogue)]
        for number, workspace in enumerate(self._workspaces.all(), start=1):
            if workspace.is_saved:
                action = self._make_saved(workspace.title, workspace.id, number)
                self._menu.insertAction(before, action)
            else:
                action = self._of_catalogue[workspace.id]
            action.setChecked(workspace.id == present.id and not self._workspaces.is_borrowed)
        assign_mnemonics(self._menu.actions())
        for action in self._own:
            action.setEnabled(present.is_saved)

    def _make_saved(self, title: str, workspace_id: str, number: int) -> QAction:
        action = QAction(plain_label(title), self._window)
        action.setCheckable(True)
        action.setToolTip(f"{title}: a workspace of your own" + (f" (Ctrl+{number})" if number <= _MOST_KEYS else ""))
        if number <= _MOST_KEYS:
            action.setShortcut(f"Ctrl+{number}")
        connect_action(action, partial(self._workspaces.switch_to, workspace_id))
        self._group.addAction(action)
        self._window.addAction(action)
        self._saved.append(action)
        return action

    def save(self) -> None:
        """Ask for a name, and save the present layout as a workspace."""
        self._ask_name("Save as a workspace", "", self._workspaces.save_as)

    def rename(self) -> None:
        """Ask for another name of the present workspace."""
        present = self._workspaces.present
        if present.is_saved:
            self._ask_name("Rename workspace", present.title, self._workspaces.rename, present.id)

    def remove(self) -> None:
        """Ask whether the present workspace should be removed."""
        present = self._workspaces.present
        if not present.is_saved:
            return
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("Remove workspace")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"Remove the workspace {present.title}?")
        box.setInformativeText("Its layout is lost; the project stays as it is.")
        remove = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(_Buttons.Cancel)
        box.setDefaultButton(_Buttons.Cancel)
        remove.clicked.connect(self._workspaces.remove)
        box.open()

    def _ask_name(self, title: str, name: str, use: Callable[[str], object], renamed: str = "") -> None:
        dialog = QInputDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(title)
        dialog.setLabelText("Name:")
        dialog.setTextValue(name)
        dialog.textValueSelected.connect(partial(self._on_name_chosen, title, use, renamed))
        dialog.open()

    def _on_name_chosen(self, title: str, use: Callable[[str], object], renamed: str, name: str) -> None:
        """Use the name, or ask again and say why."""
        refusal = self._workspaces.name_refusal(name, renamed)
        if not refusal:
            use(name)
            return
        self._ask_name(title, name, use, renamed)
        dialog = self._window.findChildren(QInputDialog)[-1]
        dialog.setLabelText(f"{refusal}. Another name:")


def present_title(actions: Sequence[QAction]) -> str:
    """The title of the workspace whose command is checked."""
    return next((plain_text(action.text()) for action in actions if action.isChecked()), "")
