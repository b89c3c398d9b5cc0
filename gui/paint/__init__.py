"""Pictures as free functions of (painter, rectangle, state, theme): the same for the screen, PNG, SVG and PDF."""
