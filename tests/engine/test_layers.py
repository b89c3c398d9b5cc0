"""The guarantees of every kind of layer. A new one is tested for them by its rows in LAYERS and ORACLES."""

import re
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from engine import kernels
from engine.blocks import BLOCKS
from engine.layers import (
    LAYERS,
    Activation,
    Add,
    AvgPool2d,
    ChannelPool,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Crop,
    Dense,
    Div,
    Flatten,
    Maximum,
    MaxPool2d,
    Minimum,
    Mul,
    Pad,
    Reshape,
    Resize,
    Scale,
    Slice,
    Sub,
    tag_of,
)
from engine.network.analysis import analyze
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project import file
from engine.project.project import Design, Project
from engine.run import weights
from engine.shapes import Shape
from engine.text.problems import ProjectError
from tests.engine import layer_oracle, strategies
from tests.engine.checkpoints import Stopped, proceed, stop
from tests.engine.layer_oracle import ORACLES
from tests.engine.strategies import alternatives, arrays, cases, fields, plain, seeds

KINDS = pytest.mark.parametrize("kind", LAYERS, ids=tag_of)
ALL_KINDS = (*LAYERS, *BLOCKS)
"""For their settings, blocks guarantee what layers do."""


def mistake_texts(layer, *inputs):
    """The texts of a layer's mistakes on inputs of these shapes."""
    return [mistake.text for mistake in layer.mistakes([Shape(*shape) for shape in inputs])]


def project_of(layer):
    return Project(NoiseInput((1, 1, 1)), (Design("design", Network((Node("node", layer),))),))


def convert(kind, settings):
    return msgspec.convert({"kind": tag_of(kind), **settings}, kind)


def test_every_kind_has_a_slow_oracle():
    assert set(ORACLES) == set(LAYERS)


@KINDS
@strategies.per_kind
@given(data=st.data(), seed=seeds)
def test_shape_rule_equals_the_shape_of_forward(kind, data, seed):
    layer, inputs = data.draw(cases(kind))
    volumes, roles = arrays(strategies.normals, seed, layer, inputs)
    result = layer.forward(volumes, roles, proceed)
    assert result.shape == layer.output_shape(inputs)
    assert result.dtype == np.float32


@KINDS
@strategies.per_kind
@given(data=st.data(), seed=seeds)
def test_forward_of_integers_equals_the_oracle_bit_by_bit_if_the_kind_is_exact(kind, data, seed):
    layer, inputs = data.draw(cases(kind))
    if not ORACLES[kind].exact(layer):
        return
    volumes, roles = arrays(strategies.integers, seed, layer, inputs)
    expected = layer_oracle.forward(layer, volumes, roles).astype(np.float32)
    np.testing.assert_array_equal(layer.forward(volumes, roles, proceed), expected)


@KINDS
@strategies.per_kind
@given(data=st.data(), seed=seeds)
def test_forward_of_floats_errs_at_most_by_the_roundings_of_its_terms(kind, data, seed):
    layer, inputs = data.draw(cases(kind))
    volumes, roles = arrays(strategies.normals, seed, layer, inputs)
    errors = layer_oracle.errors(layer.forward(volumes, roles, proceed), layer_oracle.forward(layer, volumes, roles))
    assert np.all(errors <= layer_oracle.bound(layer, volumes, roles))


@KINDS
@strategies.per_kind
@given(data=st.data(), seed=seeds)
def test_macs_equal_the_multiplications_that_the_loops_count(kind, data, seed):
    layer, inputs = data.draw(cases(kind))
    volumes, roles = arrays(strategies.integers, seed, layer, inputs)
    report = report_of(layer, inputs)
    assert report.macs == ORACLES[kind].macs(layer, volumes, roles)


@KINDS
@strategies.per_kind
@given(data=st.data(), seed=seeds)
def test_params_equal_the_sizes_of_the_learned_arrays(kind, data, seed):
    layer, inputs = data.draw(cases(kind))
    report = report_of(layer, inputs)
    initial = weights.load_weights(report, seed=seed, design="design", checkpoint=proceed)
    learned = layer.param_shapes(inputs)
    assert {role: array.shape for role, array in initial.items()} == {**learned, **layer.statistic_shapes(inputs)}
    assert report.params == sum(initial[role].size for role in learned)
    assert report.weight_bytes == sum(array.nbytes for array in initial.values())


def report_of(layer, inputs):
    """The report of a layer on inputs of these shapes, each computed from one value by a convolution."""
    sources = [Node(f"source{n}", strategies.maker(shape), (INPUT,)) for n, shape in enumerate(inputs)]
    node = Node("node", layer, tuple(source.name for source in sources))
    analysis = analyze(Network((*sources, node)), Shape(1, 1, 1))
    assert analysis.reports[-1].input_shapes == tuple(inputs)
    return analysis.reports[-1]


@KINDS
@strategies.per_kind
@given(data=st.data(), seed=seeds)
def test_forward_does_not_write_to_its_inputs_and_weights(kind, data, seed):
    layer, inputs = data.draw(cases(kind))
    volumes, roles = arrays(strategies.normals, seed, layer, inputs)
    for array in (*volumes, *roles.values()):
        array.flags.writeable = False
    layer.forward(volumes, roles, proceed)


@KINDS
@strategies.per_kind
@given(data=st.data(), seed=seeds)
def test_forward_ends_at_its_first_checkpoint_or_has_nothing_to_compute(kind, data, seed):
    layer, inputs = data.draw(cases(kind))
    volumes, roles = arrays(strategies.normals, seed, layer, inputs)
    with suppress(Stopped):
        assert layer.forward(volumes, roles, stop) is volumes[0]


@pytest.mark.parametrize("suffix", [".toml", ".json"])
@KINDS
@strategies.per_kind
@given(data=st.data())
def test_a_layer_comes_back_equal_from_its_file(kind, suffix, data):
    project = project_of(data.draw(strategies.layers(kind, small=False)))
    with TemporaryDirectory() as folder:
        path = Path(folder, f"project{suffix}")
        file.save_project(project, path)
        assert file.load_project(path).project == project


@pytest.mark.parametrize("kind", ALL_KINDS, ids=tag_of)
@strategies.per_kind
@given(data=st.data())
def test_a_mistake_names_its_setting_and_both_numbers(kind, data):
    layer = data.draw(strategies.layers(kind, data.draw(st.booleans())))
    count = max(kind.min_inputs, 1)
    inputs = data.draw(st.lists(strategies.shapes, min_size=count, max_size=count))
    settings = {field.name for field, _, _ in fields(kind)}
    for mistake in layer.mistakes(inputs):
        assert mistake.setting in settings | {"inputs"}
        assert mistake.text.startswith(mistake.setting)
        assert len(re.findall(r"\d+", mistake.text)) >= 2


BOUNDED = [
    (kind, field.name, bare)
    for kind in ALL_KINDS
    for field, bare, _ in fields(kind)
    if isinstance(bare, inspect.IntType | inspect.FloatType)
]


@pytest.mark.parametrize(("kind", "name", "bare"), BOUNDED, ids=[f"{tag_of(kind)}-{name}" for kind, name, _ in BOUNDED])
def test_a_value_outside_its_bounds_is_refused_with_its_place_and_both_numbers(kind, name, bare, tmp_path):
    data = file.to_data(project_of(plain(kind)), tmp_path)
    low, high = strategies.lowest(bare), strategies.highest(bare)
    for outside, limit in ((low - 1 - abs(low), low), (high + 1 + abs(high), high)):
        data["designs"][0]["nodes"][0][name] = outside
        path = tmp_path / "project.json"
        path.write_bytes(msgspec.json.encode(data))
        with pytest.raises(ProjectError) as error:
            file.load_project(path)
        [problem] = error.value.problems
        assert problem.place == f"$.designs[0].nodes[0].{name}"
        assert str(outside) in problem.text
        assert str(limit) in problem.text


SPELLINGS = [
    (kind, field.name, (count, number))
    for kind in ALL_KINDS
    for field, bare, _ in fields(kind)
    for part in alternatives(bare)
    if isinstance(part, inspect.VarTupleType)
    for count in (2, 4)
    if part.min_length <= count <= part.max_length
    for number in (1, 3)
]


@pytest.mark.parametrize(("kind", "name", "spelling"), SPELLINGS)
def test_settings_in_another_spelling_are_equal_and_hash_alike(kind, name, spelling):
    count, number = spelling
    settings = msgspec.to_builtins(plain(kind))
    one = msgspec.convert({**settings, name: number}, kind)
    other = msgspec.convert({**settings, name: [number] * count}, kind)
    assert one == other
    assert hash(one) == hash(other)
    assert msgspec.to_builtins(one) == msgspec.to_builtins(other)


def test_symmetric_margins_are_normalised_to_two():
    one = convert(Conv2d, {"filters": 1, "kernel": 3, "padding": [1, 2, 1, 2]})
    assert one == Conv2d(filters=1, kernel=3, padding=(1, 2))
    assert one != Conv2d(filters=1, kernel=3, padding=(2, 1))


def test_three_margins_are_refused_by_name():
    with pytest.raises(msgspec.ValidationError, match=r"padding \[1, 2, 3\] has 3 values"):
        convert(MaxPool2d, {"kernel": 5, "padding": [1, 2, 3]})


@pytest.mark.parametrize(
    ("layer", "label"),
    [
        (Conv2d(filters=32, kernel=5), "5×5, 32 filters"),
        (Conv2d(filters=1, kernel=(1, 7)), "1×7, 1 filter"),
        (MaxPool2d(kernel=3), "3×3 max pool /3"),
        (MaxPool2d(kernel=3, stride=1), "3×3 max pool"),
        (AvgPool2d(kernel=2, stride=(1, 2)), "2×2 avg pool /1×2"),
        (AvgPool2d(kernel=(2, 3)), "2×3 avg pool /2×3"),
        (Dense(units=10), "dense, 10 units"),
        (ConvTranspose2d(8, (2, 3), 2, groups=4), "2×3 transposed ×2, 8 filters, 4 groups"),
        (Resize(1.5), "nearest ×1.5"),
        (Resize(size=(7, 8), mode="bilinear"), "bilinear to 7×8"),
        (Pad(2, "edge"), "pad 2, edge"),
        (Pad((1, 2), value=0.5), "pad 1×2, 0.5"),
        (Crop((1, 2, 3, 4)), "crop 1/2/3/4"),
        (Slice(2), "channels 2…"),
        (Reshape(2, height=3), "reshape 2×3×rest"),
        (Reshape(), "reshape rest×1×1"),
        (Scale(), "scale"),
        (Scale(factor=False, bias=True), "shift"),
        (Slice(2, 5), "channels 2…4"),
        (Crop(0, 2), "crop /2"),
        (Crop(1, (1, 2)), "crop 1 /1×2"),
        (ChannelPool("max"), "channel max"),
        (Scale(by_position=True), "scale by position"),
        (Scale(by_position=True, each="row"), "scale by row"),
        (Activation("softmax", along="rows"), "softmax along rows"),
        (MaxPool2d(3, 1, dilation=2), "3×3 max pool dilated 2"),
        (Activation(function="leaky_relu"), "leaky relu"),
        (Activation(function="leaky_relu", slope=0.2), "leaky relu 0.2"),
        (Activation(function="hard_sigmoid", factor=0.2), "hard sigmoid 0.2"),
        (Activation(function="clip", high=6), "clip −1 to 6"),
        (Activation(function="power"), "power 3"),
        (Activation(function="celu", alpha=2.0), "celu 2"),
        (Activation("log_softmax", along="pixels"), "log softmax along pixels"),
        (Concat(), "concat"),
    ],
)
def test_the_label_of_a_layer_names_the_settings_that_matter(layer, label):
    assert layer.label() == label


@given(strategies.shapes, seeds)
def test_reshape_undoes_flatten(shape, seed):
    volume = strategies.normals(seed, shape)
    flat = Flatten().forward([volume], {}, proceed)
    for back in (Reshape(*shape), Reshape(None, *shape[1:]), Reshape(shape.channels, None, shape.width)):
        np.testing.assert_array_equal(back.forward([flat], {}, proceed), volume)


@pytest.mark.parametrize(
    ("layer", "shape", "text"),
    [
        (Reshape(), (120, 1, 1), ""),
        (Reshape(height=4), (30, 4, 1), ""),
        (Reshape(5), (5, 24, 1), ""),
        (Reshape(5, 3), (5, 3, 8), ""),
        (Reshape(5, width=3), (5, 8, 3), ""),
        (Reshape(7), None, "channels 7 does not divide the 120 input values"),
        (Reshape(None, 7, 3), None, "height 7 × width 3 = 21 does not divide the 120 input values"),
        (Reshape(2, 3, 4), None, "channels 2 × height 3 × width 4 = 24 is not the 120 input values"),
    ],
)
def test_the_first_size_of_a_reshape_that_is_left_out_is_what_remains(layer, shape, text):
    inputs = [Shape(6, 4, 5)]
    assert mistake_texts(layer, *inputs) == ([text] if text else [])
    assert text or layer.output_shape(inputs) == shape


@pytest.mark.parametrize("kind", ALL_KINDS, ids=tag_of)
def test_a_kind_and_its_settings_describe_themselves_to_forms(kind):
    assert kind.title
    assert kind.help.endswith(".")
    assert plain(kind).label()
    assert plain(kind).kind == tag_of(kind)
    for field, _, _ in fields(kind):
        assert set(field.type.extra_json_schema) >= {"title", "description"}


def test_the_functions_that_an_activation_offers_are_those_of_the_kernels():
    bare = next(bare for field, bare, _ in fields(Activation) if field.name == "function")
    assert set(bare.values) == set(kernels.ACTIVATIONS)


def test_kernel_larger_than_its_padded_input_is_refused_with_both_sizes():
    [text] = mistake_texts(Conv2d(filters=1, kernel=(3, 9), padding=1), (1, 4, 5))
    assert text.startswith("kernel 3×9 is larger than its padded input 6×7")
    [text] = mistake_texts(Conv2d(filters=1, kernel=3, dilation=4, padding="valid"), (1, 9, 8))
    assert text.startswith("kernel 3×3 covers 9×9 with its dilation and is larger than its padded input 9×8")
    [text] = mistake_texts(MaxPool2d(kernel=6), (1, 4, 5))
    assert text.startswith("kernel 6×6 is larger than its padded input 4×5")


@given(strategies.shapes, strategies.layers(Conv2d) | strategies.layers(MaxPool2d))
def test_same_padding_is_never_a_mistake_and_its_output_is_the_input_over_the_stride_rounded_up(shape, layer):
    # The taps of a dilated pool may all lie in the padding, see below.
    layer = msgspec.structs.replace(
        layer, padding="same", **({"groups": 1} if isinstance(layer, Conv2d) else {"dilation": 1})
    )
    assert not mistake_texts(layer, shape)
    strides = layer.windows(shape).stride
    extents = layer.output_shape([shape])[1:]
    expected = tuple(-(-n // s) for n, s in zip(shape[1:], strides, strict=True))
    if not getattr(layer, "ceil", False):
        assert extents == expected


def test_groups_that_divide_neither_channels_nor_filters_are_two_mistakes():
    texts = mistake_texts(Conv2d(filters=5, kernel=1, groups=3), (4, 1, 1))
    assert texts == [
        "groups 3 does not divide the 4 input channels: use 1",
        "groups 3 does not divide the 5 filters: use 1",
    ]


def test_padding_that_leaves_a_pool_without_values_is_refused_with_both_numbers():
    [text] = mistake_texts(AvgPool2d(kernel=(2, 3), padding=(1, 2, 1, 3)), (1, 9, 9))
    assert text.startswith("padding [1, 2, 1, 3] (top, left, bottom, right) leaves windows of 2×3")
    assert "at most 1 above and below, 2 left and right" in text


@pytest.mark.parametrize("side", range(4))
def test_padding_of_a_pool_is_less_than_its_kernel_on_every_side(side):
    margins = [[most if number == side else 0 for number in range(4)] for most in (1, 2)]
    fits, wrong = (convert(MaxPool2d, {"kernel": 2, "padding": padding}) for padding in margins)
    assert not mistake_texts(fits, (1, 5, 5))
    assert mistake_texts(wrong, (1, 5, 5))


def test_dilation_that_leaves_a_window_without_values_is_refused_with_both_numbers():
    [text] = mistake_texts(MaxPool2d(2, 1, "same", dilation=(1, 3)), (1, 9, 2))
    assert text.startswith("dilation 1×3 leaves windows of 2×2 with nothing to pool of 9×2")
    assert not mistake_texts(MaxPool2d(2, 1, "same", dilation=(1, 3)), (1, 9, 3))
    assert not mistake_texts(MaxPool2d(3, 1, "same", dilation=(1, 3)), (1, 9, 2))


@given(strategies.shapes, strategies.layers(AvgPool2d))
def test_every_window_of_a_pool_without_mistakes_holds_a_value_of_its_input(shape, layer):
    layer = msgspec.structs.replace(layer, count_padding=False)
    if not mistake_texts(layer, shape):
        means = layer.forward([np.ones(shape, np.float32)], {}, proceed)
        np.testing.assert_array_equal(means, np.ones(layer.output_shape([shape])))


def test_inputs_that_do_not_fit_are_named_with_both_shapes():
    shapes = [Shape(1, 4, 5), Shape(2, 4, 5), Shape(3, 4, 6)]
    [mistake] = Concat().mistakes(shapes, ("a", "b", "c"))
    assert mistake.text.startswith("inputs: 'c' is 3×4×6 and 'a' is 1×4×5")
    [mistake] = Add().mistakes(shapes[1:], ("b", "c"))
    assert mistake.text.startswith("inputs: 'c' is 3×4×6 and 'b' is 2×4×5")


@pytest.mark.parametrize("join", [Add(), Mul(), Sub(), Div(), Maximum(), Minimum()])
def test_inputs_of_one_channel_row_or_column_are_broadcast_and_others_are_refused_beside_what_they_do_not_fit(join):
    gate, row, volume, wrong = Shape(4, 1, 1), Shape(1, 1, 6), Shape(4, 5, 6), Shape(2, 5, 6)
    assert not mistake_texts(join, gate, row, volume)
    assert join.output_shape([gate, row, volume]) == volume
    assert join.output_shape([gate, row]) == Shape(4, 1, 6)
    [mistake] = join.mistakes([row, gate, volume, wrong], ("row", "gate", "volume", "wrong"))
    assert mistake.text.startswith("inputs: 'wrong' is 2×5×6 and 'gate' is 4×1×1")
    [fix] = mistake.fixes
    assert (fix.text, fix.changes) == ("Without wrong", (("inputs", ("row", "gate", "volume")),))


@pytest.mark.parametrize(
    ("join", "inputs", "per_value"),
    [(Add(), 3, 1), (Mul(), 3, 2), (Maximum(), 3, 2), (Minimum(), 3, 2), (Sub(), 2, 1), (Div(), 2, 1)],
    ids=lambda value: getattr(value, "kind", value),
)
def test_a_sum_counts_its_values_and_other_joins_each_input_beyond_the_first(join, inputs, per_value):
    shapes = [Shape(4, 1, 1), *[Shape(4, 5, 6)] * (inputs - 1)]
    assert join.operations(shapes, join.output_shape(shapes)) == {join.kind: per_value * 4 * 5 * 6}


@pytest.mark.parametrize(
    ("channels", "layers", "macs", "params"),
    [
        (256, [Conv2d(filters=32, kernel=5)], 160_563_200, 204_832),
        (256, [Conv2d(filters=16, kernel=1), Conv2d(filters=32, kernel=5)], 13_246_464, 16_944),
        (512, [Conv2d(filters=512, kernel=3, groups=512, bias=False)], 512 * 9 * 28 * 28, 512 * 9),
        (256, [Dense(units=1000)], 256 * 28 * 28 * 1000, 256 * 28 * 28 * 1000 + 1000),
    ],
)
def test_layers_on_maps_of_28_by_28_have_the_costs_counted_by_hand(channels, layers, macs, params):
    network = Network(tuple(Node(f"n{number}", layer) for number, layer in enumerate(layers)))
    analysis = analyze(network, Shape(channels, 28, 28))
    assert (analysis.macs, analysis.params) == (macs, params)


def test_numbers_that_a_function_does_not_take_have_their_defaults():
    assert Activation("relu", slope=0.3, low=-5) == Activation("relu")
    assert Activation("leaky_relu", slope=0.3) != Activation("leaky_relu")
    assert Activation("leaky_relu").unused_settings == {
        *("alpha", "low", "high", "factor", "offset", "exponent", "along")
    }
    assert Activation("relu", along="rows") == Activation("relu")


def test_a_slope_of_a_tenth_is_that_of_darknet():
    volume = np.full((1, 1, 1), -10, np.float32)
    assert Activation("leaky_relu", slope=0.1).forward([volume], {}, proceed) == np.float32(-1)


def test_numbers_with_which_a_function_is_none_are_named():
    [mistake] = Activation("clip", low=2, high=0.5).mistakes([Shape(1, 1, 1)])
    assert mistake.text == "low 2 is above high 0.5"
    assert [fix.changes for fix in mistake.fixes] == [(("low", 0.5),), (("high", 2),)]
    [mistake] = Activation("celu", alpha=0.0).mistakes([Shape(1, 1, 1)])
    assert mistake.text == "alpha is 0; celu needs one above 0"
    assert [fix.changes for fix in mistake.fixes] == [(("alpha", 1.0),)]
