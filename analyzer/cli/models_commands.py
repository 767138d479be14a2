"""`analyzer models`: which models are on this machine, fetching and checking them."""

from __future__ import annotations

from typing import Annotated

import typer

from analyzer.cli.help_text import GroupedCommand, example
from analyzer.cli.lines import say, warn
from analyzer.errors import ExitCode

models_app = typer.Typer(help="The models: what is here, fetch them, check them.", no_args_is_help=True)

KEYS = Annotated[list[str] | None, typer.Argument(help="Models by key. [default: those that a report needs]")]


@models_app.command("list", cls=GroupedCommand, epilog=example("analyzer models list"))
def models_list() -> None:
    """What models there are, which are on this machine, and where."""
    from analyzer.speech.models.store import ModelStore

    store = ModelStore()
    for model, states in store.states():
        here = {state.state for state in states}
        state = "here" if here == {"here"} else "not here" if here == {"missing"} else "here, not checked yet"
        size = "" if model.size is None else f" ({model.size / 1e6:.0f} MB)"
        mark = "*" if model.default else " "
        say(f"{mark} {model.key:<32} {state:<21} {model.what}{size}; {model.licence}")
    say()
    say(f"* needed by a report. Models lie in {store.folder}.")


@models_app.command("pull", cls=GroupedCommand, epilog=example("analyzer models pull"))
def models_pull(keys: KEYS = None) -> None:
    """Fetch models ahead of their first use, and check them."""
    from analyzer.cli.bars import shown_progress
    from analyzer.speech.models.store import ModelStore

    store = ModelStore()
    for key in keys or [key for key, model in store.models.items() if model.default]:
        with shown_progress() as progress:
            path = store.pull(key, progress=progress)
        say(f"{key}: {path}")


@models_app.command("verify", cls=GroupedCommand, epilog=example("analyzer models verify"))
def models_verify(keys: KEYS = None) -> None:
    """Hash the files of models that are here; exit with 6 when one does not match or a needed one is missing.

    The networks that were exported from them are hashed too. One that is damaged does no harm: it is made again.
    """
    from analyzer.speech.models.networks import exports_of
    from analyzer.speech.models.store import ModelStore

    store = ModelStore()
    bad = False
    for key in keys or list(store.models):
        states = store.verify(key)
        wanted = bool(keys) or (store.models[key].default and store.stand_in(key) is None)
        if all(state.state == "missing" for state in states) and not wanted:
            continue
        for state in states:
            ok = state.state == "here"
            bad |= not ok
            detail = f" (expected {state.file.sha256}, found {state.found})" if state.state == "wrong" else ""
            say(f"{'ok     ' if ok else state.state:<7} {key}/{state.file.name}{detail}")
            for export in exports_of(state.path) if ok else ():
                gone = "" if export.state == "ok" else " (never run; a right one is made when it is needed)"
                say(f"{export.state:<7} {export.path}{gone}")
    if bad:
        warn("some models are missing or wrong. Run: analyzer models pull")
        raise typer.Exit(ExitCode.MODEL)
