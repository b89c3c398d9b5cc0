"""All kinds of layers. LAYERS is the only list of them: files, forms, tables and contract tests follow it."""

from engine.layers.activation import Activation, Dropout, PRelu
from engine.layers.base import Kind, Layer, Mistake, tag_of
from engine.layers.channel_pool import ChannelPool
from engine.layers.conv import Conv2d
from engine.layers.dense import Dense
from engine.layers.frame import Crop, Pad
from engine.layers.merge import Add, Concat, Div, Maximum, Minimum, Mul, Sub
from engine.layers.normalization import BatchNorm, LocalResponseNorm, Scale
from engine.layers.opaque import Opaque
from engine.layers.pool import AdaptiveAvgPool2d, AvgPool2d, GlobalAvgPool2d, GlobalMaxPool2d, MaxPool2d
from engine.layers.reorder import ChannelShuffle, PixelShuffle, PixelUnshuffle, Slice
from engine.layers.reshape import Flatten, Reshape, Transpose
from engine.layers.resize import Resize
from engine.layers.sample_norms import GroupNorm, LayerNorm
from engine.layers.transposed import ConvTranspose2d

LAYERS: tuple[type[Layer], ...] = (
    Conv2d,
    ConvTranspose2d,
    MaxPool2d,
    AvgPool2d,
    GlobalMaxPool2d,
    GlobalAvgPool2d,
    AdaptiveAvgPool2d,
    ChannelPool,
    Resize,
    PixelShuffle,
    PixelUnshuffle,
    Flatten,
    Reshape,
    Transpose,
    Pad,
    Crop,
    Slice,
    ChannelShuffle,
    Activation,
    PRelu,
    BatchNorm,
    LayerNorm,
    GroupNorm,
    Scale,
    LocalResponseNorm,
    Dropout,
    Dense,
    Concat,
    Add,
    Sub,
    Mul,
    Div,
    Maximum,
    Minimum,
)

IMPORTED_LAYERS: tuple[type[Layer], ...] = (Opaque,)
"""Kinds that only files have, from models of others: no form makes one."""

__all__ = [
    "IMPORTED_LAYERS",
    "LAYERS",
    "Activation",
    "AdaptiveAvgPool2d",
    "Add",
    "AvgPool2d",
    "BatchNorm",
    "ChannelPool",
    "ChannelShuffle",
    "Concat",
    "Conv2d",
    "ConvTranspose2d",
    "Crop",
    "Dense",
    "Div",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2d",
    "GlobalMaxPool2d",
    "GroupNorm",
    "Kind",
    "Layer",
    "LayerNorm",
    "LocalResponseNorm",
    "MaxPool2d",
    "Maximum",
    "Minimum",
    "Mistake",
    "Mul",
    "Opaque",
    "PRelu",
    "Pad",
    "PixelShuffle",
    "PixelUnshuffle",
    "Reshape",
    "Resize",
    "Scale",
    "Slice",
    "Sub",
    "Transpose",
    "tag_of",
]
