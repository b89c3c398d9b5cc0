"""Reports of a project as tables, JSON and attachments: everything that leaves the program as text."""
