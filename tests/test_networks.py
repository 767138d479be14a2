"""Both networks: loading from checked weights, and the fast way of running them against the plain one."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from analyzer.errors import DeviceError, ModelChecksumError
from analyzer.speech import networks

SEGMENTATION = Path("segmentation-3.0") / "pytorch_model.bin"
CAMPPLUS = Path("campplus") / "campplus_cn_en_common.pt"


def weights(name: Path) -> Path:
    """The weights among the models of this machine; the test skips without them."""
    for folder in (os.environ.get("ANALYZER_MODELS"), Path(__file__).parent.parent / "models"):
        if folder and (Path(folder) / name).is_file():
            return Path(folder) / name
    pytest.skip(f"{name} is not among the models (analyzer models pull)")


@pytest.mark.parametrize("device", ["gpu", "", "CPU"])
def test_a_device_that_does_not_exist_is_refused(device: str) -> None:
    with pytest.raises(DeviceError, match="unknown device"):
        networks.choose_device(device)


def test_cpu_is_always_there() -> None:
    assert networks.choose_device("cpu") == "cpu"


@pytest.mark.parametrize("load", [networks.load_segmentation, networks.load_campplus])
def test_a_file_that_holds_no_weights_is_named_in_one_line(load: object, tmp_path: Path) -> None:
    broken = tmp_path / "pytorch_model.bin"
    broken.write_bytes(b"not weights")
    with pytest.raises(ModelChecksumError) as raised:
        load(broken)  # type: ignore[operator]
    assert str(broken) in raised.value.line()
    assert "analyzer models pull" in raised.value.line()
    assert "\n" not in raised.value.line()


@pytest.mark.models
def test_segmentation_on_onnx_runtime_says_what_pytorch_says() -> None:
    import torch

    checkpoint = weights(SEGMENTATION)
    network = networks.load_segmentation(checkpoint)
    windows = np.random.default_rng(0).normal(0, 0.1, (2, 1, 160_000)).astype(np.float32)
    with torch.inference_mode():
        plain = network(torch.from_numpy(windows)).numpy()
    fast = networks.segmentation_onnx(checkpoint)(windows)
    assert fast.shape == plain.shape == (2, 589, 7)
    assert np.abs(fast - plain).max() < 1e-3
    assert np.exp(fast).sum(axis=-1) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.models
@pytest.mark.parametrize("frames", [12, 99, 150, 437])
def test_campplus_on_onnx_runtime_says_what_pytorch_says_at_any_length(frames: int) -> None:
    import torch

    file = weights(CAMPPLUS)
    bands = np.random.default_rng(frames).normal(0, 1, (1, frames, 80)).astype(np.float32)
    with torch.inference_mode():
        plain = networks.load_campplus(file)(torch.from_numpy(bands)).numpy()
    fast = networks.campplus_onnx(file)(bands)
    assert fast.shape == (1, 192)
    assert np.abs(fast - plain).max() < 1e-3


@pytest.mark.models
def test_an_export_is_made_once_and_again_for_other_weights(tmp_path: Path) -> None:
    import torch

    file = tmp_path / "small.pt"
    file.write_bytes(b"1")
    small = torch.nn.Linear(2, 1)
    first = networks.exported(lambda: small, file, (1, 2), {0: "batch"})
    made = first.stat().st_mtime_ns
    assert networks.exported(lambda: small, file, (1, 2), {0: "batch"}) == first
    assert first.stat().st_mtime_ns == made
    file.write_bytes(b"22")
    assert networks.exported(lambda: small, file, (1, 2), {0: "batch"}) != first
    assert not list(tmp_path.glob(".export-*"))
    given = np.array([[1.0, 2.0]], dtype=np.float32)
    expected = small(torch.from_numpy(given)).detach().numpy()
    assert networks.OnnxNetwork(first)(given) == pytest.approx(expected, abs=1e-6)
