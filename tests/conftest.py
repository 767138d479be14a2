"""What all tests share: where the samples and the recordings with known truth are, and the real models, loaded once."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from pathlib import Path

import pytest

# The tests run in as many processes as there are processors: one thread each, or they would wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Whatever the environment says: hundreds of commands would each compile the whole program.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # or no command that is started here could be interrupted

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
CORPUS = ROOT.parent / "shared" / "corpus"
_NUMBERS = itertools.count()


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are processors: some tests only wait."""
    return max(1, len(os.sched_getaffinity(0)) * 3 // 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need the corpus skip without it, unless it was said to be there."""
    if CORPUS.is_dir():
        return
    if os.environ.get("ANALYZER_REQUIRE_CORPUS"):
        raise pytest.UsageError("ANALYZER_REQUIRE_CORPUS is set, but there is no ../shared/corpus")
    reason = "the recordings with known truth are not beside this checkout (../shared/corpus)"
    for item in items:
        if item.get_closest_marker("corpus"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of recordings with known truth."""
    return CORPUS


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample calls."""
    return SAMPLES


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Settings and voices of whoever runs the tests must not reach them; where models lie may."""
    for name in list(os.environ):
        if name.startswith("ANALYZER_") and name not in ("ANALYZER_MODELS", "ANALYZER_REQUIRE_CORPUS"):
            monkeypatch.delenv(name)
    voices = tmp_path_factory.getbasetemp() / "voices" / str(next(_NUMBERS))
    voices.mkdir(parents=True)
    monkeypatch.setenv("ANALYZER_VOICES", str(voices))
