"""The window, its pictures and the command line: state flows from the workbench to panels and views, edits flow back."""
