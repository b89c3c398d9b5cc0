"""The panel of the input: a photo, an array, or noise."""

from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from engine.files import paths
from engine.files.array_axes import assumed_axes, axes_text
from engine.files.paths import FileFault
from engine.files.photo_headers import photo_header
from engine.network.graph import INPUT
from engine.network.input_specs import ArrayInput, ImageInput, Input, NoiseInput, with_photo
from engine.network.node_ref import STEM
from engine.shapes import Shape
from engine.text.units import exact_text
from gui.panels.array_choice import array_shape, array_with_axes, axes_title, fitting_axes
from gui.panels.base import Panel
from gui.panels.crop_row import CropRow
from gui.panels.input_pictures import InputPictures, full_size
from gui.panels.label_row import LabelRow, label_mistake
from gui.panels.layer_form import mistakes_by_setting
from gui.panels.setting_form import SETTING_TITLES
from gui.panels.shape_boxes import ShapeBoxes
from gui.panels.source_fields import array_names
from gui.panels.sweep_button import SweepButton
from gui.state import edits
from gui.state.crop import Crop, with_size
from gui.state.edit import Edit, change_text
from gui.state.view_state import ViewState
from gui.widgets.choice_controls import CheckControl, ChoiceBox
from gui.widgets.fields import Field, FieldGrid
from gui.widgets.file_row import ARRAY_FILTER, PHOTO_FILTER, FileRow
from gui.widgets.fix_buttons import FixButtons
from gui.widgets.number_controls import IntegerBox, NumberControl, parse_seed
from gui.widgets.pair_controls import PairControl
from gui.widgets.texts import make_error_note, make_note, show_note

_IMAGE_SIZES = (16, 28, 32, 48, 64, 96, 112, 128, 160, 192, 224, 256, 299, 320, 384, 448, 512, 640, 768, 1024)
_INPUT_KINDS: tuple[tuple[type[Input], str], ...] = (
    (ImageInput, "photo"),
    (NoiseInput, "noise"),
    (ArrayInput, "array"),
)
_CHANNELS = (("rgb", "red, green, blue"), ("bgr", "blue, green, red"), ("gray", "gray"))
_FIELDS: dict[type[Input], tuple[str, ...]] = {
    ImageInput: ("path", "size", "crop", "channels"),
    ArrayInput: ("file", "key", "axes", "item", "nan"),
    NoiseInput: ("shape", "seed"),
}
"""Rows of the form by kind of input."""
_SWEPT = {
    "size": "size",
    "channels": "channels",
    "axes": "axes",
    "item": "item",
    "nan": "nan_as_zero",
    "shape": "size",
    "seed": "seed",
}
"""Settings that an axis can change, by the row that edits them."""


def bundled_photos() -> tuple[str, ...]:
    """Paths of the bundled photos, as in a project file."""
    return paths.bundled_files("photos", ".png")


def scale_text(spec: ImageInput) -> str:
    """Depth, range and scale of a photo: ``8 bits per value, 255 is white``, ``white as 255 × 0.003922, minus …``."""
    try:
        header = photo_header(spec.path)
    except FileFault:
        header = None
    mean, std = (", ".join(f"{value:.4g}" for value in values) for values in (spec.mean, spec.std))
    divided = f", over {std}" if std and set(spec.std) != {1.0} else ""
    unit = "values with 255 for white" if header is not None and header.is_deep else "bytes"
    scale = f"{unit} × {spec.scale:.4g}{f', minus {mean}' if mean else ''}{divided}"
    return scale if header is None else f"{header.text()}\n{scale}"


class InputPanel(Panel):
    """The form of the project's input."""

    scrolls = True

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.setAccessibleName("Input")
        self._last: dict[type[Input], Input] = {}
        """The last input of each kind; choosing a kind again restores it."""
        self.kind = ChoiceBox(_INPUT_KINDS)
        self.kind.setAccessibleName("Kind of input")
        self.path, self.file = FileRow("photo", PHOTO_FILTER), FileRow("array", ARRAY_FILTER)
        self.path.add_button(self._bundled_button())
        self.extent = PairControl(1, 100_000, _IMAGE_SIZES)
        self.extent.set_title("Size of the photo")
        self.crop = CropRow()
        self.channels = ChoiceBox(_CHANNELS)
        self.channels.setAccessibleName("Channels")
        self.key = ChoiceBox()
        self.key.setAccessibleName("Array in the file")
        self.axes = ChoiceBox()
        self.axes.setAccessibleName("Axes of the array")
        self.item = IntegerBox(0, 0, self)
        self.item.setAccessibleName("Item of the batch")
        self.nan = CheckControl("Treat NaN as 0")
        self.shape, self.seed = ShapeBoxes(), NumberControl(parse_seed, str)
        self.seed.set_title("Seed of the noise")
        self.labels = LabelRow()
        self.general, self.result, self.notices = make_error_note(), make_note(), make_note()
        self.general_fixes = FixButtons()
        self._fixes: dict[str, dict[str, Edit]] = {}
        """The edit of each fix by its words, by the name of the field that shows it; "" for those below all fields."""
        self.pictures = InputPictures(self.result)
        self.notices.setForegroundRole(self.notices.palette().ColorRole.WindowText)
        self._lay_out()
        self._connect()
        self._show_input(reset=True)
        self._show_labels()

    def _bundled_button(self) -> QPushButton:
        button = self.bundled = QPushButton("Bundled")
        button.setToolTip("Choose a photo that comes with the program")
        menu = QMenu(button)
        for path in bundled_photos():
            action = menu.addAction(Path(path).stem)
            action.triggered.connect(lambda _checked=False, path=path: self.use_photo(path))
        button.setMenu(menu)
        return button

    def _lay_out(self) -> None:
        grid = FieldGrid(SETTING_TITLES)
        grid.add("Kind", self.kind)
        rows = (
            ("path", "Photo", self.path),
            ("size", "Size", self.extent),
            ("crop", "Crop", self.crop),
            ("channels", "Channels", self.channels),
            ("file", "File", self.file),
            ("key", "Array", self.key),
            ("axes", "Axes", self.axes),
            ("item", "Item", self.item),
            ("nan", "NaN", self.nan),
            ("shape", "C × H × W", self.shape),
            ("seed", "Seed", self.seed),
        )
        self.fields: dict[str, Field] = {
            name: grid.add(title, widget, wide=widget in (self.path, self.file, self.crop))
            for name, title, widget in rows
        }
        self.label_field = grid.add("Classes", self.labels, wide=True)
        for name, setting in _SWEPT.items():
            button = SweepButton(self.fields[name], [(setting, name)], of_node=False)
            button.chosen.connect(partial(self.sweep_requested.emit, (STEM, INPUT)))
        self.fields["size"].set_tip("Height and width that the crop is resized to")
        self.fields["axes"].set_tip("Order of the axes: N items, C channels, H rows, W columns")
        self.fields["item"].set_tip("Which item of the batch is the input, from 0")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(5)
        for widget in (self.pictures, grid, self.general, self.general_fixes, self.notices):
            column.addWidget(widget)
        column.addStretch(1)

    def _connect(self) -> None:
        for name, fixes in (("", self.general_fixes), *((name, field.fixes) for name, field in self.fields.items())):
            fixes.chosen.connect(partial(self._on_fix_chosen, name))
        self.kind.chosen.connect(self._on_kind_chosen)
        self.path.chosen.connect(self.use_photo)
        self.file.chosen.connect(self.use_array)
        self.extent.changed.connect(self._on_size_changed)
        self.crop.cleared.connect(self._on_crop_cleared)
        self.pictures.crop_cleared.connect(self._on_crop_cleared)
        self.pictures.crop_changed.connect(self._on_crop_changed)
        self.channels.chosen.connect(self._on_channels_chosen)
        self.key.chosen.connect(self._on_key_chosen)
        self.axes.chosen.connect(lambda axes: self._change("", f"Set axes to {axes_text(axes)}", axes=axes, item=0))
        self.item.valueChanged.connect(lambda item: self._change("item", f"Use item {item}", item=item))
        self.nan.changed.connect(
            lambda zero: self._change("", "Treat NaN as 0" if zero else "Keep NaN", nan_as_zero=zero)
        )
        self.labels.chosen.connect(self._on_labels_chosen)
        self.seed.changed.connect(self._on_seed_changed)
        self.seed.refused.connect(self.fields["seed"].show_error)
        for box in self.shape.boxes:
            box.valueChanged.connect(self._on_shape_changed)

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        if old.project.labels != new.project.labels or old.check is not new.check or old.run is not new.run:
            self._show_labels()
        if old.session != new.session:
            self._last.clear()  # the files of another project are no proposals for this one
        same_problems = old.run.problems is new.run.problems
        same_notices = old.notices_at((STEM, INPUT)) == new.notices_at((STEM, INPUT))
        same_input = old.project.input is new.project.input and old.check is new.check
        if not (same_problems and same_notices and same_input):
            self._show_input(reset=type(new.project.input) is not type(old.project.input))
        elif old.look is not new.look:
            self.pictures.show_state(new)

    def close_down(self) -> None:
        self.pictures.close_down()

    @property
    def _spec(self) -> Input:
        return self._state.project.input

    def _show_input(self, *, reset: bool) -> None:
        """Show the input of the project, its mistakes and its shape."""
        state, spec = self._state, self._spec
        self._last[type(spec)] = spec
        self.kind.show_value(type(spec))
        self._show_spec(spec, reset)
        self._show_mistakes(state, spec)
        show_note(self.result, self._result_text(spec, state.check.input_shape))
        show_note(self.notices, "\n".join(state.notices_at((STEM, INPUT))))
        self.pictures.show_state(state)

    def _show_labels(self) -> None:
        self.labels.show_state(self._state)
        self.label_field.show_error(label_mistake(self._state))

    def _show_mistakes(self, state: ViewState, spec: Input) -> None:
        """Show each mistake and its fixes at its field, those without a field below all of them."""
        mistakes = mistakes_by_setting(state.problems, (STEM, INPUT))
        fixes = edits.fixes_by_setting(state, (STEM, INPUT))
        settings = {"file" if name == "path" and isinstance(spec, ArrayInput) else name: name for name in mistakes}
        self._fixes = {}
        for name, field in self.fields.items():
            visible = name in _FIELDS[type(spec)] and (name != "item" or "item" in mistakes or self.item.maximum() > 0)
            field.set_visible(visible)
            setting = settings.pop(name, "") if visible else ""
            self._fixes[name] = fixes.get(setting, {})
            field.show_error(mistakes.get(setting, ""), tuple(self._fixes[name]))
        others = settings.values()
        show_note(self.general, "\n".join(mistakes[setting] for setting in others))
        self._fixes[""] = {words: edit for setting in others for words, edit in fixes.get(setting, {}).items()}
        self.general_fixes.show_texts(tuple(self._fixes[""]))

    def _on_fix_chosen(self, name: str, index: int) -> None:
        self.edit_proposed.emit(list(self._fixes[name].values())[index])

    def _show_spec(self, spec: Input, reset: bool) -> None:
        if isinstance(spec, ImageInput):
            self.path.show_file(spec.path, paths.resolve_path(spec.path))
            self.extent.show_value(spec.size if spec.size[0] != spec.size[1] else spec.size[0], reset=reset)
            self.crop.show_crop(spec)
            self.channels.show_value(spec.channels)
        elif isinstance(spec, ArrayInput):
            self.file.show_file(spec.path, paths.resolve_path(spec.path))
            names = array_names(spec.path)
            self.key.set_options([("", "the only one"), *((name, name) for name in names if name)])
            if spec.key and spec.key not in names:
                self.key.set_options([*self.key.options, (spec.key, f"{spec.key} (not in the file)")])
            self.key.show_value(spec.key)
            self._show_axes(spec)
        else:
            self.shape.show_shape(spec.shape)
            self.seed.show_value(spec.seed, reset=reset)

    def _show_axes(self, spec: ArrayInput) -> None:
        shape = array_shape(spec.path, spec.key)
        options = [(axes, axes_title(axes, shape)) for axes in fitting_axes(shape)]
        if spec.axes and spec.axes not in dict(options):
            options.append((spec.axes, axes_title(spec.axes, shape)))
        self.axes.set_options(options)
        axes = spec.axes or (assumed_axes(shape) if shape else "")
        self.axes.show_value(axes)
        self.item.setMaximum(max(shape[0] - 1 if axes.startswith("n") and shape else 0, spec.item))
        self.item.show_number(spec.item)
        self.nan.show_value(spec.nan_as_zero)

    def _result_text(self, spec: Input, shape: Shape | None) -> str:
        words = "shape unknown" if shape is None else f"shape {shape}, {exact_text(shape.size)} values"
        return f"{words}\n{scale_text(spec)}" if isinstance(spec, ImageInput) else words

    def use_photo(self, path: str) -> None:
        """Propose another photo with the size and scale of the last one."""
        last = self._last.get(ImageInput)
        spec = with_photo(last, path) if isinstance(last, ImageInput) else ImageInput(path)
        self._propose(spec, f"Use photo {Path(path).name}")

    def use_array(self, path: str) -> None:
        """Propose the first array of a file, after asking for its axes if several fit."""
        self._use_array(ArrayInput(path, next(iter(array_names(path)), "")), Path(path).name)

    def _use_array(self, spec: ArrayInput, name: str) -> None:
        with_axes = array_with_axes(self, spec)
        if with_axes is not None:
            self._propose(with_axes, f"Use array {name}")
        self._show_input(reset=False)  # without an edit, show the array that the project has

    def _on_key_chosen(self, key: str) -> None:
        if isinstance(self._spec, ArrayInput) and key != self._spec.key:
            self._use_array(replace(self._spec, key=key, axes="", item=0), key)

    def _on_kind_chosen(self, kind: type[Input]) -> None:
        shape = self._state.check.input_shape
        first: dict[type[Input], Input] = {
            ImageInput: ImageInput(bundled_photos()[0]),
            NoiseInput: NoiseInput(shape or (3, 224, 224)),
        }
        spec = self._last.get(kind) or first.get(kind)
        if spec is None:
            self.file.choose_file()
        else:
            self._propose(spec, f"Use {dict(_INPUT_KINDS)[kind]}")
        self.kind.show_value(type(self._spec))  # without an edit, show the kind that the project has

    def _on_size_changed(self, size: int | tuple[int, int]) -> None:
        height, width = (size, size) if isinstance(size, int) else size
        if isinstance(self._spec, ImageInput):
            spec = with_size(self._spec, (height, width), full_size(self._spec.path))
            text = change_text("Size of the photo", "×".join(map(str, self._spec.size)), f"{height}×{width}")
            self._propose(spec, text, "size")

    def _on_crop_changed(self, crop: Crop) -> None:
        self._change("crop", f"Crop the photo to {crop.height}×{crop.width} pixels", crop=tuple(crop))

    def _on_crop_cleared(self) -> None:
        if isinstance(self._spec, ImageInput):
            self._change("", "Use the largest crop of the photo", crop=())

    def _on_channels_chosen(self, channels: str) -> None:
        if isinstance(self._spec, ImageInput):
            text = change_text("Channels of the photo", self._spec.channels, channels)
            self._propose(edits.with_channels(self._spec, channels), text)

    def _on_shape_changed(self) -> None:
        shape = self.shape.shape()
        before = self._spec.shape if isinstance(self._spec, NoiseInput) else shape
        text = change_text("Shape of the noise", "×".join(map(str, before)), "×".join(map(str, shape)))
        self._change("shape", text, shape=shape)

    def _on_seed_changed(self, seed: int) -> None:
        if isinstance(self._spec, NoiseInput):
            self._change("seed", change_text("Seed of the noise", self._spec.seed, seed), seed=seed)

    def _on_labels_chosen(self, path: str) -> None:
        if path != self._state.project.labels:
            self.edit_proposed.emit(edits.set_labels(self._state.project, path))

    def _change(self, merge: str, text: str, **settings: Any) -> None:
        self._propose(replace(self._spec, **settings), text, merge)

    def _propose(self, spec: Input, text: str, merge: str = "") -> None:
        if spec != self._state.project.input:
            self.edit_proposed.emit(edits.set_input(self._state.project, spec, text, merge))
