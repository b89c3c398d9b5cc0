"""Designs as models for other programs: ONNX, PyTorch, Keras, and their weights alone."""
