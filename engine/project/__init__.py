"""A project as a value, its file, and the reader that reports all mistakes at once."""
