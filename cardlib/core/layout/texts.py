# SPDX-License-Identifier: MIT
"""Formats of text: character sets, the alphabets of a phone, machine-readable zones, addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from .format import Format, Table, unsigned

# The default alphabet and its extension (3GPP TS 23.038, 6.2.1)
GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPE = 0x1B
EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_SEPTETS = {character: bytes([code]) for code, character in enumerate(GSM) if code != ESCAPE}
_SEPTETS |= {character: bytes([ESCAPE, code]) for code, character in EXTENSION.items()}


def gsm_text(septets: bytes) -> str | None:
    """The text of 7-bit characters, one a byte; None for a code that stands for nothing."""
    characters = []
    codes = iter(septets)
    for code in codes:
        if code >= 0x80:
            return None
        character: str | None = GSM[code]
        if code == ESCAPE:
            character = EXTENSION.get(next(codes, 0))
        if character is None:
            return None
        characters.append(character)
    return "".join(characters)


def gsm_septets(text: str) -> bytes:
    """The 7-bit characters of a text, one a byte; KeyError where the alphabet has no such character."""
    return b"".join(_SEPTETS[character] for character in text)


def unpack_septets(value: bytes, spare: int = 0, filling: int = 0) -> bytes:
    """7-bit characters packed from the lowest bit (3GPP TS 23.038, 6.1.2.1).

    The first `filling` bits and the last `spare` bits are left out.
    """
    septets = bytearray()
    held, width = 0, 0
    for place, byte in enumerate(value):
        held |= byte << width
        width += 8
        if place == 0:
            held >>= filling
            width -= filling
        while width >= 7:
            septets.append(held & 0x7F)
            held >>= 7
            width -= 7
    return bytes(septets[: (8 * len(value) - spare - filling) // 7])


def pack_septets(septets: bytes) -> bytes:
    """The other way: the last bits are 0."""
    packed = bytearray()
    held, width = 0, 0
    for septet in septets:
        held |= septet << width
        width += 7
        if width >= 8:
            packed.append(held & 0xFF)
            held >>= 8
            width -= 8
    if width:
        packed.append(held)
    return bytes(packed)


def _gsm7(value: bytes, spare: int = 0) -> str | None:
    """The text; `spare` is the number of bits after it plus eight times that of the bits before it."""
    filling, behind = divmod(spare, 8)
    return gsm_text(unpack_septets(value, behind, filling))


def _from_gsm7(text: str, size: int) -> bytes:
    return pack_septets(gsm_septets(text))


def _ucs2(value: bytes) -> str:
    """UCS-2, filled up with FF on the right."""
    size = len(value)
    if size % 2 and value.endswith(b"\xff"):
        size -= 1
    while size and value[size - 2 : size] == b"\xff\xff":
        size -= 2
    return value[:size].decode("utf-16-be")


def _from_ucs2(text: str, size: int) -> bytes:
    return text.encode("utf-16-be").ljust(size, b"\xff")


def _halves(codes: bytes, base: int) -> str | None:
    """Characters of the default alphabet, or with the high bit set, counted from a base."""
    characters = []
    for code in codes:
        character = gsm_text(bytes([code]))
        if code >= 0x80:
            number = base + (code & 0x7F)
            if 0xD800 <= number < 0xE000:  # half of a pair
                return None
            character = chr(number)
        if character is None:
            return None
        characters.append(character)
    return "".join(characters)


def alpha(value: bytes) -> str | None:
    """An alpha identifier: the default alphabet, or UCS-2 in one of three forms (ETSI TS 102 221, annex A)."""
    coding = value[:1]
    if coding == b"\x80":
        return _ucs2(value[1:])
    if coding == b"\x81" and len(value) >= 3 + value[1]:
        return _halves(value[3 : 3 + value[1]], value[2] << 7)
    if coding == b"\x82" and len(value) >= 4 + value[1]:
        return _halves(value[4 : 4 + value[1]], unsigned(value[2:4]))
    return gsm_text(value.rstrip(b"\xff"))


def _from_alpha(text: str, size: int) -> bytes:
    try:
        coded = gsm_septets(text)
    except KeyError:
        coded = b"\x80" + text.encode("utf-16-be")
    return coded.ljust(size, b"\xff")


def _charset(charset: str, argument: str, padding: bytes = b"") -> Format:
    """A Python charset; the argument is the byte (in hex) with which a text is filled up on the right."""
    pad = bytes.fromhex(argument)
    if len(pad) > 1:
        raise ValueError(f"{argument!r} is not one byte in hex, like FF or 20")
    fill = pad or padding[:1]
    if not fill:

        def trimmed(value: bytes) -> bytes:
            return value

    else:

        def trimmed(value: bytes) -> bytes:
            return value.rstrip(pad or padding)

    def read(value: bytes) -> str:
        return trimmed(value).decode(charset)

    def write(text: str, size: int) -> bytes:
        return text.encode(charset).ljust(size, fill or b"\0")

    return Format(read, write, "" if charset == "latin-1" else f"text in {charset.upper()}")


def _charset_format(charset: str, padding: bytes = b"") -> Callable[[str], Format]:
    return lambda argument: _charset(charset, argument, padding)


def _mrz(value: bytes) -> str:
    return value.decode("ascii").rstrip("<").replace("<", " ")


def _from_mrz(text: str, size: int) -> bytes:
    return text.replace(" ", "<").ljust(size, "<").encode("ascii")


def _mrz_name(value: bytes) -> str:
    """Names: the primary identifier, then the others behind two fillers (ICAO Doc 9303-3, 4.6)."""
    primary, _, secondary = value.decode("ascii").rstrip("<").partition("<<")
    names = [name.replace("<", " ") for name in (primary, secondary) if name]
    return ", ".join(names)


def _from_mrz_name(text: str, size: int) -> bytes:
    return text.replace(", ", "<<").replace(" ", "<").ljust(size, "<").encode("ascii")


def _ip(value: bytes) -> str:
    return str(ipaddress.ip_address(value))


def _from_ip(text: str, size: int) -> bytes:
    return ipaddress.ip_address(text).packed


def _oid(value: bytes) -> str | None:
    """The value of an object identifier (ISO/IEC 8825-1, 8.19), of up to 64 bytes."""
    if not value or len(value) > 64 or value[-1] & 0x80:
        return None
    arcs, arc = [], 0
    for byte in value:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


def _from_oid(text: str, size: int) -> bytes:
    first, second, *others = map(int, text.split("."))
    coded = bytearray()
    for arc in (40 * first + second, *others):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        coded += bytes(reversed(groups))
    return bytes(coded)


TEXTS: Table = {
    **dict.fromkeys(("latin1", "text", "an", "a", "ans"), _charset_format("latin-1")),
    "ascii": _charset_format("ascii", b"\xff"),
    "utf8": _charset_format("utf-8", b"\xff"),
    "gbk": _charset_format("gbk", b"\x00\xff "),
    "ucs2": Format(_ucs2, _from_ucs2, "text in UCS-2"),
    "gsm7": Format(_gsm7, _from_gsm7, "text of 7-bit characters", (), _gsm7, packed=True),
    "alpha": Format(alpha, _from_alpha, "an alpha identifier"),
    "mrz": Format(_mrz, _from_mrz, "characters of a machine-readable zone"),
    "mrzname": Format(_mrz_name, _from_mrz_name, "a name of a machine-readable zone"),
    "ip": Format(_ip, _from_ip, "an IP address", (4, 16)),
    "oid": Format(_oid, _from_oid, "an object identifier"),
}
