"""The picture of a rank search: error against MACs, and the maps of layer and replacement."""
