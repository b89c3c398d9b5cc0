"""Changes of a network, each a new value, and the order in which its nodes can run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.layers import Activation, Add, Concat, Conv2d
from engine.network.graph import INPUT, Network, Node, topological_order
from engine.network.weight_specs import FileWeights
from engine.shapes import Shape
from tests.engine import strategies

RELU = Activation(function="relu")


def chain(*names):
    return Network(tuple(Node(name, RELU) for name in names))


def names_of(network):
    return [node.name for node in network.nodes]


def connections(network):
    return {node.name: network.inputs_of(index) for index, node in enumerate(network.nodes)}


def in_order(network):
    return [network.nodes[index].name for index in topological_order(network).runnable]


def branches():
    """Input → a; a → b and a → c; b + c → sum → last."""
    return Network(
        (
            Node("a", RELU),
            Node("b", RELU),
            Node("c", RELU, ("a",)),
            Node("sum", Add(), ("b", "c")),
            Node("last", RELU),
        )
    )


def test_omitted_inputs_are_the_node_before_or_for_the_first_the_input_of_the_design():
    assert connections(branches()) == {"a": (INPUT,), "b": ("a",), "c": ("a",), "sum": ("b", "c"), "last": ("sum",)}


def test_networks_of_equal_nodes_are_equal_and_hash_alike():
    assert branches() == branches()
    assert len({branches(), branches(), chain("a")}) == 2


def test_with_layer_changes_one_layer_alone():
    changed = branches().with_layer("c", Conv2d(filters=2, kernel=1))
    assert changed.node("c").layer == Conv2d(filters=2, kernel=1)
    assert connections(changed) == connections(branches())
    assert changed.with_layer("c", RELU) == branches()


def test_renaming_a_node_updates_its_users():
    assert connections(branches().with_node_renamed("b", "new")) == {
        "a": (INPUT,),
        "new": ("a",),
        "c": ("a",),
        "sum": ("new", "c"),
        "last": ("sum",),
    }
    assert branches().with_node_renamed("b", "new").with_node_renamed("new", "b") == branches()


def test_with_inputs_sets_the_inputs_of_a_node():
    assert connections(branches().with_inputs("last", ("c",)))["last"] == ("c",)


def test_a_node_added_at_an_index_becomes_the_implied_input_of_the_next():
    assert connections(chain("a", "b").with_node(Node("new", RELU), 1)) == {"a": (INPUT,), "new": ("a",), "b": ("new",)}
    assert names_of(chain("a").with_node(Node("new", RELU))) == ["a", "new"]


def test_a_node_inserted_after_another_feeds_all_its_users():
    assert connections(branches().with_node_after(Node("new", RELU), "a")) == {
        "a": (INPUT,),
        "new": ("a",),
        "b": ("new",),
        "c": ("new",),
        "sum": ("b", "c"),
        "last": ("sum",),
    }


def test_a_node_inserted_after_the_input_feeds_all_its_users():
    network = Network((Node("a", RELU), Node("b", RELU, (INPUT,)), Node("sum", Add(), ("a", "b"))))
    changed = network.with_node_after(Node("new", RELU), INPUT)
    assert connections(changed) == {"new": (INPUT,), "a": ("new",), "b": ("new",), "sum": ("a", "b")}


def test_users_of_a_removed_node_receive_its_inputs():
    assert connections(branches().without("a")) == {"b": (INPUT,), "c": (INPUT,), "sum": ("b", "c"), "last": ("sum",)}


def test_the_user_of_a_removed_sum_receives_the_first_branch_if_it_takes_one_input():
    assert connections(branches().without("sum"))["last"] == ("b",)
    joined = branches().with_node(Node("all", Concat(), ("sum", "a"))).without("sum")
    assert connections(joined)["all"] == ("b", "c", "a")


def test_removing_a_branch_leaves_its_source_once_in_the_sum():
    twice = Network((Node("a", RELU), Node("b", RELU), Node("sum", Add(), ("a", "b"))))
    assert connections(twice.without("b"))["sum"] == ("a",)


def test_removing_from_a_chain_of_implied_inputs_leaves_them_implied():
    assert chain("a", "b", "c").without("b") == chain("a", "c")
    assert chain("a", "b").without("a") == chain("b")


@given(st.integers(0, 4), st.integers(0, 4))
def test_moving_a_node_of_a_chain_reorders_the_chain(source, target):
    names = list("abcde")
    moved = chain(*names).with_node_moved(names[source], target)
    names.insert(target, names.pop(source))
    assert moved == chain(*names)


def test_moving_a_node_past_another_branch_keeps_all_connections():
    network = Network((Node("a", RELU), Node("b", RELU, (INPUT,)), Node("sum", Add(), ("a", "b"))))
    moved = network.with_node_moved("b", 0)
    assert names_of(moved) == ["b", "a", "sum"]
    assert connections(moved) == {"b": (INPUT,), "a": (INPUT,), "sum": ("a", "b")}


def test_moving_a_node_up_past_the_sum_that_it_receives_keeps_all_connections():
    moved = branches().with_node_moved("last", 3)
    assert names_of(moved) == ["a", "b", "c", "last", "sum"]
    assert connections(moved) == connections(branches())


def test_users_of_a_removed_node_that_received_itself_receive_its_other_inputs():
    looped = branches().with_inputs("sum", ("sum", "c"))
    assert connections(looped.without("sum"))["last"] == ("c",)


@given(strategies.networks(Shape(2, 4, 4)), st.data())
def test_every_change_of_a_valid_network_names_only_nodes_that_exist(network, data):
    name = data.draw(st.sampled_from(names_of(network)))
    index = data.draw(st.integers(0, len(network.nodes) - 1))
    changed = data.draw(
        st.sampled_from(
            [
                network.without(name),
                network.with_node_renamed(name, "new"),
                network.with_node_after(Node("new", RELU), name),
                network.with_node_after(Node("new", RELU), INPUT),
                network.with_node_moved(name, index),
            ]
        )
    )
    names = {INPUT, *names_of(changed)}
    assert all(names.issuperset(inputs) for inputs in connections(changed).values())
    assert not topological_order(changed).stuck
    assert len(names) == len(changed.nodes) + 1


def test_a_missing_node_is_a_key_error():
    with pytest.raises(KeyError, match="nobody"):
        branches().node("nobody")


def test_downstream_is_everything_that_depends_on_a_node():
    assert branches().downstream("b") == {"sum", "last"}
    assert branches().downstream(INPUT) == {"a", "b", "c", "sum", "last"}
    assert branches().downstream("last") == set()


def test_loose_ends_are_the_nodes_that_nobody_receives():
    assert branches().without("sum").loose_ends() == ("c", "last")


@given(strategies.networks(Shape(2, 4, 4)))
def test_each_node_follows_its_inputs_and_of_several_that_can_run_the_first_listed_comes_first(network):
    done, expected = {INPUT}, []
    inputs = connections(network)
    while len(expected) < len(inputs):
        name = next(name for name in inputs if name not in done and done.issuperset(inputs[name]))
        done.add(name)
        expected.append(name)
    assert in_order(network) == expected


@given(st.permutations(range(5)))
def test_the_order_of_nodes_without_connections_is_as_listed(numbers):
    network = Network(tuple(Node(f"n{number}", RELU, (INPUT,)) for number in numbers))
    assert in_order(network) == names_of(network)


def test_the_order_names_every_cycle_once_in_the_direction_of_the_data_and_the_nodes_behind():
    network = Network(
        (
            Node("a", RELU, ("c",)),
            Node("b", RELU),
            Node("c", RELU),
            Node("behind", RELU),
            Node("self", RELU, ("self",)),
            Node("free", RELU, (INPUT,)),
        )
    )
    order = topological_order(network)
    assert [network.nodes[index].name for index in order.runnable] == ["free"]
    assert order.stuck == (0, 1, 2, 3, 4)
    assert order.cycles == ((0, 1, 2), (4,))


@given(st.lists(st.lists(st.integers(0, 6), max_size=3), min_size=1, max_size=7))
def test_cycles_have_exactly_the_nodes_that_receive_themselves_and_follow_the_data(graph):
    graph = [[source for source in sources if source < len(graph)] for sources in graph]
    nodes = [Node(f"n{n}", RELU, tuple(f"n{s}" for s in sources) or (INPUT,)) for n, sources in enumerate(graph)]
    ancestors = [set(sources) for sources in graph]
    for _ in graph:
        ancestors = [own.union(*(ancestors[source] for source in own)) for own in ancestors]
    cycles = topological_order(Network(tuple(nodes))).cycles
    assert {number for cycle in cycles for number in cycle} == {n for n, own in enumerate(ancestors) if n in own}
    assert all(cycle[at - 1] in graph[number] for cycle in cycles for at, number in enumerate(cycle))


def test_an_unknown_input_blocks_no_node():
    order = topological_order(Network((Node("a", RELU, ("nobody",)), Node("b", RELU))))
    assert order.runnable == (0, 1)
    assert order.sources == ((None,), (0,))


def test_a_name_of_two_nodes_refers_to_the_first():
    order = topological_order(Network((Node("a", RELU), Node("a", RELU), Node("b", RELU, ("a",)))))
    assert order.sources[2] == (0,)


def test_a_change_of_its_layer_leaves_the_weights_of_a_node():
    source = FileWeights("weights.npz", weight="w")
    network = Network((Node("a", Conv2d(filters=1, kernel=1), weights=source),))
    assert network.with_layer("a", Conv2d(filters=2, kernel=1)).node("a").weights == source


@given(strategies.networks(Shape(4, 9, 9)))
def test_positions_and_receivers_are_those_of_the_list(network):
    names = names_of(network)
    assert network.positions == {name: names.index(name) for name in names}
    received = {source for sources in connections(network).values() for source in sources}
    assert network.loose_ends() == tuple(name for name in names if name not in received)
    for name in (INPUT, *names):
        reached: set[str] = set()
        while more := {
            user
            for user, sources in connections(network).items()
            if {name, *reached} & set(sources) and user not in reached
        }:
            reached |= more
        assert network.downstream(name) == reached


def test_networks_of_equal_names_and_connections_share_the_positions():
    before = branches()
    after = before.with_layer("last", Conv2d(3, 1))
    assert after != before
    assert after.positions is before.positions
    assert after.without("last").positions is not before.positions
