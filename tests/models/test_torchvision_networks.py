"""The CNNs of torchvision, where it is installed: exported by PyTorch, each is native layers with its MACs.

The largest RegNet has more bytes than an ONNX file may have: `tests.engine.test_published_networks` builds it of
blocks.
"""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from engine.onnx_files.importer import import_model
from engine.run.check import check

models = pytest.importorskip("torchvision").models
TRANSFORMERS = ("vit_", "swin_", "maxvit")
CLASSIFIERS = [name for name in models.list_models(module=models) if not name.startswith(TRANSFORMERS)]
NETWORKS = [*CLASSIFIERS, *models.list_models(module=models.segmentation)]


@pytest.mark.filterwarnings("ignore")  # of the exporter, which is deprecated
@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "regnet_y_128gf"])
def test_a_network_of_torchvision_is_native_layers_with_the_macs_that_pytorch_counts(name, tmp_path, record_property):
    is_segmenting = name not in CLASSIFIERS
    network = models.get_model(name, weights=None, **({"weights_backbone": None} if is_segmenting else {})).eval()
    photo = torch.zeros(1, 3, 224, 224)
    with torch.no_grad():
        with FlopCounterMode(display=False) as counter:
            network(photo)
        torch.onnx.export(network, (photo,), str(tmp_path / "network.onnx"), dynamo=False)
    imported = import_model(tmp_path / "network.onnx")
    (analysis,) = check(imported.project).analyses.values()
    record_property("macs", analysis.macs)
    assert (imported.report.native_share, analysis.macs) == (1, counter.get_total_flops() // 2)
