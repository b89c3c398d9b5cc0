"""The scene of the volumes: camera, layout of designs as boxes and arrows, pictures of faces, and what is under a point."""
