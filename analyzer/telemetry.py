"""Nothing is reported: what dependencies would tell their makers is switched off before any of them is imported.

`import analyzer` does this first of all, so that it holds in every process: the command line, workers, the actors of a
cluster, a program that uses the package. The variables are set and not only given a default: a setting of the user's
for other programs does not switch it on here. Found by looking at every dependency, and held by
`tests/speech/test_no_telemetry.py`, which watches the real commands for any connection.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

OFF = {
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime, from 1.29 on: device, paths and model names to its maker
    "PYANNOTE_METRICS_ENABLED": "0",  # pyannote.audio: models used, and how long recordings are
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface_hub: versions, with each download
    "RAY_USAGE_STATS_ENABLED": "0",  # Ray: the cluster's size and the libraries in use
}
"""Environment variables that switch reports off, each read when its package is imported."""

LEFT_OVER = ("onnxruntime.db", "onnxruntime.db-journal", "onnxruntime.db-shm", "onnxruntime.db-wal", "deviceid")
"""What ONNX Runtime kept of its reports: a queue with paths and model names, and the number it gave this user."""


def switch_off(environ: MutableMapping[str, str] = os.environ) -> None:
    """Sets the variables, whatever they were."""
    environ.update(OFF)


def remove_left_over(environ: Mapping[str, str] = os.environ) -> None:
    """Removes what ONNX Runtime kept under earlier versions of this program, where it can be removed.

    It is in the user's cache. Where another program of theirs reports through ONNX Runtime, it makes both again.
    """
    home, cache = environ.get("HOME"), environ.get("XDG_CACHE_HOME")
    if not (home or cache):
        return
    folder = Path(cache or f"{home}/.cache") / "Microsoft" / "DeveloperTools" / ".onnxruntime"
    with contextlib.suppress(OSError, ValueError):
        for name in LEFT_OVER:
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()
