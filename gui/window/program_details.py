"""Versions, platform and screen, for the About dialog and for reports of faults."""

import platform

import numpy as np
import PySide6
from PySide6.QtCore import QLibraryInfo, QSysInfo
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from engine.project.project import FORMAT
from gui.catalogue.program import program_version


def program_details(window: QWidget) -> dict[str, str]:
    """The details by name; those of the screen are of the one that shows the window."""
    import pyqtgraph  # a quarter of the start

    screen, ratio = window.screen(), window.devicePixelRatio()
    size = screen.size()
    return {
        "Convolume": f"{program_version()}, project format {FORMAT}",
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        "Qt": QLibraryInfo.version().toString(),
        "PySide6": PySide6.__version__,
        "NumPy": np.__version__,
        "pyqtgraph": pyqtgraph.__version__,
        "Platform": f"{QSysInfo.prettyProductName()}, {platform.machine()}, Qt's {QGuiApplication.platformName()}",
        "Screen": f"{size.width()}×{size.height()}, {ratio:g} px per point, {screen.logicalDotsPerInch():g} dpi",
    }
