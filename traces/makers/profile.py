# SPDX-License-Identifier: MIT
"""What a card is personalised with, from a TOML file; a wrong field is told in one line: file, key, reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from . import rsa_keys

PROFILES = Path(__file__).with_name("profiles")


class ProfileError(ValueError):
    """A profile that no card can be made from."""


@dataclass(frozen=True)
class Profile:
    """A card: who it is, what it can, and its secrets. Hex in the file is bytes here."""

    what: str
    atr: bytes
    protocol: str
    directory: str
    scheme: str
    aid: bytes
    label: str
    pan: str
    psn: str
    effective: str
    expiry: str
    service: str
    holder: str
    aip: bytes
    afl: bytes
    atc: int
    cvn: str
    master: Mapping[str, bytes]  # keys of the issuer: ac, mac, enc, cvc
    records: Mapping[str, tuple[str, ...]]  # "2.1": the tags in record 1 of SFI 2
    data: Mapping[str, bytes]  # data elements as they are, by tag
    rsa: Mapping[str, str] = field(
        default_factory=dict
    )  # names in keys.toml: ca, issuer, card, pin
    pin: str = "1234"
    tries: int = 3
    ceiling: int = 0  # above this amount, in cents, the card wants to go online
    state: str = "new"
    relay: Mapping[str, int] = field(
        default_factory=dict
    )  # what it tells of its times: min, max, answer, in 100 us


def _one_of(*choices: str) -> tuple[str, str]:
    return "|".join(map(re.escape, choices)), f"one of {', '.join(choices)}"


HEX, NUMBER = (r"([0-9A-Fa-f]{2}\s*)*", "bytes in hex"), ("[0-9]+", "a whole number, not negative")
TAG = "([0-9A-F]{2}){1,3}"
FORMS = {  # what a field looks like, or each value in it where it is a table, and how that is told
    **dict.fromkeys(("what", "label", "holder"), ("[ -~]*", "text in ASCII")),
    **dict.fromkeys(("atr", "aid", "aip", "afl", "data"), HEX),
    **dict.fromkeys(("atc", "tries", "ceiling", "relay"), NUMBER),
    **{"protocol": _one_of("T=0", "T=1", "contactless"), "scheme": _one_of("visa", "mastercard")},
    **{
        "directory": _one_of("", "1PAY.SYS.DDF01", "2PAY.SYS.DDF01"),
        "cvn": _one_of("10", "18", "22", "M/Chip"),
    },
    **{
        "state": _one_of("new", "application blocked", "card blocked"),
        "service": ("[0-9]{3}", "3 digits"),
    },
    **{"pan": ("[0-9]{13,19}", "13 to 19 digits"), "psn": ("[0-9]{2}", "2 digits")},
    **dict.fromkeys(("effective", "expiry"), ("[0-9]{6}", "a date as YYMMDD")),
    **{"pin": ("[0-9]{4,12}", "4 to 12 digits"), "master": ("[0-9A-Fa-f]{32}", "16 bytes in hex")},
    **{
        "rsa": _one_of(*rsa_keys.KEYS),
        "records": (f"{TAG}( {TAG})*", "tags in hex, with blanks between"),
    },
}
TABLES = ("master", "rsa", "records", "data", "relay")
TAKEN: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("atr", "aid", "aip", "afl", "data", "master"), bytes.fromhex),
    **dict.fromkeys(("atc", "tries", "ceiling", "relay"), int),
    **{"records": lambda text: tuple(text.split())},
}


def _value(key: str, value: Any, name: str = "") -> Any:
    """One value as a card takes it."""
    pattern, meaning = FORMS[key]
    wanted = int if FORMS[key] == NUMBER else str
    if type(value) is not wanted or not re.fullmatch(pattern, str(value)):
        raise ValueError(f"{name}{meaning}")
    if key == "pan" and not _luhn(value):
        raise ValueError("its check digit is wrong")
    return TAKEN.get(key, str)(value)


def _luhn(pan: str) -> bool:
    """Whether the check digit is right (ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(pan)))
    return sum(sum(divmod(number, 10)) for number in doubled) % 10 == 0


def _field(key: str, value: Any) -> Any:
    if key not in TABLES:
        return _value(key, value)
    if not isinstance(value, dict):
        raise ValueError("a table")
    return {name: _value(key, one, f"{name}: ") for name, one in value.items()}


def load(name: str, changes: Mapping[str, Any] | None = None) -> Profile:
    """The profile of that name, or in that file; `changes` are as in the file, and tables are merged."""
    path = Path(name) if name.endswith(".toml") else PROFILES / f"{name}.toml"
    try:
        row = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise ProfileError(f"{path.name}: {getattr(fault, 'strerror', None) or fault}") from None
    for key, value in (changes or {}).items():
        row[key] = row.get(key, {}) | value if isinstance(value, dict) else value
    needed = {one.name for one in fields(Profile) if one.default is one.default_factory is MISSING}
    for key in (*sorted(row.keys() - FORMS.keys()), *sorted(needed - row.keys())):
        raise ProfileError(
            f"{path.name}: {key}: {'is no field of a card' if key in row else 'is missing'}"
        )
    for key, value in row.items():
        try:
            row[key] = _field(key, value)
        except ValueError as fault:
            raise ProfileError(f"{path.name}: {key}: {fault}") from None
    return Profile(**row)
