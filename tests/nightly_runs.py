"""The command line in a process of its own with the fake engine, as cron or a person starts it.

`run` forks it, which is fast; `start` starts Python as a shell does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.forked import ROOT, forks


@dataclass
class Desk:
    """A folder of recordings, results beside it, and the command line; `asked` counts what the models were asked."""

    home: Path
    long: bool = False

    def __post_init__(self) -> None:
        for folder in (self.calls, self.voices):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def calls(self) -> Path:
        return self.home / "calls"

    @property
    def out(self) -> Path:
        return self.home / "out"

    @property
    def voices(self) -> Path:
        return self.home / "voices"

    def environment(self, **more: str) -> dict[str, str]:
        known = {name: value for name, value in os.environ.items() if not name.startswith(("ANALYZER_", "FAKE_"))}
        long = {"FAKE_LONG": "1"} if self.long else {}
        own = {
            "PYTHONPATH": str(ROOT),
            "ANALYZER_VOICES": str(self.voices),
            "ANALYZER_MIN_FREE_MB": "0",
            "FAKE_ASKED": str(self.home / "asked"),
            "COLUMNS": "80",
            "NO_COLOR": "1",
        }
        return known | own | long | more

    def start(self, *arguments: str | Path, **more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.fake_analyzer", *map(str, arguments)]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, stdout=pipe, stderr=pipe, text=True, cwd=self.home, env=self.environment(**more)
        )

    def run(self, *arguments: str | Path, code: int | None = 0, **more: str) -> tuple[str, str]:
        """What the command printed on stdout and stderr; its exit code must be `code`, any if None."""
        ended, out, err = forks.run([str(one) for one in arguments], self.home, self.environment(**more))
        assert code is None or ended == code, f"exit {ended}\n{out}\n{err}"
        assert "Traceback" not in err, err
        assert "internal error" not in err, err
        return out, err

    def nightly(self, *arguments: str | Path, code: int = 0, **more: str) -> tuple[str, str]:
        return self.run("nightly", self.calls, "--out", self.out, "--settle", "0", *arguments, code=code, **more)

    def batch(self, *arguments: str | Path, code: int = 0, **more: str) -> tuple[str, str]:
        return self.run("batch", self.calls, "--out", self.out, "--settle", "0", *arguments, code=code, **more)

    def asked(self) -> list[str]:
        path = self.home / "asked"
        return path.read_text().split() if path.exists() else []
