"""Tests that need PyTorch and tools of others: `make test-models`."""
