# SPDX-License-Identifier: MIT
"""The key inside a TR-31 / X9.143 key block: made, and opened with the protection key (ANSI X9.143-2022, 7).

The MAC covers the header too, so that nobody can change what a key may be used for. A block whose MAC is wrong, or
whose content is no key, raises NotVerifiable.
"""

from __future__ import annotations

from dataclasses import field
from hmac import compare_digest

from ..core.errors import NotVerifiable
from ..core.model import record
from . import blocks
from .keyblocks import BLOCK_SIZES, MAC_DIGITS, VERSIONS, header

VARIANTS = ("A", "C")
WRONG = "the MAC of the key block is not that of this protection key"
_ENCRYPTION, _MAC = b"E", b"M"  # what a variant is combined with, byte by byte
_PURPOSES = {_ENCRYPTION: 0, _MAC: 1}
# The algorithm of a derived key, and its length in bits (table "CMAC input data")
_DERIVED = {
    ("B", 16): "00000080",
    ("B", 24): "000100C0",
    ("D", 16): "00020080",
    ("D", 24): "000300C0",
    ("D", 32): "00040100",
}


@record
class _Keys:
    """What the protection key becomes: a key that enciphers, and one for the MAC."""

    encryption: bytes = field(repr=False)
    mac: bytes = field(repr=False)


def unwrap(block: str, protection_key: bytes) -> bytes:
    """The key in a key block; NotVerifiable where the MAC is not right."""
    read = header(block)
    version = read.version
    keys = _keys(version, protection_key)
    mac_digits = MAC_DIGITS[version]
    enciphered = bytes.fromhex(block[read.stop : -mac_digits])
    mac = bytes.fromhex(block[-mac_digits:])
    clear_header = block[: read.stop].encode()
    if version in VARIANTS:
        expected = _mac(version, keys, clear_header + enciphered)
        content = _decipher(version, keys, clear_header[:8], enciphered)
    else:
        content = _decipher(version, keys, mac, enciphered)
        expected = _mac(version, keys, clear_header + content)
    if not compare_digest(expected, mac):
        raise NotVerifiable(WRONG)
    return _key_of(content)


def wrap(clear_header: str, protection_key: bytes, key: bytes, filling: bytes) -> str:
    """The key block of a key. `clear_header` may leave its length open; `filling` makes whole blocks."""
    version = clear_header[:1]
    if version not in VERSIONS:
        raise NotVerifiable(f"no key block version {version!r}: A, B, C or D")
    content = (len(key) * 8).to_bytes(2) + key + filling
    size = BLOCK_SIZES[version]
    if len(content) % size:
        raise NotVerifiable(
            f"{len(content)} bytes of length, key and filling are not whole blocks of {size}"
        )
    length = len(clear_header) + 2 * len(content) + MAC_DIGITS[version]
    start = (version + f"{length:04}" + clear_header[5:]).encode()
    keys = _keys(version, protection_key)
    if version in VARIANTS:
        enciphered = _encipher(version, keys, start[:8], content)
        mac = _mac(version, keys, start + enciphered)
    else:
        mac = _mac(version, keys, start + content)
        enciphered = _encipher(version, keys, mac, content)
    block = start.decode() + (enciphered + mac).hex().upper()
    header(block)
    return block


def _key_of(content: bytes) -> bytes:
    """The key behind its length in bits; what follows it fills up the blocks."""
    bits = int.from_bytes(content[:2])
    key = content[2 : 2 + bits // 8]
    if bits % 8 or not bits or len(key) != bits // 8:
        raise NotVerifiable(f"the key block says that its key has {bits} bits")
    return key


def _keys(version: str, protection_key: bytes) -> _Keys:
    if version in VARIANTS:
        blocks.need("a protection key", protection_key, 16, 24)
        return _Keys(_variant(protection_key, _ENCRYPTION), _variant(protection_key, _MAC))
    size = len(protection_key)
    if (version, size) not in _DERIVED:
        raise NotVerifiable(
            f"a key block of version {version} has no protection key of {size} bytes"
        )
    return _Keys(
        _derived(version, protection_key, _ENCRYPTION), _derived(version, protection_key, _MAC)
    )


def _variant(protection_key: bytes, letter: bytes) -> bytes:
    return blocks.xor(protection_key, letter * len(protection_key))


def _derived(version: str, protection_key: bytes, letter: bytes) -> bytes:
    """As many MACs as the key needs, each over a counter, the purpose, 00, algorithm and length."""
    size = len(protection_key)
    algorithm = bytes.fromhex(_DERIVED[version, size])
    result = b""
    counter = 0
    while len(result) < size:
        counter += 1
        text = bytes([counter]) + _PURPOSES[letter].to_bytes(2) + b"\0" + algorithm
        result += _cmac(version, protection_key, text)
    return result[:size]


def _cmac(version: str, key: bytes, data: bytes) -> bytes:
    if version == "D":
        return blocks.cmac(key, data)
    return blocks.des_cmac(key, data)


def _mac(version: str, keys: _Keys, data: bytes) -> bytes:
    """The MAC of a block: CMAC for derived keys; the half of a CBC-MAC for variants."""
    if version not in VARIANTS:
        return _cmac(version, keys.mac, data)
    if len(data) % 8:
        raise NotVerifiable("the header of a key block with variants is not whole blocks of 8")
    return blocks.mac1(keys.mac, data)[:4]


def _encipher(version: str, keys: _Keys, start: bytes, data: bytes) -> bytes:
    """Whole blocks in CBC mode."""
    if version == "D":
        return blocks.aes_encrypt(keys.encryption, data, start)
    return blocks.encrypt(keys.encryption, data, start)


def _decipher(version: str, keys: _Keys, start: bytes, data: bytes) -> bytes:
    """The inverse of `_encipher`."""
    if version == "D":
        return blocks.aes_decrypt(keys.encryption, data, start)
    return blocks.decrypt(keys.encryption, data, start)
