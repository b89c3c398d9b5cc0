"""Writes a planned network as a Python module for Keras 3: a function that builds it, and one for each block."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from engine.kernels import Checkpoint
from engine.model_export.keras_kinds import KERAS_KINDS, KERAS_NAMES
from engine.model_export.kinds import find_row
from engine.model_export.module_runs import module_part, module_runs
from engine.model_export.plan import ExportPlan, PlannedLayer, argument_names, received_values
from engine.model_export.python_names import PythonNames, text_comment
from engine.model_export.python_scope import CodeValue, PythonScope
from engine.model_export.torch_text import PythonModule, sizes_text
from engine.network.graph import INPUT
from engine.shapes import Shape
from engine.text.names import unique_name

_HEAD = '''"""{title}

Written by Convolume. Channels are the last axis of arrays, and first in the shapes of comments. The weights are in the
file of the same name that ends in .safetensors. Needs Keras 3 with any backend.
"""

{imports}import json
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops
'''

_TAIL = '''

def read_weights(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a .safetensors file of 32-bit numbers, by name."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    arrays = {}
    for name, entry in json.loads(content[8:start]).items():
        if name != "__metadata__":
            first, end = entry["data_offsets"]
            values = np.frombuffer(content, "<f4", (end - first) // 4, start + first)
            arrays[name] = values.reshape(entry["shape"])
    return arrays


def load(path: Path = Path(__file__).with_suffix(".safetensors")) -> keras.Model:
    """The network with its weights."""
    model, arrays = build(), read_weights(path)
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([arrays[f"{layer.name}.{variable.name}"] for variable in layer.weights])
    return model
'''


class _Function(NamedTuple):
    """The body of a function, and the arrays of its layers by name, which begin with that of a block."""

    lines: tuple[str, ...]
    arrays: Mapping[str, NDArray[Any]]
    is_vector: bool


def keras_module(plan: ExportPlan, checkpoint: Checkpoint) -> PythonModule:
    """The module of a plan with arrays.

    Raises
    ------
    ProjectError
        A layer has no counterpart in Keras.
    """
    blocks: dict[tuple[str, ...], str] = {}
    code = _FunctionCode({INPUT: CodeValue("x")})
    for run in module_runs(plan.layers):
        checkpoint()
        if run[0].module is None:
            code.add(run[0], run[0].name)
        else:
            body, part = _module(plan, code, run), module_part(run[-1])
            own = unique_name(f"make_{part.kind}", set(blocks.values()))
            code.add_block(part.name, blocks.setdefault(body.lines, own), body, run)
    channels, height, width = plan.input_shape
    title = text_comment(f"{plan.title + ': ' if plan.title else ''}{plan.design}, {sizes_text(plan)}.")
    network = code.body(plan.outputs)
    docstring = f'"""{sizes_text(plan)}."""'
    first = f'x = keras.Input(({height}, {width}, {channels}), name="input")'
    outputs = network.lines[-1].removeprefix("return ")
    outputs = f"[{outputs}]" if len(plan.outputs) > 1 else outputs
    build = (docstring, first, *network.lines[:-1], f"return keras.Model(x, {outputs})")
    lines = []
    for body_lines, name in blocks.items():
        head, *rest = body_lines
        lines += ["", "", head.format(name=name), *(f"    {line}" for line in rest)]
    lines += ["", "", "def build() -> keras.Model:", *(f"    {line}" for line in build)]
    text = "\n".join(lines)
    imports = "import functools\n" if "functools." in text else ""
    return PythonModule(f"{_HEAD.format(title=title, imports=imports)}{text}\n{_TAIL}", network.arrays)


def _module(plan: ExportPlan, code: "_FunctionCode", layers: Sequence[PlannedLayer]) -> _Function:
    sources = received_values(layers)
    called = argument_names(sources)
    values = {name: CodeValue(called[name], code.values[name].is_vector) for name in sources}
    inner = _FunctionCode(values, is_module=True)
    for layer in layers:
        inner.add(layer, module_part(layer).title)
    body = inner.body((layers[-1].name,))
    shapes = ", ".join(str(plan.shape_of(name)) for name in sources)
    head = f"def {{name}}({', '.join(called.values())}, name):"
    return body._replace(lines=(head, f'"""{shapes} → {layers[-1].output_shape}."""', *body.lines))


class _FunctionCode:
    """A function while it grows; layers of a block have names that begin with its own."""

    def __init__(self, values: Mapping[str, CodeValue], *, is_module: bool = False) -> None:
        self.values = dict(values)
        self._is_module = is_module
        self._names = PythonNames({*KERAS_NAMES, *(value.text for value in values.values())}, "make_")
        self._steps: list[str] = []
        self._arrays: dict[str, NDArray[Any]] = {}

    def add(self, layer: PlannedLayer, title: str) -> None:
        """Add a layer, which is called by this title in the function."""
        name = self._names[title]
        layer_name = name.lstrip("_")  # which other backends do not take as the first sign
        own = f'f"{{name}}-{layer_name}"' if self._is_module else f'"{layer_name}"'
        inputs = tuple(self.values[source] for source in layer.inputs)
        code = find_row(layer, KERAS_KINDS, "Keras").code(PythonScope(layer, inputs, own))
        self._arrays |= {f"{layer_name}.{role}": array for role, array in code.arrays.items()}
        self._arrays |= {f"{layer_name}_{suffix}.kernel": array for suffix, array in code.constants.items()}
        self._add_step(name, code.call, layer.output_shape, "" if name == title else title)
        self.values[layer.name] = CodeValue(name, code.is_vector)

    def add_block(self, title: str, function: str, body: _Function, layers: Sequence[PlannedLayer]) -> None:
        name, last = self._names[title], layers[-1]
        arguments = ", ".join(self.values[source].text for source in received_values(layers))
        prefix = name.lstrip("_")
        self._arrays |= {f"{prefix}-{inner}": array for inner, array in body.arrays.items()}
        self._add_step(name, f'{function}({arguments}, "{prefix}")', last.output_shape, "" if name == title else title)
        self.values[last.name] = CodeValue(name, body.is_vector)

    def _add_step(self, name: str, call: str, shape: Shape, remark: str) -> None:
        self._steps.append(f"{name} = {call}  # {shape}{f', {text_comment(remark)}' if remark else ''}")

    def body(self, outputs: Sequence[str]) -> _Function:
        values = [self.values[name] for name in outputs]
        lines = (*self._steps, f"return {', '.join(value.text for value in values)}")
        return _Function(lines, self._arrays, values[0].is_vector)
