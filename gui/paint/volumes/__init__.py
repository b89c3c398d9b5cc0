"""Volumes as boxes under an orthographic camera, with real values on their faces: layout, painting, hit tests."""
