"""The formats of pictures and the figures for papers and slides, by name. No Qt here."""

PICTURE_FORMATS = ("png", "svg", "pdf")
ANIMATION_FORMAT = "gif"
"""The format of the camera's turn."""

FIGURES = ("inception-module", "paper-table", "one-by-one", "from-above")
TURN_FIGURE = "from-above"
"""The figure that shows the turn of the camera."""
