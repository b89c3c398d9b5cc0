"""The manual documents every kind, setting, default, key, command and option of the program."""

import argparse
import json
import shlex
from fractions import Fraction
from typing import Annotated, Literal, get_args, get_origin

import msgspec
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut

from engine.blocks import BLOCKS
from engine.cost.metrics import METRICS
from engine.layers import LAYERS, tag_of
from engine.network import input_specs, weight_specs
from engine.project.project import Note, Published
from engine.project.reader import _TABLES
from engine.run.preset_kernels import PRESETS
from gui.catalogue.panels import PANELS
from gui.catalogue.views import VIEWS
from gui.command_line import command as command_line
from gui.command_line import commands
from gui.widgets.manual_pages import MANUAL
from gui.widgets.manual_reader import ManualReader
from gui.window.actions import ACTIONS
from tests.documents import DOCUMENTS, ROOT, code, code_spans, files, page, section, tables

# The project file

PROJECT_FILE = page("project-file")
SOURCE_KINDS = (
    *(input_specs.ImageInput, input_specs.ArrayInput, input_specs.NoiseInput),
    *(weight_specs.FileWeights, weight_specs.PresetWeights, weight_specs.SeedWeights),
)
HEADING_OF_KIND = {kind: f"`{tag_of(kind)}`" for kind in (*LAYERS, *BLOCKS, *SOURCE_KINDS)}
HEADING_OF_KIND[weight_specs.LowRankWeights] = "Fitted weights"


def documented_settings(kind):
    """Cells of a kind's table by setting: default and meaning."""
    if kind in (Note, Published):
        table = tables(section(PROJECT_FILE, "Notes and published figures"))[kind is Published]
    else:
        table = next(iter(tables(section(PROJECT_FILE, HEADING_OF_KIND[kind]))), [["setting"]])
    assert table[0][0] == "setting"
    return {code_spans(row[0])[0]: row[1:] for row in table[1:]}


def documented_default(cell):
    """The value of a cell of the column "default": `same`, `1e-5`, `1/255`, the kernel, left out."""
    if cell == "required":
        return msgspec.NODEFAULT
    if cell in ("the kernel", "left out"):
        return None
    (text,) = code_spans(cell)
    value = float(Fraction(text)) if "/" in text else json.loads(text)
    return tuple(value) if isinstance(value, list) else value


KINDS = (*HEADING_OF_KIND, Note, Published)


@pytest.mark.parametrize(
    "kind", [kind for kind in HEADING_OF_KIND if kind is not weight_specs.LowRankWeights], ids=tag_of
)
def test_every_kind_has_a_section(kind):
    assert section(PROJECT_FILE, HEADING_OF_KIND[kind])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_settings_of_a_kind_and_their_defaults_are_documented(kind):
    fields = {field.name: field.default for field in msgspec.structs.fields(kind)}
    assert {setting: documented_default(row[0]) for setting, row in documented_settings(kind).items()} == fields


def word_settings(kind):
    """Pairs of setting and its words, of a kind's settings that are one of a few words."""
    for field in msgspec.structs.fields(kind):
        type_ = get_args(field.type)[0] if get_origin(field.type) is Annotated else field.type
        if get_origin(type_) is Literal:
            yield field.name, get_args(type_)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_word_that_a_setting_accepts_is_documented(kind):
    for setting, words in word_settings(kind):
        meaning = documented_settings(kind)[setting][1]
        if not meaning.startswith("as in "):
            assert set(words) <= {
                word.strip('"') for word in code_spans(" ".join(documented_settings(kind)[setting]))
            }, setting


def test_every_preset_is_documented():
    assert set(PRESETS) <= set(code_spans(documented_settings(weight_specs.PresetWeights)["name"][1]))


def test_the_tables_of_the_top_level_are_documented():
    (table,) = tables(section(PROJECT_FILE, "Top level"))
    assert {code_spans(row[0])[0] for row in table[1:]} == set(_TABLES)


# Keys

STANDARD = QKeySequence.StandardKey
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
NO_MODIFIER = Qt.KeyboardModifier.NoModifier


def bindings(shortcut):  # Qt knows the keys of the platform only if there is an application, that is, within tests
    if isinstance(shortcut, STANDARD):
        return {key.toString() for key in QKeySequence.keyBindings(shortcut)}
    return {QKeySequence(shortcut).toString()}


def documented_keys(*headings):
    rows = [row for heading in headings for row in tables(section(page("keys"), heading))[0][1:]]
    return {QKeySequence(key.replace("Delete", "Del")).toString() for row in rows for key in row[0].split(", ")}


COMMAND_KEYS = documented_keys("Everywhere", "Layers and designs")
EDITS = STANDARD.Undo, STANDARD.Redo


@pytest.mark.parametrize("action", [action for action in ACTIONS if action.shortcut], ids=lambda action: action.id)
def test_the_shortcut_of_a_command_is_documented(action):
    keys = bindings(action.shortcut)
    assert keys & COMMAND_KEYS or not keys  # a desktop may have no key for Quit


def test_the_shortcuts_of_undo_and_redo_are_documented():
    assert all(bindings(edit) & COMMAND_KEYS for edit in EDITS)


def test_every_documented_shortcut_belongs_to_a_command():
    assert set().union(*map(bindings, (*EDITS, *(action.shortcut for action in ACTIONS)))) >= COMMAND_KEYS


def handles(widget, key, modifiers=NO_MODIFIER):
    event = QKeyEvent(QEvent.Type.KeyPress, key, modifiers)
    widget.keyPressEvent(event)
    return event.isAccepted()


CANDIDATE_KEYS = [
    *(Qt.Key(number) for number in (*range(0x20, 0x61), 0x7B, 0x7D)),
    *(Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown),
    *(Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_F2),
]


@pytest.fixture
def canvases(window):
    return {
        "Volumes": (window.views["volumes"].canvas,),
        "Filters and Inspector": (window.views["filters"].canvas, window.views["inspector"].canvas),
        "Operations": (window.views["bars"].canvas,),
    }


@pytest.mark.parametrize("heading", ["Volumes", "Filters and Inspector", "Operations"])
def test_the_documented_keys_of_a_view_are_those_that_it_handles(heading, canvases, window):
    window.views["filters"].canvas.repaint()
    documented = documented_keys(heading, "All drawings")
    handled = {
        QKeySequence(key).toString()
        for key in CANDIDATE_KEYS
        if any(handles(canvas, key) for canvas in canvases[heading])
    }
    with_modifiers = {
        key
        for key in documented
        for combination in [QKeySequence(key)[0]]
        if combination.keyboardModifiers() != NO_MODIFIER
        and any(handles(canvas, combination.key(), combination.keyboardModifiers()) for canvas in canvases[heading])
    }
    assert documented == handled | with_modifiers


def test_the_keys_of_the_bottleneck_chart_are_documented(window):
    chart = window.views["bottleneck"].layer.chart
    assert documented_keys("Bottleneck", "All drawings") == {
        QKeySequence(key).toString() for key in CANDIDATE_KEYS if handles(chart, key)
    }


def test_the_keys_of_the_crop_are_documented(window):
    documented, frame = documented_keys("Crop of the photo"), window.input.pictures.frame
    assert {key for key in documented if "Ctrl" not in key} == {
        QKeySequence(key).toString() for key in CANDIDATE_KEYS if handles(frame, key)
    }
    assert all(handles(frame, QKeySequence(key)[0].key(), CTRL) for key in documented if "Ctrl" in key)


def test_the_keys_of_the_reader_are_documented(qtbot):
    reader = ManualReader()
    qtbot.addWidget(reader)
    shortcuts = {shortcut.key().toString() for shortcut in reader.findChildren(QShortcut)}
    assert documented_keys("This manual") == shortcuts | {"Esc", "Return"}


# The command line

COMMAND_LINE = page("command-line")
COMMANDS = {command.name: command for command in commands.COMMANDS}
METRIC_IDS = [metric.id for metric in METRICS]


def parser_options(command):
    """Options of a command by name, from its parser."""
    parser = argparse.ArgumentParser(add_help=False)
    COMMANDS[command].add_options(parser)
    return {action.option_strings[0]: action for action in parser._actions if action.option_strings}


def documented_options(command):
    """Cells of a command's table by option: default and meaning."""
    text = section(COMMAND_LINE, command)
    rows = [row for table in tables(text) if table[0][0] == "option" for row in table[1:]]
    return {code_spans(row[0])[0].split()[0]: row[1:] for row in rows}


def test_every_command_has_a_section_and_its_options_have_rows():
    for command in COMMANDS:
        assert section(COMMAND_LINE, command), command
        assert set(documented_options(command)) == set(parser_options(command)), command


OPTIONS = [(command, option) for command in COMMANDS for option in parser_options(command)]


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_the_default_of_an_option_is_documented(command, option):
    action, cell = parser_options(command)[option], documented_options(command)[option][0]
    if action.required:
        assert cell == "required"
    elif isinstance(action.default, str):
        assert cell == f"`{action.default}`"
    elif isinstance(action.default, tuple) and action.default:
        assert code_spans(cell) == [("x" if option == "--size" else ",").join(map(str, action.default))]
    elif isinstance(action.default, int | float) and not isinstance(action.default, bool):
        assert float(code_spans(cell)[0]) == action.default
    else:
        assert not cell.startswith("`")


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_choice_of_an_option_is_documented(command, option):
    action, row = parser_options(command)[option], documented_options(command)[option]
    choices = action.choices or (METRIC_IDS if option == "--metrics" else None)
    if choices is None and option in ("--views", "--figure", "--format", "--width"):
        choices = action.metavar.replace("|", ",").split(",")
    assert set(choices or ()) <= set(code_spans(row[1]))


def test_every_exit_status_is_documented():
    (table, *_) = tables(COMMAND_LINE)
    statuses = {int(row[0]) for row in table[1:]}
    assert statuses == {
        command_line.DONE,
        1,
        command_line.WRONG,
        command_line.NO_DISPLAY,
        command_line.HUNG_UP,
        command_line.CANCELLED,
        command_line.TERMINATED,
    }


def shell_lines(document):
    return [line for text in code(document, "sh") for line in text.replace("\\\n", " ").splitlines()]


@pytest.mark.parametrize(("document", "line"), files(DOCUMENTS, shell_lines), ids=lambda value: str(value)[:60])
def test_an_example_of_a_call_is_parsed_and_its_project_exists(document, line, monkeypatch):
    monkeypatch.chdir(ROOT)
    program, *words = shlex.split(line)
    assert program == "convolume"
    command = words.pop(0) if words and words[0] in COMMANDS else "window"
    parser = argparse.ArgumentParser()
    COMMANDS[command].add_options(parser)
    options = parser.parse_args(words)
    source = options.lesson if command == "lesson" else options.project
    assert source is None or source.exists()


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_every_metric_is_documented(metric):
    table, *_ = tables(page("counting"))
    assert metric.title in {row[0] for row in table[1:]}


# Pages of the window


def test_every_panel_and_view_has_a_page():
    names = [row.manual_page for row in (*PANELS, *VIEWS)]
    assert [name for name in names if not (MANUAL / f"{name}.md").exists()] == []
