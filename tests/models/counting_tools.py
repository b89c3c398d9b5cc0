"""Counts layers and bundled networks with the real tools; as a program, writes what `tests/engine` expects.

python -m tests.models.counting_tools
"""

import importlib
import importlib.metadata
import json
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import torch
from packaging.version import Version
from torch import Tensor, nn

from engine.files.paths import RESOURCES
from engine.network.analysis import Report, analyze
from engine.project.file import load_project
from engine.run.check import check
from engine.shapes import Shape
from tests.engine.counted_layers import COUNTED_INPUT, COUNTED_LAYERS, network_around
from tests.models.torch_networks import TorchNetwork

COUNTED_BY_TOOLS = Path(__file__).parents[1] / "engine" / "data" / "counted_by_tools.json"
PACKAGES = ("thop", "ptflops", "fvcore", "torchinfo", "torch")
THOP_OF_2019 = "0.0.31.post1909230639"


@cache
def _thop_of_2019() -> ModuleType:
    """That release beside today's, which has the same name; .ci/setup puts it in a folder of its own."""
    folder = Path(sys.prefix) / f"thop-{THOP_OF_2019}"
    assert (folder / f"thop-{THOP_OF_2019}.dist-info").exists(), f"thop {THOP_OF_2019} is missing: .ci/setup models"
    # Not the package itself: it imports what Python 3.10 removed, for something else.
    package = sys.modules["thop_2019"] = ModuleType("thop_2019")
    package.__path__ = [str(folder / "thop")]
    return importlib.import_module("thop_2019.profile")


def _with_values(network: nn.Module) -> nn.Module:
    """The network with zeros as weights, for tools that record which functions a run calls."""
    network.to_empty(device="cpu")
    with torch.no_grad():
        for weights in network.parameters():
            weights.zero_()
    return network


def _torchvision(network: nn.Module, volume: Tensor) -> int:
    """PyTorch's own counter, which torchvision's model pages use; it counts two per multiply-accumulate."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(volume)
    return counter.get_total_flops() // 2


def _torchinfo(network: nn.Module, volume: Tensor) -> int:
    from torchinfo import summary

    return int(summary(network, input_data=volume, verbose=0).total_mult_adds)


def _fvcore(network: nn.Module, volume: Tensor) -> int:
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(_with_values(network), torch.zeros(volume.shape))
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return int(analysis.total())


def _ptflops(network: nn.Module, volume: Tensor) -> int:
    from ptflops import get_model_complexity_info

    count, _ = get_model_complexity_info(
        _with_values(network), tuple(volume.shape[1:]), as_strings=False, print_per_layer_stat=False, backend="pytorch"
    )
    assert count is not None, "ptflops has printed why it failed"
    return int(count)


def _thop(network: nn.Module, volume: Tensor) -> int:
    import thop

    return int(thop.profile(network, (volume,), verbose=False)[0])


def _thop_2019(network: nn.Module, volume: Tensor) -> int:
    """It adds in PyTorch's default type, of which float32 would round the sums of networks."""
    torch.set_default_dtype(torch.float64)
    try:
        return int(_thop_of_2019().profile(network.double(), (volume.double(),), verbose=False)[0])
    finally:
        torch.set_default_dtype(torch.float32)
        network.float()


_MODULES: frozenset[str] = frozenset()
COUNTERS: Mapping[str, tuple[Callable[[nn.Module, Tensor], int], frozenset[str]]] = {
    "torchvision": (_torchvision, _MODULES),
    "torchinfo": (_torchinfo, _MODULES),
    "fvcore": (_fvcore, _MODULES),
    "ptflops": (_ptflops, _MODULES),
    "ptflops_functional_relu": (_ptflops, frozenset({"activations"})),
    "ptflops_functional": (_ptflops, frozenset({"activations", "pooling"})),
    "thop": (_thop_2019, _MODULES),
    "thop_2022": (_thop, _MODULES),
}
"""By counting rule: how its tool counts, and which layers are functions meanwhile."""


def versions() -> dict[str, str]:
    """The version of every tool; of PyTorch without what it was built for."""
    found = {package: Version(importlib.metadata.version(package)).public for package in PACKAGES}
    return found | {"thop of 2019": THOP_OF_2019}


def count_by_tools(reports: tuple[Report, ...], shape: Shape) -> dict[str, int]:
    """What each rule's tool counts for one input."""
    counts = {}
    for rule, (count, functional) in COUNTERS.items():
        # Tensors without values: most tools need shapes alone.
        with torch.device("meta"):
            network = TorchNetwork(reports, functional).eval()
            volume = torch.zeros(1, *shape)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tools' own
            counts[rule] = count(network, volume)
    return counts


def count_layer(name: str) -> dict[str, int]:
    """What the tools count for one of COUNTED_LAYERS."""
    return count_by_tools(analyze(network_around(name), COUNTED_INPUT).reports, COUNTED_INPUT)


def networks() -> Iterator[tuple[str, str]]:
    """(bundled project, design) of every network from input to output."""
    for path in sorted((RESOURCES / "projects").glob("*.toml")):
        for design in load_project(path).project.designs:
            yield path.stem, design.name


def count_network(project: str, design: str) -> dict[str, int]:
    """What the tools count for a design of a bundled project, without its stem."""
    analysis = check(load_project(RESOURCES / "projects" / f"{project}.toml").project).analyses[design]
    assert analysis.input_shape is not None
    return count_by_tools(analysis.reports, analysis.input_shape)


def main() -> None:
    data = {
        "versions": versions(),
        "layers": {name: count_layer(name) for name in COUNTED_LAYERS},
        "networks": [
            {"project": project, "design": design, "counts": count_network(project, design)}
            for project, design in networks()
        ],
    }
    COUNTED_BY_TOOLS.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
