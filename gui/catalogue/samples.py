"""The bundled projects in groups, as the start page and the menu show them. No Qt here."""

from pathlib import Path

from msgspec import Struct

from engine.files.paths import RESOURCES


class Sample(Struct, frozen=True):
    """A bundled project: the name of its file without ending, and its title, which is that in the file."""

    name: str
    title: str


class SampleGroup(Struct, frozen=True):
    """Samples about one subject, and a sentence about it."""

    title: str
    sentence: str
    samples: tuple[Sample, ...]


QUESTION = Sample("inception_3a_5x5_branch", "Inception 3a, 5×5 branch: with and without a 1×1 bottleneck")
"""The project that the start page shows first, and in which a photo is seen that is dropped there."""

SAMPLE_GROUPS: tuple[SampleGroup, ...] = (
    SampleGroup(
        "What does a 1×1 convolution save?",
        "32 filters of 5×5 on 256 maps, and the same with 16 filters of 1×1 before them, on a photo behind a trained "
        "stem: 160.6\u00a0M multiply-accumulates against 13.25\u00a0M. What is lost?",
        (QUESTION,),
    ),
    SampleGroup(
        "The Inception module and GoogLeNet",
        "Branches of several kernels side by side, and what their 1×1 reductions save.",
        (
            Sample("inception_3a_192", "Inception 3a on the paper's 192 channels: naive, and with 1×1 reductions"),
            Sample("inception_3a_256", "Inception 3a on 256 channels: naive, and with 1×1 reductions"),
            Sample("inception_4a_5x5_branch", "Inception 4a, 5×5 branch: 480 channels through 16 to 48"),
            Sample("googlenet", "GoogLeNet: nine Inception modules"),
            Sample("inception_v3", "Inception v3: 5×5 as two 3×3, 7×7 as 1×7 and 7×1"),
        ),
    ),
    SampleGroup(
        "Bottlenecks elsewhere",
        "ResNet, DenseNet, MobileNet and SqueezeNet narrow a volume, too, before they do what is expensive.",
        (
            Sample("residual_bottleneck", "ResNet: a bottleneck of 1×1, 3×3, 1×1 beside the two 3×3 that it replaces"),
            Sample("resnet18", "ResNet-18: residual blocks of two 3×3"),
            Sample("resnet50", "ResNet-50: v1 and v1.5"),
            Sample("densenet121", "DenseNet-121: with and without bottleneck layers"),
            Sample("mobilenet_v1", "MobileNet v1: separable convolutions, beside a plain twin"),
            Sample("mobilenet_v2", "MobileNet v2: inverted residuals"),
            Sample("mobilenet_v3", "MobileNet v3: large and small, with squeeze-and-excitation"),
            Sample("efficientnet_b0", "EfficientNet-B0: MBConv blocks"),
            Sample("resnext50", "ResNeXt-50 32×4d: 32 groups in every bottleneck"),
            Sample("regnet_y_400mf", "RegNetY-400MF: groups and squeeze-and-excitation"),
            Sample("squeezenet", "SqueezeNet 1.0: fire modules"),
            Sample("shufflenet_v2", "ShuffleNet v2: half of the channels pass, the others are computed"),
            Sample("convnext_tiny", "ConvNeXt-T: large depthwise kernels and an inverted bottleneck"),
        ),
    ),
    SampleGroup(
        "From a picture to a picture",
        "Maps become small and many, then large and few again: one answer for each pixel.",
        (Sample("unet", "U-Net: down to small maps, and up again with what was seen before"),),
    ),
    SampleGroup(
        "A network that names what it sees",
        "Trained on a million photos: drop one of yours, and it answers with the most likely of 1,000 classes.",
        (Sample("efficientnet_lite0", "EfficientNet-Lite0: a trained network that names what it sees"),),
    ),
    SampleGroup(
        "Classic networks",
        "What came before: large kernels, small kernels throughout, and the first 1×1.",
        (
            Sample("alexnet", "AlexNet, in torchvision's form"),
            Sample("vgg16", "VGG-16: 3×3 convolutions throughout"),
            Sample("nin", "Network in Network: 1×1 convolutions as small networks at every pixel"),
        ),
    ),
    SampleGroup(
        "What a filter sees",
        "Kernels whose effect is known before they run.",
        (Sample("fixed_kernels", "Fixed kernels on a photo: blur, edges, and waves of eight directions"),),
    ),
)
"""The first is the largest."""
SAMPLES = tuple(sample for group in SAMPLE_GROUPS for sample in group.samples)


def sample_path(sample: Sample) -> Path:
    return RESOURCES / "projects" / f"{sample.name}.toml"
