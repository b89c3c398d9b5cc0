"""A network as a value: nodes and their connections, what its layers cost, and where their numbers come from."""
