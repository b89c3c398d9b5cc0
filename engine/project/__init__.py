"""A project as a value, the file that holds it, and the reader that finds every mistake in one go."""
