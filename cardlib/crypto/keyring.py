# SPDX-License-Identifier: MIT
"""The keys that proofs may use: of schemes (public), of test cards (published), and the caller's.

A file of keys is TOML:

    [[key]]
    use = "imk-ac"          # of an issuer: imk-ac, imk-smi, imk-smc; of a card: mk-ac, mk-smi,
                            # mk-smc; session; ca-public; of a purse: imk-load, imk-purchase,
                            # imk-tac, mk-load, mk-purchase, mk-tac; of a SIM: milenage, tuak
    rid = "A000000003"      # rid, iin and pan say for which cards it is, all three may be left out
    value = "..."           # 16 bytes in hex; ca-public has modulus, exponent and index instead,
                            # ca-sm2 its point (x and y) and index; milenage has K here, and op or
                            # opc; tuak K, and top or topc, and perhaps iterations
    kcv = "08D7B4"          # checked where it is given; so is `check`, the SHA-1 of a ca-public
    note = "our test issuer"

    [[key]]
    use = "ota-kic"         # of secured packets to a SIM: ciphering; ota-kid: checksums
    index = "03"            # the key set, any where it is left out
    value = "..."           # 8, 16, 24 or 32 bytes

    [[key]]
    use = "bsp"             # of a profile download: what its segments are opened with, 48 bytes
    value = "..."           # the first chaining value, the key for ciphering, that for MACs

    [[key]]
    use = "mrz"             # of a travel document: what its keys are made of
    number = "L898902C<"    # the document number, then birth and expiry as YYMMDD
    birth = "690806"
    expiry = "940623"

    [[key]]
    use = "session-keys"    # of secure messaging, from the log of a terminal
    cipher = "AES"          # or 3DES
    enc = "..."
    mac = "..."
    ssc = "..."             # the counter before the first protected command; zeros if left out

    [[key]]
    use = "ephemeral"       # the private key of one side of an agreement: of PACE, its second one; of
    value = "..."           # chip authentication

    [[key]]
    use = "csca"            # the certificate of a country that signs passports, in DER
    value = "..."

    [[key]]
    use = "scp"             # of a security domain: for enc, mac and dek alike; scp-enc, scp-mac and
    value = "..."           # scp-dek are one of them; 16, 24 or 32 bytes
    index = "30"            # the key version; any where it is left out
    derive = "kdf3"         # a master key: emv, visa2 or kdf3 make the card's keys of it

No key is ever shown: a Key prints without its value, an error names the row and not its content.
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
from ..core.errors import DictionaryError, NotVerifiable
from ..core.model import record
from ..core.registers import parse
from . import blocks, channels, rsa
from .bac import mrz_information
from .messaging import Channel, channel
from .tuak import MOST_ITERATIONS

FOLDER = Path(__file__).parent
MAX_CERTIFICATE = 16_384  # bytes
MAX_PRIVATE = 256  # bytes of a private key
TABLES = ("ca_keys.toml", "test_keys.toml")
KeyUse = Literal[
    "imk-ac",
    "imk-smi",
    "imk-smc",
    "mk-ac",
    "mk-smi",
    "mk-smc",
    "session",
    "ca-public",
    "ca-sm2",
    "imk-load",
    "imk-purchase",
    "imk-tac",
    "mk-load",
    "mk-purchase",
    "mk-tac",
    "milenage",
    "tuak",
    "ota-kic",
    "ota-kid",
    "bsp",
    "mrz",
    "session-keys",
    "ephemeral",
    "csca",
    "scp",
    "scp-enc",
    "scp-mac",
    "scp-dek",
]
_USES: tuple[str, ...] = get_args(KeyUse)
_FIELDS = {"use", "note", "rid", "iin", "pan"}
_SECRET_FIELDS = _FIELDS | {"value", "kcv"}
_MILENAGE_FIELDS = {"use", "note", "value", "op", "opc"}
_TUAK_FIELDS = {"use", "note", "value", "top", "topc", "iterations"}
_OTA_FIELDS = {"use", "note", "value", "index"}
_BSP_FIELDS = {"use", "note", "value"}
_SCP_FIELDS = {"use", "note", "value", "kcv", "index", "derive"}
_SM2_FIELDS = _FIELDS | {"index", "point", "expires"}
_MRZ_FIELDS = {"use", "note", "number", "birth", "expiry"}
_SESSION_FIELDS = {"use", "note", "cipher", "enc", "mac", "ssc"}
_VALUE_FIELDS = {"use", "note", "value"}
_PUBLIC_FIELDS = _FIELDS | {"index", "modulus", "exponent", "check", "expires"}


@record
class Key:
    """A key and for which cards it is; `value` is the secret, or the modulus of a public key.

    Of a SIM, `operator` is OP, OPc, TOP or TOPc; `is_derived` says that it is OPc or TOPc.
    """

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
    operator: bytes = field(default=b"", repr=False)
    is_derived: bool = False
    iterations: int = 1
    channel: Channel | None = field(default=None, repr=False)
    derive: str = ""

    @property
    def public(self) -> rsa.PublicKey:
        """The key of a scheme as RSA takes it."""
        return rsa.PublicKey(self.value, self.exponent)


def load_keys(path: str | PathLike[str], published: bool = False) -> tuple[Key, ...]:
    """The keys of a file, all checked.

    A wrong row is one DictionaryError that says which row and why.
    """
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
    if not isinstance(row, dict) or row.get("use") not in _USES:
        raise DictionaryError(f"use must be one of {', '.join(_USES)}")
    allowed, read_value = _KINDS.get(row["use"], (_SECRET_FIELDS, _secret_value))
    _check_fields(row, allowed)
    rid = _compact(row, "rid")
    iin = _compact(row, "iin")
    pan = _compact(row, "pan")
    _check_scope(row, iin, pan)
    value = read_value(row)
    return Key(
        use=row["use"],
        value=value,
        rid=rid,
        iin=iin,
        pan=pan,
        note=row.get("note", ""),
        index=to_hex(_hex(row, "index")),
        exponent=_hex(row, "exponent"),
        expires=row.get("expires"),
        published=published,
        operator=_operator(row),
        is_derived="opc" in row or "topc" in row,
        iterations=int(row.get("iterations", "1")),
        channel=_channel(row),
        derive=row.get("derive", ""),
    )


def _operator(row: dict[str, Any]) -> bytes:
    """What the operator adds to the keys of all his SIMs: empty for other keys."""
    for name in ("op", "opc", "top", "topc"):
        if name in row:
            return _hex(row, name)
    return b""


def _check_fields(row: dict[str, Any], allowed: set[str]) -> None:
    """Refuse fields that a key of this use does not have, and values of a wrong type."""
    misplaced = sorted(set(row) - allowed)
    if misplaced:
        names = ", ".join(repr(name) for name in misplaced)
        raise DictionaryError(f"{names} has no place in a key of this use")
    if not isinstance(row.get("expires", date.max), date):
        raise DictionaryError("expires is a date, without quotation marks")
    texts = [value for name, value in row.items() if name != "expires"]
    if not all(isinstance(text, str) for text in texts):
        raise DictionaryError("everything but expires is text in quotation marks")


def _check_scope(row: dict[str, Any], iin: str, pan: str) -> None:
    """Refuse what cannot say for which cards a key is."""
    rid_fits = len(_hex(row, "rid")) in (0, 5)
    digits = iin + pan
    if not rid_fits or (digits and not digits.isdecimal()):
        raise DictionaryError("rid is hex of 5 bytes, iin and pan are digits")


def _compact(row: dict[str, Any], name: str) -> str:
    """A text without white space, in capitals."""
    words = row.get(name, "").split()
    return "".join(words).upper()


def _hex(row: dict[str, Any], name: str) -> bytes:
    value = parse_hex(row.get(name, ""))
    if value is None:
        raise DictionaryError(f"{name} is not hex")
    return value


def _public_value(row: dict[str, Any]) -> bytes:
    """The modulus of a scheme's key, once all that belongs to it is right."""
    rid = _hex(row, "rid")
    index = _hex(row, "index")
    modulus = _hex(row, "modulus")
    exponent = _hex(row, "exponent")
    rsa.check_key(rsa.PublicKey(modulus, exponent))
    if not rid or len(index) != 1:
        raise DictionaryError("the public key of a scheme has its rid, and an index of one byte")
    hashed = rid + index + modulus + exponent
    digest = hashlib.sha1(hashed, usedforsecurity=False).digest()
    check = _hex(row, "check")
    if check and check != digest:
        raise DictionaryError(f"check is {to_hex(check)}, computed {to_hex(digest)}")
    return modulus


def _secret_value(row: dict[str, Any]) -> bytes:
    """The bytes of a secret key, once length and check value are right."""
    value = _hex(row, "value")
    kcv = _hex(row, "kcv")
    blocks.need("value", value, 16)
    if kcv and blocks.kcv(value)[: len(kcv)] != kcv:
        raise DictionaryError("kcv is not that of this value")
    return value


def _milenage_value(row: dict[str, Any]) -> bytes:
    """K of a SIM with MILENAGE, once OP or OPc is right."""
    value = _hex(row, "value")
    blocks.need("value", value, 16)
    _check_operator(row, ("op", "opc"), 16)
    return value


def _tuak_value(row: dict[str, Any]) -> bytes:
    """K of a SIM with TUAK, once TOP or TOPc is right."""
    value = _hex(row, "value")
    blocks.need("value", value, 16, 32)
    _check_operator(row, ("top", "topc"), 32)
    iterations = row.get("iterations", "1")
    if not iterations.isdecimal() or not 0 < int(iterations) <= MOST_ITERATIONS:
        raise DictionaryError(f"iterations is a number from 1 to {MOST_ITERATIONS}")
    return value


def _check_operator(row: dict[str, Any], names: tuple[str, str], size: int) -> None:
    given = [name for name in names if name in row]
    if len(given) != 1:
        raise DictionaryError(f"either {names[0]} or {names[1]} belongs to the key of a SIM")
    blocks.need(given[0], _hex(row, given[0]), size)


def _sm2_value(row: dict[str, Any]) -> bytes:
    """The point of a scheme's SM2 key, x and y."""
    point = _hex(row, "point")
    blocks.need("point", point, 64)
    if not _hex(row, "rid") or len(_hex(row, "index")) != 1:
        raise DictionaryError("the public key of a scheme has its rid, and an index of one byte")
    return point


def _ota_value(row: dict[str, Any]) -> bytes:
    """The bytes of a key for secured packets: DES, triple DES or AES."""
    value = _hex(row, "value")
    blocks.need("value", value, 8, 16, 24, 32)
    return value


def _bsp_value(row: dict[str, Any]) -> bytes:
    """Three values of 16 bytes."""
    value = _hex(row, "value")
    blocks.need("value", value, 48)
    return value


def _mrz_value(row: dict[str, Any]) -> bytes:
    """What the keys of a travel document are made of."""
    fields = (row.get("number", ""), row.get("birth", ""), row.get("expiry", ""))
    if not all(fields):
        raise DictionaryError("a machine-readable zone has its number, birth and expiry")
    return mrz_information(*fields)


def _session_value(row: dict[str, Any]) -> bytes:
    """The key for enciphering; all of the channel is read beside it."""
    return _hex(row, "enc")


def _channel(row: dict[str, Any]) -> Channel | None:
    """The channel of session keys; None for other keys."""
    if row["use"] != "session-keys":
        return None
    cipher = row.get("cipher", "")
    if cipher not in ("3DES", "AES"):
        raise DictionaryError("cipher is 3DES or AES")
    return channel(cipher, _hex(row, "enc"), _hex(row, "mac"), _hex(row, "ssc"))


def _private_value(row: dict[str, Any]) -> bytes:
    """A private key of an agreement, a number in bytes."""
    value = _hex(row, "value")
    if not 16 <= len(value) <= MAX_PRIVATE:
        raise DictionaryError(f"a private key has 16 to {MAX_PRIVATE} bytes")
    return value


def _certificate_value(row: dict[str, Any]) -> bytes:
    """The certificate of a country; what is in it is read where it is used."""
    value = _hex(row, "value")
    if not 0 < len(value) <= MAX_CERTIFICATE:
        raise DictionaryError(f"a certificate has up to {MAX_CERTIFICATE} bytes")
    return value


def _scp_value(row: dict[str, Any]) -> bytes:
    """A static key of a security domain, or the master key that it is made of."""
    value = _hex(row, "value")
    kcv = _hex(row, "kcv")
    method = row.get("derive", "")
    blocks.need("value", value, *channels.KEY_SIZES)
    if method not in ("", *channels.METHODS):
        raise DictionaryError(f"derive is one of {', '.join(channels.METHODS)}")
    if len(_hex(row, "index")) > 1:
        raise DictionaryError("index is the key version, one byte")
    if kcv and kcv not in (blocks.kcv(value), blocks.aes_kcv(value)):
        raise DictionaryError("kcv is not that of this value")
    return value


_OF_A_DOMAIN = (_SCP_FIELDS, _scp_value)
_KINDS = {
    "ota-kic": (_OTA_FIELDS, _ota_value),
    "ota-kid": (_OTA_FIELDS, _ota_value),
    "bsp": (_BSP_FIELDS, _bsp_value),
    "mrz": (_MRZ_FIELDS, _mrz_value),
    "session-keys": (_SESSION_FIELDS, _session_value),
    "ephemeral": (_VALUE_FIELDS, _private_value),
    "csca": (_VALUE_FIELDS, _certificate_value),
    "scp": _OF_A_DOMAIN,
    "scp-enc": _OF_A_DOMAIN,
    "scp-mac": _OF_A_DOMAIN,
    "scp-dek": _OF_A_DOMAIN,
    "ca-public": (_PUBLIC_FIELDS, _public_value),
    "ca-sm2": (_SM2_FIELDS, _sm2_value),
    "milenage": (_MILENAGE_FIELDS, _milenage_value),
    "tuak": (_TUAK_FIELDS, _tuak_value),
}


@functools.cache
def shipped() -> tuple[Key, ...]:
    """The public keys of schemes, and the published keys of test cards."""
    keys: list[Key] = []
    for name in TABLES:
        keys.extend(load_keys(FOLDER / name, published=True))
    return tuple(keys)


def keyring(paths: Iterable[str | PathLike[str]] = ()) -> tuple[Key, ...]:
    """The keys of these files, then the shipped ones: they are tried in this order."""
    keys: list[Key] = []
    for path in paths:
        keys.extend(load_keys(path))
    return (*keys, *shipped())


def fitting(
    keys: Sequence[Key],
    *uses: KeyUse,
    rid: str = "",
    pan: str = "",
    index: str = "",
) -> list[Key]:
    """The keys of these uses that are for this card, in order.

    What a key does not say fits every card.
    """
    candidates = (key for key in keys if key.use in uses and key.index == index)
    return [key for key in candidates if _is_for(key, rid, pan)]


def _is_for(key: Key, rid: str, pan: str) -> bool:
    rid_fits = key.rid in ("", rid)
    pan_fits = key.pan in ("", pan)
    return rid_fits and pan_fits and pan.startswith(key.iin)
