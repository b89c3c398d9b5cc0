"""The mirror of Qt that pyqtgraph is imported with."""

import subprocess
import sys

from engine.files.paths import RESOURCES

PROGRAM = """
import PySide6.QtWidgets
import gui.views.bars_canvas, pyqtgraph
from PySide6 import QtCore, QtGui, QtWidgets
print("QWizard" in vars(QtWidgets), "QTextTable" in vars(QtGui))
for module in (QtCore, QtGui, QtWidgets):
    mirror = getattr(pyqtgraph, module.__name__.removeprefix("PySide6."))
    names = [name for name in dir(module) if not name.startswith("__")]
    print(len(names) > 100, [name for name in names if getattr(mirror, name) is not getattr(module, name)])
    print(hasattr(mirror, "QNothing"))
print("after", "QWizard" in vars(QtWidgets), pyqtgraph.QtWidgets.QOpenGLWidget, pyqtgraph.QtGui.QFileSystemModel)
"""


def test_pyqtgraph_makes_no_class_of_qt_that_it_does_not_use_and_finds_all() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], cwd=RESOURCES.parent, capture_output=True, text=True)
    lines = run.stdout.splitlines()
    assert lines[0] == "False False", run.stderr
    assert lines[1:7] == ["True []", "False"] * 3
    assert lines[7].startswith("after True <class 'PySide6.QtOpenGLWidgets.QOpenGLWidget'> <class 'PySide6.")
