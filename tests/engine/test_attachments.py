"""Attachments for model viewers: every layer by its name, with its metrics."""

import json

import pytest

from engine.cost.metrics import METRICS, Costs, heading_of, metric_by_id
from engine.files.paths import RESOURCES
from engine.project.file import load_project
from engine.reports.attachments import model_explorer, netron
from engine.run.check import check

DESIGN = "with reductions"


@pytest.fixture(scope="module")
def costs():
    return Costs(check(load_project(RESOURCES / "projects" / "inception_3a_192.toml").project))


def test_a_netron_attachment_has_the_signature_that_netron_looks_for(costs):
    data = json.loads(netron(costs, DESIGN))
    assert data["signature"] == "netron:attachment"
    assert set(data) == {"signature", "metadata", "metrics"}


def test_a_netron_attachment_has_each_amount_of_every_layer_and_of_the_model_once(costs):
    rows = json.loads(netron(costs, DESIGN))["metrics"]
    keys = [(row["kind"], row["target"], row["name"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert all(set(row) == {"kind", "target", "name", "value"} for row in rows)
    macs = {row["target"]: row["value"] for row in rows if row["name"] == "MACs" and row["kind"] == "node"}
    assert macs == {report.name: report.macs for report in costs.check.analyses[DESIGN].reports}
    (total,) = [row for row in rows if row["kind"] == "model" and row["name"] == "MACs"]
    assert (total["target"], total["value"]) == ("", 128_049_152)


def test_an_attachment_leaves_out_metrics_that_were_not_measured(costs):
    names = {row["name"] for row in json.loads(netron(costs, DESIGN))["metrics"]}
    assert names == {heading_of(metric, costs.convention) for metric in METRICS if not metric.is_measured}
    assert json.loads(model_explorer(costs, DESIGN, metric_by_id("milliseconds")))["results"] == {}


def test_model_explorers_node_data_has_a_value_per_layer_and_a_gradient_from_0_to_1(costs):
    data = json.loads(model_explorer(costs, DESIGN, metric_by_id("macs")))
    reports = costs.check.analyses[DESIGN].reports
    assert data["results"] == {report.name: {"value": report.macs} for report in reports}
    assert [stop["stop"] for stop in data["gradient"]] == [0, 0.5, 1]
    assert data["name"] == "MACs, with reductions"
    assert "hideAggregatedStats" not in data


def test_model_explorer_does_not_sum_metrics_that_do_not_add_up(costs):
    assert json.loads(model_explorer(costs, DESIGN, metric_by_id("intensity")))["hideAggregatedStats"] == ["sum"]


@pytest.mark.parametrize("text_of", [netron, lambda costs, design: model_explorer(costs, design, metric_by_id("macs"))])
def test_every_attachment_is_json_that_ends_with_a_newline(costs, text_of):
    text = text_of(costs, DESIGN)
    assert json.loads(text)
    assert text.endswith("}\n")
