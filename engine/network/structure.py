"""What follows from the names and inputs of nodes alone: most edits change neither, and all their networks share it."""

from functools import cached_property, lru_cache

from engine.blocks import INPUT

_MOST_DOWNSTREAM = 8
"""Number of nodes whose downstream is remembered: of a long network each takes half a megabyte."""


class Structure:
    """The names of a network's nodes and the inputs that they state, in list order."""

    def __init__(self, names: tuple[str, ...], inputs: tuple[tuple[str, ...], ...]) -> None:
        self.names, self._inputs = names, inputs
        self._downstream: dict[str, frozenset[str]] = {}
        self._not_downstream: tuple[str, tuple[str, ...]] = "", ()
        """Of the name that was asked for last."""

    @cached_property
    def positions(self) -> dict[str, int]:
        """Position of each node by name; of two with the same name that of the first."""
        names = self.names
        return {name: len(names) - number for number, name in enumerate(reversed(names), 1)}

    @cached_property
    def wiring(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The name of each node with its inputs, explicit or implied."""
        nodes = zip(self.names, self._inputs, (INPUT, *self.names), strict=False)
        return tuple([(name, own or (before,)) for name, own, before in nodes])

    @cached_property
    def users(self) -> dict[str, list[str]]:
        """Names of the nodes that receive each node or INPUT, in list order."""
        users: dict[str, list[str]] = {}
        for name, sources in self.wiring:
            for source in sources:
                users.setdefault(source, []).append(name)
        return users

    @cached_property
    def loose_ends(self) -> tuple[str, ...]:
        """Names of the nodes whose output no other node receives, in list order."""
        return tuple([name for name in self.names if name not in self.users])

    @cached_property
    def names_in_parts(self) -> tuple[str, ...]:
        """The names that look like those of a block's layers, as they contain a slash."""
        return tuple([name for name in self.names if "/" in name])

    def downstream(self, name: str) -> frozenset[str]:
        """Names of all nodes that depend on the one called `name`, or on INPUT."""
        if name not in self._downstream:
            if len(self._downstream) >= _MOST_DOWNSTREAM:
                self._downstream.clear()
            names: set[str] = set()
            stack = [name]
            while stack:
                for user in self.users.get(stack.pop(), ()):
                    if user not in names:
                        names.add(user)
                        stack.append(user)
            self._downstream[name] = frozenset(names)
        return self._downstream[name]

    def not_downstream(self, name: str) -> tuple[str, ...]:
        """INPUT and the names of the nodes that do not depend on the one called `name`; it is one of them."""
        if self._not_downstream[0] != name:
            later = self.downstream(name)
            self._not_downstream = name, tuple([other for other in (INPUT, *self.positions) if other not in later])
        return self._not_downstream[1]


@lru_cache(maxsize=8)
def structure_of(names: tuple[str, ...], inputs: tuple[tuple[str, ...], ...]) -> Structure:
    """The structure of nodes with these names and inputs."""
    return Structure(names, inputs)
