"""Layers of two designs correspond by name, then by kind and position; the oracle tries every alignment."""

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.layers import Activation, Add, BatchNorm, Conv2d, MaxPool2d
from engine.network.alignment import LayerPair, align, align_by_kind, fit_of
from engine.network.analysis import analyze
from engine.network.graph import INPUT, Network, Node
from engine.shapes import Shape

SHAPE = Shape(4, 8, 8)
LAYERS = (Conv2d(4, 1), Conv2d(4, 3), Conv2d(6, 3), Activation("relu"), BatchNorm(), MaxPool2d(3, 1, 1))
layers = st.sampled_from(LAYERS)


def reports(network):
    return analyze(network, SHAPE).reports


def chain(*named):
    return Network(tuple(Node(name, layer) for name, layer in named))


def names(pairs):
    return [tuple(None if report is None else report.name for report in (pair.first, pair.second)) for pair in pairs]


def align_networks(first, second):
    return names(align(reports(first), reports(second)))


@st.composite
def networks(draw, prefix="", least=0, most=6):
    """A chain whose names are partly common to all chains."""
    count = draw(st.integers(least, most))
    common = draw(st.lists(st.sampled_from([f"n{i}" for i in range(most + 2)]), unique=True, max_size=count))
    own = [f"{prefix}{number}" for number in range(count - len(common))]
    order = draw(st.permutations([*common, *own]))
    return chain(*((name, draw(layers)) for name in order))


def best_total(first, second):
    """The total fit of the best alignment by kind, found by trying all of them."""
    best = 0
    for count in range(min(len(first), len(second)) + 1):
        for ones in combinations(range(len(first)), count):
            for others in combinations(range(len(second)), count):
                fits = [fit_of(first[i], second[j]) for i, j in zip(ones, others, strict=True)]
                if all(fits):
                    best = max(best, sum(fits))
    return best


@given(networks("a", most=5), networks("b", most=5))
def test_layers_without_a_common_name_are_aligned_as_well_as_any_alignment_by_kind_can(first, second):
    one, other = reports(first), reports(second)
    pairs = align_by_kind(one, other)
    assert pairs == sorted(pairs)
    assert all(before[1] < after[1] for before, after in pairwise(pairs))
    fits = [fit_of(one[i], other[j]) for i, j in pairs]
    assert all(fits)
    assert sum(fits) == best_total(one, other)


@given(networks("a"), networks("b"))
def test_each_layer_is_in_one_pair_and_common_names_are_paired(first, second):
    pairs = align_networks(first, second)
    own, other = [node.name for node in first.nodes], [node.name for node in second.nodes]
    assert sorted(one for one, _ in pairs if one is not None) == sorted(own)
    assert sorted(one for _, one in pairs if one is not None) == sorted(other)
    assert {(name, name) for name in set(own) & set(other)} <= set(pairs)


@given(networks("a"), networks("b"))
def test_swapping_the_designs_mirrors_all_pairs(first, second):
    one, other = reports(first), reports(second)
    assert align(other, one) == tuple(pair.mirrored for pair in align(one, other))


@given(networks())
def test_equal_designs_consist_of_pairs_of_equal_layers_in_their_order(network):
    layers = reports(network)
    assert align(layers, layers) == tuple(LayerPair(report, report) for report in layers)


@given(networks(), layers, st.data())
def test_an_inserted_layer_is_the_only_one_without_a_pair(network, layer, data):
    at = data.draw(st.integers(0, len(network.nodes)))
    pairs = align_networks(network, network.with_node(Node("inserted", layer), at))
    assert [pair for pair in pairs if pair[0] != pair[1]] == [(None, "inserted")]


def test_layers_of_other_names_correspond_by_kind_between_those_of_common_names():
    first = chain(("a", Conv2d(4, 3)), ("relu", Activation("relu")), ("pool", MaxPool2d(2)), ("c", Conv2d(4, 3)))
    second = chain(("b", Conv2d(4, 5)), ("act", Activation("tanh")), ("pool", MaxPool2d(2)), ("d", Conv2d(8, 3)))
    assert align_networks(first, second) == [("a", "b"), ("relu", "act"), ("pool", "pool"), ("c", "d")]


def test_among_layers_of_a_kind_the_one_with_equal_settings_corresponds():
    first = chain(("wide", Conv2d(8, 3)))
    second = chain(("reduce", Conv2d(2, 1)), ("other", Conv2d(8, 3)))
    assert align_networks(first, second) == [(None, "reduce"), ("wide", "other")]


def test_a_layer_that_has_moved_is_one_pair_and_its_neighbours_keep_theirs():
    nodes = (("a", Conv2d(4, 1)), ("b", BatchNorm()), ("c", Conv2d(4, 3)), ("d", MaxPool2d(2)))
    moved = align_networks(chain(*nodes), chain(nodes[3], *nodes[:3]))
    assert sorted(moved) == [(name, name) for name, _ in nodes]


def test_branches_correspond_whatever_the_order_of_the_list():
    left, right = Node("left", Conv2d(4, 1), (INPUT,)), Node("right", Conv2d(4, 3), (INPUT,))
    add = Node("add", Add(), ("left", "right"))
    pairs = align_networks(Network((left, right, add)), Network((right, left, add)))
    assert sorted(pairs) == [("add", "add"), ("left", "left"), ("right", "right")]


def test_a_name_that_occurs_twice_by_mistake_counts_in_its_order():
    twice = chain(("a", Conv2d(4, 1)), ("a", Conv2d(4, 3)))
    layers = reports(twice)
    assert align(layers, layers) == tuple(LayerPair(report, report) for report in layers)


def test_thousands_of_layers_without_a_common_name_are_aligned_too():
    def long(prefix):
        return [replace(report, name=f"{prefix}{number}") for number, report in enumerate(reports(base) * 500)]

    base = chain(*((f"n{number}", layer) for number, layer in enumerate(LAYERS)))
    pairs = align(long("a"), long("b"))
    assert len(pairs) == 3000
    assert all(pair.first is not None and pair.second is not None for pair in pairs)
