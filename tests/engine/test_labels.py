"""Lists of classes: what is read, what is refused, and what they must agree with."""

import tomllib
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.files.labels import read_labels
from engine.files.paths import FileFault
from engine.layers import Activation, Dense, GlobalAvgPool2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project, project_content
from engine.project.project import Design, Project
from engine.run.check import check


def project_of(*layers, labels="", name="a"):
    nodes = tuple(Node(f"n{number}", layer) for number, layer in enumerate(layers))
    return Project(NoiseInput((2, 4, 4)), (Design(name, Network(nodes)),), labels=labels)


@pytest.fixture
def labels(tmp_path):
    """Writes a list of classes, and returns its path."""

    def labels(content, name="classes.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return labels


@pytest.mark.parametrize(
    "content", ["cat\ndog\n", "cat\ndog", "cat\r\ndog\r\n", "\ufeffcat\ndog\n", "  cat \ndog\n\n", b"cat\ndog"]
)
def test_a_list_has_a_class_per_line(labels, content):
    assert read_labels(labels(content)) == ("cat", "dog")


def test_names_of_classes_may_have_any_script_and_occur_twice(labels):
    assert read_labels(labels("chat égyptien\n猫\n猫\n")) == ("chat égyptien", "猫", "猫")


def test_a_changed_list_is_read_again(labels):
    assert read_labels(labels("cat\n")) == ("cat",)
    assert read_labels(labels("cat\nhorse\n")) == ("cat", "horse")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1 is empty"),
        (b"\n\n\n", "line 1 is empty"),
        (b"cat\n\ndog\n", "line 2 is empty"),
        (b"cat\nd\x00g\n", "line 2 is no name of a class: U+0000"),
        (b"cat\tfeline\n", "U+0009 at character 4 is a control character"),
        ("cat\u202edog\n".encode(), "U+202E"),
        (b"cat\n\xff\xfe", "byte 0xff in line 2 is not UTF-8"),
        ("cat\n".encode("utf-16"), "byte 0xff in line 1 is not UTF-8"),
        (b"x" * 501, "line 1 has 501 characters; the name of a class has at most 500"),
        (b"a\n" * 100_001, "has 100,001 lines; a list of classes has at most 100,000"),
        (b"a" * (2**22 + 1), "has 4.0 MiB; a list of classes has at most 4.0 MiB"),
    ],
)
def test_what_is_no_list_is_refused_with_the_place(labels, content, words):
    path = labels(content)
    with pytest.raises(FileFault, match=r"classes\.txt") as fault:
        read_labels(path)
    assert words in str(fault.value)


@pytest.mark.parametrize("name", ["absent.txt", "folder"])
def test_a_missing_list_is_a_mistake_of_the_project(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (problem,) = check(project_of(Dense(3), labels=str(tmp_path / name))).problems
    assert problem.place == "$.labels"
    assert name in problem.text


def test_a_classifier_has_a_channel_per_class(labels):
    path = labels("cat\ndog\nhen\n")
    correct = check(project_of(Dense(3), Activation("softmax"), labels=path))
    assert correct.problems == correct.notices == ()
    assert correct.is_classifier("a")
    (problem,) = check(project_of(GlobalAvgPool2d(), labels=path)).problems
    assert "names 3 classes, but design 'a' ends in 2 channels" in problem.text
    assert problem.place == "$.labels"


def test_labels_that_no_design_uses_are_a_notice(labels):
    unused = check(project_of(Activation("relu"), labels=labels("cat\ndog\n")))
    assert unused.problems == ()
    (notice,) = unused.notices
    assert "no design ends in a volume 2×1×1" in notice.text
    assert not unused.is_classifier("a")


def test_a_design_that_is_no_classifier_may_be_beside_one(labels):
    project = project_of(Dense(2), labels=labels("cat\ndog\n"))
    both = replace(project, designs=(*project.designs, *project_of(Activation("relu"), name="b").designs))
    result = check(both)
    assert result.problems == result.notices == ()
    assert (result.is_classifier("a"), result.is_classifier("b")) == (True, False)


def test_the_list_is_among_the_files_that_are_watched(labels):
    path = labels("cat\ndog\n")
    assert path in check(project_of(Dense(2), labels=path)).files


HEAD = """\
# ours
format = 1
labels = "names/classes.txt"  # two
designs = []
[input]
kind = "noise"
shape = [2, 4, 4]
"""


def test_the_key_labels_is_read_relative_to_the_file_and_written(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(HEAD, encoding="utf-8")
    project = load_project(path).project
    assert project.labels == str(tmp_path / "names" / "classes.txt")
    assert tomllib.loads(project_content(project, path).decode())["labels"] == "names/classes.txt"
    assert "labels" not in tomllib.loads(project_content(replace(project, labels=""), path).decode())
    elsewhere = project_content(project, tmp_path / "names" / "q.json").decode()
    assert '"labels": "classes.txt"' in elsewhere


def test_a_save_keeps_the_comment_behind_the_labels(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(HEAD, encoding="utf-8")
    project = load_project(path).project
    assert project_content(replace(project, seed=3), path, path).decode() == HEAD.replace(
        "[input]", "seed = 3\n[input]"
    )
    bundled = project_content(replace(project, labels="resources:labels/imagenet.txt"), path, path).decode()
    assert bundled == HEAD.replace("names/classes.txt", "resources:labels/imagenet.txt")
    assert "labels" not in project_content(replace(project, labels=""), path, path).decode()


@pytest.mark.parametrize("value", ["1", "true", '["a"]'])
def test_labels_that_are_no_path_are_a_mistake(tmp_path, value):
    path = Path(tmp_path / "p.toml")
    path.write_text(HEAD.replace('"names/classes.txt"', value), encoding="utf-8")
    with pytest.raises(Exception, match=r"\$\.labels: "):
        load_project(path)
