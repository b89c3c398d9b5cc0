"""What the window and its files consist of: tables whose rows name the code, which is imported once it is needed."""
