"""Running a project: checks, inputs, weights, the cache of volumes, and the run itself."""
