"""Sweeps: many designs that differ in a few settings, each counted, perhaps measured, and each a design that opens."""
