"""What a measurement was made on: processor, memory, load and versions, as text."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from analyzer.speech.models.networks import cores

VERSIONS = ("analyzer", "pyannote.audio", "torch", "onnxruntime", "faster-whisper", "ctranslate2", "meeteval")


def machine() -> dict[str, str]:
    """Names and values; what the system does not tell is left out."""
    about = {
        "system": platform.platform(terse=True),
        "processors": str(cores(sys.maxsize)),
        "python": platform.python_version(),
    }
    model = _line("/proc/cpuinfo", "model name")
    if model:
        about["processor"] = model
    memory = _line("/proc/meminfo", "MemTotal")
    if memory:
        about["memory"] = f"{int(memory.split()[0]) / 2**20:.1f} GB"
    if hasattr(os, "getloadavg"):
        about["load at the start"] = f"{os.getloadavg()[0]:.2f}"
    for name in VERSIONS:
        try:
            about[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return about


def _line(path: str, name: str) -> str | None:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)
