"""Designs as PyTorch modules: PyTorch computes what our run does, with the weights of the file beside the module."""

import importlib.util
import sys

import numpy as np
import pytest
import torch
from torch import nn

from engine.files.paths import RESOURCES
from engine.model_export.export import ModelExport, model_format, write_model
from engine.model_export.torch_kinds import TORCH_NAMES
from engine.network.graph import INPUT
from engine.network.node_ref import STEM
from engine.project.file import load_project
from engine.run.execute import run_all
from engine.run.request import RunRequest
from tests.engine.exported_layers import BLOCKS, CASES, with_values

PUBLISHED = ("mobilenet_v2", "googlenet")


def written_module(project, out, format_id="pytorch"):
    """The module of the first design, and what a run computes by node."""
    request = RunRequest.of(project)
    design = project.designs[0].name
    write_model(ModelExport(request, design, model_format(format_id), out))
    spec = importlib.util.spec_from_file_location(f"exported_{out.stem}", out)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    results = run_all(request, lambda event: None)
    ends = project.designs[0].network.loose_ends()
    analysis = request.check.analyses[design]
    names = [analysis.blocks[name].output if name in analysis.blocks else name for name in ends]
    return module, results[STEM, INPUT].volume, [results[design, name].volume for name in names]


def require_equal(project, out):
    module, received, expected = written_module(project, out)
    with torch.no_grad():
        outputs = module.load()(torch.from_numpy(np.array(received))[None])
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    assert len(outputs) == len(expected)
    for output, volume in zip(outputs, expected, strict=True):
        assert np.abs(output.numpy().reshape(volume.shape) - volume).max() < 1e-5 * np.abs(volume).max()


@pytest.mark.parametrize("name", [*CASES, "blocks"])
def test_pytorch_computes_what_a_run_does(name, tmp_path):
    require_equal(with_values(CASES.get(name, BLOCKS), tmp_path), tmp_path / "network.py")


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_network_computes_what_a_run_does(name, tmp_path):
    require_equal(load_project(RESOURCES / "projects" / f"{name}.toml").project, tmp_path / "network.py")


def test_no_layer_can_have_the_name_of_an_attribute_of_every_module():
    assert {name for name in dir(nn.Module) if not name.startswith("_")} | {"training"} <= TORCH_NAMES


def test_the_module_needs_nothing_but_torch(tmp_path):
    before = set(sys.modules)
    written_module(BLOCKS, tmp_path / "network.py")
    assert not {name.partition(".")[0] for name in set(sys.modules) - before} & {"safetensors", "onnx", "keras"}
