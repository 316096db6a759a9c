# SPDX-License-Identifier: MIT
"""Key blocks: what the clear header of a TR-31 / X9.143 block says about the key in it (ANSI X9.143-2022, 5 and 6).

The key itself stays enciphered. What is no such header raises NotVerifiable, with the place that is wrong.
"""

from __future__ import annotations

from ..core.errors import NotVerifiable
from ..core.model import record

HEADER = 16
VERSIONS = {
    "A": "key variants, triple DES (deprecated)",
    "B": "derived keys, triple DES",
    "C": "key variants, triple DES",
    "D": "derived keys, AES",
}
BLOCK_SIZES = {"A": 8, "B": 8, "C": 8, "D": 16}
MAC_DIGITS = {"A": 8, "B": 16, "C": 8, "D": 32}
USAGES = {
    "B0": "base derivation key (BDK)",
    "B1": "initial DUKPT key",
    "C0": "card verification key (CVK)",
    "D0": "data encryption",
    "E0": "issuer master key: application cryptograms",
    "E1": "issuer master key: confidentiality of secure messaging",
    "E2": "issuer master key: integrity of secure messaging",
    "E3": "issuer master key: data authentication code",
    "E4": "issuer master key: dynamic numbers",
    "E5": "issuer master key: card personalisation",
    "E6": "issuer master key: other",
    "I0": "initialisation vector",
    "K0": "key encryption or wrapping",
    "K1": "TR-31 key block protection key",
    "M0": "MAC, ISO 16609 algorithm 1 with triple DES",
    "M1": "MAC, ISO 9797-1 algorithm 1",
    "M3": "MAC, ISO 9797-1 algorithm 3",
    "M6": "MAC, ISO 9797-1 algorithm 5 (CMAC)",
    "P0": "PIN encryption",
    "S0": "asymmetric key for signatures",
    "V0": "PIN verification, other",
    "V1": "PIN verification, IBM 3624",
    "V2": "PIN verification, Visa PVV",
}
ALGORITHMS = {
    "A": "AES",
    "D": "DES",
    "E": "elliptic curve",
    "H": "HMAC",
    "R": "RSA",
    "S": "DSA",
    "T": "triple DES",
}
MODES = {
    "B": "both ways: encrypt and decrypt",
    "C": "generate and verify",
    "D": "decrypt only",
    "E": "encrypt only",
    "G": "generate only",
    "N": "no restriction",
    "S": "sign only",
    "T": "sign and decrypt",
    "V": "verify only",
    "X": "derive keys",
    "Y": "create key variants",
}
EXPORTS = {
    "E": "exportable under a trusted key",
    "N": "not exportable",
    "S": "sensitive: exportable under an untrusted key",
}
UNKNOWN = "not known"
_HEX = frozenset("0123456789ABCDEFabcdef")


@record
class Header:
    """The header of a key block: the letters as they stand, and the optional blocks as (name, data)."""

    version: str
    length: int
    usage: str
    algorithm: str
    mode: str
    key_version: str
    export: str
    optional: tuple[tuple[str, str], ...]
    stop: int

    @property
    def text(self) -> str:
        """What it says, in words."""
        words = [
            VERSIONS[self.version],
            USAGES.get(self.usage, f"usage {self.usage} {UNKNOWN}"),
            ALGORITHMS.get(self.algorithm, f"algorithm {self.algorithm} {UNKNOWN}"),
            MODES.get(self.mode, f"mode {self.mode} {UNKNOWN}"),
            EXPORTS.get(self.export, f"export {self.export} {UNKNOWN}"),
        ]
        return "; ".join(words)


def header(block: str) -> Header:
    """The header of a key block; NotVerifiable says what is wrong with it."""
    if len(block) < HEADER or not block[:HEADER].isascii():
        raise NotVerifiable(f"a key block begins with {HEADER} characters, this has {len(block)}")
    version = block[0]
    if version not in VERSIONS:
        raise NotVerifiable(f"no key block version {version!r}: A, B, C or D")
    length = _decimal(block[1:5], "its length")
    if length != len(block):
        raise NotVerifiable(f"the header says {length} characters, there are {len(block)}")
    count = _decimal(block[12:14], "the number of optional blocks")
    optional, stop = _optional_blocks(block, count)
    _check_rest(block, stop)
    return Header(
        version,
        length,
        block[5:7],
        block[7],
        block[8],
        block[9:11],
        block[11],
        optional,
        stop,
    )


def _decimal(digits: str, what: str) -> int:
    if not digits.isdecimal():
        raise NotVerifiable(f"{what} is {digits!r}, not decimal digits")
    return int(digits)


def _optional_blocks(block: str, count: int) -> tuple[tuple[tuple[str, str], ...], int]:
    """The optional blocks behind the header, and where they end; a length counts name and length, too."""
    blocks: list[tuple[str, str]] = []
    place = HEADER
    for number in range(1, count + 1):
        name = block[place : place + 2]
        body, size = _size_of(block, place, number)
        if size < body - place or place + size > len(block):
            raise NotVerifiable(f"optional block {number} ends outside the key block")
        blocks.append((name, block[body : place + size]))
        place += size
    return tuple(blocks), place


def _size_of(block: str, place: int, number: int) -> tuple[int, int]:
    """Where the data of an optional block begin, and the size of the block; 00 stands before a longer length."""
    size = _hexadecimal(block[place + 2 : place + 4], number)
    if size:
        return place + 4, size
    digits = 2 * _hexadecimal(block[place + 4 : place + 6], number)
    body = place + 6 + digits
    return body, _hexadecimal(block[place + 6 : body], number)


def _hexadecimal(digits: str, number: int) -> int:
    if not digits or not _HEX.issuperset(digits):
        raise NotVerifiable(f"the length of optional block {number} is {digits!r}, not hex")
    return int(digits, 16)


def _check_rest(block: str, stop: int) -> None:
    """Refuse a block whose key and MAC are no whole blocks in hex."""
    version = block[0]
    digits = block[stop:]
    key_digits = len(digits) - MAC_DIGITS[version]
    is_hex = _HEX.issuperset(digits)
    if not is_hex or key_digits <= 0 or key_digits % (2 * BLOCK_SIZES[version]):
        raise NotVerifiable("what follows the header is no enciphered key with a MAC, in hex")
