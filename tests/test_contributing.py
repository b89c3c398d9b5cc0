"""CONTRIBUTING is about the tree as it is: folders, files, tables and targets that it names are there."""

import re
from pathlib import Path

import pytest

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
def test_a_path_that_it_names_is_there(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([\w-]+)`", TEXT))))
def test_a_target_that_it_names_is_in_the_makefile(target):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert (
        re.search(rf"^([\w-]+ )*{target}( [\w-]+)*:", makefile, re.MULTILINE) or f"TESTS := test {target}" in makefile
    )


@pytest.mark.parametrize(
    "table", sorted({text for text in QUOTED if re.fullmatch(r"[A-Z]+(_[A-Z]+)*", text)} - {"MAC"})
)
def test_a_table_that_it_names_is_defined_once(table):
    files = [*ROOT.glob("engine/**/*.py"), *ROOT.glob("gui/**/*.py"), ROOT / "tests" / "conftest.py"]
    definitions = [
        file for file in files if re.search(rf"^{table}\b[^=\n]*=", file.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(definitions) == 1


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_is_in_the_table_of_where_a_line_belongs(folder):
    assert f"`{folder}`" in TEXT


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)", TEXT))
def test_a_link_leads_to_a_file(link):
    assert (ROOT / link).exists()
