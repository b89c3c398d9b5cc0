"""What was last known of a design before a mistake made shapes unknown: pictures keep it, greyed. No Qt here."""

from collections.abc import Mapping

from engine.network.analysis import Analysis
from engine.run.check import ProjectCheck


def earlier_checks(
    before: Mapping[str, ProjectCheck], last: ProjectCheck, new: ProjectCheck
) -> Mapping[str, ProjectCheck]:
    """For each design of which something is unknown in the new check, the last check in which all was known.

    Parameters
    ----------
    before
        The result for the `last` check.
    """
    known: dict[str, ProjectCheck] = {}
    for design, analysis in new.analyses.items():
        if not _is_known(analysis):
            valid = last if design in last.analyses and _is_known(last.analyses[design]) else before.get(design)
            if valid is not None:
                known[design] = valid
    return known


def _is_known(analysis: Analysis) -> bool:
    return all(report.output_shape is not None for report in analysis.reports)
