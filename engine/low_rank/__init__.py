"""Low-rank factors of a convolution: 1×1 reductions and expansions found from the data that reaches it."""
