"""Both networks: loading from checked weights, and the fast way of running them against the plain one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analyzer.errors import DeviceError, ModelChecksumError
from analyzer.speech.diarization.embedding import filter_bank
from analyzer.speech.models import networks
from tests.other_users import ROOT, User, need_other_users

if TYPE_CHECKING:
    import torch

SEGMENTATION = Path("segmentation-3.0") / "pytorch_model.bin"
CAMPPLUS = Path("campplus") / "campplus_cn_en_common.pt"


def weights(name: Path) -> Path:
    """The weights among the models of this machine; the test skips without them."""
    for folder in (os.environ.get("ANALYZER_MODELS"), Path(__file__).parents[2] / "models"):
        if folder and (Path(folder) / name).is_file():
            return Path(folder) / name
    pytest.skip(f"{name} is not among the models (analyzer models pull)")


@pytest.mark.parametrize("device", ["gpu", "", "CPU"])
def test_a_device_that_does_not_exist_is_refused(device: str) -> None:
    with pytest.raises(DeviceError, match="unknown device"):
        networks.choose_device(device)


def test_cpu_is_always_there() -> None:
    assert networks.choose_device("cpu") == "cpu"


@pytest.mark.parametrize(
    "load", [pytest.param(networks.load_segmentation, marks=pytest.mark.slow), networks.load_campplus]
)
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


def torch_layer() -> torch.nn.Module:
    import torch

    torch.manual_seed(0)
    return torch.nn.Linear(2, 500)


def small_export(file: Path) -> Path:
    return networks.exported(torch_layer, file, (1, 2), {0: "batch"})


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


EXPORTS = """
import sys
from pathlib import Path
import torch
from analyzer.speech.diarization.embedding import filter_bank
from analyzer.speech.models import networks
torch.manual_seed(0)
print(networks.exported(lambda: torch.nn.Linear(2, 500), Path(sys.argv[1]), (1, 2), {0: "batch"}))
"""


def damage(export: Path) -> None:
    """Zeroes a part of it, and leaves its size and its time."""
    content, at = export.read_bytes(), export.stat()
    export.write_bytes(content[:1024] + bytes(1024) + content[2048:])
    os.utime(export, ns=(at.st_atime_ns, at.st_mtime_ns))


@pytest.mark.slow
def test_a_user_who_may_only_read_the_models_gets_whole_networks_and_changes_nothing() -> None:
    need_other_users()
    user = User(65534)
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        models, home = root / "models", root / "home"
        for folder in (root, models, home):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
        os.chown(home, user.uid, user.uid)
        file = models / "small.pt"
        file.write_bytes(b"1")
        file.chmod(0o644)

        def theirs() -> Path:
            before = {path: path.read_bytes() for path in models.iterdir()}
            env = os.environ | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "PYTHONPATH": str(ROOT)}
            done = user.run(sys.executable, "-c", EXPORTS, file, cwd=root, env=env)
            assert {path: path.read_bytes() for path in models.iterdir()} == before
            return Path(done.stdout.strip())

        assert theirs().parent == home / "cache" / "analyzer", "none is there, and it cannot be put there"
        ours = small_export(file)
        ours.chmod(0o644)
        assert theirs() == ours, "one is there"
        right = ours.read_bytes()
        damage(ours)
        assert theirs().read_bytes() == right, "the one that is there is damaged"


def test_two_processes_that_need_an_export_at_once_both_get_a_whole_one(tmp_path: Path) -> None:
    file = tmp_path / "small.pt"
    file.write_bytes(b"1")
    command = [sys.executable, "-c", EXPORTS, str(file)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    made = {Path(process.communicate(timeout=120)[0].strip()) for process in both}
    assert set(tmp_path.glob("*.onnx")) == made
    assert len(made) == 1
    assert [state.state for state in networks.exports_of(file)] == ["ok"]


def test_what_exports_lie_here_is_told_by_their_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = tmp_path / "small.pt"
    file.write_bytes(b"1")
    (tmp_path / "small-0123456789ab.onnx").write_bytes(b"of an earlier version")
    made = networks._export(torch_layer, tmp_path, networks._key_of(file), (1, 2), {0: "batch"})
    assert {state.path.name: state.state for state in networks.exports_of(file)} == {
        made.name: "ok",
        "small-0123456789ab.onnx": "old",
    }
    damage(made)
    assert {state.state for state in networks.exports_of(file)} == {"damaged", "old"}
    assert [state.state for state in networks.exports_of(small_export(file).with_name(file.name))] == ["ok"]


@pytest.mark.models
def test_models_verify_tells_of_a_damaged_network_and_the_next_run_has_the_right_one(tmp_path: Path) -> None:
    checkpoint = tmp_path / SEGMENTATION
    shutil.copytree(weights(SEGMENTATION).parent, checkpoint.parent, ignore=shutil.ignore_patterns("*.onnx"))
    windows = np.random.default_rng(0).normal(0, 0.1, (1, 1, 160_000)).astype(np.float32)
    right = networks.segmentation_onnx(checkpoint)(windows)
    (export,) = checkpoint.parent.glob("*.onnx")
    pages = bytearray(export.read_bytes())
    pages[2_000_000 : 2_000_000 + 4 * 4096] = bytes(4 * 4096)
    export.write_bytes(pages)

    def verified() -> str:
        command = [sys.executable, "-m", "analyzer", "models", "verify", "segmentation-3.0"]
        env = os.environ | {"ANALYZER_MODELS": str(tmp_path)}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout

    assert f"damaged {export}" in verified()
    assert np.array_equal(networks.segmentation_onnx(checkpoint)(windows), right)
    assert f"ok      {export}" in verified()


@pytest.mark.parametrize("loudness", [1e-6, 0.1, 1.0])
def test_mel_bands_are_those_of_torchaudio(loudness: float) -> None:
    import torch
    from torchaudio.compliance import kaldi

    sound = (loudness * np.random.default_rng(0).normal(0, 0.3, 48_123)).astype(np.float32)
    sound[20_000:30_000] = 0.0
    theirs = kaldi.fbank(torch.from_numpy(sound)[None], num_mel_bins=80, sample_frequency=16_000, dither=0.0).numpy()
    ours = filter_bank(sound)
    assert ours.shape == theirs.shape
    # Both compute in single precision: a band with next to no power differs in its fourth digit.
    assert np.abs(ours - theirs).max() < 1e-3
    assert np.abs(ours - theirs).mean() < 2e-5


WITHOUT_TORCH = """
import sys
from analyzer.cli.main import main
try:
    main()
finally:
    assert "torch" not in sys.modules
"""


@pytest.mark.slow
@pytest.mark.models
def test_a_report_does_not_import_torch_once_the_networks_are_exported(tmp_path: Path) -> None:
    for name, make in ((SEGMENTATION, networks.segmentation_onnx), (CAMPPLUS, networks.campplus_onnx)):
        make(weights(name))
    call = tmp_path / "call.ogg"
    shutil.copy(ROOT / "samples" / "voices" / "dana-reyes-1.ogg", call)
    command = [sys.executable, "-c", WITHOUT_TORCH, "report", str(call), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
