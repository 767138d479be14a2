"""CAM++, the network that turns speech into a voiceprint: 80 mel bands in, 192 numbers out.

Written from the paper: H. Wang, S. Zheng, Y. Chen, L. Cheng, Q. Chen, "CAM++: A Fast and Efficient Network for
Speaker Verification Using Context-Aware Masking", Interspeech 2023. A small 2-D convolutional front end shortens
the frequency axis eightfold, then densely connected time-delay layers follow, each masked by what the whole stretch
and its surroundings (100 frames) sound like; mean and standard deviation over time make one vector of it.

Module names are those of the published weights (3D-Speaker, Apache-2.0), so that they load without translation.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from analyzer.speech.diarization.embedding import DIMENSION, MEL_BANDS

CONTEXT_FRAMES = 100
"""Length of the stretches whose mean is a layer's local context (1 s before the 2:1 stride)."""


class _Residual(nn.Module):
    """Two 3x3 convolutions with a short cut; `stride` shortens the frequency axis only."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, stride=(stride, 1), padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential()
        if stride != 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, channels, 1, stride=(stride, 1), bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class _FrontEnd(nn.Module):
    """Mel bands as a picture: 80 bands to 10, with 32 channels."""

    def __init__(self, channels: int = 32) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.layer1 = nn.Sequential(_Residual(channels, 2), _Residual(channels, 1))
        self.layer2 = nn.Sequential(_Residual(channels, 2), _Residual(channels, 1))
        self.conv2 = nn.Conv2d(channels, channels, 3, stride=(2, 1), padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.out_channels = channels * (MEL_BANDS // 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.bn1(self.conv1(x.unsqueeze(1))))
        x = functional.relu(self.bn2(self.conv2(self.layer2(self.layer1(x)))))
        return x.flatten(1, 2)


def _norm(channels: int, *, relu: bool = True, affine: bool = True) -> nn.Sequential:
    norm = nn.Sequential()
    norm.add_module("batchnorm", nn.BatchNorm1d(channels, affine=affine))
    if relu:
        norm.add_module("relu", nn.ReLU())
    return norm


class _Unit(nn.Module):
    """A convolution and its normalisation, the two in the order that the layer's name says."""

    def __init__(self, norm: nn.Module, conv: nn.Module, *, norm_first: bool) -> None:
        super().__init__()
        self.linear, self.nonlinear, self.norm_first = conv, norm, norm_first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.linear(self.nonlinear(x)) if self.norm_first else self.nonlinear(self.linear(x))
        return y


class _ContextMask(nn.Module):
    """A time-delay convolution, masked by the mean of the whole stretch plus the mean of the 100 frames around."""

    def __init__(self, channels: int, out: int, kernel: int, dilation: int) -> None:
        super().__init__()
        padding = (kernel - 1) // 2 * dilation
        self.linear_local = nn.Conv1d(channels, out, kernel, padding=padding, dilation=dilation, bias=False)
        self.linear1 = nn.Conv1d(channels, channels // 2, 1)
        self.linear2 = nn.Conv1d(channels // 2, out, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        around = functional.avg_pool1d(x, CONTEXT_FRAMES, CONTEXT_FRAMES, ceil_mode=True)
        around = around.repeat_interleave(CONTEXT_FRAMES, dim=-1)[..., : x.shape[-1]]
        mask = torch.sigmoid(self.linear2(functional.relu(self.linear1(x.mean(-1, keepdim=True) + around))))
        masked: torch.Tensor = self.linear_local(x) * mask
        return masked


class _DenseLayer(nn.Module):
    def __init__(self, channels: int, growth: int, bottleneck: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.nonlinear1 = _norm(channels)
        self.linear1 = nn.Conv1d(channels, bottleneck, 1, bias=False)
        self.nonlinear2 = _norm(bottleneck)
        self.cam_layer = _ContextMask(bottleneck, growth, kernel, dilation)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.cam_layer(self.nonlinear2(self.linear1(self.nonlinear1(x))))
        return y


class _DenseBlock(nn.Module):
    """Layers that each see everything before them and add `growth` channels."""

    def __init__(self, layers: int, channels: int, growth: int, kernel: int, dilation: int) -> None:
        super().__init__()
        for i in range(layers):
            layer = _DenseLayer(channels + i * growth, growth, 4 * growth, kernel, dilation)
            self.add_module(f"tdnnd{i + 1}", layer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.children():
            x = torch.cat([x, layer(x)], dim=1)
        return x


class _Statistics(nn.Module):
    """(batch, channels, frames) to (batch, 2 x channels, 1): the mean and the standard deviation over time."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = x.mean(dim=-1, keepdim=True)
        spread = ((x - mean) ** 2).sum(dim=-1, keepdim=True) / (x.shape[-1] - 1)
        return torch.cat([mean, spread.sqrt()], dim=1)


class CamPlusPlus(nn.Module):
    """(batch, frames, 80) mean-free log mel bands to (batch, 192) voiceprints, not normalised to length 1."""

    def __init__(self, growth: int = 32) -> None:
        super().__init__()
        self.head = _FrontEnd()
        self.xvector = nn.Sequential()
        first = nn.Conv1d(self.head.out_channels, 128, 5, stride=2, padding=2, bias=False)
        self.xvector.add_module("tdnn", _Unit(_norm(128), first, norm_first=False))
        channels = 128
        for i, (layers, dilation) in enumerate([(12, 1), (24, 2), (16, 2)], 1):
            self.xvector.add_module(f"block{i}", _DenseBlock(layers, channels, growth, 3, dilation))
            channels += layers * growth
            halve = nn.Conv1d(channels, channels // 2, 1, bias=False)
            self.xvector.add_module(f"transit{i}", _Unit(_norm(channels), halve, norm_first=True))
            channels //= 2
        self.xvector.add_module("out_nonlinear", _norm(channels))
        self.xvector.add_module("stats", _Statistics())
        dense = nn.Conv1d(channels * 2, DIMENSION, 1, bias=False)
        self.xvector.add_module("dense", _Unit(_norm(DIMENSION, relu=False, affine=False), dense, norm_first=False))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """As the class says."""
        voiceprint: torch.Tensor = self.xvector(self.head(features.transpose(1, 2))).flatten(1)
        return voiceprint
