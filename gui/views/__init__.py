"""Views: widgets that draw a state or list it in a table, and report what the user requests."""
