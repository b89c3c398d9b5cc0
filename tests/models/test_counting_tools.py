"""The real counting tools count what `tests/engine/data/counted_by_tools.json` says, by which our rules are tested."""

import json

import pytest

from tests.engine.counted_layers import COUNTED_LAYERS
from tests.models.counting_tools import COUNTED_BY_TOOLS, count_layer, count_network, networks, versions

EXPECTED = json.loads(COUNTED_BY_TOOLS.read_text(encoding="utf-8"))
NETWORKS = {(entry["project"], entry["design"]): entry["counts"] for entry in EXPECTED["networks"]}


def test_the_tools_have_the_versions_that_the_rules_describe():
    assert versions() == EXPECTED["versions"]


@pytest.mark.parametrize("name", COUNTED_LAYERS)
def test_the_tools_count_a_layer_as_expected(name):
    assert count_layer(name) == EXPECTED["layers"][name]


@pytest.mark.parametrize(("project", "design"), list(networks()))
def test_the_tools_count_a_network_as_expected(project, design):
    assert count_network(project, design) == NETWORKS[project, design]
