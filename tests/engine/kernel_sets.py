"""The two sets of kernels, of which tests force one: NumPy's, and ONNX Runtime's where it can compute a layer."""

from contextlib import contextmanager

import pytest

from engine.kernels import normalization, onnx_convolution, onnx_pooling, onnx_runtime

needs_onnx_runtime = pytest.mark.skipif(not onnx_runtime.is_installed(), reason="ONNX Runtime is not installed")

numpy_alone = onnx_runtime.unused


@contextmanager
def onnx_runtime_first():
    """Let ONNX Runtime compute whatever it can, however small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnx_convolution, "_plan", onnx_convolution._plan.__wrapped__)  # limits may be others now
        patch.setattr(onnx_convolution, "_LEAST_WORK", 0)
        patch.setattr(onnx_convolution, "_FEW_PIXELS", 0)
        patch.setattr(onnx_pooling, "_LEAST_VALUES", 1)
        patch.setattr(onnx_pooling, "_MOST_STRIDE", 99)
        patch.setattr(normalization, "_LEAST_VALUES", 1)
        yield


each_set = pytest.mark.parametrize(
    "kernel_set", [numpy_alone, pytest.param(onnx_runtime_first, marks=needs_onnx_runtime)], ids=["numpy", "onnx"]
)
