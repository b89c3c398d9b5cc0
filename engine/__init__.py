"""The engine of Convolume: what convolutions do and cost, without a screen.

Glossary
--------
volume
    The values at one point of a network: a float32 array of axis order channels × height × width (C×H×W).
feature map
    One channel of a volume, H×W.
convolution
    As in every framework: cross-correlation, the kernel is not flipped.
filters, kernel
    A convolution has one filter per output map; a filter is C/groups × kh × kw weights, its kernel is kh×kw.
MAC
    One multiply-accumulate: one weight at one output position. Only convolutions and dense layers have MACs; biases,
    pooling, activations and normalisation have none. 1 MAC = 2 FLOPs.
params
    Weights and biases, and batch norm's gamma and beta.
node, network, design, stem
    A node is a named layer or block; a network is nodes and their connections; a project holds designs side by side.
    All designs receive the input, or the last volume of the stem if there is one.
"""
