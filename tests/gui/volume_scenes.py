"""Projects of every layout, their states with random values, and pictures of their volumes."""

import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter

from engine.blocks import Inception
from engine.layers import Activation, Add, Concat, Conv2d, MaxPool2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.project import Design, Project
from engine.run.check import check
from gui.paint.volumes import drawing
from gui.paint.volumes.layout import lay_out_volumes
from gui.paint.volumes.scene import VolumesScene
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeResult
from gui.theme import LIGHT
from tests.gui.view_harness import svg as drawn_as_svg


def conv(name, filters, kernel=1, inputs=(), **settings):
    return Node(name, Conv2d(filters=filters, kernel=kernel, **settings), inputs)


TWO = Project(
    NoiseInput((256, 28, 28)),
    (
        Design("naive", Network((conv("conv5x5", 32, 5),))),
        Design("bottleneck", Network((conv("reduce", 16), conv("conv5x5", 32, 5)))),
    ),
)
INCEPTION = Project(
    NoiseInput((24, 14, 14)),
    (
        Design(
            "inception",
            Network(
                (
                    conv("1x1", 8, 1, (INPUT,)),
                    conv("3x3_reduce", 6, 1, (INPUT,)),
                    conv("3x3", 12, 3),
                    conv("5x5_reduce", 2, 1, (INPUT,)),
                    conv("5x5", 4, 5),
                    Node("pool", MaxPool2d(kernel=3, stride=1, padding=1), (INPUT,)),
                    conv("pool_proj", 4),
                    Node("concat", Concat(), ("1x1", "3x3", "5x5", "pool_proj")),
                )
            ),
        ),
    ),
)
RESIDUAL = Project(
    NoiseInput((8, 12, 12)),
    (
        Design(
            "residual",
            Network(
                (conv("a", 8, 3), Node("relu", Activation("relu")), conv("b", 8, 3), Node("add", Add(), ("b", INPUT)))
            ),
        ),
    ),
)
CHAIN = Project(
    NoiseInput((3, 64, 64)),
    (
        Design(
            "chain",
            Network(
                tuple(
                    Node(f"pool{i}", MaxPool2d(kernel=2))
                    if i % 25 == 24
                    else conv(f"conv{i}", 8 + 2 * i, 1 + 2 * (i % 2))
                    for i in range(100)
                )
            ),
        ),
    ),
)
BLOCKS = Project(
    NoiseInput((8, 14, 14)),
    (
        Design(
            "blocks",
            Network(
                (
                    conv("stem", 16, 3),
                    Node("3a", Inception(8, 6, 12, 2, 4, 4)),
                    Node("3b", Inception(8, 6, 12, 2, 4, 4)),
                    Node("pool", MaxPool2d(kernel=2)),
                )
            ),
        ),
    ),
)


def values(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def state_of(project, *, run=True, focus=None, **look):
    project_check = check(project)
    results = {}
    for number, (ref, key) in enumerate(project_check.keys.items() if run else ()):
        if ref == (STEM, INPUT):
            results[ref] = VolumeResult(key, values(project_check.input_shape, number))
        elif (report := project_check.reports.get(ref)) is not None:
            results[ref] = VolumeResult(key, values(report.output_shape, number))
    return ViewState(project, project_check, RunView(results), focus or Focus(STEM, INPUT), Look(**look))


def scene_of(state, size=(1200, 700)) -> VolumesScene:
    return lay_out_volumes(state, *size).scene


def box_of(scene, name, design=None):
    return next(box for box in scene.boxes if box.ref[1] == name and design in (None, box.ref[0]))


def picture(state, size=(900, 500), theme=LIGHT, scale=1):
    image = QImage(QSize(*size) * scale, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.base))
    painter = QPainter(image)
    painter.scale(scale, scale)
    drawing.paint_volumes(painter, QRectF(0, 0, *size), state, theme)
    painter.end()
    return image


def svg(state, size=(1600, 900)):
    return drawn_as_svg(drawing.paint_volumes, state, *size)
