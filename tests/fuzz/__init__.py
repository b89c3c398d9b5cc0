"""A seeded fuzzer: damaged and hostile files must be answered or clearly refused, in bounded time and memory."""
