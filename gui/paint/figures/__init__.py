"""Figures for papers and slides, composed of panels of volumes or of tables."""
