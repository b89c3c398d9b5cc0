"""What was last known of a design before a mistake made shapes unknown: pictures keep it, greyed. No Qt here."""

from collections.abc import Callable, Mapping
from operator import attrgetter

from msgspec import Struct

from engine.network.analysis import Analysis, Report
from engine.network.node_ref import NodeRef
from engine.run.check import ProjectCheck


class EarlierDesign(Struct, frozen=True, eq=False):
    """The last check in which all of a design was known, and the names that its nodes had then by those of now."""

    check: ProjectCheck
    names: Mapping[str, str]

    def report(self, ref: NodeRef) -> Report | None:
        """The report that a node of now had then."""
        design, node = ref
        return self.check.reports.get((design, self.names.get(node, node)))


def earlier_designs(
    before: Mapping[str, EarlierDesign],
    last: ProjectCheck,
    new: ProjectCheck,
    renamed: Callable[[NodeRef], NodeRef],
) -> Mapping[str, EarlierDesign]:
    """For each design of which something is unknown in the new check, what was known last.

    Parameters
    ----------
    before
        The result for the `last` check.
    renamed
        Returns what a node of the last project is called in the new one.
    """
    designs: dict[str, EarlierDesign] = {}
    if not new.problems:
        return designs  # then all shapes are known
    for design, analysis in new.analyses.items():
        if _is_known(analysis):
            continue
        if design in last.analyses and _is_known(last.analyses[design]):
            check, names = last, {node: node for other, node in last.reports if other == design}
        elif design in before:
            check, names = before[design].check, dict(before[design].names)
        else:
            continue
        designs[design] = EarlierDesign(check, {renamed((design, node))[1]: then for node, then in names.items()})
    return designs


_output_of = attrgetter("output_shape")


def _is_known(analysis: Analysis) -> bool:
    return None not in map(_output_of, analysis.reports)
