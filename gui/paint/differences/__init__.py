"""The picture of what differs between two designs: a table of the differences, and errors along the network."""
