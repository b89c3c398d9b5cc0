"""What can go wrong with an expression: a mistake, which has a place, or a value that is not known yet."""


class ExpressionError(Exception):
    """An expression has a mistake; `place` is its index in the text, None for the whole expression."""

    def __init__(self, text: str, place: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.place = place

    def __str__(self) -> str:
        return self.text if self.place is None else f"character {self.place + 1}: {self.text}"


class NotKnownYetError(Exception):
    """A value is known only after a run, or once a mistake in a design is corrected."""
