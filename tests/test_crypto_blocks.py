# SPDX-License-Identifier: MIT
"""Ciphers, paddings and MACs: what they refuse first, then published vectors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cardlib.core.errors import CardlibError, NotVerifiable
from cardlib.crypto import blocks

KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
REFUSED: list[tuple[str, Callable[[], bytes], str]] = [
    (
        "a short key",
        lambda: blocks.encrypt(KEY[:7], bytes(8)),
        "a DES key has 8 or 16 or 24 bytes, this one 7",
    ),
    (
        "no key",
        lambda: blocks.decrypt(b"", bytes(8)),
        "a DES key has 8 or 16 or 24 bytes, this one 0",
    ),
    ("half a block", lambda: blocks.encrypt(KEY, bytes(9)), "9 bytes are not whole blocks of 8"),
    (
        "half a block to decipher",
        lambda: blocks.decrypt(KEY, bytes(1), bytes(8)),
        "1 bytes are not whole blocks of 8",
    ),
    (
        "a MAC with a short key",
        lambda: blocks.mac3(KEY[:8], bytes(8)),
        "the key of a retail MAC has 16 bytes, this one 8",
    ),
    (
        "an AES key of 8 bytes",
        lambda: blocks.aes_encrypt(KEY[:8], bytes(16)),
        "an AES key has 16 or 24 or 32 bytes, ",
    ),
    (
        "half a block of AES",
        lambda: blocks.aes_decrypt(KEY, bytes(8)),
        "8 bytes are not whole blocks of 16",
    ),
    (
        "two lengths",
        lambda: blocks.xor(b"12", b"1"),
        "the second value of an exclusive or has 2 bytes, this one 1",
    ),
]


@pytest.mark.parametrize(
    ("call", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refused(call: Callable[[], bytes], reason: str) -> None:
    with pytest.raises(NotVerifiable) as caught:
        call()
    assert caught.value.reason.startswith(reason)
    assert isinstance(caught.value, CardlibError)


def test_without_the_package_the_reason_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(blocks, "import_module", absent)
    blocks.imported.cache_clear()
    with pytest.raises(NotVerifiable, match="needs the package cryptography: pip install"):
        blocks.encrypt(KEY, bytes(8))
    monkeypatch.undo()
    blocks.imported.cache_clear()
    assert blocks.kcv(KEY) == bytes.fromhex("08D7B4")


AES = bytes(range(16))
VECTORS: list[tuple[str, bytes, str]] = [
    (  # the worked example of J. Orlin Grabbe, "The DES Algorithm Illustrated"
        "single DES",
        blocks.encrypt(bytes.fromhex("133457799BBCDFF1"), bytes.fromhex("0123456789ABCDEF")),
        "85E813540F0AB405",
    ),
    (  # FIPS 197, C.1
        "AES",
        blocks.aes_encrypt(AES, bytes.fromhex("00112233445566778899AABBCCDDEEFF")),
        "69C4E0D86A7B0430D8CDB78070B4C55A",
    ),
    ("padding 1 of nothing", blocks.zeros(b""), "0000000000000000"),
    ("padding 1 of a block", blocks.zeros(KEY[:8]), "0123456789ABCDEF"),
    ("padding 1", blocks.zeros(KEY[:9]), "0123456789ABCDEFFE00000000000000"),
    ("padding 2 of nothing", blocks.pad(b""), "8000000000000000"),
    ("padding 2 of a block", blocks.pad(KEY[:8]), "0123456789ABCDEF8000000000000000"),
    ("padding 2 for AES", blocks.pad(b"", 16), "80000000000000000000000000000000"),
    ("parity", blocks.odd_parity(bytes.fromhex("00010203FEFF")), "01010202FEFE"),
    # pyemv 1.5.0, examples of its module sm: a command MAC, from the author's HSM
    (
        "MAC, algorithm 3",
        blocks.mac3(KEY, blocks.pad(bytes.fromhex("8424000008"))),
        "0BFFF5DF3FAA24E1",
    ),
]


@pytest.mark.parametrize(
    ("got", "wanted"), [row[1:] for row in VECTORS], ids=[row[0] for row in VECTORS]
)
def test_vectors(got: bytes, wanted: str) -> None:
    assert got.hex().upper() == wanted


def test_deciphering_undoes_enciphering() -> None:
    data = bytes(range(32))
    for key in (KEY[:8], KEY, KEY + KEY[:8]):
        assert blocks.decrypt(key, blocks.encrypt(key, data)) == data
        assert blocks.decrypt(key, blocks.encrypt(key, data, KEY[:8]), KEY[:8]) == data
    assert blocks.aes_decrypt(KEY, blocks.aes_encrypt(KEY, data)) == data


def test_one_changed_bit_changes_a_mac() -> None:
    data = bytearray(range(24))
    whole = blocks.mac3(KEY, bytes(data)), blocks.mac1(KEY, bytes(data))
    data[3] ^= 1
    assert not set(whole) & {blocks.mac3(KEY, bytes(data)), blocks.mac1(KEY, bytes(data))}
