"""nbflow: notebook cells as background jobs."""
