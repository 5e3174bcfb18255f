"""Taking a flow out of its notebook: as a module of job functions, or as a plain script without nbflow."""
