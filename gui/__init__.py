"""The window, its pictures and the command line. The state flows from the workbench to views and panels, edits flow back."""
