"""Kinds of layers declare how they read, count and explain: they must, and what they declare is true."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.blocks import BLOCKS
from engine.cost.counting import TERMS
from engine.cost.receptive_fields import receptive_fields, regions_read
from engine.explain.explain import explain
from engine.kernels import Checkpoint, Volume
from engine.layers import LAYERS, Layer, tag_of
from engine.layers.base import Mask, Reads, Role
from engine.layers.explanation import Explanation, Spot, Target, read_pixel
from engine.layers.settings import layer_settings, setting_title, setting_titles
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.run.check import check
from engine.shapes import Shape, Windows
from tests.engine import strategies
from tests.engine.checkpoints import proceed


class Enlarge(Layer, frozen=True, tag="enlarge"):
    """Nearest neighbour: every value twice along height and width. No module of the engine knows of this kind."""

    title: ClassVar[str] = "Enlarge"
    help: ClassVar[str] = "Repeats every value."
    role: ClassVar[Role] = "resampling"
    reads: ClassVar[Reads] = "windows"

    def windows(self, received: Shape) -> Windows:
        output = 2 * received.height, 2 * received.width
        return Windows((1, 1), (1, 1), (1, 1), (0, 0, 0, 0), output, repeat=(2, 2))

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [channels]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(inputs[0].channels, *self.windows(inputs[0]).output)

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return inputs[0].repeat(2, axis=1).repeat(2, axis=2)

    def explain(self, target: Target) -> Explanation:
        channel, y, x = target.at
        window = read_pixel(target._replace(at=Spot(channel, y // 2, x // 2)))
        return Explanation(target.at, float(window.values[0, 0, 0]), "A copy.", (f"{target.title} = x",), window)


def check_of(layer: Layer, inputs: Sequence[Shape], behind: Sequence[Layer] = ()):
    """The check of a design in which the layer receives volumes of these shapes, each from a convolution."""
    makers = [Node(f"in{number}", strategies.maker(shape), (INPUT,)) for number, shape in enumerate(inputs)]
    nodes = (*makers, Node("n", layer, tuple(node.name for node in makers)))
    nodes = (*nodes, *(Node(f"behind{number}", other) for number, other in enumerate(behind)))
    return check(Project(NoiseInput((1, 1, 1)), (Design("d", Network(nodes)),)))


def declare(**namespace):
    return type(Layer)("Undeclared", (Layer,), namespace, frozen=True, tag="undeclared")


DECLARED = {
    "title": "Undeclared",
    "reads": "pixel",
    "channels_read": lambda self, channels, inputs: [channels],
    "role": "elementwise",
    "forward": lambda self, inputs, weights, checkpoint: inputs[0],
    "explain": Enlarge.explain,
}


@pytest.mark.parametrize("missing", [name for name in DECLARED if name != "title"])
def test_a_kind_that_leaves_out_a_declaration_cannot_be_defined(missing):
    assert issubclass(declare(**DECLARED), Layer)
    with pytest.raises(TypeError, match=f"kind Undeclared does not declare {missing}$"):
        declare(**{name: value for name, value in DECLARED.items() if name != missing})


def test_a_kind_that_reads_windows_must_declare_them():
    with pytest.raises(TypeError, match="does not declare windows"):
        declare(**DECLARED | {"reads": "windows"})


def test_every_missing_declaration_is_named():
    with pytest.raises(TypeError, match=r"does not declare reads, channels_read, role, forward, explain$"):
        declare(title="Undeclared")


def test_the_base_of_several_kinds_has_no_title_and_leaves_to_them_how_they_run():
    assert issubclass(declare(**{name: DECLARED[name] for name in ("reads", "channels_read", "role")}), Layer)


@pytest.mark.parametrize("kind", [*LAYERS, *BLOCKS], ids=tag_of)
def test_every_listed_kind_has_a_title_and_a_sentence_of_help(kind):
    assert kind.title
    assert kind.help.endswith(".")


KINDS = pytest.mark.parametrize("kind", [*LAYERS, Enlarge], ids=tag_of)


@KINDS
@strategies.per_kind
@given(data=st.data(), seed=strategies.seeds)
def test_only_the_region_that_a_kind_declares_to_read_changes_a_value(kind, data, seed):
    layer, inputs = data.draw(strategies.cases(kind))
    volumes, weights = strategies.arrays(strategies.normals, seed, layer, inputs)
    output = layer.forward(volumes, weights, proceed).copy()
    at = tuple(data.draw(st.integers(0, extent - 1)) for extent in output.shape)
    regions = regions_read(check_of(layer, inputs), ("d", "n"), *at)
    for number, volume in enumerate(volumes):
        outside = np.ones(volume.shape, bool)
        region = regions.get(("d", f"in{number}"))
        if region is not None:
            outside[region.first : region.last, region.top : region.bottom, region.left : region.right] = False
        volume[outside] += 3
    np.testing.assert_equal(layer.forward(volumes, weights, proceed)[at], output[at])


@KINDS
@strategies.per_kind
@given(data=st.data(), seed=strategies.seeds)
def test_the_first_and_last_values_of_the_declared_region_change_the_value(kind, data, seed):
    layer, inputs = data.draw(strategies.cases(kind))
    volumes, weights = strategies.arrays(strategies.normals, seed, layer, inputs)
    at = tuple(data.draw(st.integers(0, extent - 1)) for extent in layer.output_shape(inputs))
    regions = regions_read(check_of(layer, inputs), ("d", "n"), *at)
    assume(
        _changes_value(layer, volumes, weights, at, dict.fromkeys(range(len(inputs)), np.s_[:]))
    )  # softmax of one channel is 1
    for number in range(len(inputs)):
        region = regions.get(("d", f"in{number}"))
        if region is not None:
            low = (region.first, region.top, region.left)
            high = (region.last - 1, region.bottom - 1, region.right - 1)
            assert all(_changes_value(layer, volumes, weights, at, {number: corner}) for corner in (low, high))


def _changes_value(layer, volumes, weights, at, changes):
    """Whether some values of the inputs change one of the output: by little or much, with either sign."""
    for sign in (1, -1):
        plain = [(sign * (abs(volume) + 1)).astype(np.float32) for volume in volumes]
        before = layer.forward(plain, weights, proceed)[at]
        for step in (0.5, 1e3, -1e3, 1e6):
            modified = [volume.copy() for volume in plain]
            for number, index in changes.items():
                scale = np.linspace(1, 2, modified[number].size).reshape(
                    modified[number].shape
                )  # softmax of equal steps
                modified[number][index] += np.float32(step) * scale[index].astype(np.float32)
            if layer.forward(modified, weights, proceed)[at] != before:
                return True
    return False


@KINDS
@strategies.per_kind
@given(data=st.data())
def test_the_terms_that_a_kind_counts_are_those_of_the_counting_rules(kind, data):
    layer, inputs = data.draw(strategies.cases(kind))
    amounts = layer.operations(inputs, layer.output_shape(inputs))
    assert set(amounts) <= {term.id for term in TERMS} - {"macs"}
    assert all(isinstance(amount, int) and amount >= 0 for amount in amounts.values())


@KINDS
@strategies.per_kind
@given(data=st.data(), seed=strategies.seeds)
def test_the_filters_of_a_kind_cover_the_window_and_channels_that_it_reads(kind, data, seed):
    layer, inputs = data.draw(strategies.cases(kind))
    if not layer.has_filters:
        return
    weight = strategies.arrays(strategies.normals, seed, layer, inputs)[1]["weight"]
    channel = data.draw(st.integers(0, len(weight) - 1))
    read = layer.input_channels(channel, inputs)
    expected = (read.stop - read.start, *layer.windows(inputs[0]).kernel)
    assert layer.filter_weights(weight, channel, inputs[0]).shape == expected


@KINDS
@strategies.per_kind
@given(data=st.data(), seed=strategies.seeds)
def test_the_kernels_of_a_kind_hold_each_weight_once(kind, data, seed):
    layer, inputs = data.draw(strategies.cases(kind))
    if not layer.has_kernels:
        return
    weight = strategies.arrays(strategies.normals, seed, layer, inputs)[1]["weight"]
    kernels = [
        layer.kernel_weights(weight, channel, inputs[0]) for channel in range(layer.output_shape(inputs).channels)
    ]
    assert {kernel.shape[1:] for kernel in kernels} == {layer.kernel_size(inputs[0])}
    assert all(
        len(kernel) == len(range(*layer.input_channels(channel, inputs).indices(inputs[0].channels)))
        for channel, kernel in enumerate(kernels)
    )
    assert np.array_equal(np.sort(np.concatenate(kernels, axis=None)), np.sort(weight, axis=None))
    read = Shape(len(kernels[0]), *inputs[0][1:])
    alone = layer.by_channel(len(kernels[0]), read)
    assert alone.param_shapes([read]) == {"weight": kernels[0][:, None].shape}


@pytest.mark.parametrize("kind", LAYERS, ids=tag_of)
def test_paper_columns_name_settings_of_their_kind(kind):
    assert {setting for _, setting in kind.paper_columns} <= set(kind.__struct_fields__)


def test_values_behind_a_kind_that_repeats_pixels_have_exact_regions_and_no_field_of_one_step():
    project_check = check_of(Enlarge(), [Shape(2, 4, 4)], [strategies.plain(LAYERS[0])])
    assert project_check.analyses["d"].reports[1].output_shape == Shape(2, 8, 8)
    region = regions_read(project_check, ("d", "behind0"), 0, 3, 4)["d", "in0"]
    assert region.window == (1, 1, 3, 3)
    assert {("d", "n"), ("d", "behind0")} & set(receptive_fields(project_check)) == set()


def test_a_kind_unknown_to_the_engine_explains_its_own_values():
    volume = np.arange(4, dtype=np.float32).reshape(1, 2, 2)
    assert explain(Enlarge(), "n", [volume], {}, Spot(0, 3, 2)).result == 3


@pytest.mark.parametrize("kind", [*LAYERS, *BLOCKS], ids=tag_of)
def test_the_titles_of_settings_are_those_of_their_complete_types(kind):
    assert setting_titles(kind) == tuple(map(setting_title, layer_settings(kind)))
