# SPDX-License-Identifier: MIT
"""The authentication of DESFire and Ultralight C, with published dialogues and one made here the way a reader does."""

from __future__ import annotations

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto.blocks import aes_encrypt, decrypt, encrypt, xor
from cardlib.crypto.challenge import Cipher, makes_answer

ZEROS = bytes(16)
# Dialogues with cards as they are delivered, printed where somebody asked for help: a new card, native (2013), and
# the examples of ELMO Soft for authentication ISO.
NATIVE = ("AD517329DC6E33CF", "2E4A139CA9D42361252848CE2C732C70")
ISO = ("B890047F2DC8D68B", "7C846A507B9B6E6864BC3372A306A8C1")


def made(cipher: Cipher, key: bytes, dialogue: tuple[str, str]) -> bool:
    challenge, answer = map(bytes.fromhex, dialogue)
    return makes_answer(cipher, key, challenge, answer)


@pytest.mark.parametrize(
    ("key", "challenge", "answer"),
    [
        (ZEROS, "AD517329DC6E33", "2E4A139CA9D42361252848CE2C732C70"),
        (ZEROS, "AD517329DC6E33CF", "2E4A139CA9D42361252848CE2C732C"),
        (bytes(15), "AD517329DC6E33CF", "2E4A139CA9D42361252848CE2C732C70"),
        (ZEROS, "", ""),
    ],
)
def test_values_of_another_size_are_refused(key: bytes, challenge: str, answer: str) -> None:
    with pytest.raises(NotVerifiable):
        made("native DES", key, (challenge, answer))


@pytest.mark.parametrize(("cipher", "dialogue"), [("native DES", NATIVE), ("DES", ISO)])
def test_published_dialogues(cipher: Cipher, dialogue: tuple[str, str]) -> None:
    challenge, answer = dialogue
    assert made(cipher, ZEROS, dialogue)
    assert not made(cipher, b"\x02" * 16, dialogue)
    assert not made(cipher, ZEROS, (challenge, answer[:-2] + "00"))


def dialogue_of(cipher: Cipher, key: bytes, card: bytes, reader: bytes) -> tuple[str, str]:
    """What card and reader send: the card's number, then the reader's and the card's turned, in CBC mode."""
    turned = card[1:] + card[:1]
    if cipher == "AES":
        challenge = aes_encrypt(key, card)
        first = aes_encrypt(key, xor(reader, challenge))
        answer = first + aes_encrypt(key, xor(turned, first))
    elif cipher == "native DES":  # the reader only deciphers
        challenge = encrypt(key, card)
        first = decrypt(key, reader)
        answer = first + decrypt(key, xor(turned, first))
    else:
        challenge = encrypt(key, card, bytes(8))
        answer = encrypt(key, reader + turned, challenge[-8:])
    return challenge.hex(), answer.hex()


@pytest.mark.parametrize(
    ("cipher", "key", "size"),
    [
        ("AES", bytes(range(16)), 16),
        ("DES", bytes(range(24)), 16),
        ("DES", bytes(range(16)), 8),
        ("native DES", bytes(range(16)), 8),
    ],
)
def test_keys_of_each_size(cipher: Cipher, key: bytes, size: int) -> None:
    card, reader = bytes(range(50, 50 + size)), bytes(range(90, 90 + size))
    dialogue = dialogue_of(cipher, key, card, reader)
    assert made(cipher, key, dialogue)
    assert not made(cipher, key[:-1] + b"\x00", dialogue)
    if "DES" in cipher and size == 8:  # with zeros, which are a weak key of DES, both are the same
        other: Cipher = "DES" if cipher == "native DES" else "native DES"
        assert not made(other, key, dialogue)
