"""What changes while the program is open: the document and its undo history, runs and searches in the background."""
