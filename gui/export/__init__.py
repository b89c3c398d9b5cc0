"""Pictures, tables and animations as files: the same painting as on the screen."""
