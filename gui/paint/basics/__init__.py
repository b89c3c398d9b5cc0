"""What every picture needs: text, colours, notes, pages, and the cache of derived values."""
