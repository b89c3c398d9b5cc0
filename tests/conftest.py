"""Hypothesis profiles, none with deadlines: random examples at a desk, always the same on the build server, and a hunt.

A fault that random examples find is then found by who looks for it, and never fails somebody else's change:
`pytest --hypothesis-profile=hunt` draws very many.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), max_examples=100, derandomize=True)
settings.register_profile("hunt", settings.get_profile("default"), max_examples=2000)
settings.load_profile("ci" if os.environ.get("CI") else "default")
