"""The two networks behind diarization, from checked weights to something that runs fast.

Weights are PyTorch files. They are loaded with `weights_only=True` (nothing in the file is executed) after the
store has checked their hash, rebuilt as networks, and exported once to ONNX: ONNX Runtime is 1.4 to 2.5 times as
fast as PyTorch on a CPU here and does not compile kernels again for every input length, which PyTorch does (one
30 s clip took three minutes that way). The export lies beside the weights, checked by hashes in its name.
"""

from __future__ import annotations

import contextlib
import glob
import logging
import os
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from analyzer.errors import DeviceError, ModelChecksumError, ModelError
from analyzer.files import file_sha256, is_file, is_folder, permit, sha256, sweep, temporary

if TYPE_CHECKING:
    import onnxruntime
    import torch

log = logging.getLogger(__name__)

EXPORT_VERSION = 2
"""Raised when the exported graphs change for the same weights."""
MOST_CORES = 8
"""With more processors neither these small networks nor one chunk of the transcriber get faster."""


def quiet_pyannote() -> None:
    """Keeps pyannote's warnings off the screen; must run before anything of pyannote is imported."""
    # It warns at length that a torchcodec cannot decode; it is never asked to: waveforms come from memory.
    warnings.filterwarnings("ignore", module=r"pyannote\.audio.*")
    warnings.filterwarnings("ignore", message=r".*torchcodec.*")


def choose_device(device: str) -> str:
    """`auto`, `cpu` or `cuda` to the one that will be used.

    Raises:
        DeviceError: a device was asked for by name and is not there.
    """
    if device == "cpu":
        return "cpu"
    if device not in ("auto", "cuda"):
        raise DeviceError(f"unknown device {device!r}", todo="Use auto, cpu or cuda")
    import ctranslate2  # importing PyTorch to ask would take a second and 300 MB

    if ctranslate2.get_cuda_device_count() > 0:
        return "cuda"
    if device == "cuda":
        raise DeviceError("--device cuda was asked for, but there is no CUDA device", todo="Use --device cpu")
    return "cpu"


def load_segmentation(checkpoint: Path) -> Any:
    """The pyannote segmentation network of `checkpoint`, in evaluation mode.

    Raises:
        ModelChecksumError: the file is not a checkpoint of pyannote's PyanNet.
    """
    quiet_pyannote()
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.segmentation import PyanNet
    from torch.torch_version import TorchVersion

    try:
        with torch.serialization.safe_globals([Specifications, Problem, Resolution, TorchVersion]):
            saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
        about = saved["pyannote.audio"]
        hyper = saved["hyper_parameters"]
        network = PyanNet(**{key: hyper[key] for key in ("sincnet", "lstm", "linear") if key in hyper})
        network.specifications = about["specifications"]
        network.build()
        network.load_state_dict(saved["state_dict"])
    except Exception as error:  # whatever a foreign file raises, it means the same to the user
        raise ModelChecksumError(
            f"not a pyannote segmentation checkpoint ({type(error).__name__}: {str(error).splitlines()[0]})",
            where=checkpoint,
            todo="Remove it and run: analyzer models pull segmentation-3.0",
        ) from error
    return network.eval()


def load_campplus(weights: Path) -> Any:
    """The CAM++ network with `weights`, in evaluation mode.

    Raises:
        ModelChecksumError: the file does not hold CAM++ weights.
    """
    import torch

    from analyzer.speech.diarization.campplus import CamPlusPlus

    network = CamPlusPlus()
    try:
        network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    except Exception as error:  # as above
        raise ModelChecksumError(
            f"not CAM++ weights ({type(error).__name__}: {str(error).splitlines()[0]})",
            where=weights,
            todo="Remove it and run: analyzer models pull campplus",
        ) from error
    return network.eval()


def exported(
    load: Callable[[], torch.nn.Module],
    weights: Path,
    shape: tuple[int, ...],
    varying: dict[int, str],
) -> Path:
    """The ONNX file of the network that `load` gives, beside `weights`; made now if it is not there, or damaged.

    `shape` is that of an input it is traced with; `varying` names the axes that may have another length at run time.
    Its name ends in two hashes: of what it was made from (the weights and the version of this export), and of its own
    content, which is checked each time. Zeroed pages would give other turns without a word. The file appears whole or
    not at all; damaged ones and those of other weights are removed. Where the models are another user's, it is kept in
    this user's cache.

    Raises:
        ModelError: it can be kept nowhere.
    """
    key = _key_of(weights)
    for folder in _places(weights):
        for found in _files(folder, f"{glob.escape(key)}-*.onnx"):
            if _is_whole(found):
                return found
            log.warning("%s is damaged, and is made again", found)
    trouble: OSError | None = None
    for folder in _places(weights):
        try:
            made = _export(load, folder, key, shape, varying)
        except OSError as error:
            trouble = error
            continue
        _remove_old(folder, weights, made)
        return made
    reason = trouble.strerror or str(trouble) if trouble is not None else "there is no place for it"
    raise ModelError(
        f"its network cannot be exported ({reason})",
        where=weights,
        todo="Free some space, or make the folder of the models one that you may write to",
    ) from trouble


HASH = 12
"""Characters of each hash in the name of an export."""


@dataclass(frozen=True, slots=True)
class ExportState:
    """One export that lies here: `damaged` or `old` ones (of other weights, or of an earlier version) never run."""

    path: Path
    state: Literal["ok", "damaged", "old"]


def exports_of(weights: Path) -> tuple[ExportState, ...]:
    """Every export of `weights`, beside them and in this user's cache, each of them hashed."""
    key = _key_of(weights)
    found = []
    for folder in _places(weights):
        for path in _files(folder, f"{glob.escape(weights.stem)}-*.onnx"):
            if not path.name.startswith(f"{key}-"):
                found.append(ExportState(path, "old"))
            else:
                found.append(ExportState(path, "ok" if _is_whole(path) else "damaged"))
    return tuple(found)


def _key_of(weights: Path) -> str:
    """How the names of exports of `weights` begin: they tell what they were made from."""
    made_from = sha256(f"{file_sha256(weights)} {EXPORT_VERSION}".encode())
    return f"{weights.stem}-{made_from[:HASH]}"


def _is_whole(export: Path) -> bool:
    """Whether an export still holds what its name says."""
    try:
        return export.stem.rpartition("-")[2] == file_sha256(export)[:HASH]
    except OSError:  # another process removed it just now, or it cannot be read
        return False


def _places(weights: Path) -> Iterator[Path]:
    """Where an export may be kept, the first one first; beside the weights, or where no other user can put a file."""
    yield weights.parent
    own = [Path(tempfile.gettempdir()) / f"analyzer-{os.getuid()}"]
    if cache := os.environ.get("XDG_CACHE_HOME") or (os.environ.get("HOME") and f"{os.environ['HOME']}/.cache"):
        own.insert(0, Path(cache) / "analyzer")
    for folder in own:
        try:
            state = folder.lstat()
        except FileNotFoundError:
            yield folder
        except OSError:
            continue
        else:
            if stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid() and not state.st_mode & 0o022:
                yield folder


def _files(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(path for path in folder.glob(pattern) if is_file(path))
    except OSError:  # a folder of somebody else's
        return []


def _export(
    load: Callable[[], torch.nn.Module], folder: Path, key: str, shape: tuple[int, ...], varying: dict[int, str]
) -> Path:
    import torch

    if not is_folder(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = temporary(folder)
    try:
        permit(handle, folder)
        os.close(handle)
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                load(),
                (torch.zeros(*shape),),
                name,
                input_names=["input"],
                output_names=["output"],
                dynamic_axes={"input": varying, "output": {0: "batch"}},
                opset_version=17,
                dynamo=False,  # the newer exporter needs one more package and fixes the number of frames
            )
        return Path(name).replace(folder / f"{key}-{file_sha256(Path(name))[:HASH]}.onnx")
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _remove_old(folder: Path, weights: Path, made: Path) -> None:
    """Removes exports that are damaged or of other weights, and what killed runs left."""
    sweep(folder)
    for old in _files(folder, f"{glob.escape(weights.stem)}-*.onnx"):
        if old != made:
            with contextlib.suppress(OSError):
                old.unlink()


class OnnxNetwork:
    """A network run by ONNX Runtime: `network(array) -> array`, both float32, the first axis the batch."""

    def __init__(self, path: Path, *, device: str = "cpu", threads: int = 0) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or cores()
        options.inter_op_num_threads = 1
        # Waiting threads sleep: spinning takes a processor from whatever else runs, the transcriber among it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        # Inputs come in many lengths: an arena that keeps the largest of each only grows.
        options.enable_mem_pattern = False
        providers = ["CUDAExecutionProvider", "CPUExecutionProvider"] if device == "cuda" else ["CPUExecutionProvider"]
        available = onnxruntime.get_available_providers()
        self._session: onnxruntime.InferenceSession = onnxruntime.InferenceSession(
            str(path), options, providers=[provider for provider in providers if provider in available]
        )

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Runs one batch."""
        output: np.ndarray = self._session.run(None, {"input": np.ascontiguousarray(batch, dtype=np.float32)})[0]
        return output


def segmentation_onnx(checkpoint: Path, *, device: str = "cpu") -> OnnxNetwork:
    """The segmentation network on ONNX Runtime: (batch, 1, samples) to (batch, frames, 7) log probabilities."""
    # A second is enough to trace it by, and far faster than ten.
    path = exported(lambda: load_segmentation(checkpoint), checkpoint, (1, 1, 16_000), {0: "batch", 2: "samples"})
    return OnnxNetwork(path, device=device)


def campplus_onnx(weights: Path, *, device: str = "cpu") -> OnnxNetwork:
    """CAM++ on ONNX Runtime: (batch, frames, 80) mean-free log mel bands to (batch, 192)."""
    path = exported(lambda: load_campplus(weights), weights, (1, 300, 80), {0: "batch", 1: "frames"})
    return OnnxNetwork(path, device=device)


def cores(most: int = MOST_CORES) -> int:
    """How many processors this process may use, at most `most`."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, most))
