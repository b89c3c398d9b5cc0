"""Memory of runs beside their predictions: the peak of a process that runs one project with every volume in memory."""

import json
import subprocess
import sys
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

import psutil

from engine.files.paths import RESOURCES
from engine.kernels import onnx_runtime
from engine.project.file import load_project
from engine.run.cache import VolumeCache
from engine.run.execute import NodeDone, execute
from engine.run.memory import caches_weights, required_bytes_with_weights
from engine.run.request import RunRequest, uncached_refs

PROJECTS = (
    "inception_3a_5x5_branch",
    "googlenet",
    "mobilenet_v2",
    "efficientnet_lite0",
    "resnet50",
    "densenet121",
    "vgg16",
)
AIM = 1.0
"""Measured memory, as a multiple of the predicted one."""

ROOT = Path(__file__).resolve().parents[2]


def peak_bytes() -> int:
    """Largest memory that this process has had."""
    status = Path("/proc/self/status")
    if not status.exists():
        return int(psutil.Process().memory_info().peak_wset)
    return 1024 * int(status.read_text().split("VmHWM:")[1].split()[0])


def run(project: str, kernels: str) -> tuple[int, int]:
    """Bytes that a run is predicted to need, and those that this process has more at the peak than before it."""
    request = RunRequest.of(load_project(RESOURCES / "projects" / f"{project}.toml").project)
    cache = VolumeCache()
    refs = uncached_refs(request, cache)
    assert caches_weights(request, refs, cache)
    before, predicted = psutil.Process().memory_info().rss, required_bytes_with_weights(request, refs)
    with nullcontext() if kernels == "ORT" else onnx_runtime.unused():
        _volumes = [event.volume for event in execute(request, cache) if isinstance(event, NodeDone)]
    return predicted, peak_bytes() - before


def measure(project: str, kernels: str) -> tuple[float, float]:
    """The same in mebibytes, of a run in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.memory", project, kernels]
    answer = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout
    predicted, measured = json.loads(answer)
    return predicted / 2**20, measured / 2**20


def main() -> None:
    if not Path("/proc/self/status").exists() and sys.platform != "win32":
        print("the peak of a process is read from /proc, or from Windows")
        return
    kernels = ("NumPy", "ORT") if find_spec("onnxruntime") else ("NumPy",)
    print(f"MiB of a run in a process of its own; the aim for the ratio is {AIM}.")
    print(f"{'project, kernels':<34}{'predicted':>10}{'measured':>10}{'ratio':>7}")
    for project in PROJECTS:
        for name in kernels:
            predicted, measured = measure(project, name)
            ratio = measured / predicted
            verdict = "" if ratio <= AIM else "  missed"
            print(f"{project:<28}{name:<6}{predicted:>10.0f}{measured:>10.0f}{ratio:>7.2f}{verdict}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(run(*sys.argv[1:])))
    else:
        main()
