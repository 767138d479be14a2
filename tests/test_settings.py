"""Where settings come from, in which order, and what wrong ones say."""

from __future__ import annotations

import os
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from analyzer.errors import BadFileError, ExitCode, UsageError
from analyzer.settings import FROM_DATA, Settings, load_settings

EVERYTHING = """
out = "/tmp/elsewhere"
speakers = 3
min_speakers = 2
max_speakers = 4
transcript = false
asr_model = "/tmp/model"
language = "de"
profile = "fast"
device = "cuda"
basis = "all-talk"
band_floor = 0.1
band_ceiling = 0.2
sound = "none"
catalog = "postgresql://elsewhere.invalid/analyzer"
group = "staff"
jobs = 8
min_free_mb = 0
observe_floor = 0.9
observe_ceiling = 0.95
co_sell_floor = 0.4
co_sell_ceiling = 0.6
model_floor = 0.6
model_ceiling = 0.8
base_url = "https://elsewhere.invalid"
mail_server = "smtp.elsewhere.invalid"
mail_port = 25
page_language = "de"
mail_security = "none"
mail_user = "somebody"
mail_from = "somebody@elsewhere.invalid"
mail_domains = "elsewhere.invalid"
mail_password_file = "/tmp/password"
webhook_url = "https://elsewhere.invalid/hook"
webhook_secret_file = "/tmp/secret"
max_hours = 3
"""
"""Every setting, none at its default."""


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
        ("co_sell_floor = 0.8", "co_sell_floor and co_sell_ceiling must lie between 0 and 1 in this order"),
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


# What came with the recordings


def loaded(**how: object) -> tuple[Settings, list[str]]:
    """The settings, and what was told about them."""
    told: list[str] = []
    return load_settings({}, environ={}, tell=told.append, **how), told  # type: ignore[arg-type]


def test_a_file_with_the_recordings_sets_what_kind_of_calls_they_are_and_nothing_else(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    calls.mkdir()
    path = calls / "analyzer.toml"
    path.write_text(EVERYTHING)
    every, _ = loaded(config=path)
    settings, told = loaded(beside=calls)
    for field in fields(Settings):
        value = getattr(settings, field.name)
        expected = getattr(every if field.name in FROM_DATA else Settings(), field.name)
        assert value == expected, field.name
    assert len(told) == 1
    assert told[0].startswith(
        f"{path}: ignored: out, asr_model, device, basis, band_floor, band_ceiling, catalog, group, jobs"
    )
    assert told[0].endswith(f"--config {shlex.quote(str(path))}.")


def test_no_setting_that_names_a_place_a_server_a_model_or_a_limit_is_for_data() -> None:
    assert sorted(FROM_DATA) == [
        "language",
        "max_speakers",
        "min_speakers",
        "page_language",
        "profile",
        "sound",
        "speakers",
        "transcript",
    ]


def test_a_file_with_the_recordings_that_only_says_what_it_may_is_taken_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "analyzer.toml").write_text('language = "de"\nspeakers = 3\n')
    settings, told = loaded(beside=tmp_path)
    assert (settings.language, settings.speakers, told) == ("de", 3, [])


@pytest.mark.parametrize("where", ["here itself", "by its path", "by a link", "below it"])
def test_who_stands_in_the_recordings_has_data_before_them(where: str, tmp_path: Path) -> None:
    Path("analyzer.toml").write_text('catalog = "sqlite:////etc/passwd"\nlanguage = "de"\n')
    beside, below = Path(), False
    if where == "by its path":
        beside = tmp_path / "here"
    elif where == "by a link":
        beside = tmp_path / "link"
        beside.symlink_to(tmp_path / "here")
    elif where == "below it":
        beside, below = tmp_path, True
    settings, told = loaded(beside=beside, below=below)
    assert (settings.catalog, settings.language) == (None, "de")
    assert "ignored: catalog" in told[0]


def test_who_stands_in_the_results_has_data_before_them(tmp_path: Path) -> None:
    Path("analyzer.toml").write_text('catalog = "sqlite:////etc/passwd"\n')
    settings = load_settings({"out": tmp_path / "here"}, environ={})
    assert settings.catalog is None


def test_a_file_here_that_the_recordings_do_not_lie_with_is_the_users_own(tmp_path: Path) -> None:
    Path("analyzer.toml").write_text('out = "mine"\nband_floor = 0.8\n')
    (tmp_path / "here" / "calls").mkdir()
    for beside in (Path("calls"), tmp_path / "here" / "calls", tmp_path, None):
        settings, told = loaded(beside=beside)
        assert (settings.out, settings.band_floor, told) == (Path("mine"), 0.8, [])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file to another")
def test_a_file_here_that_another_user_wrote_is_data() -> None:
    Path("analyzer.toml").write_text('catalog = "postgresql://elsewhere.invalid/x"\nlanguage = "de"\n')
    os.chown("analyzer.toml", 61001, 61001)
    settings, told = loaded(beside=None)
    assert (settings.catalog, settings.language) == (None, "de")
    assert "ignored: catalog" in told[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour = 'red'", "colour (there is no such setting)"),
        ("speakers = 0", "speakers (speakers must be at least 1"),
        ("language = 3", "language (cannot be 3)"),
        ("'\\u001b[31m' = 3", "'"),
        ('"\\u001b[31m" = 3', "(there is no such setting)"),
        ("basis = ", "not used: "),
        ("a = " + "[" * 100_000, "not used: "),
        ("\n".join(f"colour{i} = 1" for i in range(1000)), "and 990 more"),
    ],
)
def test_nothing_in_a_file_with_the_recordings_stops_the_work(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "analyzer.toml").write_text(text)
    settings, told = loaded(beside=tmp_path)
    assert settings == Settings()
    assert len(told) == 1
    assert says in told[0]
    assert told[0].isprintable()
    assert len(told[0]) < 1000


def test_the_command_line_says_what_it_ignored_and_uses_its_own_folder(tmp_path: Path) -> None:
    from tests.nightly_runs import Desk

    desk = Desk(tmp_path / "desk")
    victim = tmp_path / "victim"
    victim.write_text("a letter")
    victim.chmod(0o644)
    planted = f'catalog = "sqlite:///{victim}"\nout = "{tmp_path / "theirs"}"\n'
    (desk.calls / "analyzer.toml").write_text(planted)
    for command in (("batch", desk.calls), ("nightly", desk.calls), ("report", desk.calls / "call.wav")):
        _, told = desk.run(*command, code=None)
        assert f"{desk.calls / 'analyzer.toml'}: ignored: catalog, out." in told, command
        assert told.count("ignored") == 1
    assert victim.read_text() == "a letter"
    assert victim.stat().st_mode & 0o777 == 0o644
    assert not (tmp_path / "theirs").exists()
    assert (desk.home / "debriefs" / "index.html").exists()
