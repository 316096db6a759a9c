# SPDX-License-Identifier: MIT
"""Data files: the rows of an application, a scheme or a user, loaded at first use, checked and kept.

A file has a head, `[application]` (or `[meta]` where it only adds rows), tables of `names` and `layouts` that its rows
refer to, and one table a row; the key of a row says where it stands (core/addresses.py).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, get_args

from .addresses import Address, parse_address
from .bits import ByteText, bit
from .codec import to_hex
from .errors import DictionaryError, LayoutError
from .layout import value_list
from .model import Checked, Fact, record
from .places import layout_line, line_of
from .registers import lookup, parse_text, read_text
from .values import Resources, compile_row

FOLDER = Path(__file__).parent.parent / "apps"  # one data file an application or scheme
HEADS = ("application", "meta")
SECTIONS = (*HEADS, "names", "layouts")
HEAD_KEYS = {"title", "name", "ref", "checked", "aids", "over", "uses", "claims"}
HEAD_KEYS |= {"directories", "fci", "atrs", "roots", "guards", "words", "required"}
COMMAND_KEYS = {"name", "case", "p1", "p2", "offset", "done", "refused", "ref", "checked", "note"}
DATA_KEYS = {"headline", "layout", "objects", "tlv", "example"}
DATA_KEYS |= {"sensitive", "holds", "share", "fresh", "lost", "tells"}
STATUS_KEYS = {"text", "advice", "in", "refuses", "ref", "checked", "note"}
_OF_A_NAME = ("abbr", "note", "example")
_TABLE = re.compile(r"^\[", re.M)

ByteMeaning = Callable[[int], str]
Row = dict[str, Any]
_Entry = TypeVar("_Entry")


@record
class CommandRow:
    """One instruction: its name, which way the data goes (ISO 7816-3, 12.1), what P1, P2 and the data say.

    `offset`: P1 and P2 are an offset, or an SFI and an offset (ISO/IEC 7816-4, 11.3.1). `data`: what is in the data
    field, where a row says it. A case of 0 is not known. `done`, `refused`: the words of a headline.
    """

    name: str
    case: int = 0
    p1: ByteMeaning | None = None
    p2: ByteMeaning | None = None
    ref: str = ""
    checked: Checked = "spec"
    offset: bool = False
    data: Fact | None = None
    done: str = ""
    refused: str = ""


@record
class Dictionary:
    """One file: its head, its rows with the defaults of the file filled in, and what is wrong with other rows."""

    name: str
    title: str
    head: Row
    rows: dict[str, Row]
    resources: Resources = Resources()
    faults: tuple[DictionaryError, ...] = ()

    def of_kind(self, *kinds: str) -> Iterator[tuple[Address, Row]]:
        """The rows whose address is of one of these kinds."""
        for key, row in self.rows.items():
            address = parse_address(key)
            if address.kind in kinds:
                yield address, row

    @property
    def tags(self) -> dict[str, Row]:
        """The rows of data objects, by tag or path."""
        return {address.place: row for address, row in self.of_kind("object")}


def make(name: str, tables: dict[str, Any]) -> Dictionary:
    """The dictionary of the tables of a file; raises DictionaryError at the first row without form."""
    dictionary = _empty(name, tables)
    for key, table in tables.items():
        if key not in SECTIONS:
            dictionary.rows[key] = _row(key, table, dictionary)
    return dictionary


def _empty(name: str, tables: dict[str, Any]) -> Dictionary:
    """The dictionary before its rows: its head and what rows refer to."""
    head = _head(tables)
    title = str(head.get("title", head.get("name", name)))
    return Dictionary(name, title, head, {}, _resources(tables))


def _row(key: str, table: Any, dictionary: Dictionary) -> Row:
    """A row with the defaults of its file and what it takes over from a row that it is like."""
    head = dictionary.head
    defaults = {name: head[name] for name in ("ref", "checked") if name in head}
    return defaults | _whole(key, _table(key, table), dictionary.rows)


def _resources(tables: dict[str, Any]) -> Resources:
    """The lists of names, one value a line, and the layouts that others use."""
    texts = _table("names", tables.get("names", {}))
    layouts = _table("layouts", tables.get("layouts", {}))
    for section, entries in (("names", texts), ("layouts", layouts)):
        for key, text in entries.items():
            if not isinstance(text, str):
                raise DictionaryError("stands for lines of text", row=f"{section} {key}")
    names = {key: value_list(text) for key, text in texts.items()}
    bases = _bases(tables)
    return Resources(
        _Visible(names, lambda: [load(file).resources.names for file in bases]),
        _Visible(layouts, lambda: [load(file).resources.layouts for file in bases]),
    )


class _Visible(Mapping[str, _Entry]):
    """The entries of a file over those of the files that it builds on: these are loaded when one is looked for."""

    def __init__(self, own: Mapping[str, _Entry], below: Callable[[], list[Any]]) -> None:
        self._own = own
        self._below = below
        self._merged: dict[str, _Entry] = {}

    def _all(self) -> dict[str, _Entry]:
        if not self._merged:
            for entries in (*reversed(self._below()), self._own):
                self._merged.update(entries)
        return self._merged

    def __getitem__(self, key: str) -> _Entry:
        if key in self._own:
            return self._own[key]
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def _bases(tables: dict[str, Any]) -> list[str]:
    """The shipped files that a file builds on: what it is laid over, what it uses, rows that its rows are like."""
    head = _head(tables)
    files = [head.get("over", ""), *head.get("uses", ())]
    for row in tables.values():
        if isinstance(row, dict):
            files.append(str(row.get("like", "")).rpartition(":")[0])
    return [file for file in dict.fromkeys(files) if file in shipped()]


def _head(tables: dict[str, Any]) -> Row:
    kind = "application" if "application" in tables else "meta"
    head = _table(kind, tables.get(kind, {}))
    unknown = head.keys() - HEAD_KEYS
    if unknown:
        allowed = ", ".join(sorted(HEAD_KEYS))
        reason = f"unknown key {min(unknown)!r}; there may be: {allowed}"
        raise DictionaryError(reason, row=kind)
    return head


def _table(key: str, row: Any) -> Row:
    if not isinstance(row, dict):
        raise DictionaryError("a row is a table, like [9F27]", row=key)
    return row


def _whole(key: str, row: Row, before: dict[str, Row]) -> Row:
    """A row that is `like` another, with what it takes over: all, or where it has its own name, what a value means.

    Its bits replace those of the other row in the same places.
    """
    if "like" not in row:
        return row
    file, _, tag = str(row["like"]).rpartition(":")
    if file:
        rows = load(file).rows if file in shipped() else {}
    else:
        rows = before
    model = rows.get(tag or key)
    if model is None:
        reason = f"like {row['like']!r}: no such row stands before this one, or in that file"
        raise DictionaryError(reason, row=key)
    new = {name: value for name, value in row.items() if name != "like"}
    inherited = {
        name: value for name, value in model.items() if "name" not in new or name not in _OF_A_NAME
    }
    try:
        if "bits" in new:
            new["bits"] = _overlaid_bits(model["bits"], new["bits"])
    except (KeyError, TypeError, ValueError, IndexError):
        reason = "the bits do not go with those of the row that it is like"
        raise DictionaryError(reason, row=key) from None
    return inherited | new


def _overlaid_bits(old: list[Any], new: list[Any]) -> list[Any]:
    taken = {place for bits in new for place in _places(*bits)}
    left = [bits for bits in old if taken.isdisjoint(_places(*bits))]
    return sorted(left + new, key=lambda bits: min(_places(*bits)))


def _places(byte: int, bits: str, *_: Any) -> list[tuple[int, int]]:
    """The bits that a row is about, in the order in which they are printed."""
    return [(byte, -bit) for bit in range(int(bits[0]), int(bits[-1]) - 1, -1)]


@functools.cache
def load(name: str) -> Dictionary:
    """The dictionary with that name, or the file of a user (a path that ends in .toml).

    All rows of a user's file are checked: those that cannot be honoured are left out, and are in `faults`.
    """
    if name.endswith(".toml"):
        return _load_checked(name)
    path = FOLDER / f"{name}.toml"
    if not name.isidentifier() or not path.is_file():
        reason = "no such dictionary; give the path of a .toml file, or a shipped name"
        raise DictionaryError(reason, name)
    return make(name, parse_text(read_text(path), path))


def _load_checked(name: str) -> Dictionary:
    """A user's file: each row that breaks a rule costs itself alone."""
    path = Path(name)
    text = read_text(path)
    tables = parse_text(text, path)
    try:
        dictionary = _empty(name, tables)
    except DictionaryError as error:
        line = line_of(text, error.row)
        raise DictionaryError(error.reason, name, error.row, line) from None
    faults: list[DictionaryError] = []
    for key, table in tables.items():
        if key in SECTIONS:
            continue
        try:
            row = _row(key, table, dictionary)
            check_row(key, row, dictionary)
            dictionary.rows[key] = row
        except DictionaryError as error:
            faults += _faults(error, name, key, text)
    return replace(dictionary, faults=tuple(faults))


def _faults(error: DictionaryError, name: str, key: str, text: str) -> Iterator[DictionaryError]:
    """What is wrong with a row of a file, with the line in which it stands."""
    if not isinstance(error, LayoutError):
        yield DictionaryError(error.reason, name, key, line_of(text, key))
        return
    for number, _, reason in error.faults:
        yield DictionaryError(reason, name, key, layout_line(text, key, number))


def check(dictionary: Dictionary) -> None:
    """Compile every row and replay its examples; raises DictionaryError at the first wrong one."""
    for key, row in dictionary.rows.items():
        check_row(key, row, dictionary)


def check_row(key: str, row: Row, dictionary: Dictionary) -> None:
    """Compile one row and replay its examples; raises DictionaryError where it cannot be honoured."""
    kind = parse_address(key).kind
    if kind == "command":
        command_row(key, row, dictionary.resources)
    elif kind == "status":
        check_status(key, row)
    else:
        place = parse_address(key).place if kind == "object" else ""
        _replay(key, row, compile_row(place, row, lookup, dictionary.resources))


def examples(row: Row) -> list[list[str]]:
    """The examples of a row as pairs of hex and text: one pair, or a list of them."""
    pairs = row.get("example", [])
    if pairs and isinstance(pairs[0], str):
        return [pairs]
    return list(pairs)


def _replay(key: str, row: Row, fact: Fact) -> None:
    try:
        pairs = [(bytes.fromhex(value), text) for value, text in examples(row)]
    except (KeyError, TypeError, ValueError):
        raise DictionaryError("an example is two strings, hex and text", row=key) from None
    for value, text in pairs:
        reading = fact.describe(value)
        if reading != text:
            reason = f"the example {to_hex(value)} reads {reading!r}, not {text!r}"
            raise DictionaryError(reason, row=key)


def command_row(key: str, row: Row, resources: Resources) -> CommandRow:
    """The row of an instruction, compiled; raises DictionaryError where it breaks the rules."""
    unknown = row.keys() - COMMAND_KEYS - DATA_KEYS
    if unknown:
        allowed = ", ".join(sorted(COMMAND_KEYS | DATA_KEYS))
        raise DictionaryError(f"unknown key {min(unknown)!r}; there may be: {allowed}", row=key)
    if not isinstance(row.get("name"), str) or row.get("case", 0) not in (0, 1, 2, 3, 4):
        raise DictionaryError("a command has a name, and perhaps a case from 1 to 4", row=key)
    if not isinstance(row.get("ref", ""), str) or row.get("checked", "spec") not in get_args(
        Checked
    ):
        levels = ", ".join(get_args(Checked))
        raise DictionaryError(f"ref must be text, and checked one of {levels}", row=key)
    for name in ("done", "refused"):
        _check_words(key, name, row.get(name, ""))
    data = None
    if not DATA_KEYS.isdisjoint(row):
        fields = {name: value for name, value in row.items() if name not in _OF_COMMAND}
        data = compile_row("", fields, lookup, resources)
        _replay(key, row, data)
    return CommandRow(
        row["name"],
        row.get("case", 0),
        _byte_text(key, row, "p1"),
        _byte_text(key, row, "p2"),
        row.get("ref", ""),
        row.get("checked", "spec"),
        bool(row.get("offset", False)),
        data,
        str(row.get("done", "")),
        str(row.get("refused", "")),
    )


_OF_COMMAND = frozenset(("case", "p1", "p2", "offset", "done", "refused"))


PLACEHOLDERS = ("p1", "p2", "reference")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _check_words(key: str, name: str, words: Any) -> None:
    """The words of a headline: text, with places for P1, P2 and the key reference."""
    if not isinstance(words, str):
        raise DictionaryError(f"{name} must be text", row=key)
    for place in _PLACEHOLDER.findall(words):
        if place not in PLACEHOLDERS:
            choice = ", ".join(f"{{{allowed}}}" for allowed in PLACEHOLDERS)
            raise DictionaryError(f"{name}: no place {{{place}}}; there are {choice}", row=key)


def _byte_text(key: str, row: Row, side: str) -> ByteText | None:
    if side not in row:
        return None
    try:
        return ByteText(tuple(bit(*item) for item in row[side]))
    except DictionaryError as error:
        raise DictionaryError(error.reason, row=key) from None
    except TypeError:
        reason = f"a row of {side} is [bits, value, meaning]"
        raise DictionaryError(reason, row=key) from None


def check_status(key: str, row: Row) -> None:
    """A status word has a text, perhaps advice, and other words after some instructions."""
    unknown = row.keys() - STATUS_KEYS
    if unknown:
        allowed = ", ".join(sorted(STATUS_KEYS))
        raise DictionaryError(f"unknown key {min(unknown)!r}; there may be: {allowed}", row=key)
    if not isinstance(row.get("text"), str) or not isinstance(row.get("advice", ""), str):
        raise DictionaryError("a status word has a text, and perhaps advice", row=key)
    refuses = row.get("refuses", False)
    if not isinstance(refuses, (bool, str)):
        reason = "`refuses` is true, or a text of instructions after which it is a refusal"
        raise DictionaryError(reason, row=key)
    if not isinstance(row.get("in", {}), dict):
        raise DictionaryError("`in` is a table of instructions and their words", row=key)


@functools.cache
def shipped() -> tuple[str, ...]:
    """The names of the shipped data files."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@functools.lru_cache(maxsize=256)
def head_of(name: str) -> Row:
    """The head of a data file; of a shipped one only the beginning is parsed."""
    if name.endswith(".toml"):
        return load(name).head
    path = FOLDER / f"{name}.toml"
    text = read_text(path)
    tables = list(_TABLE.finditer(text))
    end = tables[1].start() if len(tables) > 1 else len(text)
    return _head(parse_text(text[:end], path))
