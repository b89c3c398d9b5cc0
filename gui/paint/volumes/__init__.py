"""The scene of the volumes: camera, boxes and arrows laid out, pictures of faces, and what is under a point."""
