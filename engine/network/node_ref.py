"""References to the nodes of a project, whose designs and stem each have a network."""

NodeRef = tuple[str, str]
"""(design, node): the design is STEM for the stem, the node is INPUT for the design's input."""

STEM = ""
"""The stem's name among those of designs; no design can have this name."""


def design_text(design: str) -> str:
    """A design's name, or "stem"."""
    return "stem" if design == STEM else design
