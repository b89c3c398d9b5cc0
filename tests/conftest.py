"""Hypothesis profiles: no deadlines; `pytest --hypothesis-profile=ci` draws more examples and always the same ones."""

from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), max_examples=150, derandomize=True)
settings.load_profile("default")
