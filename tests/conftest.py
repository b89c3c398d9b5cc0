"""Which tests are slow, and the profiles of Hypothesis, none of them with deadlines.

Examples are random at a desk ("default"), always the same on the build server ("ci"), and few for `make test-fast`
("fast"). `pytest --hypothesis-profile=hunt` draws very many. So only whoever looks for faults finds them by chance;
somebody else's change never fails by chance.
"""

import os
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), max_examples=100, derandomize=True)
settings.register_profile("fast", settings.get_profile("ci"), max_examples=3)
settings.register_profile("hunt", settings.get_profile("default"), max_examples=2000)
settings.load_profile("ci" if os.environ.get("CI") else "default")

collect_ignore = [] if find_spec("thop") else ["models"]
"""Without PyTorch and the counting tools, pytest leaves out what `make test-models` runs."""

SLOW = """
    block_mistakes bottleneck_view command_line contributing explain export export_all figures file_commands filters
    filters_details fuzz googlenet_table googlenet_table_view hostile_files inspector inspector_view
    inspector_window kernels layer_form main_window panel_blocks rank_search readme receptive_fields repaints run
    settings signals soak summary trunk volumes_blocks volumes_layout volumes_painting window_files window_keys
"""
"""Subjects of test files that take more than a few seconds: `make test-fast` leaves them out."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    slow = {f"test_{subject}.py" for subject in SLOW.split()}
    for item in items:
        if item.path.name in slow:
            item.add_marker(pytest.mark.slow)
