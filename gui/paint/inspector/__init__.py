"""The inspector: how one value is computed, in parts that stand in one to three columns."""
