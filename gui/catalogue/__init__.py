"""Tables of panels, views and figures, whose rows name code that is imported on demand."""
