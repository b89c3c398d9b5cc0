"""Panels: widgets that show a state and propose edits."""
