"""Numbers, names and messages as text, in one form everywhere; a mistake of the user as a value."""
