"""A small language of numbers, comparisons and functions, for lessons and for the constraints of sweeps."""
