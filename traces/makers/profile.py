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
PROTOCOLS = ("T=0", "T=1", "contactless")
SCHEMES = ("visa", "mastercard")
DIRECTORIES = ("", "1PAY.SYS.DDF01", "2PAY.SYS.DDF01")
CVNS = ("10", "18", "22", "M/Chip")
STATES = ("new", "application blocked", "card blocked")


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
    rsa: Mapping[str, str] = field(default_factory=dict)  # names in keys.toml: ca, issuer, card, pin
    pin: str = "1234"
    tries: int = 3
    ceiling: int = 0  # above this amount, in cents, the card wants to go online
    state: str = "new"
    relay: tuple[int, ...] = (0, 0, 0)  # what it tells of its times, in 100 us


def _hex(value: Any) -> bytes:
    return bytes.fromhex(value)


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a whole number, not negative")
    return value


def _digits(least: int, most: int) -> Callable[[Any], str]:
    def checked(value: Any) -> str:
        if not (isinstance(value, str) and value.isdecimal() and value.isascii() and least <= len(value) <= most):
            raise ValueError(f"{least} to {most} digits")
        return value

    return checked


def _one_of(choices: tuple[str, ...]) -> Callable[[Any], str]:
    def checked(value: Any) -> str:
        if value not in choices:
            raise ValueError("one of " + ", ".join(repr(one) for one in choices))
        return str(value)

    return checked


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.isascii():
        raise ValueError("text in ASCII")
    return value


def _pan(value: Any) -> str:
    pan = _digits(13, 19)(value)
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(pan)))
    if sum(sum(divmod(number, 10)) for number in doubled) % 10:
        raise ValueError("its check digit is wrong")
    return pan


def _table(inner: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    def checked(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError("a table")
        for name, one in value.items():
            try:
                value[name] = inner(one)
            except (TypeError, ValueError) as fault:
                raise ValueError(f"{name}: {fault}") from None
        return value

    return checked


def _tags(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(
        isinstance(tag, str) and re.fullmatch("([0-9A-F]{2})+", tag) for tag in value
    ):
        raise ValueError("a list of tags in hex")
    return tuple(value)


def _relay(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) != 3:
        raise ValueError("three whole numbers")
    return tuple(_whole(number) for number in value)


def _key(value: Any) -> bytes:
    if len(key := bytes.fromhex(value)) != 16:
        raise ValueError("16 bytes")
    return key


def _named(value: Any) -> str:
    if value not in rsa_keys.KEYS:
        raise ValueError("no key of keys.toml")
    return str(value)


CHECKS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("what", "label", "holder"), _text),
    **dict.fromkeys(("atr", "aid", "aip", "afl"), _hex),
    **{"protocol": _one_of(PROTOCOLS), "directory": _one_of(DIRECTORIES), "scheme": _one_of(SCHEMES)},
    **{"cvn": _one_of(CVNS), "state": _one_of(STATES), "pan": _pan, "psn": _digits(2, 2), "pin": _digits(4, 12)},
    **{"effective": _digits(6, 6), "expiry": _digits(6, 6), "service": _digits(3, 3), "relay": _relay},
    **dict.fromkeys(("atc", "tries", "ceiling"), _whole),
    **{"master": _table(_key), "rsa": _table(_named), "records": _table(_tags), "data": _table(_hex)},
}


def load(name: str, changes: Mapping[str, Any] | None = None) -> Profile:
    """The profile of that name, or in that file; `changes` are as in the file, and tables are merged."""
    path = Path(name) if name.endswith(".toml") else PROFILES / f"{name}.toml"
    try:
        row = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise ProfileError(f"{path.name}: {getattr(fault, 'strerror', None) or fault}") from None
    for key, value in (changes or {}).items():
        row[key] = row.get(key, {}) | value if isinstance(value, dict) else value
    known = {one.name for one in fields(Profile)}
    needed = {one.name for one in fields(Profile) if one.default is one.default_factory is MISSING}
    for key in (*sorted(row.keys() - known), *sorted(needed - row.keys())):
        raise ProfileError(f"{path.name}: {key}: {'is no field of a card' if key in row else 'is missing'}")
    for key, value in row.items():
        try:
            row[key] = CHECKS[key](value)
        except (TypeError, ValueError) as fault:
            raise ProfileError(f"{path.name}: {key}: {fault}") from None
    return Profile(**row)
