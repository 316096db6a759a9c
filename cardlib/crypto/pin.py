# SPDX-License-Identifier: MIT
"""PIN blocks (ISO 9564-1, 9.3 and 9.4), and the PIN as VERIFY and PIN CHANGE carry it.

What a PIN block holds at random is given by the caller as hex digits, `fill`: nothing here makes random numbers.
"""

from __future__ import annotations

from ..core.codec import to_hex
from ..core.errors import NotVerifiable
from .blocks import aes_decrypt, aes_encrypt, need, xor


def _digits(what: str, text: str, least: int, most: int) -> str:
    if not (text.isascii() and text.isdecimal() and least <= len(text) <= most):
        raise NotVerifiable(f"{what} has {least} to {most} digits")
    return text


def _pin(pin: str) -> str:
    return f"{len(_digits('a PIN', pin, 4, 12)):X}{pin}"


def _account(pan: str) -> bytes:
    """The twelve digits before the check digit."""
    return bytes.fromhex(_digits("the PAN of a PIN block", pan, 13, 19)[-13:-1].zfill(16))


def _fill(fill: str, letters: str) -> str:
    if not set(fill) <= set(letters) or len(fill) < 10:
        raise NotVerifiable(f"the fill of this format is 10 digits or more of {letters}")
    return fill


def block0(pin: str, pan: str) -> bytes:
    """Format 0, 8 bytes: the PIN under the account number."""
    return xor(bytes.fromhex(f"0{_pin(pin)}".ljust(16, "F")), _account(pan))


def block2(pin: str) -> bytes:
    """Format 2, 8 bytes, between terminal and card: the PIN in clear."""
    return bytes.fromhex(f"2{_pin(pin)}".ljust(16, "F"))


def block3(pin: str, pan: str, fill: str) -> bytes:
    """Format 3, 8 bytes: as format 0, filled with random letters A to F."""
    return xor(bytes.fromhex((f"3{_pin(pin)}" + _fill(fill, "ABCDEF"))[:16]), _account(pan))


def block4(key: bytes, pin: str, pan: str, fill: bytes) -> bytes:
    """Format 4, 16 bytes, with AES; `fill` is 8 random bytes."""
    need("the fill of format 4", fill, 8)
    field = bytes.fromhex(f"4{_pin(pin)}".ljust(16, "A")) + fill
    return aes_encrypt(key, xor(aes_encrypt(key, field), account_field(pan)))


def account_field(pan: str) -> bytes:
    """The account number as format 4 mixes it in, 16 bytes."""
    _digits("a PAN", pan, 1, 19)
    return bytes.fromhex(f"{max(0, len(pan) - 12)}{pan:0>12}".ljust(32, "0"))


def read_block(block: bytes, pan: str = "") -> str:
    """The PIN in a block of format 0, 2 or 3; the first digit of a block says which."""
    need("a PIN block", block, 8)
    kind = block[0] >> 4
    if kind not in (0, 2, 3):
        raise NotVerifiable(f"a PIN block of format {kind}: formats 0, 2, 3 and 4 are known")
    return _read(to_hex(block if kind == 2 else xor(block, _account(pan))), str(kind), "ABCDEF" if kind == 3 else "F")


def read_block4(key: bytes, block: bytes, pan: str) -> str:
    """The PIN in a block of format 4."""
    need("a PIN block of format 4", block, 16)
    return _read(to_hex(aes_decrypt(key, xor(aes_decrypt(key, block), account_field(pan)))[:8]), "4", "A")


def _read(text: str, kind: str, letters: str) -> str:
    length = int(text[1], 16)
    pin, fill = text[2 : 2 + length], text[2 + length :]
    if text[0] != kind or not 4 <= length <= 12 or not pin.isdecimal() or not set(fill) <= set(letters):
        raise NotVerifiable(f"no PIN block of format {kind}: control field, length, digits or fill are wrong")
    return pin


def vis_block(card: bytes, pin: str, current: str = "") -> bytes:
    """The new PIN as Visa's PIN CHANGE carries it, under half of the card's cryptogram key and the current PIN."""
    need("a card key", card, 16)
    block = xor(bytes.fromhex(f"0{_pin(pin)}".ljust(16, "F")), bytes(4) + card[4:8])
    return xor(block, bytes.fromhex(_digits("a PIN", current, 4, 12).ljust(16, "0"))) if current else block


def plain_pin_data(pin: str, challenge: bytes, fill: bytes) -> bytes:
    """What VERIFY enciphers with the card's RSA key: 7F, PIN block, challenge, fill (EMV 4.4 Book 2, 7.2)."""
    need("the challenge of a card", challenge, 8)
    return b"\x7f" + block2(pin) + challenge + fill


def read_pin_data(data: bytes, challenge: bytes) -> str:
    """The PIN in deciphered data of VERIFY, once header and challenge agree (EMV 4.4 Book 2, 7.2)."""
    if len(data) < 17 or data[0] != 0x7F:
        raise NotVerifiable("no deciphered PIN data: header 7F")
    if data[9:17] != challenge:
        raise NotVerifiable("the challenge in the PIN data is not the one the card gave")
    return read_block(data[1:9])
