"""Notes and published figures: read, checked, saved, updated by renaming, and compared as papers print numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.file import load_project, save_project
from engine.project.project import Design, Note, Project, Published
from engine.reports.summary import summary
from engine.run.check import check
from engine.text.names import control_fault
from engine.text.printed_figures import agrees, amount_of, relative_excess
from engine.text.problems import ProjectError

HEAD = """
format = 1
source = "A. Author, A paper, 2014, table 1"
[input]
kind = "noise"
shape = [8, 12, 12]
[stem]
[[stem.nodes]]
name = "c"
kind = "conv2d"
filters = 4
kernel = 3
[[designs]]
name = "a"
[[designs.nodes]]
name = "c"
kind = "conv2d"
filters = 4
kernel = 3
"""

TABLES = """
[[notes]]
text = "Row 5a: …"
design = "a"
node = "c"
[[notes]]
text = "Of the whole"
[[published]]
design = "a"
node = "c"
row = "conv (1)"
params = "159K"
ops = "2.7 M"
note = "printed so"
[[published]]
design = "a"
node = "c"
"""

NOTES = (Note("Row 5a: …", "a", "c"), Note("Of the whole"))
PUBLISHED = (Published("a", "c", "conv (1)", "159K", "2.7 M", "printed so"), Published("a", "c"))


def network():
    return Network((Node("c", Conv2d(4, 3)),))


def project(notes=NOTES, published=PUBLISHED):
    designs = (Design("a", network()), Design("b", network()))
    return Project(NoiseInput((8, 12, 12)), designs, network(), notes=notes, published=published)


@pytest.fixture
def read(tmp_path):
    """Loads a project from this text."""

    def read(text):
        (tmp_path / "p.toml").write_text(text)
        return load_project(tmp_path / "p.toml").project

    return read


@pytest.fixture
def problems(read):
    """Loads a project from this text, which is wrong: {place: text} of its problems."""

    def problems(text):
        with pytest.raises(ProjectError) as error:
            read(text)
        return {problem.place: problem.text for problem in error.value.problems}

    return problems


# The file


def test_notes_figures_and_their_source_are_read(read):
    loaded = read(HEAD + TABLES)
    assert loaded.source == "A. Author, A paper, 2014, table 1"
    assert (loaded.notes, loaded.published) == (NOTES, PUBLISHED)


def test_a_project_without_notes_and_figures_writes_none(read, tmp_path):
    loaded = read(HEAD.replace("source", "title"))
    assert (loaded.source, loaded.notes, loaded.published) == ("", (), ())
    save_project(loaded, tmp_path / "again.toml")
    text = (tmp_path / "again.toml").read_text()
    assert not [key for key in ("source", "notes", "published") if key in text]


words = st.text(max_size=12).filter(lambda text: not control_fault(text))
figures = st.just("") | st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,2})?[KMG]?", fullmatch=True).filter(str.isascii)


@pytest.mark.parametrize("name", ["p.toml", "p.json"])
@given(
    source=words,
    notes=st.lists(st.builds(Note, words, words, words), max_size=3),
    published=st.lists(st.builds(Published, words, words, words, figures, figures, words), max_size=3),
)
def test_notes_and_figures_come_back_equal_from_the_file(name, source, notes, published, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / name
    original = Project(NoiseInput((8, 12, 12)), (), source=source, notes=tuple(notes), published=tuple(published))
    save_project(original, path)
    assert load_project(path).project == original


def test_every_mistake_is_reported_with_its_place(problems):
    result = problems(
        "source = 3\n"
        + HEAD.replace("source", "title")
        + """
        [[notes]]
        design = "a"
        [[notes]]
        text = 5
        nodes = "c"
        [[published]]
        node = "c"
        ops = "128 Mio"
        params = 159
        [[published]]
        design = "a"
        node = "c"
        params = "1,072K"
        """
    )
    assert result == {
        "$.source": "is 3; a text in quotes is expected",
        "$.notes[0].text": "is missing; a text in quotes is expected",
        "$.notes[1].text": "is 5; a text in quotes is expected",
        "$.notes[1].nodes": "unknown key; did you mean 'node'?",
        "$.published[0].design": "is missing; a text in quotes is expected",
        "$.published[0].params": "is 159; a text in quotes is expected",
        "$.published[0].ops": "ops '128 Mio' cannot be compared; write a figure like 159K, 2.7M or 1024",
        "$.published[1].params": "params '1,072K' cannot be compared; write a figure like 159K, 2.7M or 1024",
    }


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('notes = "one"\n', "$.notes", "a list of tables is expected"),
        ('notes = ["one"]\n', "$.notes[0]", "a table with text is expected"),
        ("published = [1]\n", "$.published[0]", "a table with design is expected"),
    ],
)
def test_an_entry_that_is_not_a_table_is_reported(text, place, words, problems):
    assert words in problems(text + HEAD)[place]


def test_names_that_no_longer_exist_are_not_a_mistake(read):
    loaded = read(HEAD + TABLES.replace('"c"', '"gone"').replace('"a"', '"gone, too"'))
    assert check(loaded).problems == ()


def test_the_json_of_the_analysis_has_notes_and_figures_if_there_are_any(read):
    loaded = read(HEAD + TABLES)
    data = summary(loaded, check(loaded))
    assert data["source"] == loaded.source
    assert data["notes"][1] == {"text": "Of the whole"}
    assert [entry["node"] for entry in data["published"]] == ["c", "c"]
    bare = read(HEAD.replace("source", "title"))
    assert not {"source", "notes", "published"} & summary(bare, check(bare)).keys()


# Renaming


@pytest.mark.parametrize("design", [STEM, "a", "b"])
def test_notes_and_figures_follow_a_renamed_node_of_their_own_network(design):
    refs = [(STEM, "c"), ("a", "c"), ("b", "c"), ("a", "d"), ("a", "")]
    before = project(tuple(Note("x", *ref) for ref in refs), tuple(Published(*ref, "row") for ref in refs))
    after = before.with_node_renamed(design, "c", "new")
    expected = [(design, "new") if ref == (design, "c") else ref for ref in refs]
    assert [(note.design, note.node) for note in after.notes] == expected
    assert [(figure.design, figure.node) for figure in after.published] == expected
    assert {name: network.nodes[0].name for name, network in after.networks()} == {
        name: "new" if name == design else "c" for name in (STEM, "a", "b")
    }


def test_notes_and_figures_follow_a_renamed_design():
    after = project().with_design_renamed("a", "new")
    assert [design.name for design in after.designs] == ["new", "b"]
    assert [(note.design, note.node) for note in after.notes] == [("new", "c"), ("", "")]
    assert [figure.design for figure in after.published] == ["new", "new"]
    assert project().with_design_renamed("b", "new").published == PUBLISHED


# Printed figures


@pytest.mark.parametrize(
    ("printed", "kilo", "amount"),
    [("159K", 1024, 162_816), ("128M", 1000, 128_000_000), ("1.5G", 1000, 1_500_000_000), ("1024", 1024, 1024),
     (" 29.3 M ", 1000, 29_300_000), ("0.5K", 1024, 512), ("", 1000, None), ("many", 1000, None), ("1,5K", 1000, None),
     ("5T", 1000, None), ("-3K", 1000, None)],
)  # fmt: skip
def test_a_printed_figure_is_parsed_as_an_amount(printed, kilo, amount):
    assert amount_of(printed, kilo) == amount


@pytest.mark.parametrize(
    ("count", "printed", "kilo", "expected"),
    [
        (163_328, "159K", 1024, True),  # 159.5, cut
        (163_328, "160K", 1024, True),  # and rounded
        (163_328, "163K", 1024, False),
        (163_328, "163K", 1000, True),
        (73_608_192, "73M", 1000, True),
        (73_608_192, "74M", 1000, True),
        (73_608_192, "73.6M", 1000, True),
        (73_608_192, "73.5M", 1000, False),
        (118_013_952, "34M", 1000, False),
        (1024, "1024", 1000, True),
        (1, "", 1000, False),
    ],
)
def test_a_count_agrees_with_the_digits_that_are_printed(count, printed, kilo, expected):
    assert agrees(count, printed, kilo) == expected


@given(
    st.integers(0, 10**12), st.integers(0, 3), st.sampled_from([("", 0), ("K", 1), ("M", 2), ("G", 3)]),
    st.sampled_from([1000, 1024]), st.booleans(),
)  # fmt: skip
def test_a_count_agrees_with_itself_rounded_and_cut_and_with_no_other_figure(count, decimals, prefix, kilo, cut):
    letter, power = prefix
    unit = kilo**power
    digits = (count * 10**decimals + (0 if cut else unit // 2)) // unit

    def printed(number):
        whole, rest = divmod(number, 10**decimals)
        return f"{whole}.{rest:0{decimals}}{letter}" if decimals else f"{whole}{letter}"

    assert agrees(count, printed(digits), kilo)
    assert not agrees(count, printed(digits + 2), kilo)
    assert digits < 2 or not agrees(count, printed(digits - 2), kilo)


@pytest.mark.parametrize(
    ("count", "printed", "part"),
    [(1_500, "1K", 0.5), (930, "1K", -0.07), (1_000, "1K", 0), (5, "0K", None), (5, "", None)],
)
def test_a_difference_is_relative_to_the_printed_figure(count, printed, part):
    assert relative_excess(count, printed) == part
