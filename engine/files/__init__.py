"""Files: paths and stamps, arrays read after a check of their headers, and atomic writing."""
