"""The slow oracle: each operation as naive loops over Python numbers, one term at a time.

Signatures are those of `engine.kernels` without the checkpoint. Integer volumes give Python's exact integers, others
double precision; results have the volume's dtype if that is integer, else float64.
"""

import math
import operator
from collections.abc import Iterator

import numpy as np

from engine.shapes import dilated_extent, window_count


def conv2d(volume, weight, bias, *, stride, padding, dilation, groups):
    result = _zeros(volume, _conv2d_shape(volume, weight, stride, padding, dilation))
    if bias is not None:
        result += bias[:, None, None]
    values, weights = volume.tolist(), weight.tolist()
    for f, y, x, c, i, j in _multiplications(weight, result.shape):
        row = y * stride[0] + i * dilation[0] - padding[0]
        column = x * stride[1] + j * dilation[1] - padding[1]
        if 0 <= row < volume.shape[1] and 0 <= column < volume.shape[2]:
            channel = f // (len(weight) // groups) * weight.shape[1] + c
            result[f, y, x] += weights[f][c][i][j] * values[channel][row][column]
    return result


def conv2d_macs(volume, weight, *, stride, padding, dilation):
    """How often the loops multiply, padding included."""
    shape = _conv2d_shape(volume, weight, stride, padding, dilation)
    return sum(1 for _ in _multiplications(weight, shape))


def conv_transpose2d(volume, weight, bias, *, stride, margins, dilation, groups, extent):
    """Each value times each weight of its filters, added where it falls on the output."""
    filters = weight.shape[1] * groups
    result = _zeros(volume, (filters, *extent))
    if bias is not None:
        result += bias[:, None, None]
    for c, m, n, f, i, j in _scattered(volume, weight):
        y, x = m * stride[0] + i * dilation[0] - margins[0], n * stride[1] + j * dilation[1] - margins[1]
        if 0 <= y < extent[0] and 0 <= x < extent[1]:
            own = c // (len(volume) // groups) * weight.shape[1] + f
            result[own, y, x] += weight[c, f, i, j].item() * volume[c, m, n].item()
    return result


def conv_transpose2d_macs(volume, weight):
    """How often the loops multiply, what is cut off included."""
    return sum(1 for _ in _scattered(volume, weight))


def _scattered(volume, weight):
    """(channel, row, column, filter of the group, kernel row, kernel column): one for each value and weight of it."""
    return np.ndindex(*volume.shape, *weight.shape[1:])


def dense(volume, weight, bias):
    result = _zeros(volume, (len(weight), 1, 1))
    values = volume.ravel().tolist()
    for unit in range(len(weight)):
        total = 0 if bias is None else bias[unit].item()
        for position, value in enumerate(values):
            total += weight[unit, position].item() * value
        result[unit] = total
    return result


def dense_macs(volume, weight):
    """How often the loops multiply."""
    return sum(1 for _ in range(len(weight)) for _ in range(volume.size))


def max_pool2d(volume, *, kernel, stride, padding, ceil, dilation=(1, 1)):
    extents = [dilated_extent(*axis) for axis in zip(kernel, dilation, strict=True)]
    result = _zeros(volume, _pool_shape(volume, extents, stride, padding, ceil))
    lowest = np.iinfo(volume.dtype).min if volume.dtype.kind == "i" else -math.inf
    for c, y, x in np.ndindex(result.shape):
        values = [*_window(volume, (c, y, x), kernel, stride, padding, dilation)]
        result[c, y, x] = np.max(values) if values else lowest  # what is not a number is the maximum
    return result


def global_max_pool2d(volume):
    result = _zeros(volume, (len(volume), 1, 1))
    for c, channel in enumerate(volume):
        result[c] = max(channel.ravel().tolist())
    return result


def avg_pool2d(volume, *, kernel, stride, padding, ceil, count_padding):
    top, left, bottom, right = padding
    result = _zeros(volume, _pool_shape(volume, kernel, stride, padding, ceil))
    for c, y, x in np.ndindex(result.shape):
        inside = list(_window(volume, (c, y, x), kernel, stride, padding))
        count = len(inside)
        if count_padding:
            padded = np.zeros((1, volume.shape[1] + top + bottom, volume.shape[2] + left + right))
            count = len(list(_window(padded, (0, y, x), kernel, stride, (0, 0, 0, 0))))
        result[c, y, x] = sum(inside) / max(count, 1)
    return result


def global_avg_pool2d(volume):
    result = _zeros(volume, (len(volume), 1, 1))
    for c, channel in enumerate(volume):
        result[c] = sum(channel.ravel().tolist()) / channel.size
    return result


def adaptive_avg_pool2d(volume, size):
    result = _zeros(volume, (len(volume), *size))
    for c, y, x in np.ndindex(result.shape):
        rows, columns = (
            range(math.floor(index * extent / count), math.ceil((index + 1) * extent / count))
            for index, extent, count in zip((y, x), volume.shape[1:], size, strict=True)
        )
        values = [volume[c, row, column].item() for row in rows for column in columns]
        result[c, y, x] = sum(values) / len(values)
    return result


def pick_channels(volume, channels):
    return np.array([volume[channel].tolist() for channel in channels], _zeros(volume, ()).dtype)


def pixel_shuffle(volume, factor, order):
    """Every value of the deep volume goes to its place in a square of the flat one."""
    count = len(volume) // factor**2
    result = _zeros(volume, (count, volume.shape[1] * factor, volume.shape[2] * factor))
    for c, i, j, y, x in np.ndindex(count, factor, factor, *volume.shape[1:]):
        place = i * factor + j
        deep = c * factor * factor + place if order == "crd" else place * count + c
        result[c, y * factor + i, x * factor + j] = volume[deep, y, x].item()
    return result


def pixel_unshuffle(volume, factor, order):
    """Every value of the flat volume goes to the channel of its place in a square."""
    height, width = volume.shape[1] // factor, volume.shape[2] // factor
    result = _zeros(volume, (len(volume) * factor**2, height, width))
    for c, y, x in np.ndindex(volume.shape):
        place = y % factor * factor + x % factor
        deep = c * factor * factor + place if order == "crd" else place * len(volume) + c
        result[deep, y // factor, x // factor] = volume[c, y, x].item()
    return result


def transpose(volume, order):
    """Every value goes to where the numbers of its channel, row and column say in that order."""
    result = _zeros(volume, tuple(dict(zip("chw", volume.shape, strict=True))[letter] for letter in order))
    for c, h, w in np.ndindex(volume.shape):
        result[tuple({"c": c, "h": h, "w": w}[letter] for letter in order)] = volume[c, h, w].item()
    return result


def reshape(volume, shape):
    """Every value goes to the place at which a counter of that shape is when it is read."""
    result = _zeros(volume, tuple(shape))
    for here, there in zip(np.ndindex(volume.shape), np.ndindex(*shape), strict=True):
        result[there] = volume[here].item()
    return result


def pad(volume, margins, mode, value):
    top, left, bottom, right = margins
    depth, height, width = volume.shape
    result = _zeros(volume, (depth, height + top + bottom, width + left + right))
    for c, y, x in np.ndindex(result.shape):
        place = [y - top, x - left]
        for axis, extent in enumerate((height, width)):
            while mode == "reflect" and not 0 <= place[axis] < extent:
                place[axis] = -place[axis] if place[axis] < 0 else 2 * (extent - 1) - place[axis]
            if mode == "edge":
                place[axis] = min(max(place[axis], 0), extent - 1)
        inside = 0 <= place[0] < height and 0 <= place[1] < width
        result[c, y, x] = volume[c, place[0], place[1]].item() if inside else value
    return result


def crop(volume, margins, steps=(1, 1)):
    top, left, bottom, right = margins
    rows = range(top, volume.shape[1] - bottom, steps[0])
    columns = range(left, volume.shape[2] - right, steps[1])
    values = [[[channel[y, x].item() for x in columns] for y in rows] for channel in volume]
    return np.array(values, _zeros(volume, ()).dtype)


def resize(volume, size, mode, place):
    """`place` is a function from (index, axis) to the place on the input, as a fraction."""
    result = _zeros(volume, (len(volume), *size))
    for c, y, x in np.ndindex(result.shape):
        pixels = [[]]
        for axis, index in ((0, y), (1, x)):
            choices = _interpolated(place(index, axis), volume.shape[1 + axis], mode)
            pixels = [[*pixel, choice] for pixel in pixels for choice in choices]
        for (row, down), (column, across) in pixels:
            result[c, y, x] += down * across * volume[c, row, column].item()
    return result


def _interpolated(place, extent, mode):
    """(index, weight) of the values that make the one at a place; nearest has been rounded already."""
    place = min(max(place, 0), extent - 1)
    before = math.floor(place)
    rest = place - before
    if mode == "nearest" or rest == 0:
        return [(before, 1)]
    return [(before, float(1 - rest)), (before + 1, float(rest))]


def local_response_norm(volume, *, size, alpha, beta, k):
    result = _zeros(volume, volume.shape)
    for c, y, x in np.ndindex(volume.shape):
        neighbours = range(c - size // 2, c - size // 2 + size)
        squares = sum(volume[n, y, x].item() ** 2 for n in neighbours if 0 <= n < len(volume))
        result[c, y, x] = volume[c, y, x].item() / (k + alpha / size * squares) ** beta
    return result


def batch_norm(volume, gamma, beta, mean, var, epsilon):
    result = _zeros(volume, volume.shape)
    for c, y, x in np.ndindex(volume.shape):
        centred = volume[c, y, x].item() - mean[c].item()
        result[c, y, x] = gamma[c].item() * centred / math.sqrt(var[c].item() + epsilon) + beta[c].item()
    return result


def layer_norm(volume, gamma, beta, epsilon):
    result = _zeros(volume, volume.shape)
    for y, x in np.ndindex(volume.shape[1:]):
        result[:, y, x] = _normalized(volume[:, y, x].tolist(), epsilon)
    return result * gamma[:, None, None] + beta[:, None, None]


def group_norm(volume, gamma, beta, groups, epsilon):
    result = _zeros(volume, volume.shape)
    depth = len(volume) // groups
    for group in range(groups):
        maps = slice(group * depth, (group + 1) * depth)
        result[maps] = np.reshape(_normalized(volume[maps].ravel().tolist(), epsilon), volume[maps].shape)
    return result * gamma[:, None, None] + beta[:, None, None]


def _normalized(values, epsilon):
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
    return [(value - mean) / math.sqrt(variance + epsilon) for value in values]


def concat(volumes, axis=0):
    """The channels, rows or columns of all volumes as lists, one after the other."""
    parts = [part.tolist() for volume in volumes for part in np.moveaxis(volume, axis, 0)]
    return np.moveaxis(np.array(parts, _zeros(volumes[0], ()).dtype), 0, axis)


def add(volumes):
    return _combined(volumes, sum)


def multiply(volumes):
    return _combined(volumes, math.prod)


def subtract(volumes):
    return _combined(volumes, lambda values: operator.sub(*values))


def maximum(volumes):
    return _combined(volumes, max)


def minimum(volumes):
    return _combined(volumes, min)


def divide(volumes):
    return _combined(volumes, lambda values: _quotient(*values))


def _quotient(value, divisor):
    """As IEEE 754 has it where the divisor is 0."""
    return value / divisor if divisor else value * math.inf * math.copysign(1, divisor)


def _combined(volumes, combine):
    """Of the values at a position; along an axis of size 1 there is one for all positions."""
    result = _zeros(volumes[0], [max(extents) for extents in zip(*(volume.shape for volume in volumes), strict=True)])
    for position in np.ndindex(result.shape):
        result[position] = combine(
            volume[tuple(index % extent for index, extent in zip(position, volume.shape, strict=True))].item()
            for volume in volumes
        )
    return result


def scale(volume, gamma, bias):
    result = _zeros(volume, volume.shape)
    for c, y, x in np.ndindex(volume.shape):
        factor, shift = (
            plain if array is None else array[tuple(i % n for i, n in zip((c, y, x), array.shape, strict=False))].item()
            for array, plain in ((gamma, 1), (bias, 0))
        )
        result[c, y, x] = factor * volume[c, y, x].item() + shift
    return result


def prelu(volume, slope):
    result = _zeros(volume, volume.shape)
    for c, y, x in np.ndindex(volume.shape):
        value = volume[c, y, x].item()
        result[c, y, x] = value if value > 0 else slope[c % len(slope)].item() * value
    return result


def activation(name, volume, along="channels", **numbers):
    if name in ("softmax", "log_softmax"):
        return _softmax(volume, along, is_logarithm=name == "log_softmax")
    result = _zeros(volume, volume.shape)
    for place in np.ndindex(volume.shape):
        result[place] = _FUNCTIONS[name](volume[place].item(), **numbers)
    return result


def _softmax(volume, along, is_logarithm):
    result = _zeros(volume, volume.shape)
    for c, y, x in np.ndindex(volume.shape):
        others = {
            "channels": volume[:, y, x],
            "rows": volume[c, :, x],
            "columns": volume[c, y, :],
            "pixels": volume[c].ravel(),
        }[along].tolist()
        value = volume[c, y, x].item()
        total = sum(math.exp(other - max(others)) for other in others)
        below = value - max(others)
        result[c, y, x] = below - math.log(total) if is_logarithm else math.exp(below) / total
    return result


def channel_pool(volume, function):
    result = _zeros(volume, (1, *volume.shape[1:]))
    functions = {"mean": lambda values: sum(values) / len(values), "max": max, "min": min, "sum": sum}
    functions["l2"] = lambda values: math.hypot(*values)
    for y, x in np.ndindex(volume.shape[1:]):
        result[0, y, x] = functions[function](volume[:, y, x].tolist())
    return result


def _sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


_FUNCTIONS = {
    "relu": lambda x: max(x, 0),
    "relu6": lambda x: min(max(x, 0), 6),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * math.expm1(x),
    "celu": lambda x, alpha: x if x > 0 else alpha * math.expm1(x / alpha),
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    "clip": lambda x, low, high: min(max(x, low), high),
    "sigmoid": _sigmoid,
    "hard_sigmoid": lambda x, factor=1 / 6, offset=0.5: min(max(factor * x + offset, 0), 1),
    "tanh": math.tanh,
    "silu": lambda x: x * _sigmoid(x),
    "hard_swish": lambda x: x * min(max(x + 3, 0), 6) / 6,
    "mish": lambda x: x * math.tanh(math.log1p(math.exp(-abs(x))) + max(x, 0)),
    "gelu_tanh": lambda x: x * _sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * x**3)),
    "gelu": lambda x: x * math.erfc(-x / math.sqrt(2)) / 2,
    "softplus": lambda x: math.log1p(math.exp(-abs(x))) + max(x, 0),
    "softsign": lambda x: x / (1 + abs(x)),
    "abs": abs,
    "neg": lambda x: -x,
    "square": lambda x: x * x,
    "sqrt": lambda x: math.sqrt(x) if x >= 0 else math.nan,
    "reciprocal": lambda x: _quotient(1, x),
    "power": lambda x, exponent: x**exponent if x >= 0 or exponent == int(exponent) else math.nan,
    "exp": lambda x: math.exp(x) if x < 709 else math.inf,
    "log": lambda x: math.log(x) if x > 0 else -math.inf if x == 0 else math.nan,
}


def _zeros(volume, shape):
    return np.zeros(shape, volume.dtype if volume.dtype.kind == "i" else np.float64)


def _conv2d_shape(volume, weight, stride, padding, dilation):
    windows = [dilated_extent(weight.shape[2 + axis], dilation[axis]) for axis in (0, 1)]
    return len(weight), *_pool_shape(volume, windows, stride, padding, ceil=False)[1:]


def _pool_shape(volume, kernel, stride, padding, ceil):
    return len(volume), *(
        window_count(volume.shape[1 + axis], padding[axis], padding[2 + axis], kernel[axis], stride[axis], ceil=ceil)
        for axis in (0, 1)
    )


def _multiplications(weight, shape) -> Iterator[tuple[int, ...]]:
    """(filter, y, x, channel of the group, kernel row, kernel column): one for each weight and output position."""
    _, channels, kh, kw = weight.shape
    filters, height, width = shape
    return np.ndindex(filters, height, width, channels, kh, kw)


def _window(volume, position, kernel, stride, padding, dilation=(1, 1)) -> Iterator[float]:
    """The values of a window that lie inside the volume."""
    c, y, x = position
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            row = y * stride[0] + i * dilation[0] - padding[0]
            column = x * stride[1] + j * dilation[1] - padding[1]
            if 0 <= row < volume.shape[1] and 0 <= column < volume.shape[2]:
                yield volume[c, row, column].item()
