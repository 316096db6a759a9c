# SPDX-License-Identifier: MIT
"""Several data files laid over each other: what they say about a tag, a file, a command, a status word."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from .addresses import Address, Conditions, holds
from .codec import is_constructed, to_hex
from .dictionary import DATA_KEYS, CommandRow, Dictionary, Row, command_row, load, shipped
from .model import Fact, record
from .registers import lookup, mark_of, status_of, status_text
from .values import Resources, compile_row

MISSES = 10_000  # unknown tags kept: a hostile capture must not fill the memory
READER = 0xFF  # the class of commands for the reader (PC/SC part 3, 3.2.2)


@record
class Candidate:
    """A row that holds on conditions; the more it asks for, the more exact it is."""

    conditions: Conditions
    exactness: int
    key: str
    row: Row
    resources: Resources


class Facts:
    """An overlay of data files; later names win. Rows are compiled when first asked for, and kept."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self._tags: dict[str, tuple[Row, Resources]] = {}
        self._status: dict[str, Row] = {}
        self._places: dict[tuple[str, str], list[Candidate]] = {}
        for name in names:
            self._lay(load(name))
        for candidates in self._places.values():
            # The sort keeps the order of equals: of two equally exact rows the later file comes first.
            candidates.reverse()
            candidates.sort(key=lambda candidate: -candidate.exactness)
        self._parents = frozenset(key.rpartition("/")[0] for key in self._tags if "/" in key)
        self._facts: dict[str, Fact] = {}
        self._commands: dict[str, CommandRow] = {}
        self._misses = 0

    def _lay(self, dictionary: Dictionary) -> None:
        """Lay a file over those before it."""
        for address, row in dictionary.of_kind("object"):
            self._tags[address.place] = row, dictionary.resources
        for address, row in dictionary.of_kind("status"):
            self._status[address.place] = row
        for address, row in dictionary.of_kind("file", "command", "answer", "key"):
            self._put(address, row, dictionary.resources)

    def _put(self, address: Address, row: Row, resources: Resources) -> None:
        candidates = self._places.setdefault((address.kind, address.place), [])
        if address.conditions and address.kind == "command":
            row = _plain_row(candidates, resources) | row
        conditions = " ".join(f"{name}={value}" for name, value in address.conditions)
        key = f"{address.place} {conditions}".strip()
        candidates.append(Candidate(address.conditions, address.exactness, key, row, resources))

    def find(self, tag: str, parent: str = "") -> Fact:
        """The fact about a tag, inside that template if it has another there; a miss is `known=False`."""
        key = tag
        if parent in self._parents and f"{parent}/{tag}" in self._tags:
            key = f"{parent}/{tag}"
        return self._facts.get(key) or self._compile(key, tag)

    def _compile(self, key: str, tag: str) -> Fact:
        if key in self._tags:
            row, resources = self._tags[key]
            return self._facts.setdefault(key, compile_row(tag, row, lookup, resources))
        self._misses += 1
        fact = unknown(tag)
        if self._misses > MISSES:
            return fact
        return self._facts.setdefault(key, fact)

    def has(self, tag: str) -> bool:
        """Whether a row is about this tag, wherever it stands."""
        return tag in self._tags

    def command(
        self, cla: int, ins: int, parameters: Mapping[str, str] | None = None
    ) -> CommandRow | None:
        """The row of an instruction, by its class, else by the class without channel, chaining and secure messaging.

        `parameters` (core/addresses.py) are asked by rows with conditions; without them only plain rows count.
        """
        for family in _families(cla):
            place = f"{family:02X}{ins & 0xFF:02X}"
            candidate = self._candidate("command", place, parameters or {})
            if candidate:
                return self._command(candidate)
        return None

    def native(self, place: str, parameters: Mapping[str, str]) -> CommandRow | None:
        """The row of a native command: by its code, or as "encrypted"; "flags" for what stands before its data."""
        candidate = self._candidate("command", f"native {place}", parameters)
        return self._command(candidate) if candidate else None

    def native_answer(self, place: str, parameters: Mapping[str, str]) -> Fact | None:
        """What is in the answer to a native command, where a row says it."""
        candidate = self._candidate("answer", f"native {place}", parameters)
        return self._fact("answer", candidate) if candidate else None

    def refuses(self, sw: int, ins: int) -> bool:
        """Whether a row calls this status word a refusal, although it begins like those of success."""
        code = f"{sw:04X}"
        rows = (self._status.get(code[:fixed].ljust(4, "X")) for fixed in (4, 3, 2))
        closest = next((row for row in rows if row), {})
        refuses = closest.get("refuses", False)
        if isinstance(refuses, str):
            return f"{ins:02X}" in refuses.split()
        return bool(refuses)

    def native_status(self, status: str) -> tuple[str, str]:
        """What the status of a native answer says, marked if nothing confirms it, and what it means for a person."""
        row = self._status.get(f"native {status}")
        if row is None:
            return f"refused with {status}, which no row explains", ""
        return str(row["text"]) + mark_of(row), str(row.get("advice", ""))

    def _command(self, candidate: Candidate) -> CommandRow:
        key = candidate.key
        if key not in self._commands:
            self._commands[key] = command_row(key, candidate.row, candidate.resources)
        return self._commands[key]

    def answer(self, cla: int, ins: int, parameters: Mapping[str, str]) -> Fact | None:
        """What is in the data field of the answer to an instruction, where a row says it."""
        for family in _families(cla):
            place = f"{family:02X}{ins & 0xFF:02X}"
            candidate = self._candidate("answer", place, parameters)
            if candidate:
                return self._fact("answer", candidate)
        return None

    def file(self, path: Sequence[str], record: int = 0) -> Fact | None:
        """What is in a file: the row that names the longest end of its path, this record of it first."""
        parameters = {"record": f"{record:02X}"}
        for start in range(len(path)):
            place = "/".join(path[start:])
            candidate = self._candidate("file", place, parameters)
            if candidate:
                return self._fact("file", candidate)
        return None

    def reference(self, number: int) -> str:
        """The name of a key or PIN reference; empty where no row has one."""
        candidate = self._candidate("key", f"{number:02X}", {})
        if candidate is None:
            return ""
        return str(candidate.row.get("name", ""))

    def _candidate(self, kind: str, place: str, parameters: Mapping[str, str]) -> Candidate | None:
        for candidate in self._places.get((kind, place), ()):
            if holds(candidate.conditions, parameters):
                return candidate
        return None

    def _fact(self, kind: str, candidate: Candidate) -> Fact:
        name = f"{kind} {candidate.key}"
        fact = self._facts.get(name)
        if fact is None:
            fact = compile_row("", candidate.row, lookup, candidate.resources)
            self._facts[name] = fact
        return fact

    def status(self, sw: int, ins: int | None = None) -> tuple[str, str]:
        """What a status word says, in the terms of these files first, then in those of any card."""
        words = status_of(self._status, sw, ins) if self._status else None
        return words or status_text(sw, ins)


_DATA = DATA_KEYS - {"headline"}


def _plain_row(candidates: Sequence[Candidate], resources: Resources) -> Row:
    """What a row with conditions takes over: all but the data of the row without, in the same file."""
    for candidate in candidates:
        if candidate.resources is resources and not candidate.conditions:
            return {key: value for key, value in candidate.row.items() if key not in _DATA}
    return {}


def _families(cla: int) -> tuple[int, ...]:
    """The class as it is, and without the bits for channel, chaining and secure messaging (7816-4, 5.4.1)."""
    if cla == READER:
        return (cla,)
    family = 0
    if cla >= 0x80:
        family = cla & 0xF0
    if cla == family:
        return (cla,)
    return (cla, family)


def unknown(tag: str) -> Fact:
    """What there is to say about a tag without a row: its class and whether it is a template."""
    name = "unknown tag"
    if tag >= "8":
        name = "proprietary tag"
    opens: Any = "none"
    if is_constructed(tag):
        opens = "template"
    return Fact(tag, name, to_hex, opens=opens, known=False)


@functools.cache
def facts(*names: str) -> Facts:
    """The overlay of these data files, the same object each time."""
    return Facts(*names)


@functools.cache
def named_instructions() -> frozenset[tuple[int, int]]:
    """Class and instruction of each command that a shipped data file names; those of chips have no class."""
    instructions = set()
    for name in shipped():
        for address, _ in load(name).of_kind("command"):
            if not address.place.startswith("native "):
                cla, ins = bytes.fromhex(address.place)
                instructions.add((cla, ins))
    return frozenset(instructions)


def instruction_case(cla: int, ins: int, *names: str) -> int | None:
    """The case of ISO 7816-3 in which an instruction is used, or None where no row of these files says it."""
    row = facts(*names).command(cla, ins)
    if row is None:
        return None
    return row.case or None
