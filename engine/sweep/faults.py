"""What is wrong with a sweep, as a sentence."""


class SweepFault(Exception):
    """An axis, a constraint or a choice of a sweep has a mistake, which the user has to correct."""
