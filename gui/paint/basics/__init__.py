"""The basics of every picture: text, colours, notes, pages, and the cache of derived values."""
