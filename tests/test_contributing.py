"""CONTRIBUTING describes the tree as it is: the folders, files, tables and targets that it names exist."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture import PANELS, place_boxes
from tests.source_tree import SourceTree

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
QUOTED = sorted(set(re.findall(r"`([^`\n]+)`", TEXT)))
PATHS = [text for text in QUOTED if re.fullmatch(r"(engine|gui|tests|resources|\.ci)/[\w./]*", text)]
FOLDERS = sorted(
    path.relative_to(ROOT).as_posix()
    for top in ("engine", "gui")
    for path in (ROOT / top).iterdir()
    if (path / "__init__.py").exists()
)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_in_the_text_exists(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([\w-]+)`", TEXT))))
def test_a_make_target_in_the_text_is_in_the_makefile(target):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert (
        re.search(rf"^([\w-]+ )*{target}( [\w-]+)*:", makefile, re.MULTILINE) or f"TESTS := test {target}" in makefile
    )


@pytest.mark.parametrize(
    "table", sorted({text for text in QUOTED if re.fullmatch(r"[A-Z]+(_[A-Z]+)*", text)} - {"MAC"})
)
def test_a_table_in_the_text_is_defined_once(table):
    files = [*ROOT.glob("engine/**/*.py"), *ROOT.glob("gui/**/*.py"), ROOT / "tests" / "conftest.py"]
    definitions = [
        file for file in files if re.search(rf"^{table}\b[^=\n]*=", file.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(definitions) == 1


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_is_in_the_text(folder):
    assert f"`{folder}`" in TEXT


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)", TEXT))
def test_a_link_in_the_text_leads_to_a_file(link):
    assert (ROOT / link).exists()


@pytest.fixture(scope="module")
def tree():
    return SourceTree(ROOT)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.folder)
def test_the_architecture_picture_has_a_box_for_each_folder_and_none_overlap(panel, tree):
    boxes = place_boxes(tree, panel)
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in ROOT.glob(panel.folder.replace(".", "/") + "/*/__init__.py")
    }
    assert folders <= set(boxes)
    assert not [(a, b) for a in boxes for b in boxes if a < b and boxes[a].intersects(boxes[b])]
    assert all(panel.x <= box.left() and box.right() <= panel.x + panel.width for box in boxes.values())


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_says_what_belongs_into_it(folder):
    assert ast.get_docstring(ast.parse((ROOT / folder / "__init__.py").read_text(encoding="utf-8")))
