"""The points of a sweep in two metrics, with those that no other beats."""
