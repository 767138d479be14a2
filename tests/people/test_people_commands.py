"""`analyzer people` from the command line, with a made-up diarizer and, at the end, with the real one."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from analyzer.call import analysis as pipeline
from analyzer.cli.main import app
from analyzer.errors import AnalyzerError, BadFileError, ExitCode, UsageError
from analyzer.people.voices.known_voices import MODEL
from analyzer.progress import Progress, silent
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.recognition import Diarization, Voice
from analyzer.timeline import SAMPLE_RATE, Span, Turn


class PitchDiarizer:
    """One voice that speaks throughout; whose it is, the loudest of three pitches says."""

    name = MODEL

    def __call__(self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: Progress = silent) -> Diarization:
        heard = np.abs(np.fft.rfft(waveform))
        own = [heard[int(pitch * len(waveform) / SAMPLE_RATE)] for pitch in (400, 600, 800)]
        turns = (Turn(Span(0, len(waveform)), "S1"),)
        return Diarization(turns, turns, (Voice("S1", tuple(float(power == max(own)) for power in own)),))


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANALYZER_VOICES", str(tmp_path / "voices"))
    monkeypatch.setattr(pipeline.LocalEngine, "diarizer", lambda self, progress=silent: PitchDiarizer())
    return tmp_path / "voices"


def tone(path: Path, pitch: int, seconds: float = 6.0) -> str:
    at = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * pitch * at), SAMPLE_RATE)
    return str(path)


def people(*arguments: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(app, ["people", *arguments])
    if isinstance(result.exception, AnalyzerError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_voice_is_added_listed_and_forgotten(library: Path, tmp_path: Path) -> None:
    clips = [tone(tmp_path / "a.wav", 400), tone(tmp_path / "b.wav", 400, 4.0)]
    people("add", "Ann Miller", *clips, "--consent", "2026-03-01")
    people("add", "Ben", tone(tmp_path / "c.wav", 600))
    assert people("list").splitlines() == [
        "Ann Miller  2026-03-01  10.0 s",
        f"Ben         {dt.date.today()}  6.0 s",
    ]
    results = tmp_path / "debriefs"
    assert people("forget", "Ann Miller", "--out", str(results)).splitlines() == [
        "Ann Miller: forgotten",
        f"{results}: there is no such folder.",
    ]
    assert not [path for path in library.iterdir() if b"Ann" in path.read_bytes()]
    assert people("list").startswith("Ben ")
    people("forget", "ben", "--out", str(results))
    assert people("list") == ""
    assert not library.exists()


def test_adding_again_replaces(library: Path, tmp_path: Path) -> None:
    people("add", "Ann", tone(tmp_path / "a.wav", 400))
    assert "replaced" in people("add", "ann", tone(tmp_path / "b.wav", 600, 7.0))
    assert people("list").endswith("7.0 s\n")
    assert len(list(library.iterdir())) == 1


def test_refusals_keep_nothing(library: Path, tmp_path: Path) -> None:
    people("add", "Ann", tone(tmp_path / "a.wav", 400))
    before = sorted(library.iterdir())
    with pytest.raises(BadFileError, match=r"sounds like Ann.*score 1\.00") as refused:
        people("add", "Ben", tone(tmp_path / "b.wav", 400))
    assert refused.value.exit_code == ExitCode.BAD_FILE
    with pytest.raises(BadFileError, match=r"4\.5 s of speech"):
        people("add", "Ben", tone(tmp_path / "c.wav", 600, 4.5))
    with pytest.raises(UsageError, match="no name"):
        people("add", "  ", str(tmp_path / "a.wav"))
    with pytest.raises(UsageError, match="future"):
        people("add", "Ben", tone(tmp_path / "d.wav", 600), "--consent", "2999-01-01")
    with pytest.raises(UsageError, match="Known are: Ann"):
        people("forget", "Ben")
    assert sorted(library.iterdir()) == before


def test_help_loads_no_model() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from analyzer.cli.main import app; "
        "CliRunner().invoke(app, ['people', 'add', '--help']); "
        "print([m for m in ('torch', 'numpy', 'scipy', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.corpus
@pytest.mark.models
def test_real_voices_are_kept_and_the_same_voice_under_another_name_is_refused(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANALYZER_VOICES", str(tmp_path))
    clips = [str(corpus / "picovoice_eagle" / f"speaker_1_utt_{number}.wav") for number in (1, 2)]
    people("add", "Ann Miller", clips[0])
    with pytest.raises(BadFileError, match=r"sounds like Ann Miller, who is known already \(score 0\.9"):
        people("add", "Ben Ortiz", clips[1])


def test_the_dry_run_shows_what_each_file_name_would_say(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parents[2] / "samples" / "team.toml", tmp_path)
    for name in ("2026-05-12 Northwind Foods - Dana Reyes.m4a", "Dana/20260513 Carrick.m4a", "deep/er/holiday.m4a"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"no sound")
        os.utime(tmp_path / name, (0, 1.7e9))
    for name in ("deep/er/holiday.txt", "deep/er/slides.zip", "Dana/Northwind.vtt"):
        (tmp_path / name).touch()
    shutil.copy(Path(__file__).parents[2] / "samples" / "led-call.plan.toml", tmp_path / "deep/er/holiday.plan.toml")
    wrong = tmp_path / "wrong.wav"
    wrong.touch()
    wrong.with_suffix(".plan.toml").write_text("date = 3")
    ran = CliRunner().invoke(app, ["people", "patterns", str(tmp_path)])
    lines = ran.output.splitlines()
    assert lines[:-1] == [
        "2026-05-12 Northwind Foods - Dana Reyes.m4a: a call, fits {date} {customer} - {salesperson}",
        "  date 2026-05-12 (from the file name)",
        "  customer Northwind Foods (from the file name)",
        "  salesperson Dana Reyes (from the file name)",
        "Dana/20260513 Carrick.m4a: a call, fits {salesperson}/{date} {customer}",
        "  date 2026-05-13 (from the file name)",
        "  customer Carrick (from the file name)",
        "  salesperson Dana Reyes (from the file name)",
        "Dana/Northwind.vtt: not looked at: named after no recording in its folder",
        "deep/er/holiday.m4a: a call, no pattern fits",
        "  date 2026-05-12 (from the plan)",
        "  customer Northwind Foods (from the plan)",
        "  salesperson Dana Reyes (from the plan)",
        "deep/er/holiday.plan.toml: belongs to holiday.m4a",
        "deep/er/holiday.txt: belongs to holiday.m4a",
        "deep/er/slides.zip: not looked at: no recording by its ending",
        "wrong.plan.toml: belongs to wrong.wav",
        "wrong.wav: a call, but something beside it is wrong",
    ]
    assert "wrong.plan.toml, line 1" in lines[-1]


def test_the_dry_run_says_to_which_call_a_file_belongs_and_not_to_which_file_that_is_not_heard(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parents[3] / "shared" / "cases" / "zoom_rejoin", tmp_path, dirs_exist_ok=True)
    (tmp_path / "chat.txt").write_text("15:02:00 From Dana Reyes to Everyone: hello\n")
    ran = CliRunner().invoke(app, ["people", "patterns", str(tmp_path)])
    lines = ran.output.splitlines()
    assert "audio1834519283.m4a: the same meeting as Audio Record" in lines
    assert "chat.txt: belongs to Audio Record" in lines
