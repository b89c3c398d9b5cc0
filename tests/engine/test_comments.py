"""Comments and order of a TOML file survive a save, as far as the part that they belong to does."""

import random
import re
import time
import tomllib
from pathlib import Path

import pytest
import tomli_w
from msgspec.structs import replace

from engine.files.paths import RESOURCES
from engine.layers import Conv2d, MaxPool2d
from engine.network.graph import Network, Node
from engine.network.weight_specs import PresetWeights
from engine.project.file import load_project, project_content, save_project
from engine.project.project import Design, Note

HEADERS = """\
# Lesson 3: what a bottleneck saves
# by A. Teacher

format = 1  # the first
title = "Two designs"

# The photo
[input]  # noise for now
seed = 3
kind = "noise"
shape = [8, 12, 12]  # C, H, W
# There is no photo.

# ---------- designs ----------

# The plain one
[[designs]]
name = "naive"

# five by five
[[designs.nodes]]
name = "conv5x5"  # wide
filters = 6  # few
kind = "conv2d"
# as in the paper
kernel = 5
stride = 1  # written although it is the default

# The one with a reduction
[[designs]]
name = "bottleneck"

# first reduce
[[designs.nodes]]
name = "reduce"
kind = "conv2d"
filters = 2
kernel = 1
weights = { source = "preset", name = "identity" }  # for now

# then convolve
[[designs.nodes]]
name = "conv5x5"
kind = "conv2d"
filters = 6
kernel = [
    5,  # high
    5,  # wide
]

# A remark
[[notes]]
text = '''
# this is no comment
'''

# the end
"""

BRACKETS = """\
format = 1
input = { kind = "noise", shape = [8, 12, 12] }  # C, H, W

[[designs]]
name = "bottleneck"
nodes = [
    # first reduce
    { name = "reduce", kind = "conv2d", filters = 2, kernel = 1 },  # two maps
    # then convolve
    # with few
    { name = "conv5x5", kind = "conv2d", filters = 6, kernel = 5 },  # as in "naive"
    { name = "last", kind = "dropout" },  # is not counted
    # that is all
]
"""


BUNDLED = sorted((RESOURCES / "projects").glob("*.toml"))


def write(folder: Path, text: str) -> Path:
    path = folder / "p.toml"
    path.write_text(text, encoding="utf-8")
    return path


def save(path: Path, change=lambda project: project) -> str:
    """The text after a save of the changed project, which the file then contains."""
    project = change(load_project(path).project)
    text = project_content(project, path, path).decode()
    path.write_text(text, encoding="utf-8")
    assert load_project(path).project == project
    return text


def comments(text: str) -> list[str]:
    return [line.partition("#")[2].strip() for line in text.splitlines() if "#" in line]


def with_layer(design, name, layer):
    return lambda project: project.with_network(design, project.network(design).with_layer(name, layer))


@pytest.mark.parametrize("text", [HEADERS, BRACKETS])
def test_a_save_without_a_change_keeps_every_byte(text, tmp_path):
    assert save(write(tmp_path, text)) == text


def test_a_setting_keeps_the_comments_above_and_behind_it_and_all_else_stays(tmp_path):
    text = save(write(tmp_path, HEADERS), with_layer("naive", "conv5x5", Conv2d(filters=60, kernel=7)))
    assert text == HEADERS.replace("filters = 6  # few", "filters = 60  # few").replace("kernel = 5\n", "kernel = 7\n")


def test_new_settings_stand_below_those_of_their_table(tmp_path):
    text = save(write(tmp_path, HEADERS), lambda project: replace(project, seed=7))
    assert 'title = "Two designs"\nseed = 7\n' in text
    assert comments(text) == comments(HEADERS)
    text = save(tmp_path / "p.toml", with_layer("naive", "conv5x5", Conv2d(filters=6, kernel=5, bias=False)))
    assert "stride = 1  # written although it is the default\nbias = false\n\n# The one with" in text


def test_a_layer_that_is_removed_takes_its_comments_with_it_and_no_others(tmp_path):
    def remove(project):
        return project.with_network("bottleneck", project.network("bottleneck").without("reduce"))

    text = save(write(tmp_path, HEADERS), remove)
    assert [word for word in comments(HEADERS) if word not in comments(text)] == ["first reduce", "for now"]


def test_moved_layers_and_designs_keep_their_comments(tmp_path):
    def turn(project):
        designs = [replace(d, network=Network(tuple(reversed(d.network.nodes)))) for d in reversed(project.designs)]
        return project.with_designs(designs)

    text = save(write(tmp_path, HEADERS), turn)
    assert sorted(comments(text)) == sorted(comments(HEADERS))
    assert re.search(r'# first reduce\n\[\[designs.nodes]]\nname = "reduce"', text)
    assert text.index("# then convolve") < text.index("# first reduce") < text.index("# The plain one")
    text = save(write(tmp_path, BRACKETS), turn)
    assert sorted(comments(text)) == sorted(comments(BRACKETS))
    assert re.search(r'# first reduce\n    { name = "reduce".* },  # two maps\n', text)


def test_a_renamed_layer_keeps_its_comments(tmp_path):
    text = save(write(tmp_path, HEADERS), lambda project: project.with_node_renamed("bottleneck", "reduce", "narrow"))
    assert comments(text) == comments(HEADERS)
    text = save(write(tmp_path, BRACKETS), lambda project: project.with_node_renamed("bottleneck", "reduce", "narrow"))
    assert text == BRACKETS.replace('"reduce"', '"narrow"')


def test_a_new_layer_has_the_form_of_the_others(tmp_path):
    def add(project):
        node = Node("pool", MaxPool2d(kernel=2), weights=None)
        for design in project.designs:
            project = project.with_network(design.name, project.network(design.name).with_node(node, 1))
        return project

    text = save(write(tmp_path, HEADERS), add)
    assert text.count('\n[[designs.nodes]]\nname = "pool"\nkind = "max_pool2d"\nkernel = 2\n') == 2
    assert comments(text) == comments(HEADERS)
    text = save(write(tmp_path, BRACKETS), add)
    new = '    { name = "pool", kind = "max_pool2d", kernel = 2 },\n'
    assert text == BRACKETS.replace("    # then", f"{new}    # then")


def test_new_designs_weights_and_notes_are_added(tmp_path):
    def add(project):
        node = Node("sobel", Conv2d(filters=8, kernel=3, groups=8), weights=PresetWeights("sobel"))
        project = replace(project, notes=(*project.notes, Note("new", design="third")))
        return project.with_designs((*project.designs, Design("third", Network((node,)))))

    for text in (HEADERS, BRACKETS):
        assert comments(save(write(tmp_path, text), add)) == comments(text)


def test_a_file_without_comments_is_written_as_a_new_one(tmp_path):
    text = "\n".join(line.partition("#")[0] for line in BRACKETS.splitlines())
    path = write(tmp_path, text)
    assert project_content(load_project(path).project, path, path) == project_content(load_project(path).project, path)


@pytest.mark.parametrize("text", ["", "no TOML # at all", "format = 1 # but nothing else", "# \udcff"])
def test_a_source_that_is_no_project_leaves_no_comments(text, tmp_path):
    project = load_project(write(tmp_path, HEADERS)).project
    path = tmp_path / "other.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    assert project_content(project, path, path) == project_content(project, path)
    assert project_content(project, path, tmp_path / "missing.toml") == project_content(project, path)


def test_dotted_keys_are_written_anew(tmp_path):
    path = write(tmp_path, '# dotted\nformat = 1\ninput.kind = "noise"\ninput.shape = [8, 12, 12]\n')
    assert tomllib.loads(save(path, lambda project: replace(project, seed=2)))["seed"] == 2


def test_line_ends_of_windows_and_a_missing_last_one_do_no_harm(tmp_path):
    path = tmp_path / "p.toml"
    path.write_bytes(HEADERS.replace("\n", "\r\n").encode())
    save(path, lambda project: replace(project, seed=2))
    path = write(tmp_path, BRACKETS.rstrip("\n"))
    assert save(path) == BRACKETS


def test_a_thousand_layers_with_comments_are_saved_within_a_second(tmp_path):
    nodes = tuple(Node(f"conv{number}", Conv2d(filters=8, kernel=3)) for number in range(1000))
    project = replace(load_project(write(tmp_path, BRACKETS)).project, designs=(Design("large", Network(nodes)),))
    path = tmp_path / "large.toml"
    save_project(project, path)
    path.write_text(path.read_text().replace("},\n", "},  # a layer\n"))
    network = project.network("large").with_layer("conv500", Conv2d(filters=9, kernel=3))
    begun = time.perf_counter()
    content = project_content(project.with_network("large", network), path, path)
    assert time.perf_counter() - begun < 1.5
    assert content.count(b"# a layer") == 1000


def with_random_comments(text: str, chance: random.Random) -> str:
    """The text with comments above and behind lines at which a comment may stand."""
    lines = []
    for line in text.splitlines():
        plain = not re.search(r"\"\"\"|'''", text)
        if plain and chance.random() < 0.3:
            lines.append(f"# above {chance.random()}")
        lines.append(f"{line}  # behind" if plain and chance.random() < 0.3 else line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(20))
def test_whatever_a_file_says_and_becomes_it_is_read_as_the_project(seed, tmp_path):
    chance = random.Random(seed)
    before, after = (load_project(path).project for path in chance.sample(BUNDLED, 2))
    if seed % 2:  # designs of both
        after = after.with_designs((*after.designs, *before.designs[:1]))
    path = tmp_path / "p.toml"
    save_project(before, path)
    text = with_random_comments(path.read_text(encoding="utf-8"), chance)
    path.write_text(text, encoding="utf-8")
    assert load_project(path).project == before
    assert save(path) == text
    changed = save(path, lambda _: after)
    assert "# " in changed


def test_a_project_as_the_bundled_ones_are_written_keeps_its_form(tmp_path):
    for source in BUNDLED:
        text = "# a comment\n" + source.read_text(encoding="utf-8")
        assert save(write(tmp_path, text)) == text
        changed = save(tmp_path / "p.toml", lambda project: replace(project, seed=11))
        assert sum(line not in text.splitlines() for line in changed.splitlines()) == 1
        assert tomli_w.dumps(tomllib.loads(changed))
