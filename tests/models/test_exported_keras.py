"""Designs as Keras modules: Keras, where it is installed, computes what our run does, on the backend of PyTorch."""

import os

import numpy as np
import pytest

from engine.files.paths import RESOURCES
from engine.project.file import load_project
from tests.engine.exported_layers import BLOCKS, CASES, with_values
from tests.models.test_exported_modules import written_module

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("keras")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Keras, about PyTorch's arrays


def require_equal(project, out):
    module, received, expected = written_module(project, out, "keras")
    outputs = module.load().predict_on_batch(np.ascontiguousarray(received.transpose(1, 2, 0))[None])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    assert len(outputs) == len(expected)
    for output, volume in zip(outputs, expected, strict=True):
        maps = output[0].transpose(2, 0, 1) if output.ndim == 4 else output[0]
        assert np.abs(maps.reshape(volume.shape) - volume).max() < 1e-5 * np.abs(volume).max()


@pytest.mark.parametrize("name", [*CASES, "blocks"])
def test_keras_computes_what_a_run_does(name, tmp_path):
    require_equal(with_values(CASES.get(name, BLOCKS), tmp_path), tmp_path / "network.py")


@pytest.mark.parametrize("name", ["mobilenet_v2", "googlenet"])
def test_a_published_network_computes_what_a_run_does(name, tmp_path):
    project = load_project(RESOURCES / "projects" / f"{name}.toml").project
    require_equal(project, tmp_path / "network.py")
