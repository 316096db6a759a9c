# SPDX-License-Identifier: MIT
"""From a row of data to the meaning of a value: formats, bit ranges, enumerations, parts, alternative forms.

A row is compiled once into a `Fact`. What comes out is total: any bytes of any length have a text. A row that breaks
the rules raises DictionaryError; a value that breaks them reads as hex with a remark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, get_args

from .bits import Bits, bytes_of
from .codec import is_constructed, parse_text, to_hex
from .errors import DictionaryError, LayoutError
from .layout import Layout, compile_layout
from .layout.format import Format
from .layout.formats import FORMATS, format_named
from .model import Checked, Constant, Fact, Fresh, Node, Opens, Sensitive, Share, record

Row = Mapping[str, Any]
Read = Callable[[bytes], str]
Lookup = Callable[[str, str], str | None]
Sizes = tuple[tuple[int, int], ...]
Part = tuple[
    Fact, int, bool
]  # as many bytes as that, all the rest if it is 0; True: as often as it fits
Form = tuple[
    Sizes, re.Pattern[str], tuple[Part, ...], str
]  # for these lengths, where the hex begins so: parts; a name

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
    "parts",
    "forms",
    "opens",
}
_KEYS |= {"sensitive", "example", "note", "repeat", "layout", "objects", "tlv"}
_KEYS |= {"sensitive", "example", "note", "repeat", "layout", "objects", "tlv"}
_KEYS |= {"share", "fresh", "lost", "signed", "tells", "sent", "done", "headline"}
_FORM_KEYS = {"name", "length", "starts", "parts"}
_LENGTH = re.compile(r"\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*")
_STARTS = re.compile(r"([0-9A-F.]{2})*(\|([0-9A-F.]{2})+)*")
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
        what = f" (not {self.format.what})" if self.format.what else ""
        return to_hex(value) + what


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
    return to_hex if name in ("b", "hex") else Parsed(format_)


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
            text = parse_text(value)
            return ", ".join(self._meaning(text[i : i + 2].lower()) for i in range(0, len(text), 2))
        code = to_hex(value)
        return self._meaning(code[1:] if len(code) == 4 and code[0] == "0" else code)

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


REST = Fact("", "further bytes", to_hex, known=False)


@record
class Split:
    """Cuts a value into the parts of the first form that fits; they tile it, uncovered bytes are one last part."""

    forms: tuple[Form, ...]

    def form(self, value: bytes) -> tuple[tuple[Part, ...], str]:
        """The parts and the name of the first form that fits; no parts where none does."""
        begin, size = to_hex(value), len(value)
        fitting = (form[2:] for form in self.forms if _fits(form[0], size) and form[1].match(begin))
        return next(fitting, ((), ""))

    def __call__(self, value: bytes) -> list[tuple[Fact, int, int]]:
        at, end = 0, len(value)
        found: list[tuple[Fact, int, int]] = []
        parts, _ = self.form(value)
        for fact, length, repeat in parts:
            for stop in (
                range(at + length, end + 1, length) if repeat else (min(at + (length or end), end),)
            ):
                if stop > at:
                    found.append((fact, at, stop))
                    at = stop
        return [*found, (REST, at, end)] if parts and at < end else found


@record
class Joined:
    """The text of a divided value: name and text of its parts."""

    split: Split
    separator: str

    def __call__(self, value: bytes) -> str:
        texts = [
            (fact.name, fact.describe(value[start:stop])) for fact, start, stop in self.split(value)
        ]
        return self.separator.join(
            [f"{name} {text.replace('; ', ', ')}" for name, text in texts]
        ) or to_hex(value)


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
        return _joined(self.layout.parse(value), "; ") or to_hex(value)


def _joined(nodes: Iterable[Node], separator: str) -> str:
    texts = []
    for node in nodes:
        text = node.text
        if node.children and not text:
            text = _joined(node.children, ", ")
        texts.append(f"{node.name} {text.replace('; ', ', ')}".strip())
    return separator.join(texts)


def compile_row(tag: str, row: Row, lookup: Lookup, resources: Resources = NOTHING) -> Fact:
    """The Fact of one row; `ref` and `checked` of the file must have been put into it."""
    try:
        return _compile(tag, row, lookup, "; ", resources)
    except LayoutError as error:
        raise LayoutError(error.faults, row=tag) from None
    except DictionaryError as error:
        raise DictionaryError(error.reason, row=tag) from None
    except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise DictionaryError(f"not in the form of a row: {error}", row=tag) from None


def _compile(
    tag: str, row: Row, lookup: Lookup, separator: str, resources: Resources = NOTHING
) -> Fact:
    _check(row)
    layout = _layout(row, lookup, resources)
    forms = [{"parts": row["parts"]}] if "parts" in row else row.get("forms", [])
    split = Split(tuple(_form(row, form, lookup) for form in forms)) if forms else None
    implied = _implied_opening(tag, row, bool(split or layout))
    opens: Opens = _one_of(row.get("opens", implied), "opens", get_args(Opens))
    joined: Read | None = Joined(split, separator) if split else Told(layout) if layout else None
    return Fact(
        tag,
        f"{row['name']} ({row['abbr']})" if "abbr" in row else row["name"],
        _describe(row, lookup, opens, joined),
        row.get("ref", ""),
        _one_of(row.get("checked", "spec"), "checked", get_args(Checked)),
        opens,
        _one_of(row.get("sensitive", ""), "sensitive", get_args(Sensitive)),
        split,
        layout=layout,
        share=_marked(row, "share", "all", get_args(Share)),
        fresh=_marked(row, "fresh", "always", get_args(Fresh)),
        tells=_flag(row, "tells"),
        lost=str(row.get("lost", "")),
        signed=_flag(row, "signed"),
        sent=row.get("sent", True) is not False,
        done=str(row.get("done", "")),
        headline=str(row.get("headline", "")),
    )


def _implied_opening(tag: str, row: Row, is_divided: bool) -> Opens:
    """What is inside a value whose row does not say it: a constructed tag is a template unless the row reads it."""
    if is_divided:
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
    if sum(key in row for key in ("bits", "values", "parts", "forms", "layout", "objects")) > 1:
        raise DictionaryError("only one of bits, values, parts, forms, layout and objects")


def _one_of(value: Any, what: str, allowed: tuple[str, ...]) -> Any:
    if value not in allowed:
        raise DictionaryError(f"{what} {value!r} is none of {', '.join(filter(None, allowed))}")
    return value


def _describe(row: Row, lookup: Lookup, opens: Opens, joined: Read | None) -> Read:
    fallback = "none" if opens in ("template", "dol") else "b"
    read = joined or read_format(str(row.get("format", fallback)))
    if "bits" in row:
        read = Bits(bytes_of(row["bits"]))
    elif "values" in row:
        read = _values(row["values"], lookup)
    length = row.get("length", "var")
    return (
        read
        if isinstance(read, Constant)
        else Describe(read, sizes(length), str(length).replace(",", " or "))
    )


def _values(values: Any, lookup: Lookup) -> Read:
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


def _form(row: Row, form: Row, lookup: Lookup) -> Form:
    starts = form.get("starts", "")
    if not _STARTS.fullmatch(starts):
        raise DictionaryError(
            f"starts {starts!r} is not hex with dots, whole bytes, | between alternatives"
        )
    if not isinstance(form.get("name", ""), str):
        raise DictionaryError("the name of a form must be text")
    if unknown := form.keys() - _FORM_KEYS:
        raise DictionaryError(f"unknown key {min(unknown)!r} in a form")
    parts = tuple(_part(row, part, lookup) for part in form["parts"])
    return sizes(form.get("length", "var")), re.compile(starts), parts, form.get("name", "")


def _part(row: Row, part: Row, lookup: Lookup) -> Part:
    length, repeat = part.get("length", 0), part.get("repeat", False)
    if type(length) is not int or length < 0 or (repeat and not length):
        raise DictionaryError(
            "a part needs a length in bytes; 0 is the rest, and cannot be repeated"
        )
    inherited = {key: row[key] for key in ("ref", "checked") if key in row}
    return _compile("", inherited | dict(part), lookup, ", "), length, bool(repeat)
