# SPDX-License-Identifier: MIT
"""PIN blocks (ISO 9564-1, 9.3 and 9.4), and the PIN as VERIFY and PIN CHANGE carry it.

The caller gives the random part of a PIN block as hex digits, `fill`: nothing here makes random
numbers.
"""

from __future__ import annotations

from ..core.codec import to_hex
from ..core.errors import NotVerifiable
from .blocks import aes_decrypt, aes_encrypt, need, xor

_RANDOM_LETTERS = "ABCDEF"
# The fill that each format allows behind the PIN.
_FILLS = {0: "F", 2: "F", 3: _RANDOM_LETTERS}
# The first byte of PIN data that RSA enciphers (EMV 4.4 Book 2, 7.2).
_HEADER = b"\x7f"


def _digits(
    what: str,
    text: str,
    least: int,
    most: int,
) -> str:
    """The text, once it is known to be so many decimal digits."""
    is_number = text.isascii() and text.isdecimal()
    if not is_number or not least <= len(text) <= most:
        raise NotVerifiable(f"{what} has {least} to {most} digits")
    return text


def _pin_field(control: int, pin: str) -> str:
    """Control field, length and PIN as hex digits, without the fill."""
    digits = _digits("a PIN", pin, 4, 12)
    length = f"{len(digits):X}"
    return f"{control}{length}{digits}"


def _account(pan: str) -> bytes:
    """The twelve digits before the check digit, 8 bytes."""
    digits = _digits("the PAN of a PIN block", pan, 13, 19)
    account = digits[-13:-1]
    return bytes.fromhex(account.zfill(16))


def _random_letters(fill: str) -> str:
    are_letters = set(fill) <= set(_RANDOM_LETTERS)
    if not are_letters or len(fill) < 10:
        rule = f"10 digits or more of {_RANDOM_LETTERS}"
        raise NotVerifiable(f"the fill of this format is {rule}")
    return fill


def _clear_block(control: int, pin: str) -> bytes:
    """A PIN field filled up with F, 8 bytes."""
    field = _pin_field(control, pin)
    return bytes.fromhex(field.ljust(16, "F"))


def block0(pin: str, pan: str) -> bytes:
    """Format 0, 8 bytes: the PIN under the account number."""
    block = _clear_block(0, pin)
    return xor(block, _account(pan))


def block2(pin: str) -> bytes:
    """Format 2, 8 bytes, between terminal and card: the PIN in clear."""
    return _clear_block(2, pin)


def block3(pin: str, pan: str, fill: str) -> bytes:
    """Format 3, 8 bytes: as format 0, filled with random letters A to F."""
    field = _pin_field(3, pin) + _random_letters(fill)
    block = bytes.fromhex(field[:16])
    return xor(block, _account(pan))


def block4(
    key: bytes,
    pin: str,
    pan: str,
    fill: bytes,
) -> bytes:
    """Format 4, 16 bytes, with AES; `fill` is 8 random bytes."""
    need("the fill of format 4", fill, 8)
    digits = _pin_field(4, pin).ljust(16, "A")
    field = bytes.fromhex(digits) + fill
    enciphered = aes_encrypt(key, field)
    mixed = xor(enciphered, account_field(pan))
    return aes_encrypt(key, mixed)


def account_field(pan: str) -> bytes:
    """The account number as format 4 mixes it in, 16 bytes.

    The first digit says how many digits the PAN has beyond twelve.
    """
    digits = _digits("a PAN", pan, 1, 19)
    digits = digits.zfill(12)
    beyond_twelve = len(digits) - 12
    field = f"{beyond_twelve}{digits}"
    return bytes.fromhex(field.ljust(32, "0"))


def read_block(block: bytes, pan: str = "") -> str:
    """The PIN in a block of format 0, 2 or 3; the first digit of a block says which."""
    need("a PIN block", block, 8)
    control = block[0] >> 4
    if control not in _FILLS:
        raise NotVerifiable(f"a PIN block of format {control}: formats 0, 2, 3 and 4 are known")
    if control != 2:
        block = xor(block, _account(pan))
    field = to_hex(block)
    return _read_field(field, control, _FILLS[control])


def read_block4(key: bytes, block: bytes, pan: str) -> str:
    """The PIN in a block of format 4."""
    need("a PIN block of format 4", block, 16)
    mixed = aes_decrypt(key, block)
    enciphered = xor(mixed, account_field(pan))
    field = aes_decrypt(key, enciphered)
    pin_field = to_hex(field[:8])
    return _read_field(pin_field, 4, "A")


def _read_field(field: str, control: int, fills: str) -> str:
    """The PIN in the 16 hex digits of a block, once all of them are as they must be."""
    length = int(field[1], 16)
    stop = 2 + length
    pin = field[2:stop]
    fill = field[stop:]
    control_fits = field[0] == str(control)
    pin_fits = 4 <= length <= 12 and pin.isdecimal()
    fill_fits = set(fill) <= set(fills)
    if not (control_fits and pin_fits and fill_fits):
        wrong = "control field, length, digits or fill are wrong"
        raise NotVerifiable(f"no PIN block of format {control}: {wrong}")
    return pin


def vis_block(card: bytes, pin: str, current: str = "") -> bytes:
    """The new PIN as Visa's PIN CHANGE carries it, 8 bytes.

    It stands under a part of the card's cryptogram key and, where given, under the current PIN.
    """
    need("a card key", card, 16)
    block = _clear_block(0, pin)
    card_part = bytes(4) + card[4:8]
    block = xor(block, card_part)
    if not current:
        return block
    digits = _digits("a PIN", current, 4, 12)
    current_block = bytes.fromhex(digits.ljust(16, "0"))
    return xor(block, current_block)


def plain_pin_data(pin: str, challenge: bytes, fill: bytes) -> bytes:
    """What VERIFY enciphers with the card's RSA key (EMV 4.4 Book 2, 7.2).

    Header 7F, PIN block, the card's challenge, random fill.
    """
    need("the challenge of a card", challenge, 8)
    return _HEADER + block2(pin) + challenge + fill


def read_pin_data(data: bytes, challenge: bytes) -> str:
    """The PIN in deciphered data of VERIFY, once header and challenge agree (Book 2, 7.2)."""
    if len(data) < 17 or not data.startswith(_HEADER):
        raise NotVerifiable("no deciphered PIN data: header 7F")
    block = data[1:9]
    stated_challenge = data[9:17]
    if stated_challenge != challenge:
        raise NotVerifiable("the challenge in the PIN data is not the one the card gave")
    return read_block(block)
