"""What the row of a kind sees of the Python module that is written: one layer, and the expressions of its inputs."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import asdict
from numpy.typing import NDArray

from engine.layers import Kind
from engine.model_export.plan import PlannedLayer
from engine.shapes import Margins, Shape, Windows


class CodeValue(NamedTuple):
    """A volume in the code: maps, or a vector if all of it are channels."""

    text: str
    is_vector: bool = False


class LayerCode(NamedTuple):
    """A layer in the code."""

    call: str
    """The expression of its output."""
    module: str = ""
    """The expression of the object that holds its weights or settings; "" for a function."""
    arrays: Mapping[str, NDArray[Any]] = {}
    """Those of that object, by its names for them."""
    is_vector: bool = False
    constants: Mapping[str, NDArray[Any]] = {}
    """Further arrays that the expression uses, by their suffix: ``rows`` is ``self.name_rows``."""
    is_trained: bool = False
    """Whether these are parameters."""


class PythonScope:
    """A layer, as rows of PyTorch and Keras see it.

    Parameters
    ----------
    inputs
        The values that it receives.
    own
        The expression of its object: ``self.conv1``.
    """

    def __init__(self, planned: PlannedLayer, inputs: tuple[CodeValue, ...], own: str) -> None:
        self.planned, self.own = planned, own
        self._inputs = inputs

    @property
    def layer(self) -> Any:
        """The settings; a row knows their kind."""
        return self.planned.layer

    @property
    def received(self) -> Shape:
        """Shape of the first input."""
        return self.planned.input_shapes[0]

    @property
    def windows(self) -> Windows:
        return self.planned.windows

    @property
    def is_vector(self) -> bool:
        """Whether all inputs are vectors."""
        return all(value.is_vector for value in self._inputs)

    def inputs(self, as_maps: Callable[[str], str]) -> list[str]:
        """All inputs: vectors if all are, else maps, with `as_maps` to make maps of a vector."""
        if self.is_vector:
            return [value.text for value in self._inputs]
        return [as_maps(value.text) if value.is_vector else value.text for value in self._inputs]

    def value(self, index: int = 0) -> CodeValue:
        return self._inputs[index]


class PythonKind(NamedTuple):
    """A kind of layer, and the function that returns its code."""

    kind: type[Kind]
    code: Callable[[PythonScope], LayerCode]


def short(pair: tuple[int, int]) -> str:
    """``3`` for (3, 3), else ``(3, 5)``."""
    return str(pair[0]) if pair[0] == pair[1] else f"({pair[0]}, {pair[1]})"


def unless(pair: tuple[int, int], default: int) -> str | None:
    """The pair as `short`; None if both are the default."""
    return None if pair == (default, default) else short(pair)


def is_symmetric(margins: Margins) -> bool:
    return margins[:2] == margins[2:]


def options(**values: object) -> str:
    """``, stride=2, bias=False``: keyword arguments behind others, those that are None left out."""
    return "".join(f", {name}={value}" for name, value in values.items() if value is not None)


def number_code(value: float) -> str:
    """The shortest text of a number that is the same in 32 bits: ``1e-05`` for 9.999999747378752e-06."""
    return str(np.float32(value))


def numbers_code(layer: Kind) -> dict[str, str]:
    """The settings of a layer that are numbers with a fraction."""
    return {name: number_code(value) for name, value in asdict(layer).items() if isinstance(value, float)}


def activation_code(functions: Mapping[str, str], general: Mapping[str, str], at: PythonScope) -> LayerCode:
    """The code of an activation.

    Parameters
    ----------
    functions
        By name, the expression of a value.
    general
        Those of functions that the framework has with fixed numbers, for other numbers.
    """
    name = at.layer.function
    templates = functions if at.layer.has_usual_numbers else {**functions, **general}
    text = templates[name].format(at.value().text, **numbers_code(at.layer))
    return LayerCode(text, is_vector=at.is_vector)
