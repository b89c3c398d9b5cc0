"""The picture of a search for a bottleneck: error against MACs, and the maps of layer and replacement."""
