"""Damaged recordings by the thousand: `python -m tests.fuzz_audio --mutations 5000 --commands 200`.

Small recordings of every usual format are damaged at random (bits, blocks of zeros, cuts, pieces twice, headers), and
decoded in child processes, a lot at a time, under limits of memory and time: a crash, a hang, an error that is none of
ours or too much memory is counted with what it was made from. Commands are whole `analyzer report --no-transcript`s,
which must end with 0 or 5 and one line. `tests/audio/test_limits_of_sound.py` does a few each time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np
import soundfile

from analyzer.audio.decode import decode
from analyzer.errors import RecordingError

LOT = 100
MEMORY = 3 * 2**30
LOT_SECONDS = 300
FORMATS = {"wav": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame", "ogg": "libopus", "m4a": "aac", "mkv": "libopus"}


def seeds(folder: Path) -> list[Path]:
    """Two seconds of sound in each format."""
    rate = 48_000
    tone = 0.2 * np.sin(np.arange(2 * rate) * 0.05 * (1 + np.sin(np.arange(2 * rate) / 9000)))
    plain = folder / "seed.wav"
    soundfile.write(plain, tone, rate, subtype="PCM_16")
    made = [plain]
    for ending, codec in FORMATS.items():
        if ending == "wav":
            continue
        path = folder / f"seed.{ending}"
        with av.open(str(plain)) as source, av.open(str(path), "w") as target:
            stream = target.add_stream(codec, rate=rate)
            resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate)
            for frame in source.decode(audio=0):
                for piece in resampler.resample(frame):
                    target.mux(stream.encode(piece))
            target.mux(stream.encode(None))
        made.append(path)
    return made


def mutated(content: bytes, rng: random.Random) -> bytes:
    """`content` with one to four damages."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(data)), rng.randint(1, max(1, len(data) // 4))
        match rng.choice(("bits", "bits", "zeros", "cut", "twice", "header", "noise")):
            case "bits":
                for _ in range(rng.randint(1, 20)):
                    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            case "zeros":
                data[at : at + length] = bytes(len(data[at : at + length]))
            case "cut":
                del data[at : at + length]
            case "twice":
                data[at:at] = data[at : at + length]
            case "header":
                data[rng.randrange(min(64, len(data)))] = rng.randrange(256)
            case "noise":
                data[at : at + length] = rng.randbytes(len(data[at : at + length]))
        if not data:
            return b"\0"
    return bytes(data)


def lot(folder: Path, first: int, number: int) -> None:
    """Decodes `number` damaged files in this process; prints a line of JSON for each thing that should not be."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    found = sorted(folder.glob("seed.*"))
    worst = 0.0
    for seed in range(first, first + number):
        rng = random.Random(seed)
        source = rng.choice(found)
        path = folder / f"damaged-{os.getpid()}{source.suffix}"
        path.write_bytes(mutated(source.read_bytes(), rng))
        print(json.dumps({"begun": seed}), flush=True)
        began = time.process_time()
        try:
            decode(path)
        except RecordingError as error:
            if "\n" in error.line():
                print(json.dumps({"seed": seed, "what": "more than a line"}), flush=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            print(json.dumps({"seed": seed, "what": f"{type(error).__name__}: {error}"[:200]}), flush=True)
        worst = max(worst, time.process_time() - began)
        path.unlink()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"worst": round(worst, 2), "peak": peak}), flush=True)


def decoded(folder: Path, mutations: int) -> tuple[list[str], float, int]:
    """What went wrong in so many damaged files, the longest decode in seconds of processor, and the peak in MB."""
    wrong: list[str] = []
    worst, peak = 0.0, 0
    for first in range(0, mutations, LOT):
        command = [sys.executable, "-m", "tests.fuzz_audio", "--lot", str(folder), str(first)]
        command.append(str(min(LOT, mutations - first)))
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LOT_SECONDS, check=False)
            said, code = done.stdout, done.returncode
        except subprocess.TimeoutExpired as error:
            said, code = (error.stdout or b"").decode(), -9
        lines = [json.loads(line) for line in said.splitlines() if line.startswith("{") and line.endswith("}")]
        wrong += [f"{line['seed']}: {line['what']}" for line in lines if "seed" in line]
        worst = max([worst, *(line["worst"] for line in lines if "worst" in line)])
        peak = max([peak, *(line["peak"] for line in lines if "peak" in line)])
        if code:
            last = max((line["begun"] for line in lines if "begun" in line), default=first)
            wrong.append(f"{last}: the process ended with {code}")
    return wrong, worst, peak


def reported(folder: Path, commands: int) -> list[str]:
    """What went wrong in so many whole commands."""
    wrong = []
    for seed in range(commands):
        rng = random.Random(10**6 + seed)
        source = rng.choice(sorted(folder.glob("seed.*")))
        path = folder / f"call{source.suffix}"
        path.write_bytes(mutated(source.read_bytes(), rng))
        command = [sys.executable, "-m", "analyzer", "report", str(path), "--no-transcript", "--fresh"]
        done = subprocess.run(
            [*command, "--out", str(folder / "out")], capture_output=True, text=True, timeout=LOT_SECONDS, check=False
        )
        ours = [line for line in done.stderr.splitlines() if line.startswith("analyzer: ")]
        if done.returncode not in (0, 5) or "Traceback" in done.stderr or (done.returncode == 5 and len(ours) != 1):
            wrong.append(f"{seed}: exit {done.returncode}: {done.stderr[-200:]}")
    return wrong


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mutations", type=int, default=5000)
    parser.add_argument("--commands", type=int, default=200)
    parser.add_argument("--lot", nargs=3)
    asked = parser.parse_args()
    if asked.lot:
        lot(Path(asked.lot[0]), int(asked.lot[1]), int(asked.lot[2]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seeds(folder)
        wrong, worst, peak = decoded(folder, asked.mutations)
        print(f"{asked.mutations} damaged files decoded: {len(wrong)} wrong, longest {worst} s, peak {peak} MB")
        more = reported(folder, asked.commands)
        print(f"{asked.commands} commands: {len(more)} wrong")
        print("\n".join(wrong + more))
        sys.exit(bool(wrong or more))


if __name__ == "__main__":
    main()
