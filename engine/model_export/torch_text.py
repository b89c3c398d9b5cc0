"""Writes a planned network as a Python module for PyTorch: a class for it, and one for each block."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from engine.kernels import Checkpoint
from engine.model_export.kinds import find_row
from engine.model_export.module_runs import module_part, module_runs
from engine.model_export.plan import ExportPlan, PlannedLayer, argument_names, received_values
from engine.model_export.python_names import PythonNames, class_name, text_comment
from engine.model_export.python_scope import CodeValue, PythonScope
from engine.model_export.torch_kinds import TORCH_KINDS, TORCH_NAMES
from engine.network.graph import INPUT
from engine.shapes import Shape
from engine.text.names import unique_name

_HEAD = '''"""{title}

Written by Convolume. Needs torch alone; the weights are in the file of the same name that ends in .safetensors.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
'''

_TAIL = '''

def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors file of 32-bit numbers, by name."""
    content = bytearray(path.read_bytes())
    start = 8 + int.from_bytes(content[:8], "little")
    tensors = {}
    for name, entry in json.loads(content[8:start]).items():
        if name != "__metadata__":
            first, end = entry["data_offsets"]
            values = torch.frombuffer(content, dtype=torch.float32, count=(end - first) // 4, offset=start + first)
            tensors[name] = values.reshape(entry["shape"])
    return tensors


def load(path: Path = Path(__file__).with_suffix(".safetensors")) -> Network:
    """The network with its weights, as it computes after training."""
    network = Network()
    network.load_state_dict(read_weights(path))
    return network.eval()
'''


class PythonModule(NamedTuple):
    """The text of a module, and the arrays of its layers by name."""

    text: str
    arrays: Mapping[str, NDArray[Any]]


class _Class(NamedTuple):
    """The body of a class, and what its objects hold."""

    lines: tuple[str, ...]
    arrays: Mapping[str, NDArray[Any]]
    is_vector: bool
    """Whether its one output is a vector."""


def torch_module(plan: ExportPlan, checkpoint: Checkpoint) -> PythonModule:
    """The module of a plan with arrays.

    Raises
    ------
    ProjectError
        A layer has no counterpart in PyTorch.
    """
    writer = _Writer(plan, checkpoint)
    network = writer.network()
    title = text_comment(f"{plan.title + ': ' if plan.title else ''}{plan.design}, {sizes_text(plan)}.")
    classes = [*((name, body) for body, name in writer.blocks.items()), ("Network", network.lines)]
    texts = [
        "\n".join((f"\n\nclass {name}(nn.Module):", *(f"    {line}".rstrip() for line in body)))
        for name, body in classes
    ]
    return PythonModule(_HEAD.format(title=title) + "\n".join(texts) + "\n" + _TAIL, network.arrays)


def sizes_text(plan: ExportPlan) -> str:
    """The shapes of input and outputs: "3×224×224 → 1000×1×1"."""
    outputs = ", ".join(str(plan.shape_of(name)) for name in plan.outputs)
    return f"{plan.input_shape} → {outputs}"


class _Writer:
    """Goes through the layers, and through those of each block by itself."""

    def __init__(self, plan: ExportPlan, checkpoint: Checkpoint) -> None:
        self._plan, self._checkpoint = plan, checkpoint
        self.blocks: dict[tuple[str, ...], str] = {}
        """Names of the classes of blocks by their body: equal blocks share a class."""

    def network(self) -> _Class:
        code = _ClassCode({INPUT: CodeValue("x")})
        for layers in module_runs(self._plan.layers):
            self._checkpoint()
            if layers[0].module is None:
                code.add(layers[0], layers[0].name)
            else:
                self._add_module(code, layers)
        return code.body(f"{sizes_text(self._plan)}.", self._plan.outputs)

    def _add_module(self, code: "_ClassCode", layers: Sequence[PlannedLayer]) -> None:
        sources = received_values(layers)
        called = argument_names(sources)
        inner = _ClassCode({name: CodeValue(called[name], code.values[name].is_vector) for name in sources})
        for layer in layers:
            inner.add(layer, module_part(layer).title)
        last = layers[-1]
        shapes = ", ".join(str(self._plan.shape_of(name)) for name in sources)
        body = inner.body(f"{shapes} → {last.output_shape}.", (last.name,))
        part = module_part(last)
        own = unique_name(class_name(part.kind), {*self.blocks.values(), "Network"})
        arguments = ", ".join(code.values[name].text for name in sources)
        code.add_block(part.name, self.blocks.setdefault(body.lines, own), body, arguments, last)


class _ClassCode:
    """The two methods of a class while they grow."""

    def __init__(self, values: Mapping[str, CodeValue]) -> None:
        self.values = dict(values)
        self._arguments = tuple(value.text for value in values.values())
        self._names = PythonNames({*TORCH_NAMES, *self._arguments})
        self._modules: list[str] = []
        self._steps: list[str] = []
        self._arrays: dict[str, NDArray[Any]] = {}

    def add(self, layer: PlannedLayer, title: str) -> None:
        """Add a layer, which is called by this title in the class."""
        name = self._names[title]
        inputs = tuple(self.values[source] for source in layer.inputs)
        code = find_row(layer, TORCH_KINDS, "PyTorch").code(PythonScope(layer, inputs, f"self.{name}"))
        remark = "" if name == title else f"  # {text_comment(title)}"
        if code.module:
            self._modules.append(f"self.{name} = {code.module}{remark}")
        for suffix, array in code.constants.items():
            values = f"torch.zeros({array.shape})"
            parameter, buffer = f"self.{name}_{suffix} = nn.Parameter({values})", f'"{name}_{suffix}", {values}'
            self._modules.append(parameter if code.is_trained else f"self.register_buffer({buffer})")
            self._arrays[f"{name}_{suffix}"] = array
        self._arrays |= {f"{name}.{role}": array for role, array in code.arrays.items()}
        self._add_step(name, code.call, layer.output_shape, "" if code.module else remark.removeprefix("  # "))
        self.values[layer.name] = CodeValue(name, code.is_vector)

    def add_block(self, title: str, class_: str, body: _Class, arguments: str, last: PlannedLayer) -> None:
        name = self._names[title]
        remark = "" if name == title else f"  # {text_comment(title)}"
        self._modules.append(f"self.{name} = {class_}(){remark}")
        self._arrays |= {f"{name}.{inner}": array for inner, array in body.arrays.items()}
        self._add_step(name, f"self.{name}({arguments})", last.output_shape, "")
        self.values[last.name] = CodeValue(name, body.is_vector)

    def _add_step(self, name: str, call: str, shape: Shape, remark: str) -> None:
        self._steps.append(f"{name} = {call}  # {shape}{f', {remark}' if remark else ''}")

    def body(self, docstring: str, outputs: Sequence[str]) -> _Class:
        values = [self.values[name] for name in outputs]
        kind = "Tensor" if len(outputs) == 1 else f"tuple[{', '.join(['Tensor'] * len(outputs))}]"
        lines = [f'"""{docstring}"""', ""]
        if self._modules:
            lines += ["def __init__(self) -> None:", *_indented(["super().__init__()", *self._modules]), ""]
        arguments = ", ".join(f"{name}: Tensor" for name in self._arguments)
        lines += [f"def forward(self, {arguments}) -> {kind}:"]
        lines += _indented([*self._steps, f"return {', '.join(value.text for value in values)}"])
        return _Class(tuple(lines), self._arrays, values[0].is_vector)


def _indented(lines: Sequence[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)
