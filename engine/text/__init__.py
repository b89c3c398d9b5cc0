"""Numbers, names and messages as text, in the same form everywhere; mistakes of the user as values."""
