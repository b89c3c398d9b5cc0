"""What arrays show: statistics of maps, how one value is computed, and what each channel contributes."""
