"""README, credits and manual: links and pictures resolve, and menu paths and examples agree with the program."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu

from engine.cost.counting import CONVENTIONS
from engine.project.file import load_project
from engine.run.check import check
from gui.command_line.main import main
from gui.widgets.manual_pages import MANUAL, pages
from gui.window.mnemonics import plain_text
from tests.documents import DOCUMENTS, ROOT, code, files, links, menu_paths, slugs, text_of
from tests.pictures import FOLDER, LARGEST, PICTURES

README = ROOT / "README.md"


def file_name(value):
    return value.name if isinstance(value, Path) else None


# Links and pictures


@pytest.mark.parametrize(("document", "target"), files(DOCUMENTS, links), ids=file_name)
def test_the_target_of_a_link_is_a_file_and_a_heading_in_it(document, target):
    path, heading = target
    assert path.exists()
    assert not heading or heading in slugs(path)


def test_every_page_of_the_manual_is_in_its_contents():
    assert set(pages()) == set(MANUAL.glob("*.md"))


def test_the_readme_links_to_the_manual():
    assert MANUAL / "index.md" in {path for path, _ in links(README)}


def test_every_drawn_picture_is_shown_and_every_picture_shown_is_drawn():
    linked_pictures = {path.stem for document in DOCUMENTS for path, _ in links(document) if path.suffix == ".png"}
    assert linked_pictures == {picture.name for picture in PICTURES}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_a_small_file(picture):
    assert (FOLDER / f"{picture.name}.png").stat().st_size <= LARGEST


def test_the_wheel_contains_the_manual_and_its_pictures():
    wheel = tomllib.loads(text_of(ROOT / "pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert "resources" in wheel["only-include"]
    assert [path for path in wheel.get("exclude", ()) if path.startswith("resources")] == []


# What the documents claim


def test_the_pair_is_called_optimal_only_for_its_own_criterion():
    texts = {path.name: text_of(path) for path in DOCUMENTS}
    texts |= {path.name: text_of(path) for path in (ROOT / "resources" / "projects").glob("*.toml")}
    claims = re.compile(r"\b(best|optimal|ideal|perfect)\s+(pair|1×1|bottleneck|replacement|rank)", re.IGNORECASE)
    assert [(name, claim[0]) for name, text in texts.items() for claim in claims.finditer(text)] == []
    for name in ("README.md", "bottleneck.md"):
        assert "optimal only for" in texts[name]
        assert "its own criterion" in texts[name]


# Menus


def test_every_menu_path_exists(window):
    for document, path in ((file, path) for file in DOCUMENTS for path in menu_paths(file)):
        actions = window.menuBar().actions()
        for step in path.split(" › "):
            by_text = {plain_text(action.text()): action for action in actions}
            if step in ("Undo", "Redo"):  # these end with the name of the edit
                by_text |= {text.split(" ")[0]: action for text, action in by_text.items()}
            assert step in by_text, f"{path} in {document.name}: no {step} among {', '.join(by_text)}"
            menu = by_text[step].menu()
            actions = menu.actions() if isinstance(menu, QMenu) else []


# Examples


PROJECT_EXAMPLES = [document for document in DOCUMENTS if document.stem != "lessons"]


@pytest.mark.parametrize(("document", "text"), files(PROJECT_EXAMPLES, lambda page: code(page, "toml")), ids=file_name)
def test_an_example_of_a_project_file_has_no_mistakes(document, text, tmp_path):
    (tmp_path / "example.toml").write_text(text, encoding="utf-8")
    assert check(load_project(tmp_path / "example.toml").project).problems == ()


@pytest.mark.parametrize(
    ("document", "text"), files(DOCUMENTS, lambda document: code(document, "python")), ids=file_name
)
def test_an_example_in_python_runs(document, text, monkeypatch):
    monkeypatch.chdir(ROOT)
    exec(compile(text, document.name, "exec"), {})


def test_the_output_of_analyze_has_the_lines_in_the_manual(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    (text,) = [text for text in code(MANUAL / "command-line.md", "") if text.startswith("$ python main.py analyze")]
    call, *lines = text.splitlines()
    assert main(shlex.split(call)[3:]) == 0
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in lines if line != "…" and line not in printed] == []


def test_the_json_example_is_part_of_the_output_of_analyze(capsys, tmp_path):
    (text,) = code(MANUAL / "command-line.md", "json")
    (tmp_path / "example.toml").write_text(code(MANUAL / "project-file.md", "toml")[0], encoding="utf-8")
    assert main(["analyze", str(tmp_path / "example.toml"), "--format", "json"]) == 0
    assert is_part(json.loads(text), json.loads(capsys.readouterr().out))


def is_part(part, whole):
    """Whether `whole` has all fields of `part` with their values; a list may be longer."""
    if isinstance(part, dict):
        return all(key in whole and is_part(value, whole[key]) for key, value in part.items())
    if isinstance(part, list):
        return len(part) <= len(whole) and all(map(is_part, part, whole))
    return part == whole


@pytest.mark.parametrize("rule", CONVENTIONS, ids=lambda rule: rule.id)
def test_the_manual_names_every_counting_rule(rule):
    assert rule.id in text_of(MANUAL / "counting.md")
