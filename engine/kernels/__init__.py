"""The arithmetic of layers on NumPy arrays: in blocks of bounded memory, with a checkpoint after each.

Volumes are (channels, height, width), weights (filters, channels / groups, kernel height, kernel width); a result has
the dtype of its volume. A checkpoint cancels by raising; it is called so often that this takes effect at once,
however large the layer is.
"""

from engine.kernels.activations import ACTIVATIONS, activation, prelu
from engine.kernels.blocks import BLOCK_BYTES, Checkpoint, Volume
from engine.kernels.channel_pooling import pool_channels
from engine.kernels.convolution import conv2d, dense
from engine.kernels.frames import frame
from engine.kernels.merging import add, concat, divide, multiply, subtract
from engine.kernels.normalization import batch_norm, local_response_norm, scale
from engine.kernels.onnx_runtime import LIBRARY_BYTES
from engine.kernels.pooling import adaptive_avg_pool2d, avg_pool2d, global_avg_pool2d, global_max_pool2d, max_pool2d
from engine.kernels.reordering import pick_channels, pixel_shuffle, pixel_unshuffle, transpose
from engine.kernels.resizing import resize
from engine.kernels.sample_norms import group_norm, layer_norm
from engine.kernels.transposed import conv_transpose2d

__all__ = [
    "ACTIVATIONS",
    "BLOCK_BYTES",
    "LIBRARY_BYTES",
    "Checkpoint",
    "Volume",
    "activation",
    "adaptive_avg_pool2d",
    "add",
    "avg_pool2d",
    "batch_norm",
    "concat",
    "conv2d",
    "conv_transpose2d",
    "dense",
    "divide",
    "frame",
    "global_avg_pool2d",
    "global_max_pool2d",
    "group_norm",
    "layer_norm",
    "local_response_norm",
    "max_pool2d",
    "multiply",
    "pick_channels",
    "pixel_shuffle",
    "pixel_unshuffle",
    "pool_channels",
    "prelu",
    "resize",
    "scale",
    "subtract",
    "transpose",
]
