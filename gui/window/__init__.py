"""The main window: docks, menus, toolbar, the table of commands, and dialogs for files."""
