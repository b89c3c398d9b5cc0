"""The bars of operations: what each design and each of its layers costs, side by side."""
