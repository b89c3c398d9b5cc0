"""Networks of ONNX files as designs: what each node is among our kinds, and what has been folded on the way."""
