"""What the start page says. No Qt here."""

SENTENCE = "Convolume shows what convolutions do and what they cost, for designs of networks side by side."
LESSONS_TITLE = "More lessons"
LESSONS_SENTENCE = "Each guides through the window step by step; what you try in it stays apart from your own projects."
DROPS = (
    ("Project", "opens (.toml, .json)"),
    ("Model", "opens as a project (.onnx)"),
    ("Photo", "is the input, of which you choose the crop"),
    ("Array", "is the input (.npy, .npz, .safetensors)"),
    ("Weights", "are those of the layer that they fit (same files)"),
)
"""What can be dropped, and what it does."""
