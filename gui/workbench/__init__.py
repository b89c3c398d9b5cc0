"""The parts that change while the program is open: the document with its undo history, and work in the background."""
