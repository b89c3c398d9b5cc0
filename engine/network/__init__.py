"""Networks as values: nodes and connections, their analysis, and the sources of inputs and weights."""
