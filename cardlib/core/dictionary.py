# SPDX-License-Identifier: MIT
"""The facts of the specifications: dictionaries/*.toml, loaded at first use, checked, overlaid and cached.

A file has a table `meta` (title, ref, checked), a table `commands` and one table a tag; later files win. The files
status, aids and iso_codes have a form of their own and are asked through `status_text`, `aid_name` and `lookup`,
ca_keys and test_keys through `crypto.keyring`.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

from .codec import is_constructed, to_hex
from .errors import DictionaryError
from .model import Checked, Fact, record
from .values import ByteText, bit, compile_row

FOLDER = Path(__file__).parent.parent / "apps"  # one data file an application or scheme
TABLES = Path(__file__).parent / "tables"  # what is no row of an application
MISSES = 10_000  # unknown tags kept: a hostile capture must not fill the memory

_TAG = r"([0-9A-F][0-9A-E]|[02468ACE]F|[13579BDF]F([89A-F][0-9A-F]){0,4}[0-7][0-9A-F])"
_FILE = "([0-9A-F]{4}|[0-9A-F]{14})/[0-9A-F]{4}"  # below a DF, or an application
_KEY = re.compile(rf"({_TAG}/)?{_TAG}|{_FILE}/([0-9A-F]{{2}})?|[0-9A-F]{{4}}/")
_COMMAND = re.compile(r"([089A-F]0|FF)[0-9A-F]{2}")
_COMMAND_KEYS = {"name", "case", "p1", "p2", "offset", "ref", "checked", "note"}
_META_KEYS = {"title", "ref", "checked"}
_OF_A_NAME = ("abbr", "note", "example")

ByteMeaning = Callable[[int], str]


@record
class CommandRow:
    """One instruction: its name, which way the data goes (ISO 7816-3, 12.1), and what P1 and P2 say.

    `offset`: the two are an offset, or an SFI and an offset (ISO/IEC 7816-4, 11.3.1).
    """

    name: str
    case: int
    p1: ByteMeaning | None = None
    p2: ByteMeaning | None = None
    ref: str = ""
    checked: Checked = "spec"
    offset: bool = False


class Dictionary:
    """One file: rows as they stand, with the defaults of the file filled in."""

    __slots__ = ("commands", "name", "tags", "title")

    def __init__(self, name: str, table: dict[str, Any]) -> None:
        meta = table.get("meta", {})
        if not isinstance(meta, dict) or not _META_KEYS.issuperset(meta):
            raise DictionaryError("only title, ref and checked may stand here", row="meta")
        defaults = {key: meta[key] for key in ("ref", "checked") if key in meta}
        self.name, self.title = name, str(meta.get("title", name))
        self.tags: dict[str, dict[str, Any]] = {}
        for key, row in table.items():
            if key not in ("meta", "commands"):
                self.tags[key] = defaults | _whole(key, _table(key, row), self.tags)
        commands = _table("commands", table.get("commands", {}))
        self.commands = {key: defaults | _table(key, row) for key, row in commands.items()}


def _table(key: str, row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise DictionaryError("a row is a table, like [9F27]", row=key)
    return row


def _whole(key: str, row: dict[str, Any], before: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A row that is `like` another, with what it takes over: all, or where it has its own name, what a value means.

    Its bits replace those of the other row in the same places, its forms come behind the others.
    """
    if "like" not in row:
        return row
    file, _, tag = str(row["like"]).rpartition(":")
    rows = before if not file else load(file).tags if file in shipped() else {}
    other = rows.get(tag or key)
    if other is None:
        raise DictionaryError(
            f"like {row['like']!r}: no such row stands before this one, or in that file", row=key
        )
    own = {name: value for name, value in row.items() if name != "like"}
    kept = {
        name: value for name, value in other.items() if "name" not in own or name not in _OF_A_NAME
    }
    try:
        if "bits" in own:
            taken = {place for bits in own["bits"] for place in _places(*bits)}
            bits = [bits for bits in other["bits"] if taken.isdisjoint(_places(*bits))] + own[
                "bits"
            ]
            own["bits"] = sorted(bits, key=lambda bits: min(_places(*bits)))
        if "forms" in own:
            own["forms"] = other["forms"] + own["forms"]
    except (KeyError, TypeError, ValueError, IndexError):
        raise DictionaryError(
            "the bits or forms do not go with those of the row that it is like", row=key
        ) from None
    return kept | own


def _places(byte: int, bits: str, *_: Any) -> list[tuple[int, int]]:
    """The bits that a row is about, in the order in which they are printed."""
    return [(byte, -bit) for bit in range(int(bits[0]), int(bits[-1]) - 1, -1)]


def parse(path: Path) -> dict[str, Any]:
    """A file of TOML, or a DictionaryError of one line."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n"))
    except OSError as error:
        raise DictionaryError(f"cannot be read: {error.strerror or error}", str(path)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise DictionaryError(f"not TOML: {error}", str(path)) from None


@functools.cache
def _shipped(name: str) -> dict[str, Any]:
    return parse(FOLDER / f"{name}.toml")


@functools.cache
def _table_of(name: str) -> dict[str, Any]:
    return parse(TABLES / f"{name}.toml")


@functools.cache
def load(name: str) -> Dictionary:
    """The dictionary with that name, or the file of a user (a path that ends in .toml), whose rows are all checked."""
    if not name.endswith(".toml"):
        if not name.isidentifier() or not (FOLDER / f"{name}.toml").is_file():
            raise DictionaryError(
                "no such dictionary; give the path of a .toml file, or a shipped name", name
            )
        return Dictionary(name, _shipped(name))
    try:
        dictionary = Dictionary(name, parse(Path(name)))
        check(dictionary)
    except DictionaryError as error:
        raise DictionaryError(error.reason, name, error.row) from None
    return dictionary


def check(dictionary: Dictionary) -> None:
    """Compile every row and replay its examples; raises DictionaryError at the first wrong one."""
    for key, row in dictionary.tags.items():
        if not _KEY.fullmatch(key):
            raise DictionaryError(
                "the key is not a tag in upper-case hex, nor parent/tag, nor DF/EF/", row=key
            )
        _replay(key, row, compile_row(key, row, lookup))
    for key, row in dictionary.commands.items():
        if not _COMMAND.fullmatch(key):
            raise DictionaryError("the key is not class and instruction, like 80A8", row=key)
        _command(key, row)


def examples(row: dict[str, Any]) -> list[list[str]]:
    """The examples of a row as pairs of hex and text: one pair, or a list of them."""
    given = row.get("example", [])
    return [given] if given and isinstance(given[0], str) else given


def _replay(key: str, row: dict[str, Any], fact: Fact) -> None:
    try:
        pairs = [(bytes.fromhex(value), text) for value, text in examples(row)]
    except (KeyError, TypeError, ValueError):
        raise DictionaryError("an example is two strings, hex and text", row=key) from None
    for value, text in pairs:
        if (got := fact.describe(value)) != text:
            raise DictionaryError(
                f"the example {to_hex(value)} reads {got!r}, not {text!r}", row=key
            )


def _command(key: str, row: dict[str, Any]) -> CommandRow:
    if (
        not _COMMAND_KEYS.issuperset(row)
        or not isinstance(row.get("name"), str)
        or row.get("case") not in (1, 2, 3, 4)
    ):
        raise DictionaryError(
            "a command has name, case (1 to 4), and perhaps p1, p2, ref, checked, note", row=key
        )
    if not isinstance(row.get("ref", ""), str) or row.get("checked", "spec") not in get_args(
        Checked
    ):
        raise DictionaryError(
            "ref must be text, and checked one of spec, vector, seen, memory", row=key
        )
    try:
        texts = {
            side: ByteText(tuple(bit(*item) for item in row[side]))
            for side in ("p1", "p2")
            if side in row
        }
    except (TypeError, DictionaryError) as error:
        reason = getattr(error, "reason", "a row of p1 or p2 is [bits, value, meaning]")
        raise DictionaryError(reason, row=key) from None
    fields: dict[str, Any] = {
        field: value for field, value in row.items() if field != "note"
    } | texts
    return CommandRow(**fields)


class Facts:
    """An overlay of dictionaries; later names win. Rows are compiled when first asked for, and kept."""

    __slots__ = ("_commands", "_found", "_misses", "_parents", "_rows", "_steps", "names")

    def __init__(self, *names: str) -> None:
        self.names = names
        self._rows: dict[str, dict[str, Any]] = {}
        self._steps: dict[str, dict[str, Any]] = {}
        for name in names:
            dictionary = load(name)
            self._rows |= dictionary.tags
            self._steps |= dictionary.commands
        self._parents = frozenset(key.rpartition("/")[0] for key in self._rows if "/" in key)
        self._found: dict[str, Fact] = {}
        self._commands: dict[str, CommandRow | None] = {}
        self._misses = 0

    def find(self, tag: str, parent: str = "") -> Fact:
        """The fact about a tag, inside that template or file if it has another there; a miss is `known=False`."""
        key = tag
        if parent in self._parents and f"{parent}/{tag}" in self._rows:
            key = f"{parent}/{tag}"
        return self._found.get(key) or self._compile(key, tag)

    def _compile(self, key: str, tag: str) -> Fact:
        row = self._rows.get(key)
        fact = compile_row(tag, row, lookup) if row is not None else unknown(tag)
        self._misses += row is None
        return fact if row is None and self._misses > MISSES else self._found.setdefault(key, fact)

    def command(self, cla: int, ins: int) -> CommandRow | None:
        """The row of an instruction; CLA bits for channel, chaining and secure messaging do not count."""
        family = 0 if cla < 0x80 else cla if cla == 0xFF else cla & 0xF0
        key = f"{family:02X}{ins & 0xFF:02X}"
        if key not in self._commands:
            row = self._steps.get(key)
            self._commands[key] = _command(key, row) if row is not None else None
        return self._commands[key]


def unknown(tag: str) -> Fact:
    """What there is to say about a tag without a row: its class and whether it is a template."""
    name = "proprietary tag" if tag >= "8" else "unknown tag"
    return Fact(tag, name, to_hex, opens="template" if is_constructed(tag) else "none", known=False)


@functools.cache
def facts(*names: str) -> Facts:
    """The overlay of these dictionaries, the same object each time."""
    return Facts(*names)


def instruction_case(cla: int, ins: int, *names: str) -> int | None:
    """The case of ISO 7816-3 in which an instruction is used, or None where no row of these dictionaries says it."""
    row = facts(*names).command(cla, ins)
    return row.case if row else None


@functools.lru_cache(maxsize=4096)
def status_text(sw: int, ins: int | None = None) -> tuple[str, str]:
    """What a status word says after that instruction, and what it means for a person (ISO/IEC 7816-4, 5.6)."""
    table, code = _table_of("status"), f"{sw:04X}" if 0 <= sw <= 0xFFFF else ""
    for fixed in range(4, 0, -1):  # the closest row first; what its X stand for is a number
        if row := table.get(code[:fixed] + "X" * (4 - fixed)):
            text, advice = row["text"], row.get("advice", "")
            for instructions, special in row.get("in", {}).items():
                if ins is not None and f"{ins:02X}" in instructions.split():
                    text, advice = (special, advice) if isinstance(special, str) else special
            number = str(int(code[fixed:], 16)) if code[fixed:] else ""
            return text.replace("{n}", number), advice.replace("{n}", number)
    return "unknown status word", ""


def _told(aid: str, key: str) -> str:
    """What the longest known prefix of an AID says under this key; empty if none does."""
    rows = (
        _table_of("aids").get(aid[:length].upper(), {})
        for length in range(min(len(aid) & ~1, 32), 3, -2)
    )
    return next((str(row[key]) for row in rows if key in row), "")


def aid_name(aid: str) -> str:
    """The application, or at least its provider; empty if it is not known."""
    return _told(aid, "name")


def overlay(aid: str) -> str:
    """The dictionary for applications of this provider (RID), or empty."""
    return _told(aid, "dictionary")


def card_numbers(aid: str) -> tuple[str, ...]:
    """How card numbers of this scheme begin, where no other scheme uses its application; empty if not known."""
    return tuple(_told(aid, "numbers").split())


def lookup(table: str, key: str) -> str | None:
    """A code of ISO 3166-1 (countries), ISO 4217 (currencies) or ISO 639 (languages), or None."""
    found = _table_of("iso_codes").get(table, {}).get(key)
    return found if isinstance(found, str) else None


def shipped() -> tuple[str, ...]:
    """The names of the shipped dictionaries of tags and commands."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def own_rows(name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every row of tags of a dictionary, as (file, key, row)."""
    dictionary = load(name)
    for key, row in dictionary.tags.items():
        yield dictionary.name, key, row
