"""Layers of any kind, volumes that fit them, and small networks, drawn from the declared types of settings."""

from functools import cache

import msgspec
import numpy as np
from hypothesis import assume, reject, settings
from hypothesis import strategies as st
from msgspec import inspect

from engine.layers import LAYERS, Activation, Conv2d, tag_of
from engine.network.analysis import analyze
from engine.network.graph import INPUT, Network, Node
from engine.shapes import Shape

SMALL = 3
"""Largest integer of a setting in a network that the oracle runs."""

per_kind = settings(max_examples=max(1, settings.default.max_examples // 2))
"""For a test that is repeated for every kind: half of the usual examples, as the kinds share most of their code."""

seeds = st.integers(0, 2**16)
shapes = st.builds(Shape, st.sampled_from([1, 2, 3, 4, 6]), st.integers(1, 6), st.integers(1, 6))


@cache
def fields(kind):
    """(name, type without its metadata, examples and default) of every setting."""
    rows = []
    for field in inspect.type_info(kind).fields:
        bare = field.type.type if isinstance(field.type, inspect.Metadata) else field.type
        examples = (getattr(field.type, "extra_json_schema", None) or {}).get("examples", [])
        rows.append((field, bare, [*examples, *([] if field.required else [field.default])]))
    return tuple(rows)


def alternatives(bare):
    return bare.types if isinstance(bare, inspect.UnionType) else (bare,)


def lowest(bare):
    return bare.ge if bare.ge is not None else bare.gt if bare.gt is not None else 0


def highest(bare):
    return bare.le if bare.le is not None else bare.lt if bare.lt is not None else 10**9


def values(bare, small):
    """Values of a setting; `small`: integers up to SMALL, and floats with which sums do not cancel."""
    match bare:
        case inspect.UnionType():
            return st.one_of([values(part, small) for part in bare.types])
        case inspect.LiteralType():
            return st.sampled_from(bare.values)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.IntType():
            return st.integers(lowest(bare), min(highest(bare), SMALL) if small else highest(bare))
        case inspect.FloatType():
            low, high = (max(lowest(bare), 0.125), min(highest(bare), 2)) if small else (lowest(bare), highest(bare))
            strict = {"exclude_min": bare.gt == low, "exclude_max": bare.lt == high}
            return st.floats(low, high, allow_nan=False, **strict)
        case inspect.VarTupleType():
            return st.lists(values(bare.item_type, small), min_size=bare.min_length, max_size=bare.max_length)
    raise NotImplementedError(f"no strategy for settings of {bare}")


@st.composite
def layers(draw, kind, small=True):
    """A layer of a kind, every setting drawn, or left out if it is optional."""
    settings = {
        name: draw(strategy) for name, required, strategy in _settings(kind, small) if required or draw(st.booleans())
    }
    try:
        return msgspec.convert({"kind": tag_of(kind), **settings}, kind)
    except msgspec.ValidationError:
        reject()


@cache
def _settings(kind, small):
    """(name, whether it is required, strategy) of every setting."""
    rows = []
    for field, bare, examples in fields(kind):
        strategy = values(bare, small)
        plain = [value for value in examples if value is not None]
        rows.append(
            (field.name, field.required, st.sampled_from(plain) | strategy if plain and not small else strategy)
        )
    return tuple(rows)


def plain(kind):
    """A layer with its required settings from their examples."""
    settings = {field.name: examples[0] for field, _, examples in fields(kind) if field.required}
    return msgspec.convert({"kind": tag_of(kind), **settings}, kind)


@st.composite
def cases(draw, kind):
    """A layer and shapes of inputs that fit it: settings that do not fit are replaced one by one."""
    layer = draw(layers(kind))
    most = kind.min_inputs + 2 if kind.max_inputs is None else kind.max_inputs
    inputs = draw(st.lists(shapes, min_size=kind.min_inputs, max_size=most))
    if draw(st.booleans()):
        inputs = [inputs[0]._replace(channels=shape.channels) for shape in inputs]
    optional = {field.name: field.default for field, _, _ in fields(kind) if not field.required}
    for _ in range(4):
        wrong = {mistake.setting for mistake in layer.mistakes(inputs)}
        if not wrong:
            return layer, draw(_broadcast(layer, inputs))
        layer = msgspec.structs.replace(layer, **{name: optional[name] for name in wrong & set(optional)})
        if wrong - set(optional) - {"inputs"}:
            inputs = [Shape(shape.channels, shape.height + 3, shape.width + 3) for shape in inputs]
        if "inputs" in wrong:
            inputs = [inputs[0]] * len(inputs)
    return reject()


@st.composite
def _broadcast(draw, layer, inputs):
    """The inputs, or some of them with axes of size 1, if the layer joins such ones."""
    if layer.min_inputs < 2 or not draw(st.booleans()):
        return inputs
    shorter = [Shape(*(extent if draw(st.booleans()) else 1 for extent in shape)) for shape in inputs]
    return inputs if any(layer.mistakes(shorter)) else shorter


def integers(seed, shape):
    """Small integers as float32: sums of their products are exact."""
    return np.random.default_rng(seed).integers(-9, 10, shape).astype(np.float32)


def normals(seed, shape):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def positive(seed, shape):
    return abs(normals(seed, shape)) + np.float32(0.5)


def arrays(make, seed, layer, inputs):
    """Input volumes and weights by role; a variance is positive, as it divides."""
    volumes = [make(seed + number, shape) for number, shape in enumerate(inputs)]
    roles = {**layer.param_shapes(inputs), **layer.statistic_shapes(inputs)}
    weights = {
        role: (positive if role == "var" else make)(seed + 100 + number, shape)
        for number, (role, shape) in enumerate(roles.items())
    }
    return volumes, weights


@st.composite
def networks(draw, input_shape, size=6):
    """A valid network of all kinds on this input, its nodes in any order, its connections explicit."""
    nodes = []
    shape_of = {INPUT: input_shape}
    for number in range(draw(st.integers(1, size))):
        kind = draw(st.sampled_from(LAYERS))
        count = kind.min_inputs
        names = draw(st.lists(st.sampled_from(list(shape_of)), min_size=1, max_size=count + 1, unique=True))
        if not count <= len(names) or (kind.max_inputs is not None and len(names) > kind.max_inputs):
            kind, names = Activation, names[:1]
        layer = draw(layers(kind))
        if getattr(layer, "function", "") in _UNBOUNDED:
            layer = Activation(function="softsign")
        received = [shape_of[name] for name in names]
        if any(layer.mistakes(received)):
            layer, names, received = Activation(function="tanh"), names[:1], received[:1]
        node = Node(f"n{number}", layer, tuple(names))
        shape_of[node.name] = layer.output_shape(received)
        assume(shape_of[node.name].size <= 2000)
        nodes.append(node)
    network = Network(tuple(draw(st.permutations(nodes))))
    assert not any(report.mistakes for report in analyze(network, input_shape).reports)
    return network


_UNBOUNDED = ("square", "sqrt", "reciprocal", "power", "exp", "log")
"""Functions after which values are huge, infinite or no numbers, which no bound of errors fits in the layers behind."""


def maker(shape):
    """A convolution whose output has this shape if its input is one value."""
    return Conv2d(filters=shape.channels, kernel=1, padding=(0, 0, shape.height - 1, shape.width - 1))
