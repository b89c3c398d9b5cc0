"""What arrays teach: maps compared with each other, and layers that can do with less."""
