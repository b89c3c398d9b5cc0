"""The window, its pictures and the command line: state flows from the workbench to views, edits flow back."""
