# SPDX-License-Identifier: MIT
"""Personalisation: all data elements of a card, its certificates among them, and its records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cardlib.core.tlv import dol

from . import rsa_keys
from .profile import Profile

CERTIFIED_UNTIL, SERIAL = "1228", "000001"


def tlv(tag: str, value: bytes) -> bytes:
    """A data object."""
    size = len(value)
    length = (
        bytes((size,))
        if size < 128
        else bytes((0x81, size))
        if size < 256
        else b"\x82" + size.to_bytes(2, "big")
    )
    return bytes.fromhex(tag) + length + value


def joined(data: Mapping[str, bytes], tags: Iterable[str]) -> bytes:
    """These data objects one behind the other, as far as they exist."""
    return b"".join(tlv(tag, data[tag]) for tag in tags if tag in data)


def filled(layout: bytes, values: Mapping[str, bytes]) -> bytes:
    """What a DOL asks for: numbers are cut or filled on the left, all else on the right (EMV Book 3, 5.4)."""
    return b"".join(_fitted(tag, values.get(tag, b""), size) for tag, size in dol(layout))


def _fitted(tag: str, value: bytes, size: int) -> bytes:
    if tag in ("9F02", "9F03", "9F1A", "5F2A", "9A", "9C", "9F21"):
        return value[-size:].rjust(size, b"\0")
    return value[:size].ljust(size, b"\0")


def split(layout: bytes, values: bytes) -> dict[str, bytes] | None:
    """The values that answer a DOL, by tag; None if they are not as long as it asks."""
    found, at = {}, 0
    for tag, size in dol(layout):
        found[tag] = values[at : at + size]
        at += size
    return found if at == len(values) else None


def personalise(profile: Profile) -> dict[str, bytes]:
    """Every data element of the card by its tag, what the profile gives as it is, certificates made."""
    digits = f"{profile.pan}D{profile.expiry[:4]}{profile.service}12345678"
    data = {
        **{
            "84": profile.aid,
            "50": profile.label.encode(),
            "87": b"\1",
            "82": profile.aip,
            "94": profile.afl,
        },
        **{"57": bytes.fromhex(digits + "F" * (len(digits) % 2)), "5F20": profile.holder.encode()},
        **{
            "5A": bytes.fromhex(profile.pan + "F" * (len(profile.pan) % 2)),
            "5F34": bytes.fromhex(profile.psn),
        },
        **{
            "5F24": bytes.fromhex(profile.expiry),
            "5F25": bytes.fromhex(profile.effective),
            **profile.data,
        },
    }
    return data | certificates(profile, data) if profile.rsa else data


def certificates(profile: Profile, data: Mapping[str, bytes]) -> dict[str, bytes]:
    """What proves the card genuine: the CA's word for the issuer, the issuer's for the card and its data."""
    made = {use: rsa_keys.key(name) for use, name in profile.rsa.items()}
    until = bytes.fromhex(CERTIFIED_UNTIL + SERIAL)
    static = static_data(profile, data)
    card_head = bytes.fromhex(f"04{profile.pan:F<20}") + until
    found = {"9F32": bytes((rsa_keys.EXPONENT,))}
    found["90"], found["92"] = rsa_keys.certificate(
        made["ca"], bytes.fromhex(f"02{profile.pan[:8]}") + until, made["issuer"]
    )
    if profile.aip[0] & 0x40:
        found["93"] = rsa_keys.signed_static(made["issuer"], b"\xda\xc0", static)
    if "card" in made:
        found["9F46"], found["9F48"] = rsa_keys.certificate(
            made["issuer"], card_head, made["card"], static
        )
        found["9F47"] = bytes((rsa_keys.EXPONENT,))
    if "pin" in made:
        found["9F2D"], found["9F2F"] = rsa_keys.certificate(made["issuer"], card_head, made["pin"])
        found["9F2E"] = bytes((rsa_keys.EXPONENT,))
    return {tag: value for tag, value in found.items() if value}


def static_data(profile: Profile, data: Mapping[str, bytes]) -> bytes:
    """What is signed: the records that the AFL says, without template, and the AIP if 9F4A names it (Book 3, 10.3)."""
    told = b""
    for at in range(0, len(profile.afl), 4):
        sfi, first, _, signed = profile.afl[at : at + 4]
        for number in range(first, first + signed):
            told += joined(data, profile.records.get(f"{sfi >> 3}.{number}", ()))
    return told + (profile.aip if data.get("9F4A") == b"\x82" else b"")
