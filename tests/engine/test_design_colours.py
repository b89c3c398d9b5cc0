"""A design keeps its colour: whatever is inserted, moved or removed beside it, and in its file."""

import pytest

from engine.files.paths import RESOURCES
from engine.network.graph import Network
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project, save_project
from engine.project.project import DESIGN_COLOURS, Design, Project
from engine.rank_search.replacement import copy_design
from engine.text.problems import ProjectError
from gui.state import edits

THREE = Project(NoiseInput((3, 8, 8)), tuple(Design(name, Network()) for name in ("a", "b", "c")))

EDITS = {
    "duplicate": lambda project: edits.duplicate_design(project, "a").project,
    "add": lambda project: edits.add_design(project).project,
    "remove": lambda project: edits.remove_design(project, "a").project,
    "move": lambda project: edits.move_design(project, "c", -2).project,
    "rename": lambda project: edits.rename_design(project, "b", "z").project,
    "copy for fitting": lambda project: copy_design(project, "a")[0],
}


def colours(project):
    return {design.name: design.colour for design in project.designs}


def test_designs_without_a_colour_have_the_first_ones_in_their_order():
    assert colours(THREE) == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_changes_no_colour_of_other_designs(edit):
    before, after = colours(THREE), colours(edit(THREE))
    assert {name: colour for name, colour in after.items() if name in before}.items() <= before.items()
    assert len(set(after.values())) == len(after), "each design has a colour of its own"


def test_a_new_design_has_a_free_colour():
    without = edits.remove_design(THREE, "b").project
    assert colours(edits.duplicate_design(without, "a").project) == {"a": 1, "a_2": 2, "c": 3}


def test_more_designs_than_colours_share_them_evenly():
    many = Project(THREE.input, tuple(Design(str(i), Network()) for i in range(2 * DESIGN_COLOURS)))
    fewer = many.with_designs(design for design in many.designs if design.name not in ("3", "10"))
    assert colours(edits.add_design(fewer).project)["design"] == many.design("3").colour


@pytest.mark.parametrize("ending", ["toml", "json"])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_colours_survive_saving_and_opening(edit, ending, tmp_path):
    project, path = edit(THREE), tmp_path / f"p.{ending}"
    save_project(project, path)
    assert load_project(path).project == project


def test_a_file_has_colours_only_if_they_differ_from_those_without_any(tmp_path):
    path = tmp_path / "p.toml"
    save_project(THREE, path)
    assert "colour" not in path.read_text()
    save_project(edits.remove_design(THREE, "a").project, path)
    assert path.read_text().count("colour") == 2


@pytest.mark.parametrize("colour", ["0", "8", '"red"', "1.5", "true"])
def test_a_wrong_colour_is_a_mistake_with_its_place(colour, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(
        f'format = 1\ninput = {{kind = "noise", shape = [1, 2, 2]}}\n[[designs]]\nname = "a"\ncolour = {colour}\n'
    )
    with pytest.raises(ProjectError, match=r"designs\[0\]\.colour.*an integer from 1 to 7 is expected"):
        load_project(path)


def test_bundled_projects_need_no_colours():
    for path in (RESOURCES / "projects").glob("*.toml"):
        assert [design.colour for design in load_project(path).project.designs][:2] in ([], [1], [1, 2])
