"""Three boxes for the shape of a volume."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gui.widgets.number_controls import IntegerBox


class ShapeBoxes(QWidget):
    """Boxes for channels, height and width."""

    def __init__(self) -> None:
        super().__init__()
        self.boxes = tuple(IntegerBox(1, high, self, digits=3) for high in (1_000_000, 100_000, 100_000))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        for number, (box, name) in enumerate(zip(self.boxes, ("Channels", "Height", "Width"), strict=True)):
            box.setAccessibleName(name)
            box.setToolTip(name)
            if number:
                row.addWidget(QLabel("×"))
            row.addWidget(box, 1)
        self.setFocusProxy(self.boxes[0])

    def show_shape(self, shape: tuple[int, ...]) -> None:
        for box, number in zip(self.boxes, shape, strict=True):
            box.show_number(number)

    def shape(self) -> tuple[int, ...]:
        return tuple(box.value() for box in self.boxes)
