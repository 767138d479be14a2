"""Where settings come from, in which order, and what wrong ones say."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.errors import BadFileError, ExitCode, UsageError
from analyzer.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def test_command_line_over_environment_over_file_over_default(tmp_path: Path) -> None:
    config = tmp_path / "analyzer.toml"
    config.write_text('basis = "all-talk"\nlanguage = "de"\nasr_model = "small"\nband_floor = 0.8\n')
    environ = {"ANALYZER_LANGUAGE": "fr", "ANALYZER_ASR_MODEL": "tiny.en"}
    settings = load_settings({"asr_model": "base", "device": None}, config=config, environ=environ)
    assert (settings.asr_model, settings.language, settings.basis) == ("base", "fr", "all-talk")
    assert (settings.band_floor, settings.band_ceiling, settings.device) == (0.8, 0.9, "auto")


def test_the_file_here_comes_before_the_one_beside_the_recording(tmp_path: Path) -> None:
    (tmp_path / "analyzer.toml").write_text('language = "de"\n')
    assert load_settings({}, beside=tmp_path, environ={}).language == "de"
    Path("analyzer.toml").write_text('basis = "lead-time"\n')
    settings = load_settings({}, beside=tmp_path, environ={})
    assert (settings.basis, settings.language) == ("lead-time", None)


def test_environment_texts_become_values() -> None:
    environ = {
        "ANALYZER_OUT": "elsewhere",
        "ANALYZER_SPEAKERS": "3",
        "ANALYZER_TRANSCRIPT": "no",
        "ANALYZER_BAND_FLOOR": "0.7",
        "ANALYZER_MODELS": "not a setting",
    }
    settings = load_settings({}, environ=environ)
    assert settings == Settings(out=Path("elsewhere"), speakers=3, transcript=False, band_floor=0.7)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("basis = 'talk'", "basis must be"),
        ("speakers = 0", "at least 1"),
        ("speakers = true", "cannot be true"),
        ("speakers = '3'", "cannot be '3'"),
        ("band_floor = 0.95", "between 0 and 1 in this order"),
        ("min_speakers = 4\nmax_speakers = 2", "more than max_speakers"),
        ("colour = 'red'", "no setting 'colour'"),
        ("basis = ", "is not TOML"),
        ("out = 3", "cannot be 3"),
        ("device = 'gpu'", "device must be"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "analyzer.toml"
    path.write_text(text)
    with pytest.raises(BadFileError, match=says) as caught:
        load_settings({}, config=path, environ={})
    assert str(path) in caught.value.line()
    assert caught.value.exit_code == ExitCode.BAD_FILE


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("ANALYZER_SPEAKERS", "many", "must be a number"),
        ("ANALYZER_TRANSCRIPT", "perhaps", "must be yes or no"),
        ("ANALYZER_BASIS", "talk", "basis must be"),
    ],
)
def test_a_wrong_environment_is_wrong_use(name: str, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        load_settings({}, environ={name: text})


def test_a_file_that_is_not_text_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "analyzer.toml"
    path.write_bytes(b"basis = '\xff\xfe'")
    with pytest.raises(BadFileError, match="not TOML"):
        load_settings({}, config=path, environ={})
    with pytest.raises(BadFileError, match="cannot be read"):
        load_settings({}, config=tmp_path / "absent.toml", environ={})
