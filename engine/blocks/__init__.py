"""Every kind of block. BLOCKS is the only list of them: files, forms, tables and contract tests follow it."""

from engine.blocks.base import INPUT, Block, Part
from engine.blocks.inception import Inception

BLOCKS: tuple[type[Block], ...] = (Inception,)

__all__ = ["BLOCKS", "INPUT", "Block", "Inception", "Part"]
