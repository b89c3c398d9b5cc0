"""What other programs call our kinds, functions and settings, for messages that say what is meant."""

from collections.abc import Container

_OTHER_NAMES: dict[str, str] = {
    "swish": "silu",
    "hswish": "hard_swish",
    "hardswish": "hard_swish",
    "hsigmoid": "hard_sigmoid",
    "hardsigmoid": "hard_sigmoid",
    "hardtanh": "clip",
    "relun": "clip",
    "relu1": "clip",
    "absolute": "abs",
    "negative": "neg",
    "negate": "neg",
    "pow": "power",
    "ln": "log",
    "logsoftmax": "log_softmax",
    "leaky": "leaky_relu",
    "lrelu": "leaky_relu",
    "gelunew": "gelu_tanh",
    "geluapproximate": "gelu_tanh",
    "negativeslope": "slope",
    "minval": "low",
    "maxval": "high",
    "multiply": "mul",
    "product": "mul",
    "subtract": "sub",
    "difference": "sub",
    "divide": "div",
    "quotient": "div",
    "max": "maximum",
    "maxout": "maximum",
    "mfm": "maximum",
    "min": "minimum",
    "layerscale": "scale",
    "view": "reshape",
    "permute": "transpose",
    "unflatten": "reshape",
    "linear": "dense",
    "fc": "dense",
    "fullyconnected": "dense",
    "innerproduct": "dense",
    "gemm": "dense",
    "batchnormalization": "batch_norm",
    "bn": "batch_norm",
    "se": "squeeze_excite",
    "semodule": "squeeze_excite",
}
"""In small letters without underscores."""


def own_name(word: str, names: Container[object]) -> str:
    """Our name for what others call so, if it is one of those known; else ""."""
    name = _OTHER_NAMES.get(word.lower().replace("_", "").replace(" ", ""), "")
    return name if name in names else ""
