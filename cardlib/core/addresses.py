# SPDX-License-Identifier: MIT
"""The keys of a data file: each says where in the traffic of a card its row stands.

[9F26]  ["61/4F"]  ["object 5FC102"]                    a data object, by tag, or tag within a template
["file MF/7F20/6F07"]  ["file sfi 18 record 01"]        a file, by the end of its path
["file MF/sfi 02"]                                      the same, by its short identifier there
["command 8050 p1=01"]  ["answer 805C p1=03"]           the data field of a command or an answer
["command native 30"]  ["answer native 30"]             the same of a chip with commands of its own
["file page 03"]  ["file service 090F"]                 cells of its memory
["status 9403"]  ["status native 0F"]                   a status word, what a chip refuses with
["key 9A"]                                              a key reference
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from .errors import DictionaryError
from .model import Command, record

Kind = Literal["object", "file", "command", "answer", "status", "key"]
Conditions = tuple[tuple[str, str], ...]

_TAG = r"(?:[0-9A-F][0-9A-E]|[02468ACE]F|[13579BDF]F(?:[89A-F][0-9A-F]){0,4}[0-7][0-9A-F])"
_OBJECT = re.compile(rf"(?:{_TAG}/){{0,8}}{_TAG}")
_NAME = r"[0-9A-Za-z._-]{1,32}"
_CELL = r"(?:sfi|page|block) [0-9A-F]{2}|service [0-9A-F]{4}"
_FILE = re.compile(rf"(?:{_NAME}/){{0,8}}(?:{_CELL}|{_NAME})")
# Of an APDU; the code of a native command; what stands before its data, and commands that are encrypted
_INSTRUCTION = re.compile(r"[0-9A-F]{4}|native (?:[0-9A-F]{2}|flags|encrypted)")
_STATUS = re.compile(r"[69](?:[0-9A-F]{3}|[0-9A-F]{2}X|[0-9A-F]XX|XXX)|native [0-9A-F]{2}")
_REFERENCE = re.compile(r"[0-9A-F]{2}")
_PLACES: dict[str, tuple[re.Pattern[str], str]] = {
    "object": (_OBJECT, "a tag in upper-case hex, or tags with / between them"),
    "file": (_FILE, "a path like MF/7F20/6F07, a file identifier, or sfi and two digits of hex"),
    "command": (_INSTRUCTION, "class and instruction, like 80A8"),
    "answer": (_INSTRUCTION, "class and instruction, like 80A8"),
    "status": (_STATUS, "a status word of four digits of hex, X at its end for any"),
    "key": (_REFERENCE, "a reference of two digits of hex"),
}
_CONDITIONS = {
    "command": ("cla", "p1", "p2", "lc", "data"),
    "answer": ("cla", "p1", "p2", "lc", "data"),
    "file": ("record",),
}
_PATTERN = re.compile(r"(?:[0-9A-F.]{2})+")
_HEX = tuple(f"{value:02X}" for value in range(256))


@record
class Address:
    """Where a row stands: what kind of thing, which one, and on what conditions.

    A condition is (parameter, hex); in the hex a dot stands for any half byte.
    """

    kind: Kind
    place: str
    conditions: Conditions = ()

    @property
    def exactness(self) -> int:
        """How much the address asks for: of two that fit, the one that asks for more wins."""
        digits = sum(len(pattern) - pattern.count(".") for _, pattern in self.conditions)
        return 100 * len(self.conditions) + digits


@lru_cache(maxsize=4096)
def parse_address(key: str) -> Address:
    """The address that a key writes down; raises DictionaryError where it is none."""
    words = key.split(" ")
    if _OBJECT.fullmatch(key):
        return Address("object", key)
    if words[0] not in _PLACES:
        kinds = ", ".join(_PLACES)
        raise DictionaryError(
            f"the key is neither a tag in upper-case hex nor one of {kinds}", row=key
        )
    kind: Kind = words[0]  # type: ignore[assignment]
    place, conditions = _split(kind, words[1:], key)
    pattern, wanted = _PLACES[kind]
    if not pattern.fullmatch(place):
        raise DictionaryError(f"behind {kind!r} stands {wanted}", row=key)
    return Address(kind, place, conditions)


def is_object(text: str) -> bool:
    """Whether a text is a tag, or tags with a slash between them."""
    return _OBJECT.fullmatch(text) is not None


def _split(kind: str, words: list[str], key: str) -> tuple[str, Conditions]:
    """The place and the conditions behind it; `record 01` is written without an equals sign."""
    if kind == "file" and len(words) > 2 and words[-2] == "record":
        return " ".join(words[:-2]), (("record", _pattern(words[-1], key)),)
    conditions = []
    while words and "=" in words[-1]:
        name, _, value = words.pop().partition("=")
        allowed = _CONDITIONS.get(kind, ())
        if name not in allowed:
            choice = ", ".join(allowed) or "none"
            raise DictionaryError(f"no condition {name!r} here; there may be: {choice}", row=key)
        conditions.append((name, _pattern(value, key)))
    return " ".join(words), tuple(sorted(conditions))


def _pattern(value: str, key: str) -> str:
    if not _PATTERN.fullmatch(value):
        raise DictionaryError(
            f"{value!r} is not hex of whole bytes, with a dot for any half", row=key
        )
    return value


def parameters_of(command: Command) -> dict[str, str]:
    """What conditions can ask of a command, as upper-case hex.

    Of a native command, `p1` is the byte before its code where there is one (the flags of ISO/IEC 15693), else the
    first of its data.
    """
    if command.protocol != "apdu":
        return _native_parameters(command)
    return {
        "cla": _HEX[command.cla],
        "ins": _HEX[command.ins],
        "p1": _HEX[command.p1],
        "p2": _HEX[command.p2],
        "lc": _HEX[min(_data_length(command), 255)],
        "data": command.data[:16].hex().upper(),
    }


def _native_parameters(command: Command) -> dict[str, str]:
    data = command.data
    before = command.raw[: max(len(command.raw) - len(data) - 1, 0)]
    return {
        "ins": f"{max(command.code, 0):02X}",
        "p1": (before or data)[:1].hex().upper(),
        "p2": data[1:2].hex().upper(),
        "lc": f"{min(len(data), 255):02X}",
        "data": data[:16].hex().upper(),
    }


def _data_length(command: Command) -> int:
    """How many bytes the data field has; none where an Lc of 00 stands before Le.

    Some terminals write that; ISO/IEC 7816-4, 5.1 does not allow it.
    """
    is_lc_before_le = command.error and command.raw[4:5] == b"\x00" and len(command.raw) == 6
    return 0 if is_lc_before_le else len(command.data)


def holds(conditions: Conditions, parameters: Mapping[str, str]) -> bool:
    """Whether all conditions hold; `data` is compared with the beginning of the data field."""
    for name, pattern in conditions:
        value = parameters.get(name, "")
        if name == "data":
            value = value[: len(pattern)]
        if len(value) != len(pattern) or not _agrees(pattern, value):
            return False
    return True


def _agrees(pattern: str, value: str) -> bool:
    return all(wanted in (".", digit) for wanted, digit in zip(pattern, value, strict=True))
