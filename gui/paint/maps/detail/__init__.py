"""The detail of the selected map: its kernel, its histogram, or the contributions of its input channels."""
