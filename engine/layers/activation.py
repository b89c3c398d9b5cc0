"""Activations, with fixed numbers or learned slopes, and dropout; they keep the shape of their input."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, get_args

import numpy as np
from msgspec import Meta
from msgspec.structs import fields, force_setattr

from engine.kernels import Checkpoint, Volume, activations
from engine.layers.base import Finite, Layer, Mask, Mistake, Reads, Role
from engine.layers.explanation import Explanation, Target, Terms, operand_text, read_pixel, read_window
from engine.layers.fixes import setting_fixes
from engine.shapes import Shape, Windows
from engine.text.units import count_text, number_text

Function = Literal[
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "celu",
    "selu",
    "clip",
    "sigmoid",
    "hard_sigmoid",
    "tanh",
    "silu",
    "hard_swish",
    "mish",
    "gelu",
    "gelu_tanh",
    "softplus",
    "softsign",
    "abs",
    "neg",
    "square",
    "sqrt",
    "reciprocal",
    "power",
    "exp",
    "log",
    "softmax",
    "log_softmax",
]
assert get_args(Function) == activations.ACTIVATIONS, "every function needs its arithmetic"

_Slope = Annotated[float, Meta(ge=-1e30, le=1.0, title="Slope", description="Leaky ReLU: factor of values below 0")]
_Alpha = Annotated[Finite, Meta(title="Alpha", description="ELU and CELU: how far below 0 they go, as −alpha")]
_Low = Annotated[Finite, Meta(title="Low", description="Clip: smaller values become this one")]
_High = Annotated[Finite, Meta(title="High", description="Clip: larger values become this one")]
_Factor = Annotated[float, Meta(ge=1e-6, le=1e6, title="Factor", description="Hard sigmoid: factor of the value")]
_Offset = Annotated[Finite, Meta(title="Offset", description="Hard sigmoid: added before the limits 0 and 1")]
_Exponent = Annotated[Finite, Meta(title="Exponent", description="Power: each value to the power of this number")]
Along = Literal["channels", "rows", "columns", "pixels"]
assert get_args(Along) == activations.SOFTMAX_AXES, "every axis needs its arithmetic"

_Along = Annotated[
    Along,
    Meta(title="Along", description="Softmax and its logarithm: what the values that sum to 1 lie along"),
]
_NUMBERS = ("slope", "alpha", "low", "high", "factor", "offset", "exponent")


class Activation(Layer, frozen=True, tag="activation"):
    """A function of each value; softmax and its logarithm are of all channels at each pixel, of rows, columns or maps.

    A setting that the function does not take has its default.
    """

    title: ClassVar[str] = "Activation"
    help: ClassVar[str] = "Applies a fixed function to each value."
    setting_taken_for_kind: ClassVar[str] = "function"
    role: ClassVar[Role] = "elementwise"
    reads: ClassVar[Reads] = "pixel"

    function: Annotated[Function, Meta(title="Function", description="Applied to each value", examples=["relu"])]
    slope: _Slope = 0.01
    alpha: _Alpha = 1.0
    low: _Low = -1.0
    high: _High = 1.0
    factor: _Factor = 1 / 6
    offset: _Offset = 0.5
    exponent: _Exponent = 3.0
    along: _Along = "channels"

    def __post_init__(self) -> None:
        for name in self.unused_settings:
            force_setattr(self, name, _DEFAULTS[name])

    @property
    def unused_settings(self) -> frozenset[str]:
        unused = frozenset(_NUMBERS).difference(activations.number_names(self.function))
        return unused if self.is_softmax else unused | {"along"}

    @property
    def is_softmax(self) -> bool:
        """Whether it is of several values: softmax or its logarithm."""
        return self.function in activations.SOFTMAXES

    @property
    def has_usual_numbers(self) -> bool:
        """Whether the numbers of the function are those of frameworks, which have functions without numbers."""
        return self == Activation(self.function)

    @property
    def has_table_row(self) -> bool:
        return self.yields_shares

    @property
    def zeroes_negatives(self) -> bool:
        return self.function in ("relu", "relu6") or (self.function == "clip" and self.low == 0)

    def general_form(self, inputs: Sequence[Shape]) -> Layer:
        return _GENERAL_FORMS.get(self.function, self)

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        if self.low > self.high:
            text = f"low {number_text(self.low)} is above high {number_text(self.high)}"
            yield Mistake("low", text, setting_fixes("low", [self.high]) + setting_fixes("high", [self.low]))
        if self.function == "celu" and self.alpha <= 0:
            text = f"alpha is {number_text(self.alpha)}; celu needs one above 0"
            yield Mistake("alpha", text, setting_fixes("alpha", [_DEFAULTS["alpha"]]))

    @property
    def yields_shares(self) -> bool:
        return self.function == "softmax" and self.along == "channels"

    def windows(self, received: Shape) -> Windows:
        """The same pixel; its row or column, or the whole map, for softmax along these."""
        size = received.height, received.width
        spans = {"rows": (size[0], 1), "columns": (1, size[1]), "pixels": size}
        kernel = spans.get(self.along, (1, 1))
        return Windows(kernel, (1, 1), (1, 1), (0, 0, 0, 0), size, repeat=kernel)

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """The same channel; all channels for softmax along these."""
        return [np.ones_like(channels) if self._is_of_channels else channels]

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        if self.function != "softmax":
            return {self.function: output.size}
        channels, height, width = output
        sums = {"channels": height * width, "rows": channels * width, "columns": channels * height, "pixels": channels}
        return {"softmax": output.size, "softmax_additions": output.size - sums[self.along]}

    def label(self) -> str:
        name = self.function.replace("_", " ")
        if self.function in _LABELS:
            return _LABELS[self.function].format(**{n: number_text(value) for n, value in self._numbers.items()})
        if self.along != "channels":
            return f"{name} along {self.along}"
        changed = [number for number in self._numbers.items() if number[1] != _DEFAULTS[number[0]]]
        return " ".join((name, *(number_text(value) for _, value in changed)))

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return activations.activation(self.function, inputs[0], checkpoint, self.along, **self._numbers)

    def explain(self, target: Target) -> Explanation:
        if self.is_softmax:
            return _explain_softmax(target, self)
        window = read_pixel(target)
        x = float(window.values[0, 0, 0])
        result = float(self.forward([window.values], {}, lambda: None)[0, 0, 0])
        formula = activations.ELEMENTWISE[self.function].formula
        numbers = {name: number_text(value) for name, value in self._numbers.items()}
        lines = (
            f"{target.title} = {self.function.replace('_', ' ')}(x) = {formula.format(x='x', s='x', **numbers)}",
            f"= {formula.format(x=number_text(x), s=operand_text(x), **numbers)} = {number_text(result)}",
        )
        description = "A function of the one value at the same position; no neighbours, no other channel, no weights."
        if self.function == "gelu":
            description += " Φ is the normal distribution."
        return Explanation(target.at, result, description, lines, window)

    @property
    def _is_of_channels(self) -> bool:
        return self.is_softmax and self.along == "channels"

    @property
    def _numbers(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in activations.number_names(self.function)}


_LABELS = {"clip": "clip {low} to {high}", "power": "power {exponent}"}
"""Of functions that mean little without their numbers."""
_DEFAULTS = {field.name: field.default for field in fields(Activation) if field.name in (*_NUMBERS, "along")}


_GENERAL_FORMS = {
    "relu6": Activation("clip", low=0.0, high=6.0),
    "square": Activation("power", exponent=2.0),
    "sqrt": Activation("power", exponent=0.5),
    "reciprocal": Activation("power", exponent=-1.0),
}
"""By function, the same one with numbers."""


class PRelu(Layer, frozen=True, tag="prelu"):
    """``max(x, 0) + slope · min(x, 0)`` with a slope that training learns, per channel or for all.

    Parameters: slope (C,), or (1,) if shared.
    Source: K. He et al., Delving deep into rectifiers, 2015.
    """

    title: ClassVar[str] = "PReLU"
    help: ClassVar[str] = "A leaky ReLU whose slope is learned."
    role: ClassVar[Role] = "elementwise"
    reads: ClassVar[Reads] = "pixel"

    shared: Annotated[bool, Meta(title="Shared", description="One slope for all channels")] = False

    @property
    def has_table_row(self) -> bool:
        return False

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [channels]

    def param_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        return {"slope": (1 if self.shared else inputs[0].channels,)}

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        return {"prelu": output.size, "prelu_params": self.param_shapes(inputs)["slope"][0]}

    def label(self) -> str:
        return self.title

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return activations.prelu(inputs[0], weights["slope"], checkpoint)

    def explain(self, target: Target) -> Explanation:
        window = read_pixel(target)
        x, slope = float(window.values[0, 0, 0]), float(target.weights["slope"])
        result = max(x, 0.0) + slope * min(x, 0.0)
        formula = "max({x}, 0) + {slope} · min({x}, 0)"
        lines = (
            f"{target.title} = {formula.format(x='x', slope='slope')}",
            f"= {formula.format(x=number_text(x), slope=operand_text(slope))} = {number_text(result)}",
        )
        whose = "all channels" if self.shared else "its channel"
        description = f"A value below 0 is multiplied by the slope of {whose}, which training has learned."
        return Explanation(target.at, result, description, lines, window)


class Dropout(Layer, frozen=True, tag="dropout"):
    """Drops values in training; a run passes the input on unchanged."""

    title: ClassVar[str] = "Dropout"
    help: ClassVar[str] = "Drops values in training; does nothing in a run."
    role: ClassVar[Role] = "elementwise"
    reads: ClassVar[Reads] = "pixel"

    rate: Annotated[float, Meta(ge=0.0, lt=1.0, title="Rate", description="Share of values that training drops")] = 0.5

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return inputs[0]

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [channels]

    def patch_size(self, received: Shape | None) -> str:
        return f"{self.rate:.0%}".replace("%", " %")

    def explain(self, target: Target) -> Explanation:
        window = read_pixel(target)
        result = float(window.values[0, 0, 0])
        description = (
            f"Training drops a random share of {number_text(self.rate)} of the values; a run passes all of them on."
        )
        return Explanation(target.at, result, description, (f"{target.title} = x = {number_text(result)}",), window)


def _explain_softmax(target: Target, layer: Activation) -> Explanation:
    """Explain a share, or its logarithm, among the channels of a pixel, a column, a row, or a whole map."""
    channel, y, x = target.at
    is_of_channels = layer.along == "channels"
    windows = layer.windows(Shape(*target.inputs[0].shape))
    own = slice(channel, channel + 1)
    window = read_pixel(target) if is_of_channels else read_window(target.inputs[0], windows, y, x, own)
    values = target.inputs[0][:, y, x].astype(np.float64) if is_of_channels else window.values
    value, highest = float(target.inputs[0][target.at]), float(values.max())
    powers = np.exp(values - highest)
    power, total = float(np.exp(value - highest)), float(powers.sum())
    if layer.function == "log_softmax":
        result, form = value - highest - float(np.log(total)), "{x} − {m} − ln({sum})"
        last = f"= {number_text(value - highest)} − {operand_text(float(np.log(total)))} = {number_text(result)}"
    else:
        result, form = power / total, "exp({x} − {m}) / {sum}"
        last = f"= {number_text(power)} / {number_text(total)} = {number_text(result)}"
    others = {"rows": f"{channel}, i, {x}", "columns": f"{channel}, {y}, j", "pixels": f"{channel}, i, j"}
    other = "x_c" if is_of_channels else f"in[{others[layer.along]}]"
    count = count_text(values.size, "channel" if is_of_channels else "value")
    formula = (
        f"{target.title} = {form.format(x='x', m='m', sum=f'Σ exp({other} − m)')}, "
        f"m the largest of {count if is_of_channels else 'them'}",
        f"= {form.format(x=number_text(value), m=operand_text(highest), sum=number_text(total))}",
        last,
    )
    if is_of_channels:
        whole = "All channels at this pixel share a total of 1: the larger the value, the larger its share. "
        description = f"{whole}The largest is channel {int(np.argmax(values))}."
    else:
        place = {"rows": f"column {x}", "columns": f"row {y}", "pixels": "the whole map"}[layer.along]
        whole = f"The {count} of {place} of channel {channel} share a total of 1"
        description = f"{whole}: the larger one, the larger its share."
    if layer.function == "log_softmax":
        description += " This is the logarithm of the share of this value."
    terms = Terms("Terms exp(x − m) per channel", powers) if is_of_channels else None
    return Explanation(target.at, result, description, formula, window, terms)
