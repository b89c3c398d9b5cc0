"""Low-rank factors of a convolution: 1×1 reductions and expansions, computed from the data that reaches it."""
