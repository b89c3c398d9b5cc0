"""All kinds of blocks. BLOCKS is the only list of them: files, forms, tables and contract tests follow it."""

from engine.blocks.base import INPUT, Block, Part
from engine.blocks.convnext import ConvNextBlock
from engine.blocks.dense import DenseBlock, Transition
from engine.blocks.fire import Fire
from engine.blocks.inception import Inception
from engine.blocks.mlpconv import MlpConv
from engine.blocks.reduced import ReducedConv2d
from engine.blocks.residual import BasicResidual, BottleneckResidual
from engine.blocks.separable import InvertedResidual, MbConv, SeparableConv2d
from engine.blocks.shuffle import ShuffleUnit
from engine.blocks.squeeze import SqueezeExcite
from engine.blocks.unet import UNetUp

BLOCKS: tuple[type[Block], ...] = (
    ReducedConv2d,
    Inception,
    MlpConv,
    BasicResidual,
    BottleneckResidual,
    DenseBlock,
    Transition,
    Fire,
    SeparableConv2d,
    InvertedResidual,
    MbConv,
    SqueezeExcite,
    ShuffleUnit,
    ConvNextBlock,
    UNetUp,
)

__all__ = [
    "BLOCKS",
    "INPUT",
    "BasicResidual",
    "Block",
    "BottleneckResidual",
    "ConvNextBlock",
    "DenseBlock",
    "Fire",
    "Inception",
    "InvertedResidual",
    "MbConv",
    "MlpConv",
    "Part",
    "ReducedConv2d",
    "SeparableConv2d",
    "ShuffleUnit",
    "SqueezeExcite",
    "Transition",
    "UNetUp",
]
