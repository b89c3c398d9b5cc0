"""Running a project: checks before, inputs and weights, the cache of volumes, and the run itself."""
