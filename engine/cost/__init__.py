"""What layers cost: counting rules, metrics and receptive fields."""
