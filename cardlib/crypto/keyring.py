# SPDX-License-Identifier: MIT
"""The keys that proofs may use: public keys of schemes, published test keys, and those of the caller (TOML).

    [[key]]
    use = "imk-ac"          # imk-smi, imk-smc: of an issuer; mk-ac, mk-smi, mk-smc: of a card; session; ca-public
    rid = "A000000003"      # rid, iin and pan say for which cards it is, all three may be left out
    value = "..."           # 16 bytes in hex; ca-public has modulus, exponent and index instead
    kcv = "08D7B4"          # checked where it is given; `check` likewise, the SHA-1 check sum of a ca-public
    note = "our test issuer"

No key is ever shown: a Key prints without its value, an error names the row and not what stands in it.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

from ..core.codec import parse_hex, to_hex
from ..core.dictionary import parse
from ..core.errors import DictionaryError, NotVerifiable
from ..core.model import record
from . import blocks, rsa

KeyUse = Literal["imk-ac", "imk-smi", "imk-smc", "mk-ac", "mk-smi", "mk-smc", "session", "ca-public"]
FOLDER, TABLES = Path(__file__).parent, ("ca_keys.toml", "test_keys.toml")
_SCOPE = ("rid", "iin", "pan")
_SECRET = {"use", "note", "value", "kcv", *_SCOPE}
_PUBLIC = {"use", "note", "index", "modulus", "exponent", "check", "expires", *_SCOPE}


@record
class Key:
    """A key and for which cards it is; `value` is the secret, or the modulus of a public key."""

    use: KeyUse
    value: bytes = field(repr=False)
    rid: str = ""
    iin: str = ""
    pan: str = ""
    note: str = ""
    index: str = ""
    exponent: bytes = b""
    expires: date | None = None
    published: bool = False

    @property
    def public(self) -> rsa.PublicKey:
        """The key of a scheme as RSA takes it."""
        return rsa.PublicKey(self.value, self.exponent)


def load_keys(path: str | PathLike[str], published: bool = False) -> tuple[Key, ...]:
    """The keys of a file, all checked; a wrong row is one DictionaryError that says which and why."""
    rows = parse(Path(path)).get("key")
    if not isinstance(rows, list) or not rows:
        raise DictionaryError("holds no [[key]]", str(path))
    keys = []
    for number, row in enumerate(rows, 1):
        try:
            keys.append(_key(row, published))
        except (DictionaryError, NotVerifiable) as error:
            raise DictionaryError(error.reason, str(path), f"key {number}") from None
    return tuple(keys)


def _key(row: Any, published: bool) -> Key:
    if not isinstance(row, dict) or row.get("use") not in get_args(KeyUse):
        raise DictionaryError(f"use must be one of {', '.join(get_args(KeyUse))}")
    known = _PUBLIC if row["use"] == "ca-public" else _SECRET
    if wrong := sorted(set(row) - known):
        raise DictionaryError(f"{', '.join(map(repr, wrong))} has no place in a key of this use")
    if not isinstance(row.get("expires", date.max), date):
        raise DictionaryError("expires is a date, without quotation marks")
    if not all(isinstance(row[name], str) for name in set(row) - {"expires"}):
        raise DictionaryError("everything but expires is text in quotation marks")
    rid, iin, pan = ("".join(row.get(name, "").split()).upper() for name in _SCOPE)
    if len(_hex(row, "rid")) not in (0, 5) or not f"{iin}{pan}0".isdecimal():
        raise DictionaryError("rid is hex of 5 bytes, iin and pan are digits")
    value = _public(row) if known is _PUBLIC else _secret(row)
    index, exponent = to_hex(_hex(row, "index")), _hex(row, "exponent")
    return Key(row["use"], value, rid, iin, pan, row.get("note", ""), index, exponent, row.get("expires"), published)


def _public(row: dict[str, Any]) -> bytes:
    rid, index, modulus, exponent = (_hex(row, name) for name in ("rid", "index", "modulus", "exponent"))
    rsa.check_key(rsa.PublicKey(modulus, exponent))
    if not rid or len(index) != 1:
        raise DictionaryError("the public key of a scheme has its rid, and an index of one byte")
    digest = hashlib.sha1(rid + index + modulus + exponent, usedforsecurity=False).digest()
    if (check := _hex(row, "check")) and check != digest:
        raise DictionaryError(f"check is {to_hex(check)}, computed {to_hex(digest)}")
    return modulus


def _hex(row: dict[str, Any], name: str) -> bytes:
    value = parse_hex(row.get(name, ""))
    if value is None:
        raise DictionaryError(f"{name} is not hex")
    return value


def _secret(row: dict[str, Any]) -> bytes:
    value, kcv = _hex(row, "value"), _hex(row, "kcv")
    blocks.need("value", value, 16)
    if kcv and blocks.kcv(value)[: len(kcv)] != kcv:
        raise DictionaryError("kcv is not that of this value")
    return value


@functools.cache
def shipped() -> tuple[Key, ...]:
    """The public keys of schemes, and the published keys of test cards."""
    return tuple(key for name in TABLES for key in load_keys(FOLDER / name, published=True))


def keyring(paths: Iterable[str | PathLike[str]] = ()) -> tuple[Key, ...]:
    """The keys of these files, then the shipped ones: they are tried in this order."""
    return tuple(key for path in paths for key in load_keys(path)) + shipped()


def fitting(keys: Sequence[Key], *uses: KeyUse, rid: str = "", pan: str = "", index: str = "") -> list[Key]:
    """The keys of these uses that are for this card, in order: what a key does not say fits every card."""
    return [
        key
        for key in keys
        if key.use in uses
        and (not key.rid or key.rid == rid)
        and pan.startswith(key.iin)
        and key.pan in ("", pan)
        and key.index == index
    ]
