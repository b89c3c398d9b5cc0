"""The detail of the selected map: its kernel, its histogram, or what each input channel contributes."""
