"""The JSON sidecar, `<recording name>.people.json`: who is on a call, for programs that know it.

    {
      "offset": 0,                                  optional: seconds to add to the times of everybody's turns
      "people": [                                   everybody on the call
        {
          "name": "Dana Reyes",
          "side": "team",                           optional: "team" or "customer"
          "role": "salesperson",                    optional: any word
          "channel": 1,                             optional: the channel of the file they are on, counted from 1
          "turns": [[0.6, 10.37], [17.7, 28.19]],   optional: when they speak, in seconds: [start, end]
          "offset": 1.5                             optional: for this person in place of the offset above
        }
      ],
      "starts_at": {                                optional, for a folder of tracks: when each begins, in seconds
        "Dana Reyes": 0,                            the person whose track it is, or
        "audioRay Kowalski21234.m4a": 37.4          the file; tracks left out are placed as without this
      }
    }

Seconds count from the start of the call. With `starts_at`, `people` may be left out. A `channel` gives somebody their
name where no one else is said to be or is heard on it, and elsewhere keeps the name from those on other channels; the
left channel of a stereo file is 1, the first track by file name is 1 as well.

A turn may begin before the recording once its offset is added; what lies before is cut off. No two people share a name.
Other keys are errors, so that a misspelt one is not passed over. The file is UTF-8 JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from analyzer.errors import BadFileError
from analyzer.people.names import closest, folded, is_clean
from analyzer.people.positions import field_name
from analyzer.people.side import PersonSide
from analyzer.people.sidecars.sidecar import NamedCue, Sidecar, SidecarPerson
from analyzer.people.toml_fields import fault, fault_inside, shown
from analyzer.timeline import Span, samples

MAX_PEOPLE, MAX_TURNS = 500, 50_000
DAY = 24 * 3600.0

_HOW = (
    'A person is written {"name": "First Last", "side": "team", "role": "salesperson", "channel": 1, '
    '"turns": [[0.6, 10.4], [17.7, 28.2]], "offset": 0}, times in seconds'
)
_CORRECT = "Correct it, or leave it out"
_AT = re.compile(r"(.*) at line (\d+) column (\d+)", re.DOTALL)


def _name(text: str) -> str:
    if not is_clean(text) or not folded(text) or len(text) > 200:
        raise fault("should be a name on one line", _CORRECT)
    return text


def _turn(turn: tuple[float, float]) -> tuple[float, float]:
    if turn[1] <= turn[0]:
        raise fault(f"should end after it starts, not at {turn[1]} after {turn[0]}", _CORRECT)
    return turn


_Name = Annotated[str, AfterValidator(_name)]
_Seconds = Annotated[float, Field(ge=0, lt=DAY, allow_inf_nan=False)]
_Offset = Annotated[float, Field(gt=-DAY, lt=DAY, allow_inf_nan=False)]
_Turn = Annotated[tuple[_Seconds, _Seconds], AfterValidator(_turn)]


class _Person(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: _Name
    side: PersonSide | None = None
    role: _Name | None = None
    channel: Annotated[int, Field(ge=1, le=64)] | None = None
    turns: Annotated[list[_Turn], Field(max_length=MAX_TURNS)] = Field(default_factory=list)
    offset: _Offset | None = None


def _people(people: list[_Person]) -> list[_Person]:
    first: dict[str, int] = {}
    for i, person in enumerate(people):
        if first.setdefault(folded(person.name), i) != i:
            raise fault(f"{shown(person.name)} is listed twice", _CORRECT)
    return people


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    offset: _Offset = 0.0
    people: Annotated[list[_Person], Field(min_length=1, max_length=MAX_PEOPLE), AfterValidator(_people)] = Field(
        default_factory=list
    )
    starts_at: Annotated[dict[_Name, _Seconds], Field(max_length=MAX_PEOPLE)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_something(self) -> _File:
        if not self.people and not self.starts_at:
            raise fault_inside(("people",), "missing", 'Write "people": [{"name": "First Last"}]')
        return self


_FIELDS = {"": tuple(_File.model_fields), "people": tuple(_Person.model_fields)}


def read_json_sidecar(path: Path, raw: bytes) -> Sidecar:
    """The sidecar that the bytes of a JSON file hold.

    Raises:
        BadFileError: it is no JSON (with the line), or something in it is wrong (with the field).
    """
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        file = _File.model_validate_json(raw)
    except ValidationError as error:
        raise _wrong(path, error) from error
    cues = []
    for person in file.people:
        offset = samples(file.offset if person.offset is None else person.offset)
        for start, end in person.turns:
            first, last = max(samples(start) + offset, 0), samples(end) + offset
            if first < last:
                cues.append(NamedCue(Span(first, last), person.name))
    people = tuple(SidecarPerson(p.name, (p.name,), p.side, p.role, p.channel) for p in file.people)
    cues.sort(key=lambda cue: cue.span)
    starts = tuple((who, samples(start)) for who, start in file.starts_at.items())
    return Sidecar(path, "people", tuple(cues), people, starts)


def _wrong(path: Path, error: ValidationError) -> BadFileError:
    found = error.errors(include_url=False)
    first = found[0]
    at = _AT.fullmatch(first["msg"])
    if first["type"] == "json_invalid" and at:
        what = at[1].removeprefix("Invalid JSON: ").strip()
        todo = "Look at this line and the one before it"
        return BadFileError(f"not valid JSON: {what}", where=f"{path}, line {at[2]}, column {at[3]}", todo=todo)
    what, todo = _said(first["type"], first["msg"], first["loc"], first.get("ctx", {}))
    if len(found) > 1:
        todo += f". {len(found) - 1} more {'error' if len(found) == 2 else 'errors'} in this file"
    field = shown(field_name(first["loc"]), 80)
    return BadFileError(f"{field}: {what}" if field else what, where=path, todo=todo)


def _said(kind: str, message: str, place: tuple[str | int, ...], context: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong at a place, and the way out."""
    if kind == "extra_forbidden":
        known = _FIELDS["people" if len(place) > 1 else ""]
        near = closest(str(place[-1]), known)
        return "not known here" + (f" (did you mean {near}?)" if near else ""), f"Known here are {', '.join(known)}"
    if kind == "missing":
        return "missing", _HOW
    if kind == "fault":
        return context["what"], context["todo"]
    said = message[:1].lower() + message[1:]
    return said.removeprefix("input "), _HOW
