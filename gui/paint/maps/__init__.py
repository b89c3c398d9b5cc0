"""Feature maps as mosaics: tiles, colours, order, difference, and the detail of the selected map."""
