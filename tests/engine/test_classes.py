"""The most likely classes: softmax against the definition, and the bundled classifier against reference answers."""

import json
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from engine.explain.classes import LikelyClass, percent_text, predict
from engine.files.labels import read_labels
from engine.files.paths import RESOURCES
from engine.layers import Activation, Dense
from engine.network.analysis import analyze
from engine.network.graph import Network, Node
from engine.project.file import load_project
from engine.reports.summary import predictions_of, summary
from engine.run.execute import run_all
from engine.run.request import RunRequest
from engine.shapes import Shape

REFERENCE = json.loads((Path(__file__).parent / "data" / "efficientnet_lite0_reference.json").read_text())
CLASSIFIER = RESOURCES / "projects" / "efficientnet_lite0.toml"
LABELS = tuple("abcdefg")


def report_of(*layers):
    nodes = tuple(Node(f"n{number}", layer) for number, layer in enumerate(layers))
    return analyze(Network(nodes), Shape(3, 2, 2)).reports[-1]


LOGITS, SHARES = report_of(Dense(7)), report_of(Dense(7), Activation("softmax"))


def volume_of(values):
    return np.asarray(values, np.float32).reshape(-1, 1, 1)


def test_softmax_is_applied_to_values_that_are_no_shares():
    values = [0.5, -2.0, 3.0, 1.0, 3.0, -80.0, 0.0]
    prediction = predict(LOGITS, volume_of(values), LABELS)
    total = math.fsum(map(math.exp, values))
    expected = [(index, math.exp(values[index]) / total) for index in (2, 4, 3, 0, 6)]
    assert [(likely.index, likely.label) for likely in prediction.classes] == [(i, LABELS[i]) for i, _ in expected]
    assert [likely.probability for likely in prediction.classes] == pytest.approx([share for _, share in expected])
    assert prediction.is_softmax_added


def test_the_shares_of_a_softmax_are_the_probabilities():
    prediction = predict(SHARES, volume_of([0.1, 0.5, 0.0, 0.2, 0.05, 0.1, 0.05]), LABELS)
    assert [likely.label for likely in prediction.classes] == ["b", "d", "a", "f", "e"]
    assert prediction.classes[0] == LikelyClass(1, "b", pytest.approx(0.5))
    assert not prediction.is_softmax_added
    assert "the last volume" in prediction.source


def test_values_whose_powers_overflow_have_probabilities():
    prediction = predict(LOGITS, volume_of([1e38, 0, -1e38, 0, 0, 0, 0]), LABELS)
    assert prediction.classes[0].probability == 1.0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("report", [LOGITS, SHARES])
def test_there_is_no_class_if_a_value_is_not_finite(report, value):
    prediction = predict(report, volume_of([0, 0, value, 0, 0, 0, 0]), LABELS)
    assert prediction.classes == ()
    assert "not finite" in prediction.text()


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100.0 %"), (0.36434, "36.4 %"), (0.0005, "0.1 %"), (0.0004, "less than 0.1 %")]
)
def test_probabilities_as_text(share, text):
    assert percent_text(share) == text


# The bundled classifier


@cache
def results_of(photo):
    project = load_project(CLASSIFIER).project
    request = RunRequest.of(replace(project, input=replace(project.input, path=f"resources:photos/{photo}.png")))
    assert request.check.problems == request.check.notices == ()
    return request, run_all(request, lambda started: None)


@pytest.mark.parametrize("photo", REFERENCE["top5"])
def test_the_bundled_classifier_gives_the_reference_answers(photo):
    request, results = results_of(photo)
    (prediction,) = predictions_of(request.check, results).values()
    expected = REFERENCE["top5"][photo]
    assert [likely.index for likely in prediction.classes] == [index for index, _ in expected]
    assert [round(likely.probability, 5) for likely in prediction.classes] == pytest.approx(
        [share for _, share in expected], abs=1.01e-5
    )
    logits = results["EfficientNet-Lite0", "classifier"].volume.reshape(-1)
    assert logits[:8] == pytest.approx(REFERENCE["logits_first8"][photo], abs=2e-5)


def test_the_cat_is_a_cat_in_run_json():
    request, results = results_of("chelsea")
    (design,) = summary(request.project, request.check, results)["designs"]
    assert design["softmax_added"] is True
    assert [entry["label"] for entry in design["classes"][:3]] == ["Egyptian Mau", "tiger cat", "tabby cat"]
    assert design["classes"][0]["probability"] == pytest.approx(0.36434, abs=1e-5)
    assert "classes" not in summary(request.project, request.check)["designs"][0]


def test_the_bundled_classifier_has_the_parameters_of_its_file():
    request, _ = results_of("chelsea")
    analysis = request.check.analyses["EfficientNet-Lite0"]
    assert (analysis.params, analysis.macs) == (4_652_008, 385_187_552)


def test_the_bundled_list_names_every_class_of_imagenet():
    labels = read_labels("resources:labels/imagenet.txt")
    assert len(labels) == 1000
    assert (labels[285], labels[282], labels[967]) == ("Egyptian Mau", "tiger cat", "espresso")
    assert len(set(labels)) == 1000
