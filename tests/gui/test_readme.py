"""The README tells of the program as it is: pictures, links, kinds, keys, calls and what they print."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from engine.blocks import BLOCKS
from engine.cost.counting import CONVENTIONS
from engine.files.paths import RESOURCES
from engine.layers import LAYERS, tag_of
from engine.layers.activation import Function
from engine.project.file import load
from engine.run.check import check
from engine.run.preset_kernels import PRESETS
from gui.command_line.commands import COMMANDS
from gui.command_line.main import main
from gui.views.volumes_canvas import CAMERA_KEYS
from gui.window.actions import ACTIONS
from tests.pictures import FOLDER, LARGEST, PICTURES

ROOT = RESOURCES.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINKS = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
CODE = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)


def table_below(*heads):
    """The rows of the tables with that head: lists of cells."""
    lines = README.splitlines()
    at = [index for index, line in enumerate(lines) if cells(line) == list(heads)]
    assert at, f"no table has the head {heads}"
    rows = []
    for start in at:
        for line in lines[start + 2 :]:
            if not line.startswith("|"):
                break
            rows.append(cells(line))
    return rows


def cells(line):
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def named(text):
    return re.findall(r"`([^`]+)`", text)


# Pictures and links


@pytest.mark.parametrize("link", LINKS)
def test_what_is_linked_is_there(link):
    assert (ROOT / link).exists()


def test_every_picture_is_drawn_by_the_table_of_pictures_and_each_of_those_is_shown():
    shown = {Path(link).stem for link in LINKS if link.endswith(".png")}
    assert shown == {picture.name for picture in PICTURES}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_no_large_file(picture):
    assert (FOLDER / f"{picture.name}.png").stat().st_size <= LARGEST


# Kinds and their settings


def test_every_kind_of_layer_and_block_is_in_a_table_once():
    listed = [kind for row in table_below("kind", "settings (default)") for kind in named(row[0])]
    assert sorted(listed) == sorted(tag_of(kind) for kind in (*LAYERS, *BLOCKS))


@pytest.mark.parametrize("kind", [*LAYERS, *BLOCKS], ids=tag_of)
def test_the_settings_of_a_kind_are_in_its_row(kind):
    (told,) = [row[1] for row in table_below("kind", "settings (default)") if tag_of(kind) in named(row[0])]
    settings = {field.name: field for field in msgspec.structs.fields(kind)}
    assert set(settings) <= set(named(told))
    for name, field in settings.items():
        default = re.search(rf"`{name}` \(([^)]*)\)", told)
        if default and default[1][0].isdigit():
            assert float(default[1]) == field.default
        elif default and default[1] in ("true", "false"):
            assert (default[1] == "true") == field.default


@pytest.mark.parametrize("name", [*get_args(Function), *PRESETS])
def test_every_activation_and_every_fixed_kernel_is_named(name):
    assert re.search(rf"\b{name}\b", README)


def test_the_example_of_a_project_file_is_one_without_mistakes(tmp_path):
    (text,) = [code for language, code in CODE if language == "toml"]
    (tmp_path / "example.toml").write_text(text, encoding="utf-8")
    project = load(tmp_path / "example.toml").project
    assert check(project).problems == ()
    assert [design.name for design in project.designs] == ["naive", "bottleneck"]


# Keys

OF_VIEWS = {QKeySequence(key).toString() for key in (*CAMERA_KEYS, Qt.Key.Key_0, Qt.Key.Key_Z)}
STANDARD = QKeySequence.StandardKey


def keys_of(action):
    if isinstance(action.shortcut, STANDARD):
        return {key.toString() for key in QKeySequence.keyBindings(action.shortcut)}
    return {QKeySequence(action.shortcut).toString()}


def told_keys():
    rows = [row for row in table_below("keys", "") if row[0]]
    return {QKeySequence(key.strip().replace("Delete", "Del")).toString() for row in rows for key in row[0].split(",")}


def test_every_key_of_the_table_does_something():
    known = set().union(*(keys_of(action) for action in ACTIONS)) | OF_VIEWS
    known |= {key.toString() for of in (STANDARD.Undo, STANDARD.Redo) for key in QKeySequence.keyBindings(of)}
    assert told_keys() - known == set()


@pytest.mark.parametrize(
    "action",
    [action for action in ACTIONS if isinstance(action.shortcut, str) and action.shortcut],
    ids=lambda action: action.id,
)
def test_every_key_of_a_command_is_in_the_table_unless_all_programs_have_it(action):
    assert keys_of(action) <= told_keys()


# The command line


def help_of(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    return " ".join(capsys.readouterr().out.split())


CALLS = {named(row[0])[0].split()[1]: named(row[0])[0] for row in table_below("call", "does")}
"""Each call by its command; the window's by what it opens."""


def test_every_command_is_in_the_table():
    assert set(CALLS) == {"[PROJECT]", *(command.name for command in COMMANDS)} - {"window"}


@pytest.mark.parametrize("command", [command for command in CALLS if command != "[PROJECT]"])
def test_a_call_has_the_options_of_its_command_and_their_choices(command, capsys):
    told, known = CALLS[command], help_of(command, capsys)
    options = set(re.findall(r"--[\w-]+", known)) - {"--help"}
    assert set(re.findall(r"--[\w-]+", told)) == options
    for option, choices in re.findall(r"(--[\w-]+) ([\w-]+(?:[|,]\w[\w+-]*)+)", told):
        listed = re.search(rf"{option} {{?([^\s}}\]]+)", known)[1]
        assert set(re.split(r"[|,]", choices)) == set(re.split(r"[|,]", listed))


def test_what_analyze_prints_is_what_the_readme_shows(capsys):
    (text,) = [code for _, code in CODE if code.startswith("$ python main.py analyze")]
    call, *lines = text.splitlines()
    assert main(call.split()[3:]) == 0
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in lines if line != "…" and line not in printed] == []


def test_the_tools_whose_rules_are_known_are_named():
    for rule in CONVENTIONS:
        assert rule.id in README or rule.title in README
