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
    assert [path.suffix for path in tmp_path.iterdir() if path.suffix != ".pt"] == [".onnx"], "the old one is gone"
    first = networks.exported(lambda: small, file, (1, 2), {0: "batch"})
    given = np.array([[1.0, 2.0]], dtype=np.float32)
    expected = small(torch.from_numpy(given)).detach().numpy()
    assert networks.OnnxNetwork(first)(given) == pytest.approx(expected, abs=1e-6)


def small_export(file: Path) -> Path:
    import torch

    torch.manual_seed(0)
    return networks.exported(lambda: torch.nn.Linear(2, 500), file, (1, 2), {0: "batch"})


def test_an_export_with_zeroed_pages_is_made_again(tmp_path: Path) -> None:
    file = tmp_path / "small.pt"
    file.write_bytes(b"1")
    made = small_export(file)
    right = made.read_bytes()
    made.write_bytes(right[:1024] + bytes(1024) + right[2048:])
    again = small_export(file)
    assert again.read_bytes() == right
    assert list(tmp_path.glob("*.onnx")) == [again]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_an_export_is_for_whoever_may_read_the_weights(tmp_path: Path, mask: int) -> None:
    file = tmp_path / "small.pt"
    file.write_bytes(b"1")
    before = os.umask(mask)
    try:
        made = small_export(file)
    finally:
        os.umask(before)
    assert made.stat().st_mode & 0o777 == 0o666 & ~mask


def test_models_of_another_user_are_used_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "models" / "small.pt"
    file.parent.mkdir()
    file.write_bytes(b"1")
    before = set(file.parent.iterdir())
    real = networks._export

    def refused(load: object, folder: Path, *more: object) -> Path:
        if folder == file.parent:  # as for a user who may only read there; root may write anywhere
            raise PermissionError(13, "Permission denied", str(folder))
        return real(load, folder, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(networks, "_export", refused)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = small_export(file)
    assert made.parent == tmp_path / "cache" / "analyzer"
    assert small_export(file) == made
    assert set(file.parent.iterdir()) == before
    # A folder that others may write to could hold a network of theirs.
    made.parent.chmod(0o777)
    monkeypatch.setattr(networks.tempfile, "gettempdir", lambda: str(tmp_path))
    assert small_export(file).parent == tmp_path / f"analyzer-{os.getuid()}"
