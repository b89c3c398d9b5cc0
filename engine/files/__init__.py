"""Files: where they are, arrays read after their headers are checked, and writing that is whole or not at all."""
