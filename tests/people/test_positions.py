"""Where keys stand in a TOML text, checked by hand and against what tomllib reads."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.people.positions import LEVELS, Place, TomlFault, parse


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every key and list element of a document that tomllib has read."""
    children: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    for key, child in children:
        yield (*at, key)
        yield from places(child, (*at, key))


def where(text: str) -> dict[Place, tuple[int, int]]:
    return dict(parse(text.encode()).places)


def test_keys_stand_where_they_begin() -> None:
    assert where('a = 1\n  b = "x"  # c = 2\n\nd=[1,2]') == {
        ("a",): (1, 1),
        ("b",): (2, 3),
        ("d",): (4, 1),
    }


def test_a_repeated_table_is_numbered_and_stands_at_its_header() -> None:
    assert where("[[who]]\nname = 1\n\n  [[who]]\nname = 2\n[who.more]\nx = 1") == {
        ("who",): (1, 1),
        ("who", 0): (1, 1),
        ("who", 0, "name"): (2, 1),
        ("who", 1): (4, 3),
        ("who", 1, "name"): (5, 1),
        ("who", 1, "more"): (6, 1),
        ("who", 1, "more", "x"): (7, 1),
    }


def test_each_part_of_a_dotted_or_quoted_key_stands_where_the_key_begins() -> None:
    assert where('a . "b.c" . \'d\' = 1\n"\\u0065" = 2') == {
        ("a",): (1, 1),
        ("a", "b.c"): (1, 1),
        ("a", "b.c", "d"): (1, 1),
        ("e",): (2, 1),
    }


def test_what_is_in_brackets_or_braces_stands_at_the_key_before_it() -> None:
    document = parse(b"x = 1\nwho = [\n  {name = 'x', lead = true},\n  # {name = 'not me'}\n]")
    assert dict(document.places) == {("x",): (1, 1), ("who",): (2, 1)}
    assert document.where(("who", 0, "lead")) == (2, 1)


@pytest.mark.parametrize(
    "value",
    [
        '"""\nb = 1\n[[x]]\n"""',
        "'''\nb = 1 # \n'''",
        '"""two quotes at the end"""""',
        "''''one before, two after'''''",
        '"a \\" b = 1 # no comment"',
        "'C:\\'",
        '""',
        '""""""',
        '"""\\\n   \\"" """',
        "1979-05-27 07:32:00",
        "1979-05-27",
        "[ 1979-05-27 07:32:00, # ]\n 'b = 1' , [ ] , ]",
        "{ }",
        "-inf",
    ],
)
def test_nothing_inside_a_value_is_taken_for_a_key(value: str) -> None:
    text = f"a = {value}\nlast = 1"
    found = where(text)
    assert set(found) == {("a",), ("last",)}
    assert found["last",] == (text.count("\n") + 1, 1)


def test_windows_line_ends_and_a_byte_order_mark_move_nothing() -> None:
    assert parse(b"\xef\xbb\xbfa = 1\r\n\r\nb = '''x\r\ny'''\r\nc = 3\r\n").places == {
        ("a",): (1, 1),
        ("b",): (3, 1),
        ("c",): (5, 1),
    }


def test_columns_count_characters_not_bytes() -> None:
    with pytest.raises(TomlFault) as caught:
        parse('"é" = yes'.encode())
    assert caught.value.at == (1, 7)


def test_what_is_missing_stands_at_what_is_around_it() -> None:
    document = parse(b"x = 1\n[[who]]\nname = 'y'\n")
    assert document.where(("who", 0, "role")) == (2, 1)
    assert document.where(("nothing", 4, "here")) == (1, 1)


KEYS = st.text(st.sampled_from("ab\"'.\\#[]= \té_-1"), max_size=5)
LEAVES = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=12),
)
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
    ),
    max_size=5,
)
BLANKS = st.sampled_from(["", " ", "\t", "  "])


@st.composite
def written(draw: st.DrawFn) -> str:
    """A document in the many ways TOML allows: headers or braces, four kinds of quotes, comments, blanks."""
    tree = draw(TREES)
    above: list[str] = []
    tables: list[str] = []
    for key, value in tree.items():
        comment = draw(st.sampled_from(["", " # x = 1", ' # "', " # [["]))
        line_end = draw(st.sampled_from(["\n", "\r\n", "\n\n"]))
        if isinstance(value, dict) and draw(st.booleans()):
            inner = "".join(f"{_key(draw, k)}={_value(draw, v)}{comment}{line_end}" for k, v in value.items())
            tables.append(f"{draw(BLANKS)}[{_key(draw, key)}]{comment}{line_end}{inner}")
        elif isinstance(value, list) and value and all(isinstance(v, dict) for v in value) and draw(st.booleans()):
            name = _key(draw, key)
            for element in value:
                inner = "".join(f"{_key(draw, k)}={_value(draw, v)}{comment}{line_end}" for k, v in element.items())
                tables.append(f"[[{name}]]{comment}{line_end}{inner}")
        else:
            above.append(f"{_key(draw, key)}{draw(BLANKS)}={draw(BLANKS)}{_value(draw, value)}{comment}{line_end}")
    return "".join(above + tables)


def _key(draw: st.DrawFn, key: str) -> str:
    if key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key) and draw(st.booleans()):
        return key
    if "'" not in key and draw(st.booleans()):
        return f"'{key}'"
    return _basic(key)


def _basic(text: str) -> str:
    escaped = "".join(f"\\U{ord(c):08x}" if c in '"\\' or ord(c) < 32 or ord(c) == 127 else c for c in text)
    return f'"{escaped}"'


def _value(draw: st.DrawFn, value: Any) -> str:
    if isinstance(value, dict):
        inner = ",".join(f"{draw(BLANKS)}{_key(draw, k)} = {_value(draw, v)}{draw(BLANKS)}" for k, v in value.items())
        return "{" + inner + "}"
    if isinstance(value, list):
        gap = st.sampled_from(["", " ", "\n", " # ]\n"])
        return "[" + "".join(f"{draw(gap)}{_value(draw, v)}{draw(gap)}," for v in value) + draw(gap) + "]"
    if isinstance(value, str):
        plain = all((ord(c) >= 32 and ord(c) != 127) or c == "\n" for c in value)
        if plain and "'''" not in value and not value.endswith("'") and draw(st.booleans()):
            return f"'''\n{value}'''"
        if draw(st.booleans()):
            return '""' + _basic(value) + '""'
        return _basic(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return str(value.isoformat(draw(st.sampled_from("T "))) if hasattr(value, "hour") else value.isoformat())


@settings(max_examples=150, deadline=None)
@given(written())
def test_every_key_and_table_at_the_beginning_of_a_line_has_a_place_and_nothing_else_has(text: str) -> None:
    document = parse(text.encode())
    assert {(key,) for key in document.data} <= set(document.places) <= set(places(document.data))
    lines = text.replace("\r\n", "\n").split("\n")
    for place, (line, column) in document.places.items():
        rest = lines[line - 1][column - 1 :]
        if isinstance(place[-1], str) and not rest.startswith("["):
            assert rest[0] in "\"'" or rest.startswith(place[-1])


@example('"\\\n')
@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("ab=.[]{}\"'#,\\ \n\r\t10-:éTu\x00"), max_size=40))
def test_any_text_is_read_like_tomllib_reads_it_or_refused_with_a_place(text: str) -> None:
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(TomlFault) as caught:
            parse(text.encode())
        assert 1 <= caught.value.at[0] <= text.count("\n") + 1
        assert caught.value.at[1] >= 1
    else:
        assert {(key,) for key in expected} <= set(parse(text.encode()).places) <= set(places(expected))


@pytest.mark.parametrize(
    ("raw", "line", "column", "what"),
    [
        (b"a = 1\nb = caf\xe9\n", 2, 8, "0xE9 is not UTF-8"),
        (b'a = "\xc3\xa9" # \xff', 1, 11, "0xFF is not UTF-8"),
        ("a = 1".encode("utf-16"), 1, 1, "UTF-16"),
        (b"a = 1\nb = \x00", 2, 5, "cannot be read"),
        (b"a = yes", 1, 5, "cannot be read"),
        (b'a = "x\nb = 1', 1, 7, "not closed"),
        (b"a = '''x\nb = 1", 2, 6, "not closed"),
        (b"a = [1,\n2", 2, 2, "list is not closed"),
        (b"a = 1\nb = 2\na = 3\n", 3, 1, "a is given twice here, first on line 1"),
        (b"a = {b = 1, b = 2}", 1, 18, "already given"),
        (b"[a]\n[a]\n", 2, 3, "already given"),
        (b"[[a]]\n[a]\n", 2, 3, "already given"),
        (b"date = 2026-13-01", 1, 12, "date cannot be read"),
        (b"date = 12.05.2026", 1, 13, "date cannot be read"),
        (b"date = 2026-02-30", 1, 8, "no such day"),
        (b'path = "C:\\dir"', 1, 11, "special character"),
        (b"a 1", 1, 3, "no = after the key"),
        (b"a = 1 b = 2", 1, 7, "goes on after its value"),
        (b"* x", 1, 1, "no key"),
        (b"a.b" + b".c" * LEVELS + b" = 1", 1, 1, "nested more than"),
        (b"x = 1\na = " + b"[" * 100_000, 2, 5 + LEVELS, "nested more than"),
        (b"x = 1\na = " + b"{a=" * 100_000, 2, 5 + 3 * LEVELS, "nested more than"),
        (b"[" + b"a." * 100_000 + b"a]", 1, 2, "nested more than"),
        (b"x = 1\na = " + b"9" * 10_000, 2, 5, "more than 400 characters without quotes"),
    ],
)
def test_what_is_no_toml_is_named_with_its_line_and_column(raw: bytes, line: int, column: int, what: str) -> None:
    with pytest.raises(TomlFault) as caught:
        parse(raw)
    assert caught.value.at == (line, column)
    assert what in caught.value.what
    assert caught.value.todo


def test_a_fault_names_the_key_on_its_line() -> None:
    with pytest.raises(TomlFault) as caught:
        parse(b"[[who]]\nname = 'x'\nlead = yes\n")
    assert caught.value.place == ("who", 0, "lead")
