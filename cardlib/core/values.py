# SPDX-License-Identifier: MIT
"""From a row of data to the meaning of a value: formats, bit ranges, enumerations, layouts.

A row is compiled once into a `Fact`. What comes out is total: any bytes of any length have a text. A row that breaks
the rules raises DictionaryError; a value that breaks them reads as hex with a remark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, get_args

from .bits import Bits, bytes_of
from .codec import is_constructed, parse_text, to_hex
from .errors import DictionaryError, LayoutError
from .layout import Layout, compile_layout
from .layout.format import Format
from .layout.formats import FORMATS, format_named
from .layout.meaning import listed_names
from .layout.summary import joined_text
from .model import Checked, Constant, Fact, Fresh, Opens, Sensitive, Share, record

Row = Mapping[str, Any]
Read = Callable[[bytes], str]
Lookup = Callable[[str, str], str | None]
Sizes = tuple[tuple[int, int], ...]

SHORT, KEPT = 8, 128  # texts of values up to that long are kept, so many a row
_KEYS = {
    "name",
    "abbr",
    "format",
    "length",
    "ref",
    "checked",
    "bits",
    "values",
    "opens",
}
_KEYS |= {"sensitive", "holds", "example", "note", "layout", "objects", "tlv"}
_KEYS |= {"share", "fresh", "lost", "signed", "tells", "sent", "done", "headline"}
_LENGTH = re.compile(r"\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*")
_VALUE = re.compile(r"([0-9A-F]{2})+")


@record
class Parsed:
    """A format that a value may not fit: then it reads as hex, with what it is not."""

    format: Format

    def __call__(self, value: bytes) -> str:
        try:
            text = self.format.read(value)
        except Exception:  # a format may fail on wild bytes in any way
            text = None
        if text is not None:
            return text
        if not self.format.what:
            return to_hex(value)
        return f"{to_hex(value)} (not {self.format.what})"


def read_format(text: str) -> Read:
    """The reader of a format as a row names it: a name, perhaps with an argument behind a colon."""
    name, _, argument = text.partition(":")
    if name == "none":
        return Constant()
    if name not in FORMATS:
        choice = ", ".join(sorted(FORMATS))
        raise DictionaryError(f"format {name!r} is none of {choice}")
    try:
        format_ = format_named(name, argument)
    except ValueError as error:
        raise DictionaryError(f"format {text!r}: {error}") from None
    if name in ("b", "hex"):
        return to_hex
    return Parsed(format_)


@record
class Values:
    """An enumeration of whole values."""

    table: dict[str, str] = field(hash=False)

    def __call__(self, value: bytes) -> str:
        key = to_hex(value)
        return self.table.get(key) or f"{key} (unknown value)"


@record
class Coded:
    """Codes of a shared table: three digits in two bytes, or languages as pairs of letters."""

    name: str
    lookup: Lookup

    def __call__(self, value: bytes) -> str:
        if self.name == "languages":
            text = parse_text(value.rstrip(b"\xff"))  # a file may have room for more of them
            return ", ".join(self._meaning(text[i : i + 2].lower()) for i in range(0, len(text), 2))
        code = to_hex(value)
        if len(code) == 4 and code[0] == "0":
            code = code[1:]
        return self._meaning(code)

    def _meaning(self, key: str) -> str:
        return self.lookup(self.name, key) or f"{key} (unknown value)"


@record
class Describe:
    """The text of a value, and a remark where its length is not the one of the row."""

    read: Read
    sizes: Sizes
    expected: str
    memo: dict[bytes, str] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, value: bytes) -> str:
        text = self.memo.get(value)
        if text is None:
            text = self.read(value) if value else ""
            if not _fits(self.sizes, len(value)):
                remark = f"(length {len(value)}, expected {self.expected})"
                text = f"{text} {remark}" if text else remark
            if len(value) <= SHORT and len(self.memo) < KEPT:
                self.memo[value] = text
        return text


def fits(fact: Fact, length: int) -> bool:
    """Whether a value may have that length, as far as its row says."""
    return not isinstance(fact.describe, Describe) or _fits(fact.describe.sizes, length)


def _fits(sizes: Sizes, length: int) -> bool:
    return not sizes or any(low <= length <= high for low, high in sizes)


@record
class Resources:
    """What the rows of a file refer to: lists of names, and layouts that other layouts use."""

    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    layouts: Mapping[str, str] = field(default_factory=dict)


NOTHING = Resources()


@record
class Told:
    """The text of a value with a layout: name and text of its parts."""

    layout: Layout

    def __call__(self, value: bytes) -> str:
        return joined_text(self.layout.parse(value), "; ") or to_hex(value)


def compile_row(tag: str, row: Row, lookup: Lookup, resources: Resources = NOTHING) -> Fact:
    """The Fact of one row; `ref` and `checked` of the file must have been put into it."""
    try:
        return _compile(tag, row, lookup, resources)
    except LayoutError as error:
        raise LayoutError(error.faults, row=tag) from None
    except DictionaryError as error:
        raise DictionaryError(error.reason, row=tag) from None
    except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise DictionaryError(f"not in the form of a row: {error}", row=tag) from None


def _compile(tag: str, row: Row, lookup: Lookup, resources: Resources) -> Fact:
    _check(row)
    layout = _layout(row, lookup, resources)
    implied = _implied_opening(tag, row, layout)
    opens: Opens = _one_of(row.get("opens", implied), "opens", get_args(Opens))
    return Fact(
        tag,
        _name(row),
        _describe(row, lookup, opens, layout, resources),
        row.get("ref", ""),
        _one_of(row.get("checked", "spec"), "checked", get_args(Checked)),
        opens,
        _one_of(row.get("sensitive", ""), "sensitive", get_args(Sensitive)),
        layout=layout,
        share=_marked(row, "share", "all", get_args(Share)),
        fresh=_marked(row, "fresh", "always", get_args(Fresh)),
        tells=_flag(row, "tells"),
        lost=str(row.get("lost", "")),
        signed=_flag(row, "signed"),
        sent=row.get("sent", True) is not False,
        done=str(row.get("done", "")),
        headline=str(row.get("headline", "")),
        holds=_holds(row, layout),
    )


def _holds(row: Row, layout: Layout | None) -> Sensitive:
    """The kind of secrets in a value: as the row says it, or the strongest that its layout marks."""
    if "holds" in row:
        kind: Sensitive = _one_of(row["holds"], "holds", get_args(Sensitive))
        return kind
    if layout and layout.marks:
        strongest: Sensitive = layout.marks[0]
        return strongest
    return ""


def _name(row: Row) -> str:
    if "abbr" in row:
        return f"{row['name']} ({row['abbr']})"
    return str(row["name"])


def _implied_opening(tag: str, row: Row, layout: Layout | None) -> Opens:
    """What is inside a value whose row does not say it: a constructed tag is a template unless the row reads it."""
    if layout:
        return "parts"
    is_read = any(key in row for key in ("format", "bits", "values"))
    if is_constructed(tag.rpartition("/")[2]) and not is_read:
        return "template"
    return "none"


def _layout(row: Row, lookup: Lookup, resources: Resources) -> Layout | None:
    """The layout of a row: fields under `layout`, rows by tag under `objects` (BER unless `tlv` says another kind)."""
    if "layout" in row and "objects" in row:
        raise DictionaryError("a row has a layout or objects, not both")
    if "tlv" in row and "objects" not in row:
        raise DictionaryError("tlv says how objects are written; there are none here")
    text = row.get("layout", row.get("objects"))
    if text is None:
        return None
    if not isinstance(text, str):
        raise DictionaryError("layout and objects are texts of lines")
    return compile_layout(
        text,
        kind="record" if "layout" in row else row.get("tlv", "ber"),
        names=resources.names,
        layouts=resources.layouts,
        lookup=lookup,
        ref=row.get("ref", ""),
        checked=row.get("checked", "spec"),
    )


def _flag(row: Row, name: str) -> bool:
    value = row.get(name, False)
    if not isinstance(value, bool):
        raise DictionaryError(f"{name} is true or false")
    return value


def _marked(row: Row, name: str, plain: str, choice: tuple[str, ...]) -> Any:
    """A mark that is true, or one of a few words."""
    value = row.get(name, False)
    if value is True:
        return plain
    if value is False:
        return ""
    if value not in choice:
        words = ", ".join(word for word in choice if word not in ("", plain))
        raise DictionaryError(f"{name} is true, false or one of: {words}")
    return value


def _check(row: Row) -> None:
    if unknown := row.keys() - _KEYS:
        raise DictionaryError(f"unknown key {min(unknown)!r}")
    if not row.get("name"):
        raise DictionaryError("a row needs a name")
    if wrong := [
        key
        for key in ("name", "abbr", "ref", "note", "lost")
        if not isinstance(row.get(key, ""), str)
    ]:
        raise DictionaryError(f"{wrong[0]} must be text")
    if sum(key in row for key in ("bits", "values", "layout", "objects")) > 1:
        raise DictionaryError("only one of bits, values, layout and objects")


def _one_of(value: Any, what: str, allowed: tuple[str, ...]) -> Any:
    if value not in allowed:
        raise DictionaryError(f"{what} {value!r} is none of {', '.join(filter(None, allowed))}")
    return value


def _describe(
    row: Row, lookup: Lookup, opens: Opens, layout: Layout | None, resources: Resources
) -> Read:
    read = _reader(row, lookup, opens, layout, resources)
    if isinstance(read, Constant):
        return read
    length = row.get("length", "var")
    return Describe(read, sizes(length), str(length).replace(",", " or "))


def _reader(
    row: Row, lookup: Lookup, opens: Opens, layout: Layout | None, resources: Resources
) -> Read:
    if layout:
        return Told(layout)
    if "bits" in row:
        return Bits(bytes_of(row["bits"]))
    if "values" in row:
        return _values(row["values"], lookup, resources)
    fallback = "b"
    if opens in ("template", "dol"):
        fallback = "none"
    return read_format(str(row.get("format", fallback)))


def _values(values: Any, lookup: Lookup, resources: Resources) -> Read:
    if isinstance(values, str) and values.startswith("@"):
        return Values(dict(listed_names(values[1:], resources.names)))
    if isinstance(values, str):
        return Coded(
            _one_of(values, "table of values", ("countries", "currencies", "languages")), lookup
        )
    if wrong := [
        key
        for key, text in values.items()
        if not _VALUE.fullmatch(key) or not isinstance(text, str)
    ]:
        raise DictionaryError(f"value {wrong[0]!r} is not upper-case hex with a text")
    return Values(dict(values))


def sizes(length: Any) -> Sizes:
    """Allowed lengths as (least, most): "2", "1-16", "1,3"; none for "var" and for the rest of a value."""
    text = str(length)
    if text in ("var", "0"):
        return ()
    if isinstance(length, bool) or not _LENGTH.fullmatch(text):
        raise DictionaryError(f"length {length!r} is not like 2, 1-16 or var")
    ranges = (item.partition("-") for item in text.split(","))
    return tuple((int(low), int(high or low)) for low, _, high in ranges)
