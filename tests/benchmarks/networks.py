"""Bundled networks with every volume kept, beside ONNX Runtime: from scratch, and after an edit in the last quarter."""

from engine.kernels import onnx_runtime
from engine.kernels.threads import MOST_THREADS, available_cores, limit_blas, thread_limit
from tests.measuring import has_onnx_runtime, in_turn, quiet_clock
from tests.onnx_networks import BundledNetwork

SECONDS = 2
"""For each network and number of threads."""
AIMS = {"vgg16": 1.1, "googlenet": 1.0, "efficientnet_lite0": 1.1, "mobilenet_v2": 1.1, "resnet50": 1.1}
"""Our time from scratch, as a multiple of ONNX Runtime's with all volumes as outputs."""
TRUNK = {"vgg16": "adaptive_avg_pool2d"}
"""The kind of layer before which a network ends here: of VGG-16 the trunk alone is measured."""
AIM_EDIT = 4.0
"""ONNX Runtime's time from scratch as a multiple of ours after the edit."""


def row(name: str, network: BundledNetwork, threads: int) -> str:
    volumes = network.forward({})

    def ours() -> object:
        return network.forward({})

    def numpy() -> object:
        with onnx_runtime.unused():
            return ours()

    def after_edit() -> object:
        return network.forward(volumes, 3 * len(network.layers) // 4)

    others = (network.onnx_runtime(threads, all_volumes=True), network.onnx_runtime(threads, all_volumes=False))
    times = in_turn((ours, numpy, after_edit, *others), SECONDS, fewest=4, clock=quiet_clock(threads))
    ratio, edit = times[0] / times[3], times[3] / times[2]
    missed = "".join(
        f"  {what} missed" for what, is_met in (("aim", ratio <= AIMS[name]), ("edit", edit >= AIM_EDIT)) if not is_met
    )
    return f"{name:<20}{threads:>2}{''.join(f'{time:>10.1f}' for time in times)}{ratio:>8.2f}{edit:>8.1f}{missed}"


def main() -> None:
    if not has_onnx_runtime():
        print("ONNX Runtime is not installed: nothing to compare with")
        return
    limit_blas()
    print("Milliseconds of the layers, weights in memory; lower quartile, in turn; of one thread its processor time.")
    print(f"Aims: ours to ORT with all volumes {AIMS}, ORT to ours after an edit {AIM_EDIT}.")
    print("network, threads            ours     NumPy  an edit    ORT all  ORT last   ratio    edit")
    for name in AIMS:
        network = BundledNetwork(name, TRUNK.get(name, ""))
        for threads in sorted({1, min(available_cores(), MOST_THREADS)}):
            with thread_limit(threads):
                print(row(name, network, threads), flush=True)


if __name__ == "__main__":
    main()
