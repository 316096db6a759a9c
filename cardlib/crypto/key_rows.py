# SPDX-License-Identifier: MIT
"""What a row of a file of keys may hold, by the use of the key; a wrong one is refused with its reason."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from ..core.codec import parse_hex, to_hex
from ..core.errors import DictionaryError
from . import blocks, channels, rsa
from .bac import mrz_information
from .cvc import terminal_certificate
from .messaging import Channel, channel
from .tuak import MOST_ITERATIONS

MAX_CERTIFICATE = 16_384  # bytes
MAX_PRIVATE = 256  # bytes of a private key
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


def value_of(row: dict[str, Any]) -> bytes:
    """The value of a key, checked with all that stands beside it; else DictionaryError or NotVerifiable."""
    allowed, read_value = _KINDS.get(row["use"], (_SECRET_FIELDS, _secret_value))
    _check_fields(row, allowed)
    _check_scope(row, compact(row, "iin"), compact(row, "pan"))
    return read_value(row)


def operator_of(row: dict[str, Any]) -> bytes:
    """What the operator adds to the keys of all his SIMs: empty for other keys."""
    for name in ("op", "opc", "top", "topc"):
        if name in row:
            return hex_of(row, name)
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
    rid_fits = len(hex_of(row, "rid")) in (0, 5)
    digits = iin + pan
    if not rid_fits or (digits and not digits.isdecimal()):
        raise DictionaryError("rid is hex of 5 bytes, iin and pan are digits")


def compact(row: dict[str, Any], name: str) -> str:
    """A text without white space, in capitals."""
    words = row.get(name, "").split()
    return "".join(words).upper()


def hex_of(row: dict[str, Any], name: str) -> bytes:
    value = parse_hex(row.get(name, ""))
    if value is None:
        raise DictionaryError(f"{name} is not hex")
    return value


def _public_value(row: dict[str, Any]) -> bytes:
    """The modulus of a scheme's key, once all that belongs to it is right."""
    rid = hex_of(row, "rid")
    index = hex_of(row, "index")
    modulus = hex_of(row, "modulus")
    exponent = hex_of(row, "exponent")
    rsa.check_key(rsa.PublicKey(modulus, exponent))
    if not rid or len(index) != 1:
        raise DictionaryError("the public key of a scheme has its rid, and an index of one byte")
    hashed = rid + index + modulus + exponent
    digest = hashlib.sha1(hashed, usedforsecurity=False).digest()
    check = hex_of(row, "check")
    if check and check != digest:
        raise DictionaryError(f"check is {to_hex(check)}, computed {to_hex(digest)}")
    return modulus


def _secret_value(row: dict[str, Any]) -> bytes:
    """The bytes of a secret key, once length and check value are right."""
    value = hex_of(row, "value")
    kcv = hex_of(row, "kcv")
    blocks.need("value", value, 16)
    if kcv and blocks.kcv(value)[: len(kcv)] != kcv:
        raise DictionaryError("kcv is not that of this value")
    return value


def _milenage_value(row: dict[str, Any]) -> bytes:
    """K of a SIM with MILENAGE, once OP or OPc is right."""
    value = hex_of(row, "value")
    blocks.need("value", value, 16)
    _check_operator(row, ("op", "opc"), 16)
    return value


def _tuak_value(row: dict[str, Any]) -> bytes:
    """K of a SIM with TUAK, once TOP or TOPc is right."""
    value = hex_of(row, "value")
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
    blocks.need(given[0], hex_of(row, given[0]), size)


def _sm2_value(row: dict[str, Any]) -> bytes:
    """The point of a scheme's SM2 key, x and y."""
    point = hex_of(row, "point")
    blocks.need("point", point, 64)
    if not hex_of(row, "rid") or len(hex_of(row, "index")) != 1:
        raise DictionaryError("the public key of a scheme has its rid, and an index of one byte")
    return point


def _ota_value(row: dict[str, Any]) -> bytes:
    """The bytes of a key for secured packets: DES, triple DES or AES."""
    value = hex_of(row, "value")
    blocks.need("value", value, 8, 16, 24, 32)
    return value


def _bsp_value(row: dict[str, Any]) -> bytes:
    """Three values of 16 bytes."""
    value = hex_of(row, "value")
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
    return hex_of(row, "enc")


def channel_of(row: dict[str, Any]) -> Channel | None:
    """The channel of session keys; None for other keys."""
    if row["use"] != "session-keys":
        return None
    cipher = row.get("cipher", "")
    if cipher not in ("3DES", "AES"):
        raise DictionaryError("cipher is 3DES or AES")
    return channel(cipher, hex_of(row, "enc"), hex_of(row, "mac"), hex_of(row, "ssc"))


def _private_value(row: dict[str, Any]) -> bytes:
    """A private key of an agreement, a number in bytes."""
    value = hex_of(row, "value")
    if not 16 <= len(value) <= MAX_PRIVATE:
        raise DictionaryError(f"a private key has 16 to {MAX_PRIVATE} bytes")
    return value


def _certificate_value(row: dict[str, Any]) -> bytes:
    """The certificate of a country; what is in it is read where it is used."""
    value = hex_of(row, "value")
    if not 0 < len(value) <= MAX_CERTIFICATE:
        raise DictionaryError(f"a certificate has up to {MAX_CERTIFICATE} bytes")
    return value


def _terminal_root_value(row: dict[str, Any]) -> bytes:
    """The certificate of a country for terminals, once it is one."""
    value = _certificate_value(row)
    terminal_certificate(value)
    return value


def _scp_value(row: dict[str, Any]) -> bytes:
    """A static key of a security domain, or the master key that it is made of."""
    value = hex_of(row, "value")
    kcv = hex_of(row, "kcv")
    method = row.get("derive", "")
    blocks.need("value", value, *channels.KEY_SIZES)
    if method not in ("", *channels.METHODS):
        raise DictionaryError(f"derive is one of {', '.join(channels.METHODS)}")
    if len(hex_of(row, "index")) > 1:
        raise DictionaryError("index is the key version, one byte")
    if kcv and kcv not in (blocks.kcv(value), blocks.aes_kcv(value)):
        raise DictionaryError("kcv is not that of this value")
    return value


def _desfire_value(row: dict[str, Any]) -> bytes:
    """A key of a MIFARE DESFire."""
    value = hex_of(row, "value")
    blocks.need("value", value, 16, 24)
    if len(hex_of(row, "index")) > 1:
        raise DictionaryError("index is the number of the key, one byte")
    return value


def _classic_value(row: dict[str, Any]) -> bytes:
    """A key of a sector of a MIFARE Classic."""
    value = hex_of(row, "value")
    blocks.need("value", value, 6)
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
    "desfire": (_VALUE_FIELDS | {"index"}, _desfire_value),
    "classic": (_VALUE_FIELDS, _classic_value),
    "cvca": (_VALUE_FIELDS, _terminal_root_value),
    "scp": _OF_A_DOMAIN,
    "scp-enc": _OF_A_DOMAIN,
    "scp-mac": _OF_A_DOMAIN,
    "scp-dek": _OF_A_DOMAIN,
    "ca-public": (_PUBLIC_FIELDS, _public_value),
    "ca-sm2": (_SM2_FIELDS, _sm2_value),
    "milenage": (_MILENAGE_FIELDS, _milenage_value),
    "tuak": (_TUAK_FIELDS, _tuak_value),
}
