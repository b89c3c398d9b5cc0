"""Numbers have one format, whatever the language of the system; a comma is accepted when it is typed."""

import pytest
from msgspec import inspect
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from engine.layers import BatchNorm, Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.app import make_application
from gui.panels.setting_form import parse_number
from gui.state.focus import Focus
from gui.views.bottleneck_layer import parse_macs, parse_percent
from gui.widgets.number_controls import IntegerBox
from tests.gui.user_input import type_text
from tests.gui.window_input import visible_field

NODES = (Node("conv", Conv2d(1234, 3)), Node("norm", BatchNorm(epsilon=0.001)))
PROJECT = Project(NoiseInput((3, 8, 8)), (Design("d", Network(NODES)),))


@pytest.fixture(params=["ar_EG", "de_DE", "fa_IR", "hi_IN", "en_US", "C"])
def locale(request):
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield request.param
    QLocale.setDefault(before)


def test_spin_boxes_show_plain_digits(locale, open_window, qtbot: QtBot):
    window = open_window(PROJECT)
    window.workbench.set_focus(Focus("d", "conv", 1, (2, 2)))
    boxes = window.findChildren(QSpinBox)
    assert boxes
    for box in boxes:
        assert box.text() in ("", str(box.value()))
        assert box.text().isascii()
    assert "1234" in [box.text() for box in boxes]


def test_spin_boxes_accept_the_digits_that_they_show(locale, qtbot: QtBot):
    box = IntegerBox(0, 99999)
    qtbot.addWidget(box)
    box.lineEdit().setText("4321")
    box.interpretText()
    assert (box.value(), box.text()) == (4321, "4321")


def test_no_label_of_the_window_has_digits_of_another_script(locale, open_window):
    window = open_window(PROJECT)
    for label in window.findChildren(QLabel):
        assert not [character for character in label.text() if character.isdigit() and not character.isascii()]


def test_the_application_formats_numbers_in_one_way(qapp: QApplication):
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    try:
        make_application()
        assert QLocale().toString(0.5) == "0.5"
    finally:
        QLocale.setDefault(before)


@pytest.mark.parametrize(("text", "value"), [("0,5", 0.5), ("0.5", 0.5), ("1e-5", 1e-5), ("1,5e-3", 0.0015)])
def test_a_decimal_comma_is_accepted(text, value):
    assert parse_number(inspect.FloatType(), text) == value


@pytest.mark.parametrize("text", ["1,2,3", "1.234,5", ",", ""])
def test_a_text_with_several_separators_is_no_number(text):
    with pytest.raises(ValueError, match="a number"):
        parse_number(inspect.FloatType(), text)


@pytest.mark.parametrize(
    ("text", "macs"), [("13,246,464", 13_246_464), ("1,5M", 1_500_000), ("1.5M", 1_500_000), ("1,500", 1500), ("", 0)]
)
def test_commas_in_amounts(text, macs):
    assert parse_macs(text) == macs


def test_an_amount_that_could_be_read_in_two_ways_is_refused():
    with pytest.raises(ValueError, match="a number of MACs"):
        parse_macs("1,500M")


def test_a_percentage_with_a_comma():
    assert parse_percent("0,5") == parse_percent("0.5 %") == 0.5


def test_a_comma_is_accepted_when_it_is_typed(open_window, qtbot: QtBot):
    window = open_window(PROJECT)
    window.workbench.set_focus(Focus("d", "norm"))
    field = visible_field(window, QLineEdit, "Epsilon")
    type_text(qtbot, field, "0,25")
    assert window.workbench.state.project.design("d").network.node("norm").layer.epsilon == 0.25
