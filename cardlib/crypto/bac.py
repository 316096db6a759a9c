# SPDX-License-Identifier: MIT
"""Basic access control of travel documents: keys from the machine-readable zone, then session keys.

Source: ICAO Doc 9303-11, 4.3 and 9.7; the check digits: Doc 9303-3, 4.9.
"""

from __future__ import annotations

import hashlib
from dataclasses import field

from ..core.errors import NotVerifiable
from ..core.layout.checks import mrz_digit
from ..core.model import record
from .blocks import ZEROS, decrypt, encrypt, mac3, need, odd_parity, pad, xor
from .messaging import MAC_SIZE, WRONG_MAC, Channel, Cipher, channel

ENC, MAC, PASSWORD = 1, 2, 3  # counters of the key derivation (9.7.1)
_NUMBER_SIZE = 9
_MESSAGE = 32  # enciphered bytes of an authentication, in front of the MAC
AUTHENTICATION_SIZE = _MESSAGE + MAC_SIZE
_CHALLENGE = 8
_NUMBERS = 16  # bytes of both random numbers
_SHORT_KEY = 16


def check_digit(text: str) -> str:
    """The check digit over a field of the machine-readable zone (Doc 9303-3, 4.9)."""
    try:
        return mrz_digit(text.encode("ascii")).decode()
    except ValueError:
        raise NotVerifiable("a machine-readable zone has capitals, digits and <") from None


def mrz_information(number: str, birth: str, expiry: str) -> bytes:
    """What the keys are made of: number, birth and expiry, each with its check digit (Doc 9303-11, 4.3.2)."""
    padded = number.upper().ljust(_NUMBER_SIZE, "<")
    fields = (padded, birth, expiry)
    if len(birth) != 6 or len(expiry) != 6:
        raise NotVerifiable("birth and expiry are dates of six digits, YYMMDD")
    return "".join(text + check_digit(text) for text in fields).encode()


def derived(secret: bytes, counter: int, cipher: Cipher, size: int = 16) -> bytes:
    """A key from a shared secret: a hash over it and a counter (9.7.1)."""
    message = secret + counter.to_bytes(4)
    if size > _SHORT_KEY:
        digest = hashlib.sha256(message).digest()
        return digest[:size]
    digest = hashlib.sha1(message, usedforsecurity=False).digest()
    key = digest[:_SHORT_KEY]
    if cipher == "3DES":
        return odd_parity(key)
    return key


def session(secret: bytes, cipher: Cipher, size: int = 16, counter: bytes = b"") -> Channel:
    """The channel that begins with a shared secret; its counter begins with zero unless it is given (9.7, 9.8)."""
    enc = derived(secret, ENC, cipher, size)
    mac = derived(secret, MAC, cipher, size)
    return channel(cipher, enc, mac, counter)


def access_keys(information: bytes) -> tuple[bytes, bytes]:
    """The keys for enciphering and for MACs from the machine-readable zone (9.7.2)."""
    digest = hashlib.sha1(information, usedforsecurity=False).digest()
    seed = digest[:_SHORT_KEY]
    enc = derived(seed, ENC, "3DES")
    mac = derived(seed, MAC, "3DES")
    return enc, mac


def opened_authentication(information: bytes, data: bytes) -> bytes:
    """What one side sent in EXTERNAL AUTHENTICATE, 32 bytes in clear; NotVerifiable where the MAC is wrong."""
    need("the data of an authentication", data, AUTHENTICATION_SIZE)
    enc, mac = access_keys(information)
    cryptogram = data[:_MESSAGE]
    if mac3(mac, pad(cryptogram)) != data[_MESSAGE:]:
        raise NotVerifiable(WRONG_MAC)
    return decrypt(enc, cryptogram, ZEROS)


def closed_authentication(information: bytes, plain: bytes) -> bytes:
    """The inverse: the cryptogram of 32 bytes, then its MAC."""
    need("an authentication", plain, _MESSAGE)
    enc, mac = access_keys(information)
    cryptogram = encrypt(enc, plain, ZEROS)
    return cryptogram + mac3(mac, pad(cryptogram))


@record
class Authentication:
    """Both sides of a mutual authentication: random numbers of terminal and chip, and what each gives to the key."""

    terminal_random: bytes
    chip_random: bytes
    terminal_key: bytes = field(repr=False)
    chip_key: bytes = field(repr=False)

    def session(self) -> Channel:
        """The channel that begins now (4.3.3.2; 9.8.6)."""
        seed = xor(self.terminal_key, self.chip_key)
        counter = self.chip_random[-4:] + self.terminal_random[-4:]
        return session(seed, "3DES", counter=counter)


def authentication(sent: bytes, answered: bytes) -> Authentication:
    """Both sides from their messages in clear; NotVerifiable where the answer does not belong to the command."""
    need("an authentication", sent, _MESSAGE)
    need("an authentication", answered, _MESSAGE)
    terminal_random = sent[:_CHALLENGE]
    chip_random = sent[_CHALLENGE:_NUMBERS]
    if answered[:_NUMBERS] != chip_random + terminal_random:
        raise NotVerifiable("the random numbers in the answer are not those of the command")
    terminal_key = sent[_NUMBERS:]
    chip_key = answered[_NUMBERS:]
    return Authentication(terminal_random, chip_random, terminal_key, chip_key)
