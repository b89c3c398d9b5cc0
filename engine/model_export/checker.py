"""Asks the checker of the standard whether a model is valid."""

from engine.files.onnx_model import require_onnx


def checker_fault(model: bytes | str) -> str:
    """Why the checker refuses a model, or the file of that path; "" if it does not."""
    checker = require_onnx().checker
    try:
        checker.check_model(model)
    except checker.ValidationError as fault:
        return str(fault).strip().splitlines()[0]
    return ""
