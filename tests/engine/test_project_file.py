"""The project file: projects come back equal, and mistakes are reported with file, place, value and remedy."""

import copy
import errno
import json
import os
import stat
from functools import cache
from itertools import count
from pathlib import Path

import msgspec
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from engine.blocks import BLOCKS
from engine.layers import (
    IMPORTED_LAYERS,
    LAYERS,
    Activation,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    LocalResponseNorm,
    MaxPool2d,
    PRelu,
    Scale,
    tag_of,
)
from engine.network.graph import Network, Node
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.network.weight_specs import FileWeights, PresetWeights
from engine.project import file, reader
from engine.project.file import load_project, save_project, to_data
from engine.project.project import Design, Project
from engine.run.preset_kernels import PRESETS
from engine.shapes import Shape
from engine.text.messages import accepted_text
from engine.text.names import control_fault, name_fault
from engine.text.problems import ProjectError
from tests.engine import strategies

NUMBERS = count()

HEAD = 'format = 1\n[input]\nkind = "noise"\nshape = [8, 12, 12]\n'
NODE = HEAD + '[[designs]]\nname = "a"\n[[designs.nodes]]\nname = "c"\n'
NODE_PLACE = "$.designs[0].nodes[0]"


@pytest.fixture
def read(tmp_path):
    """Loads a project from this text."""

    def read(text, name="p.toml"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_project(tmp_path / name).project

    return read


@pytest.fixture
def problems(read, tmp_path):
    """Loads a project from this text, which is wrong: {place: text} of its problems."""

    def problems(text, name="p.toml"):
        with pytest.raises(ProjectError) as error:
            read(text, name)
        assert all(line.startswith(f"{tmp_path / name}: ") for line in str(error.value).splitlines())
        return {problem.place: problem.text for problem in error.value.problems}

    return problems


# Reading: the format's defaults and kinds


def test_the_example_of_the_format_is_read_with_all_its_settings(read, tmp_path):
    project = read("""
        format = 1
        title = "Inception 3a, 5×5 branch"
        seed = 3
        [input]
        kind = "image"
        path = "resources:photos/chelsea.png"
        size = [224, 200]
        channels = "bgr"
        scale = 1.0
        mean = [104.0, 116.5, 122]
        std = [1, 2.5, 1.0]
        [stem]
        [[stem.nodes]]
        name = "conv1_1"
        kind = "conv2d"
        filters = 64
        kernel = 3
        weights = { source = "file", path = "w/trunk.safetensors", weight = "conv1_1.weight", bias = "conv1_1.bias" }
        [[designs]]
        name = "naive"
        [[designs.nodes]]
        name = "conv5x5"
        kind = "conv2d"
        filters = 32
        kernel = [5, 3]
        inputs = ["input"]
        weights = { source = "preset", name = "gabor" }
        """)
    trunk = FileWeights(str(tmp_path / "w/trunk.safetensors"), "conv1_1.weight", "conv1_1.bias")
    image = ImageInput("resources:photos/chelsea.png", (224, 200), "bgr", 1.0, (104.0, 116.5, 122.0), (1.0, 2.5, 1.0))
    stem = Network((Node("conv1_1", Conv2d(filters=64, kernel=3), (), trunk),))
    conv = Node("conv5x5", Conv2d(filters=32, kernel=(5, 3)), ("input",), PresetWeights("gabor"))
    assert project == Project(image, (Design("naive", Network((conv,))),), stem, "Inception 3a, 5×5 branch", 3)


MINIMAL = [
    ('kind = "conv2d"\nfilters = 2\nkernel = 3', Conv2d(2, 3, 1, "same", 1, 1, True)),
    ('kind = "max_pool2d"\nkernel = 3', MaxPool2d(3, None, 0, False)),
    ('kind = "avg_pool2d"\nkernel = [2, 3]', AvgPool2d((2, 3), None, 0, False, True)),
    ('kind = "batch_norm"', BatchNorm(1e-5)),
    ('kind = "lrn"', LocalResponseNorm(5, 1e-4, 0.75, 1.0)),
    ('kind = "dropout"', Dropout(0.5)),
    ('kind = "dense"\nunits = 4', Dense(4, True)),
    ('kind = "activation"\nfunction = "leaky_relu"', Activation("leaky_relu", slope=0.01)),
    ('kind = "activation"\nfunction = "elu"', Activation("elu", alpha=1.0)),
    ('kind = "activation"\nfunction = "clip"', Activation("clip", low=-1.0, high=1.0)),
    ('kind = "prelu"', PRelu(shared=False)),
    ('kind = "scale"', Scale(bias=False)),
    *(
        (f'kind = "activation"\nfunction = "{name}"', Activation(name))
        for name in ["relu", "relu6", "sigmoid", "tanh", "silu", "hard_swish", "gelu", "softmax"]
    ),
]


@pytest.mark.parametrize(("text", "layer"), MINIMAL)
def test_omitted_settings_have_the_defaults_of_the_format(text, layer, read):
    [node] = read(NODE + text).designs[0].network.nodes
    assert node == Node("c", layer, (), None)


@pytest.mark.parametrize("kind", ["global_avg_pool2d", "concat", "add"])
def test_kinds_without_settings_are_read(kind, read):
    assert read(f'{NODE}kind = "{kind}"').designs[0].network.node("c").layer.kind == kind


def test_the_default_stride_of_a_pooling_is_its_kernel():
    windows = MaxPool2d(kernel=(2, 3)).windows(Shape(1, 8, 9))
    assert windows.stride == (2, 3)


@pytest.mark.parametrize(
    ("spelling", "padding"),
    [('"same"', "same"), ('"valid"', "valid"), ("2", 2), ("[1, 2]", (1, 2)), ("[1, 2, 3, 4]", (1, 2, 3, 4))],
)
def test_every_form_of_padding_is_read(spelling, padding, read):
    text = f'{NODE}kind = "conv2d"\nfilters = 1\nkernel = 3\npadding = {spelling}'
    assert read(text).designs[0].network.node("c").layer.padding == padding


def test_a_file_without_title_seed_stem_and_designs_is_a_project(read):
    assert read(HEAD) == Project(NoiseInput((8, 12, 12), 0), (), None, "", 0)


def test_omitted_image_settings_have_the_defaults_of_the_format(read, tmp_path):
    image = read('format = 1\n[input]\nkind = "image"\npath = "cat.png"').input
    assert image == ImageInput(str(tmp_path / "cat.png"), (224, 224), "rgb", 1 / 255, (), ())


def test_json_of_the_same_structure_is_the_same_project(read):
    text = NODE + 'kind = "max_pool2d"\nkernel = 2\npadding = [0, 1]'
    data = {
        "format": 1,
        "input": {"kind": "noise", "shape": [8, 12, 12]},
        "designs": [
            {
                "name": "a",
                "nodes": [{"name": "c", "kind": "max_pool2d", "kernel": 2, "stride": None, "padding": [0, 1]}],
            }
        ],
    }
    assert read(json.dumps(data), "p.JSON") == read(text)


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_a_byte_order_mark_and_windows_line_ends_change_nothing(change, read):
    text = NODE + 'kind = "dropout"\n'
    assert read(change(text)) == read(text)
    data = json.dumps(to_data(read(text), Path("/")), indent=1)
    assert read(change(data), "p.json") == read(text)


# Broken text


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("format = = 1\n", "line 1, column 10", "not valid TOML: invalid value"),
        ('format = 1\ntitle = "x\ny"', "line 2, column 11", "illegal character '\\n'"),
        ("format = 1\nformat = 1\n[input]", "line 2, column 11", "a key occurs twice"),
        ("[input]\n[input]\n", "line 2, column 7", "cannot declare input twice"),
        ('format = 1\n[input]\nkind = "noise', "line 3, column 14, the end of the file", "unterminated string"),
        ("format = 1\n[input", "line 2, column 7, the end of the file", "expected ']'"),
        ("format = [1\n", "line 2, column 1, the end of the file", "unclosed array"),
    ],
)
def test_broken_toml_is_reported_with_line_and_column(text, place, words, problems):
    [(problem_place, message)] = problems(text).items()
    assert problem_place == place
    assert words in message


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{"format": 1,\n "a" 5}', "line 2, column 6", "not valid JSON: expecting ':' delimiter"),
        ('{"format": 1', "line 1, column 13", "expecting ',' delimiter"),
        ("", "line 1, column 1", "expecting value"),
        ("[1, 2]", "$", "is [1, 2]; a project is an object"),
        ("null", "$", "is null; a project is an object"),
    ],
)
def test_broken_json_is_reported_with_line_and_column(text, place, words, problems):
    [(problem_place, message)] = problems(text, "p.json").items()
    assert problem_place == place
    assert words in message


def test_repeated_json_keys_are_reported_with_their_place(problems):
    text = '{"format": 1, "seed": 1, "seed": 2, "designs": [{"name": "a", "nodes": [{"kind": "add", "kind": "add"}]}]}'
    assert problems(text, "p.json") == {
        "$": "key 'seed' occurs twice; keep one",
        "$.designs[0].nodes[0]": "key 'kind' occurs twice; keep one",
    }


def test_nan_and_infinity_in_json_are_reported_with_their_place(problems):
    text = '{"format": 1, "seed": NaN, "input": {"kind": "image", "path": "x", "scale": Infinity, "mean": [1e999]}}'
    assert problems(text, "p.json") == {
        "$.seed": "is nan; an integer from 0 to 9223372036854775807 is expected",
        "$.input.scale": "is inf; a number from -1e+30 to 1e+30 is expected",
        "$.input.mean": "is [inf]; a list of numbers from -1e+30 to 1e+30 is expected",
    }


def test_half_a_surrogate_pair_is_reported_with_its_place(problems):
    text = '{"format": 1, "title": "\\ud800", "input": {"kind": "noise", "shape": [1, 2, 3]}}'
    assert problems(text, "p.json") == {"$.title": "is '\\ud800'; half of a surrogate pair is not a character"}


DEEP = 100_000


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("[" * DEEP, "p.json"),
        ('{"a":' * DEEP, "p.json"),
        ("title = " + "[" * DEEP, "p.toml"),
        ("title = " + "{a = " * DEEP, "p.toml"),
    ],
)
def test_text_that_is_nested_too_deeply_is_reported(text, name, problems):
    assert problems(text, name) == {"$": "lists or tables are nested too deeply for a project"}


def test_deep_tables_instead_of_a_value_are_reported_with_their_beginning(problems):
    assert problems(f"format = 1\ntitle{'.a' * 15} = 1\n")["$.title"].startswith("is {a = {a = {a = …}}}; a text")


@pytest.mark.parametrize("name", ["p.toml", "p.json"])
def test_a_number_of_thousands_of_digits_is_reported(name, problems):
    text = f"seed = {'9' * 5000}" if name == "p.toml" else f'{{"seed": {"9" * 5000}}}'
    assert "thousands of digits" in problems(text, name)["$"]


def test_a_hexadecimal_number_of_thousands_of_digits_is_reported(problems):
    text = problems(f"{HEAD}seed = 0x{'f' * 5000}")["$.input.seed"]
    assert "an integer of about 6021 digits, the last 309375; an integer from" in text


def test_bytes_that_are_not_utf8_are_reported_with_their_line(problems):
    assert problems("format = 1\ntitle = 'é'".encode("latin-1")) == {
        "line 2": "byte 0xe9 is not UTF-8, the encoding of project files"
    }


def test_an_empty_file_lacks_a_format(problems):
    assert problems("") == {"$.format": "is missing; write format = 1"}


@pytest.mark.parametrize("value", ["0", "-1", "'1'", "true", "1.0", "nan", "[1]", "2024-01-01"])
def test_a_format_that_is_not_a_positive_integer_is_reported(value, problems):
    assert problems(f"format = {value}")["$.format"].endswith("; 1 is expected")


# Wrong data


def test_every_wrong_setting_of_every_node_is_reported_at_once(problems):
    text = f"""{HEAD}
        [[designs]]
        name = "a"
        tint = 1
        [[designs.nodes]]
        name = "c\\u001b"
        kind = "conv2d"
        filters = 0
        kernel = -3
        stride = "2"
        padding = "sme"
        dilation = [1]
        groups = true
        bias = 1
        fliters = 3
        [[designs.nodes]]
        kind = "max_pool2d"
        padding = [1, 2, 3]
        [[designs]]
        nodes = [{{name = "x", kind = "conv3d"}}, {{name = "y"}}, 7]
        """
    window = "an integer from 1 to 1000000, or a list of 2 such is expected"
    known = (*LAYERS, *BLOCKS, *IMPORTED_LAYERS)
    assert problems(text) == {
        "$.designs[0].tint": "unknown key; known are name, colour, nodes",
        f"{NODE_PLACE}.name": "is 'c\\x1b'; U+001B at character 2 is a control character; leave it out",
        f"{NODE_PLACE}.filters": "is 0; an integer from 1 to 1000000000 is expected",
        f"{NODE_PLACE}.kernel": f"is -3; {window}",
        f"{NODE_PLACE}.stride": f"is '2'; {window}",
        f"{NODE_PLACE}.padding": "is 'sme'; 'same' or 'valid', or an integer from 0 to 1000000, "
        "or a list of 2 to 4 such is expected",
        f"{NODE_PLACE}.dilation": f"is [1]; {window}",
        f"{NODE_PLACE}.groups": "is true; an integer from 1 to 1000000000 is expected",
        f"{NODE_PLACE}.bias": "is 1; true or false is expected",
        f"{NODE_PLACE}.fliters": "unknown key for conv2d; did you mean 'filters'?",
        "$.designs[0].nodes[1].name": "is missing; each node needs a name",
        "$.designs[0].nodes[1].kernel": f"is missing; {window}",
        "$.designs[0].nodes[1].padding": "padding [1, 2, 3] has 3 values; "
        "use one, [h, w] or [top, left, bottom, right]",
        "$.designs[1].name": "is missing; a design needs a name",
        "$.designs[1].nodes[0].kind": "is 'conv3d'; did you mean 'conv2d'?",
        "$.designs[1].nodes[1].kind": f"is missing; known are {', '.join(map(tag_of, known))}",
        "$.designs[1].nodes[2]": "is 7; a table with name and kind is expected",
    }


@pytest.mark.parametrize(
    ("value", "quotation"),
    [
        ("true", "true"),
        ("nan", "nan"),
        ("-inf", "-inf"),
        ("1.0", "1.0"),
        ("0", "0"),
        ("-7", "-7"),
        (str(10**30), "1000000000000000000000000000000"),
        ("1000000001", "1000000001"),
        ('"3"', "'3'"),
        ("[3]", "[3]"),
        ("{a = {b = 1}}", "{a = {b = 1}}"),
        ("2024-02-29", "2024-02-29"),
        ("07:32:00", "07:32:00"),
        ("2024-02-29T07:32:00Z", "2024-02-29T07:32:00+00:00"),
        ("[1, 2, 3, 4, 5, 6, 7, 8]", "[1, 2, 3, 4, 5, …, 8]"),
        (f'"{"x" * 900}"', f"'{'x' * 28}…{'x' * 28}'"),
    ],
)
def test_a_wrong_value_is_quoted_as_the_file_spells_it(value, quotation, problems):
    text = f'{NODE}kind = "conv2d"\nkernel = 3\nfilters = {value}'
    assert problems(text) == {f"{NODE_PLACE}.filters": f"is {quotation}; an integer from 1 to 1000000000 is expected"}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("input = 5", "$.input", "is 5; a table with kind is expected"),
        ("", "$.input", 'is missing; add an image, an array, or noise: kind = "noise", shape = [C, H, W]'),
        ('[input]\nkind = "photo"', "$.input.kind", "is 'photo'; known are image, array, noise"),
        ('[input]\nkind = "noise"', "$.input.shape", "is missing; a list of 3 integers from 1"),
        ('[input]\nkind = "noise"\nshape = [1, 2]', "$.input.shape", "is [1, 2]; a list of 3 integers"),
        ('[input]\nkind = "noise"\nshape = [0, 2, 3]', "$.input.shape", "is [0, 2, 3]; a list of 3 integers"),
        ('[input]\nkind = "noise"\nshape = [1, 2, 3]\nseed = -1', "$.input.seed", "is -1; an integer from 0"),
        ('[input]\nkind = "image"', "$.input.path", "is missing; a text in quotes is expected"),
        (
            '[input]\nkind = "image"\npath = "x"\nsize = [0, 5]',
            "$.input.size",
            "is [0, 5]; a list of 2 integers from 1",
        ),
        ('[input]\nkind = "image"\npath = "x"\nchannels = "rgba"', "$.input.channels", "'bgr', 'gray' or 'rgb' is exp"),
        ('[input]\nkind = "image"\npath = "x"\nmean = 1', "$.input.mean", "is 1; a list of numbers"),
        (
            '[input]\nkind = "image"\npath = "x"\ncrop = [0, 0, 5]',
            "$.input.crop",
            "is [0, 0, 5]; a list of 4 integers from 0 to 100000 is expected",
        ),
        (
            '[input]\nkind = "image"\npath = "x"\ncrop = [0, 0.5, 1, 1]',
            "$.input.crop",
            "is [0, 0.5, 1, 1]; a list of 4",
        ),
        ('[input]\nkind = "image"\npath = "x"\ncrop = [-1, 0, 1, 1]', "$.input.crop", "is [-1, 0, 1, 1]; a list of 4"),
        ('[input]\nkind = "array"\npath = "x"\nkey = 1', "$.input.key", "is 1; a text in quotes"),
        (
            '[input]\nkind = "array"\npath = "x"\nsize = 1',
            "$.input.size",
            "unknown key for array; known are kind, path, key",
        ),
    ],
)
def test_a_wrong_input_is_reported(text, place, words, problems):
    assert words in problems(f"format = 1\n{text}")[place]


@pytest.mark.parametrize(
    ("weights", "place", "words"),
    [
        ('"he"', "", "is 'he'; a table with source is expected"),
        ('{ path = "x" }', ".source", "is missing; known are file, preset"),
        ('{ source = "files" }', ".source", "is 'files'; did you mean 'file'?"),
        ('{ source = "file" }', ".path", "is missing; a text in quotes is expected"),
        ('{ source = "file", path = 3 }', ".path", "is 3; a text in quotes is expected"),
        ('{ source = "file", path = "x", wieght = "w" }', ".wieght", "unknown key for file; did you mean 'weight'?"),
        ('{ source = "preset", name = "gauss" }', ".name", "is 'gauss'; 'box', 'gabor', 'gaussian', 'identity'"),
    ],
)
def test_wrong_weights_are_reported(weights, place, words, problems):
    text = f'{NODE}kind = "conv2d"\nfilters = 1\nkernel = 1\nweights = {weights}'
    assert words in problems(text)[f"{NODE_PLACE}.weights{place}"]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ("[]", "is empty; name at least one node, or leave inputs out for the previous node"),
        ('"input"', "is 'input'; a list of texts in quotes is expected"),
        ("[1]", "is [1]; a list of texts in quotes is expected"),
    ],
)
def test_wrong_inputs_of_a_node_are_reported(inputs, words, problems):
    assert problems(f'{NODE}kind = "add"\ninputs = {inputs}') == {f"{NODE_PLACE}.inputs": words}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("designs = 5", "$.designs", "is 5; a list of tables is expected"),
        ("designs = [5]", "$.designs[0]", "is 5; a table with nodes is expected"),
        ('designs = [{name = "a", nodes = {b = 1}}]', "$.designs[0].nodes", "is {b = 1}; a list of tables is expected"),
        ('designs = [{name = " "}]', "$.designs[0].name", "is ' '; a name needs a character that can be seen"),
        ("designs = [{name = 3}]", "$.designs[0].name", "is 3; a text in quotes is expected"),
        ("stem = 1", "$.stem", "is 1; a table with nodes is expected"),
        ('stem = {name = "x"}', "$.stem.name", "unknown key; known are nodes"),
        ("title = 3", "$.title", "is 3; a text in quotes is expected"),
        ("seed = -1", "$.seed", "is -1; an integer from 0 to 9223372036854775807 is expected"),
        ("colour = 1", "$.colour", "unknown key; known are format, title, seed, input, stem, designs"),
        ('"a b" = 1', "$.'a b'", "unknown key"),
    ],
)
def test_a_wrong_table_is_reported(text, place, words, problems):
    assert problems(f"format = 1\n{text}")[place].startswith(words)


def test_a_key_of_a_million_characters_is_shortened(problems):
    [(place, _)] = list(problems(f"{'k' * 10**6} = 1\n{HEAD}").items())
    assert len(place) < 80


def test_every_setting_of_every_kind_describes_what_it_accepts():
    structs = [*LAYERS, *BLOCKS, ImageInput, ArrayInput, NoiseInput, FileWeights, PresetWeights]
    for field in (field for struct in structs for field in msgspec.structs.fields(struct)):
        assert accepted_text(field.type)
    preset = msgspec.structs.fields(PresetWeights)[0]
    assert all(f"'{name}'" in accepted_text(preset.type) for name in PRESETS)


# A newer format


def test_a_newer_format_opens_read_only_and_its_unknown_keys_are_ignored(tmp_path):
    text = NODE.replace("format = 1", "format = 2\nfuture = 1") + 'kind = "dropout"\nspatial = true\n'
    (tmp_path / "p.toml").write_text(text)
    project_file = load_project(tmp_path / "p.toml")
    assert project_file.read_only
    assert project_file.format == 2
    assert project_file.project.designs[0].network.node("c").layer == Dropout()


def test_a_newer_format_that_cannot_be_opened_is_reported_as_newer(problems):
    texts = problems(NODE.replace("format = 1", "format = 2") + 'kind = "attention"\n')
    assert list(texts) == ["$.format", f"{NODE_PLACE}.kind"]
    assert texts["$.format"] == "is 2; this program knows formats up to 1, use a newer one"


def test_the_current_format_is_not_read_only(tmp_path):
    save_project(Project(NoiseInput((1, 2, 3))), tmp_path / "p.toml")
    assert not load_project(tmp_path / "p.toml").read_only


# Files that cannot be read


def test_a_project_that_does_not_exist_or_is_not_a_file_is_reported(tmp_path):
    (tmp_path / "file.toml").write_text("")
    for path, words in (
        (tmp_path, "is not a file"),
        (tmp_path / "no.toml", "does not exist"),
        (tmp_path / "file.toml" / "p.toml", "Not a directory"),
    ):
        with pytest.raises(ProjectError) as error:
            load_project(path)
        assert str(error.value).startswith(f"{path} ")
        assert words in str(error.value)


def test_a_project_that_may_not_be_read_is_reported(tmp_path, monkeypatch):
    save_project(Project(NoiseInput((1, 2, 3))), tmp_path / "p.toml")
    monkeypatch.setattr(Path, "read_bytes", lambda _: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(ProjectError, match="may not be read: its permissions forbid it"):
        load_project(tmp_path / "p.toml")


def test_a_file_of_100_megabytes_is_refused_unread(tmp_path):
    path = tmp_path / "p.toml"
    with path.open("wb") as file:
        file.truncate(100 * 10**6)
    with pytest.raises(ProjectError, match="100,000,000 bytes, too many for a project; at most 8,388,608 are read"):
        load_project(path)


# Saving


PROJECT = Project(ImageInput("resources:photos/cat.png"), (Design("a", Network((Node("c", Dropout()),))),), title="é")


@pytest.mark.parametrize("name", ["p.toml", "p.json"])
def test_save_replaces_the_whole_file_and_returns_its_stamp(name, tmp_path):
    path = tmp_path / name
    path.write_text("x" * 10_000)
    stamp = save_project(PROJECT, path)
    assert load_project(path) == file.ProjectFile(PROJECT, 1, stamp)
    assert os.listdir(tmp_path) == [name]


def test_defaults_are_left_out_of_the_file(tmp_path):
    data = to_data(PROJECT, tmp_path)
    assert data["input"] == {"kind": "image", "path": "resources:photos/cat.png"}
    assert data["designs"] == [{"name": "a", "nodes": [{"name": "c", "kind": "dropout"}]}]
    assert set(data) == {"format", "title", "input", "designs"}


def test_save_through_a_link_replaces_its_target(tmp_path):
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "p.toml", tmp_path / "link.toml"
    target.write_text("old")
    link.symlink_to(target)
    save_project(PROJECT, link)
    assert link.is_symlink()
    assert not target.is_symlink()
    assert load_project(target).project == PROJECT
    dangling = tmp_path / "dangling.toml"
    dangling.symlink_to(tmp_path / "real" / "new.toml")
    save_project(PROJECT, dangling)
    assert load_project(tmp_path / "real" / "new.toml").project == PROJECT


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_save_keeps_the_permissions_of_the_file(mode, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text("old")
    path.chmod(mode)
    save_project(PROJECT, path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_new_file_has_the_permissions_that_the_user_gives_new_files(tmp_path):
    (tmp_path / "other").write_text("")
    save_project(PROJECT, tmp_path / "p.toml")
    assert (tmp_path / "p.toml").stat().st_mode == (tmp_path / "other").stat().st_mode


FULL = OSError(28, "No space left on device")


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [FULL, OSError(30, "Read-only file system"), KeyboardInterrupt()])
def test_a_failed_save_leaves_the_old_file_and_nothing_beside_it(step, error, tmp_path, monkeypatch):
    path = tmp_path / "p.toml"
    path.write_text("old")

    def fail(*_):
        raise error

    monkeypatch.setattr(os, step, fail)
    with pytest.raises((ProjectError, KeyboardInterrupt)) as failure:
        save_project(PROJECT, path)
    if isinstance(error, OSError):
        assert str(failure.value) == f"{path}: cannot be saved: {error.strerror}; choose another place"
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["p.toml"]


def test_a_folder_that_cannot_hold_the_file_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    for path, words in (
        (tmp_path / "file" / "p.toml", "Not a directory"),
        (tmp_path / "no" / "p.toml", "No such file or directory"),
        (tmp_path, "cannot be saved"),
        (Path("/proc/p.toml"), "cannot be saved"),
    ):
        with pytest.raises(ProjectError) as error:
            save_project(PROJECT, path)
        assert words in str(error.value)
    assert os.listdir(tmp_path) == ["file"]


def test_a_write_protected_file_stays_though_its_folder_is_writable(tmp_path, monkeypatch):
    path = tmp_path / "p.toml"
    path.write_text("mine")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write to every file
    with pytest.raises(ProjectError, match="cannot be saved: Permission denied; choose another place"):
        save_project(PROJECT, path)
    assert path.read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="permissions as on Unix")
@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS], ids=errno.errorcode.get)
def test_a_private_file_stays_private_where_no_file_can_be_given_its_permissions(code, tmp_path, monkeypatch):
    path = tmp_path / "p.toml"
    path.write_text("old")
    path.chmod(0o600)
    monkeypatch.setattr(os, "chmod", lambda *_: (_ for _ in ()).throw(OSError(code, os.strerror(code))))
    save_project(PROJECT, path)
    assert load_project(path).project == PROJECT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["p.toml"]


def test_a_path_that_no_text_file_can_hold_is_reported(tmp_path):
    project = Project(ImageInput(str(tmp_path / "caf\udce9.png")))
    with pytest.raises(ProjectError, match="is not valid Unicode; rename it"):
        save_project(project, tmp_path / "p.toml")
    assert os.listdir(tmp_path) == []


# Paths


def test_paths_below_one_folder_are_relative_in_the_file_and_absolute_when_loaded(tmp_path):
    (tmp_path / "projects").mkdir()
    weights = FileWeights(str(tmp_path / "projects" / "w" / "a.npz"))
    nodes = (Node("c", Conv2d(filters=1, kernel=1), (), weights),)
    project = Project(ImageInput(str(tmp_path / "photos" / "cat.png")), (Design("a", Network(nodes)),), Network(nodes))
    path = tmp_path / "projects" / "p.toml"
    save_project(project, path)
    data = to_data(project, path.parent)
    assert data["input"]["path"] == "../photos/cat.png"
    assert data["designs"][0]["nodes"][0]["weights"]["path"] == "w/a.npz"
    assert data["stem"]["nodes"][0]["weights"]["path"] == "w/a.npz"
    assert load_project(path).project == project


def test_paths_that_share_only_the_root_stay_absolute_and_bundled_ones_as_they_are():
    project = Project(ArrayInput("/data/a.npy"))
    assert to_data(project, Path("/home/me"))["input"]["path"] == "/data/a.npy"
    bundled = Project(ImageInput("resources:photos/cat.png"))
    assert to_data(bundled, Path("/home/me"))["input"]["path"] == "resources:photos/cat.png"


def test_a_file_named_like_what_is_bundled_is_still_a_file(tmp_path):
    project = Project(ArrayInput(str(tmp_path / "resources:a.npy")))
    save_project(project, tmp_path / "p.toml")
    assert load_project(tmp_path / "p.toml").project == project


def test_a_project_loaded_by_a_relative_path_has_absolute_paths(tmp_path, monkeypatch):
    (tmp_path / "p.toml").write_text('format = 1\n[input]\nkind = "array"\npath = "../a.npy"')
    monkeypatch.chdir(tmp_path)
    assert load_project(Path("p.toml")).project.input.path == str(tmp_path.parent / "a.npy")


# Round trips and damage


TEXTS = st.text(max_size=12)
LINES = TEXTS.filter(lambda text: not control_fault(text))
NAMES = TEXTS.filter(lambda text: not name_fault(text))
FILE_NAMES = st.from_regex(r"[a-z0-9 é_-]{1,8}(/[a-z0-9é_-]{1,8}){0,2}\.[a-z]{3}", fullmatch=True)
FINITE = st.floats(-1e30, 1e30)


def paths(folder):
    return (
        FILE_NAMES.map(lambda name: f"{folder}/{name}") | FILE_NAMES.map("resources:{}".format) | st.just("/far/a.npy")
    )


@cache
def projects(folder="/home/me"):
    """Projects of all kinds of inputs, layers and weights; nothing in them has to fit."""
    images = st.builds(
        ImageInput,
        paths(folder),
        st.tuples(st.integers(1, 100_000), st.integers(1, 100_000)),
        st.sampled_from(["rgb", "bgr", "gray"]),
        FINITE,
        st.lists(FINITE, max_size=4).map(tuple),
        st.lists(FINITE, max_size=4).map(tuple),
        st.just(()) | st.tuples(*[st.integers(0, 100_000)] * 4),
    )
    noise = st.builds(NoiseInput, st.tuples(*[st.integers(1, 10**9)] * 3), st.integers(0, 2**63 - 1))
    arrays = st.builds(ArrayInput, paths(folder), TEXTS)
    sources = st.none() | st.builds(PresetWeights, st.sampled_from(sorted(PRESETS)))
    sources |= st.builds(FileWeights, paths(folder), *[TEXTS] * 6)
    kinds = st.sampled_from([*LAYERS, *BLOCKS]).flatmap(lambda kind: strategies.layers(kind, small=False))
    nodes = st.builds(Node, NAMES, kinds, st.lists(LINES, max_size=3).map(tuple), sources)
    networks = st.lists(nodes, max_size=3).map(lambda nodes: Network(tuple(nodes)))
    designs = st.lists(st.builds(Design, NAMES, networks), max_size=2).map(tuple)
    stem = st.none() | networks
    return st.builds(Project, images | noise | arrays, designs, stem, LINES, st.integers(0, 2**63 - 1))


@given(data=st.data(), suffix=st.sampled_from([".toml", ".json"]))
def test_every_project_comes_back_equal_from_its_file(data, suffix, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    project = data.draw(projects(folder))
    path = folder / f"project{suffix}"
    save_project(project, path)
    assert load_project(path).project == project
    assert str(folder) not in path.read_text(encoding="utf-8")


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**25, 10**30)
    | st.floats()
    | st.text(max_size=5)
    | st.dates()
    | st.times()
    | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
VALID = {
    "format": 1,
    "title": "t",
    "seed": 3,
    "input": {"kind": "image", "path": "a.png", "size": [3, 4], "channels": "bgr", "scale": 1.0, "mean": [1.0]},
    "stem": {"nodes": [{"name": "s", "kind": "conv2d", "filters": 2, "kernel": [3, 1], "padding": "valid"}]},
    "designs": [
        {
            "name": "a",
            "nodes": [
                {"name": "c", "kind": "conv2d", "filters": 2, "kernel": 1, "weights": {"source": "file", "path": "w"}},
                {"name": "d", "kind": "avg_pool2d", "kernel": 2, "inputs": ["input"], "ceil": True},
                {"name": "e", "kind": "concat", "inputs": ["c", "d"]},
            ],
        }
    ],
}


def positions(value):
    """(parent, key) of everything in a tree."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from positions(value[key])


def problems_of(path):
    try:
        load_project(path)
    except ProjectError as error:
        return error.problems
    return ()


@given(data=st.data(), times=st.integers(1, 3))
def test_a_damaged_file_is_read_as_a_project_or_reported_with_places(data, times, tmp_path_factory):
    tree = copy.deepcopy(VALID)
    for _ in range(times):
        parent, key = data.draw(st.sampled_from(list(positions(tree)) or [({}, "")]), "position")
        match data.draw(st.sampled_from(["delete", "replace", "insert"])):
            case "delete" if key in parent or isinstance(parent, list):
                del parent[key]
            case "replace":
                parent[key] = data.draw(ANYTHING)
            case _ if isinstance(parent, list):
                parent.insert(key, data.draw(ANYTHING))
            case _:
                parent[data.draw(st.text(max_size=5))] = data.draw(ANYTHING)
    folder = tmp_path_factory.getbasetemp()
    toml, other = folder / f"damaged{next(NUMBERS)}.toml", folder / f"damaged{next(NUMBERS)}.json"
    other.write_text(json.dumps(tree, default=str))
    files = [other]
    try:
        toml.write_text(tomli_w.dumps(tree), encoding="utf-8")
        files.append(toml)
    except TypeError:  # TOML has no null
        pass
    for path in files:
        for problem in problems_of(path):
            assert problem.place.startswith("$")


@given(
    content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode), suffix=st.sampled_from([".toml", ".json"])
)
def test_random_bytes_are_reported_as_problems(content, suffix, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / f"random{suffix}"
    path.write_bytes(content)
    with pytest.raises(ProjectError):
        load_project(path)


@pytest.mark.parametrize("key", ["form", "nodes", "of"])
@pytest.mark.parametrize("value", ["missing", "3", '"nonsense"', "[1]"])
def test_a_recipe_without_a_valid_setting_is_reported_at_that_setting(key, value, problems):
    settings = {"form": '"1x1+kxk"', "nodes": '["b", "c"]', "of": '{ source = "preset", name = "identity" }'}
    settings |= {key: value}
    if value == "missing":
        del settings[key]
    recipe = ", ".join(f"{name} = {text}" for name, text in settings.items())
    found = problems(f'{NODE}kind = "conv2d"\nfilters = 1\nkernel = 1\nweights = {{ source = "low_rank", {recipe} }}')
    assert list(found) == [f"{NODE_PLACE}.weights.{key}"]


@pytest.mark.parametrize("kind", sorted(reader.KINDS))
def test_a_kind_without_any_of_its_settings_is_reported_or_read(kind, tmp_path):
    """Whatever is missing or has the wrong type, the answer is a list of problems."""
    fields = [field.name for field in msgspec.structs.fields(reader.KINDS[kind])]
    for values in ({}, {name: [] for name in fields}, {name: {} for name in fields}, dict.fromkeys(fields, "")):
        node = {"name": "c", "kind": kind, **values}
        path = tmp_path / "p.json"
        path.write_text(
            json.dumps(
                {
                    "format": 1,
                    "input": {"kind": "noise", "shape": [1, 2, 2]},
                    "designs": [{"name": "a", "nodes": [node]}],
                }
            )
        )
        assert all(problem.place.startswith("$.designs[0].nodes[0]") for problem in problems_of(path))


def test_only_the_first_of_many_problems_are_read(problems):
    found = problems("format = 1\n" + "".join(f"k{number} = 1\n" for number in range(50_000)))
    assert len(found) == 100
    assert found[""] == "the rest of the file is not read; correct these mistakes first"


def test_a_key_of_thousands_of_parts_is_refused_before_it_is_parsed(problems):
    for key in ("a" + ".a" * 20_000, '"a"' + " . 'b'" * 20_000):
        for line in (f"{key} = 1", f"[{key}]", f"[[{key}]]", f"x = {{ {key} = 1 }}"):
            assert "a key has more than 20 parts" in problems(f'title = """\n{".a" * 99}\n"""\n{line}\n')["line 4"]


def test_dots_in_texts_and_comments_are_no_parts_of_keys(read):
    dots = "a" + ".a" * 400
    text = f'# {dots}\n{HEAD}[[designs]]\nname = "a"\n[[designs.nodes]]\nname = "{dots}" # {dots}\nkind = "lrn"\n'
    text += f"[[notes]]\ntext = '''\n{dots} \"\"\" '\n'''\n"
    assert read(text).designs[0].network.nodes[0].name == dots


def test_a_project_has_a_greatest_number_of_layers_those_of_blocks_included(problems, tmp_path):
    block = '[[designs.nodes]]\nname = "b{}"\nkind = "dense_block"\nlayers = 1000\ngrowth = 1\n'
    text = f'{HEAD}[[designs]]\nname = "a"\n' + "".join(map(block.format, range(3)))
    assert problems(text)["$"].startswith("has more than 7,500 designs and layers")


def test_what_could_not_be_read_again_is_not_saved(tmp_path):
    nodes = tuple(Node(f"n{number}", Activation("relu")) for number in range(7500))
    for network in (Network(nodes), Network((Node("a\x1b", Activation("relu")),)), Network((Node("", Dropout()),))):
        with pytest.raises(ProjectError, match="cannot be saved"):
            save_project(Project(NoiseInput((1, 1, 1)), (Design("a", network),)), tmp_path / "p.toml")
    assert not list(tmp_path.iterdir())


def test_a_node_has_at_most_a_thousand_inputs(problems):
    found = problems(f'{NODE}kind = "concat"\ninputs = {["input"] * 1001}')
    assert found == {f"{NODE_PLACE}.inputs": "has 1,001 names; a node has at most 1,000 inputs"}


def test_a_published_figure_of_thousands_of_digits_is_reported_at_its_setting(problems):
    text = f'{HEAD}[[published]]\ndesign = "a"\nnode = "b"\nparams = "{"9" * 5000}"\n'
    [(place, message)] = problems(text).items()
    assert place == "$.published[0].params"
    assert len(message) < 200


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ('function = "swish"', "function", "is 'swish'; did you mean 'silu'?"),
        ('function = "HardTanh"', "function", "is 'HardTanh'; did you mean 'clip'?"),
        ('function = "leaky_relu"\nnegative_slope = 0.1', "negative_slope", "did you mean 'slope'?"),
        ('function = "relu"\nslope = 0.1', "slope", "means nothing beside the other settings; leave it out"),
    ],
)
def test_names_of_other_programs_and_numbers_of_other_functions_are_mistakes_with_a_remedy(text, place, problem, read):
    with pytest.raises(ProjectError) as error:
        read(f'{NODE}kind = "activation"\n{text}')
    [found] = error.value.problems
    assert found.place == f"$.designs[0].nodes[0].{place}"
    assert found.text.endswith(problem)


@pytest.mark.parametrize(("word", "meant"), [("multiply", "mul"), ("layer_scale", "scale"), ("linear", "dense")])
def test_a_kind_by_the_name_that_others_have_for_it_is_a_mistake_that_says_ours(word, meant, read):
    with pytest.raises(ProjectError) as error:
        read(f'{NODE}kind = "{word}"')
    assert error.value.problems[0].text == f"is {word!r}; did you mean {meant!r}?"


@pytest.mark.parametrize(("word", "function"), [("relu", "relu"), ("swish", "silu")])
def test_a_function_as_a_kind_is_a_mistake_that_says_how_to_write_it(word, function, read):
    with pytest.raises(ProjectError) as error:
        read(f'{NODE}kind = "{word}"')
    assert error.value.problems[0].text == f'is {word!r}; write kind = "activation", function = "{function}"'
