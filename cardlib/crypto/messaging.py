# SPDX-License-Identifier: MIT
"""Secure messaging of travel documents: protect and open commands and answers (ICAO Doc 9303-11, 9.8).

A channel counts: each command and each answer adds one to its counter before it is protected. A key of 3DES has 16
bytes, one of AES 16, 24 or 32; a MAC has 8 bytes with both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from typing import Literal

from ..core.apdu import parse_command, parse_response
from ..core.errors import NotVerifiable
from ..core.model import Command, Response, record
from ..core.secure import Object, objects_of, written
from .blocks import (
    ZEROS,
    aes_decrypt,
    aes_encrypt,
    cmac,
    decrypt,
    encrypt,
    mac3,
    need,
    pad,
    unpadded,
)

Cipher = Literal["3DES", "AES"]
BLOCK = {"3DES": 8, "AES": 16}
MAC_SIZE = 8
VERIFIED = "MAC verified"
WRONG_MAC = "MAC does not verify with the key given"
NO_MAC = "no MAC stands here: not opened"
WRONG_PADDING = "the MAC verifies, but the padding is wrong"
PADDED = b"\x01"  # the indicator of padding method 2 (ISO/IEC 7816-4, table 53)
SECURE = 0x0C
_CRYPTOGRAMS = ("85", "87")
_PLAIN_VALUES = ("81", "B3")
_MOST_SHORT = 256
_MAC_TAG = 0x8E


@record
class Channel:
    """Session keys and the counter before the next message."""

    cipher: Cipher
    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    counter: int = 0

    @property
    def next(self) -> Channel:
        """The channel for the message that follows."""
        return replace(self, counter=self.counter + 1)

    @property
    def block(self) -> int:
        return BLOCK[self.cipher]


def channel(cipher: Cipher, enc: bytes, mac: bytes, counter: bytes = b"") -> Channel:
    """A channel from its keys and its counter; NotVerifiable where their lengths do not fit the cipher."""
    lengths = (16,) if cipher == "3DES" else (16, 24, 32)
    need("a session key", enc, *lengths)
    need("a session key", mac, *lengths)
    if len(counter) not in (0, BLOCK[cipher]):
        raise NotVerifiable(f"the counter of {cipher} has {BLOCK[cipher]} bytes")
    return Channel(cipher, enc, mac, int.from_bytes(counter))


def _counter(state: Channel) -> bytes:
    limit = 1 << 8 * state.block
    return (state.counter % limit).to_bytes(state.block)


def message_mac(state: Channel, protected: bytes) -> bytes:
    """The MAC of a message in this state of the channel, over its counter and what is protected."""
    message = pad(_counter(state) + protected, state.block)
    if state.cipher == "3DES":
        return mac3(state.mac, message)
    return cmac(state.mac, message)[:MAC_SIZE]


def encipher(state: Channel, data: bytes) -> bytes:
    """Whole blocks in CBC mode; the initial value of AES is the enciphered counter."""
    if state.cipher == "3DES":
        return encrypt(state.enc, data, ZEROS)
    return aes_encrypt(state.enc, data, aes_encrypt(state.enc, _counter(state)))


def decipher(state: Channel, data: bytes) -> bytes:
    """The inverse of `encipher`."""
    if state.cipher == "3DES":
        return decrypt(state.enc, data, ZEROS)
    return aes_decrypt(state.enc, data, aes_encrypt(state.enc, _counter(state)))


def _header(raw: bytes, state: Channel) -> bytes:
    return pad(raw[:4], state.block)


def command_is_authentic(state: Channel, command: Command) -> bool:
    """Whether the MAC of a protected command verifies in this state of the channel."""
    objects = objects_of(command.data)
    protected = _header(command.raw, state) + _under_mac(objects)
    return _mac_of(objects) == message_mac(state, protected)


def open_command(state: Channel, command: Command) -> Command:
    """The plain command; NotVerifiable says why there is none."""
    objects = objects_of(command.data)
    _need_mac(objects)
    if not command_is_authentic(state, command):
        raise NotVerifiable(WRONG_MAC)
    cla = command.cla & ~SECURE
    data = _plain(state, objects)
    expected = int.from_bytes(_value(objects, "97")) if _has(objects, "97") else None
    header = bytes((cla, command.ins, command.p1, command.p2))
    return parse_command(written_command(header, data, expected))


def open_response(state: Channel, response: Response) -> Response:
    """The plain answer; NotVerifiable says why there is none."""
    objects = objects_of(response.data)
    _need_mac(objects)
    if _mac_of(objects) != message_mac(state, _under_mac(objects)):
        raise NotVerifiable(WRONG_MAC)
    data = _plain(state, objects)
    status = _value(objects, "99") or response.raw[-2:]
    return parse_response(data + status)


def may_end_with_mac(data: bytes) -> bool:
    """Whether the tag or the length of a MAC stands where it has to, in objects that cannot be read (9.8.4)."""
    if len(data) < MAC_SIZE + 2:
        return False
    tag, length = data[-MAC_SIZE - 2], data[-MAC_SIZE - 1]
    return tag == _MAC_TAG or length == MAC_SIZE


def _need_mac(objects: Sequence[Object]) -> None:
    if not _has(objects, "8E"):
        raise NotVerifiable(NO_MAC)


def written_command(header: bytes, data: bytes, expected: int | None) -> bytes:
    """A command in its shortest form; an expected length of 0 asks for all there is."""
    length, le = b"", b""
    is_short = len(data) < _MOST_SHORT and (expected or 0) <= _MOST_SHORT
    if data:
        length = bytes((len(data),)) if is_short else b"\0" + len(data).to_bytes(2)
    if expected is not None and is_short:
        le = bytes((expected % _MOST_SHORT,))
    elif expected is not None:
        prefix = b"" if data else b"\0"
        le = prefix + (expected % 0x10000).to_bytes(2)
    return header + length + data + le


def _has(objects: Sequence[Object], tag: str) -> bool:
    return any(item.tag == tag for item in objects)


def _value(objects: Sequence[Object], tag: str) -> bytes:
    return next((item.value for item in objects if item.tag == tag), b"")


def _mac_of(objects: Sequence[Object]) -> bytes:
    return _value(objects, "8E")


def _under_mac(objects: Sequence[Object]) -> bytes:
    """The objects that a MAC covers: those before it with odd tags (ISO/IEC 7816-4, 10.2.3.1)."""
    covered = []
    for item in objects:
        if item.tag == "8E":
            break
        if int(item.tag[-2:], 16) & 1:
            covered.append(item.raw)
    return b"".join(covered)


def _plain(state: Channel, objects: Sequence[Object]) -> bytes:
    """The data in clear, of the cryptogram or as they stand there."""
    for item in objects:
        if item.tag in _PLAIN_VALUES:
            return item.value
        if item.tag not in _CRYPTOGRAMS:
            continue
        cryptogram = item.value
        if item.tag == "87":
            if not cryptogram.startswith(PADDED):
                raise NotVerifiable("the padding indicator is none that is used here: not opened")
            cryptogram = cryptogram[1:]
        data = unpadded(decipher(state, cryptogram))
        if data is None:
            raise NotVerifiable(WRONG_PADDING)
        return data
    return b""


def protect_command(state: Channel, plain: bytes) -> bytes:
    """A command as it goes to the card, with the channel in the state for it."""
    command = parse_command(plain)
    header = bytes((command.cla | SECURE, command.ins, command.p1, command.p2))
    objects = _enciphered(state, command.data, command.ins)
    if command.le is not None:
        size = 1 if command.le <= _MOST_SHORT else 2
        objects += written("97", (command.le % (1 << 8 * size)).to_bytes(size))
    objects += written("8E", message_mac(state, _header(header, state) + objects))
    return written_command(header, objects, 0)


def protect_response(state: Channel, plain: bytes) -> bytes:
    """An answer as it comes from the card, with the channel in the state for it."""
    objects = _enciphered(state, plain[:-2], 0) + written("99", plain[-2:])
    return objects + written("8E", message_mac(state, objects)) + plain[-2:]


def _enciphered(state: Channel, data: bytes, instruction: int) -> bytes:
    """The object of the data; where INS is odd, it has no padding indicator (ISO/IEC 7816-4, 10.2.2)."""
    if not data:
        return b""
    cryptogram = encipher(state, pad(data, state.block))
    if instruction & 1:
        return written("85", cryptogram)
    return written("87", PADDED + cryptogram)
