"""The command line: every command, its options, and drawing without a display."""
