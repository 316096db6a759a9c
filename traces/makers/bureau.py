# SPDX-License-Identifier: MIT
"""A small bureau that personalises made-up payment cards: the host of a secure channel, what it writes (EMV CPS)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from cardlib.crypto import blocks, scp02, scp03
from cardlib.crypto.channels import StaticKeys
from cardlib.crypto.static_keys import Greeting, session_of

Transmit = Callable[[bytes], bytes]
PACKAGE, APPLET = bytes.fromhex("F0434152444C4942"), bytes.fromhex("F0434152444C494201")
DES, AES = 0x80, 0x88
DGI, ENCIPHERED, LAST = 0x08, 0x60, 0x80
BLOCK = 200  # bytes of a load file in a command


@dataclass
class Wares:
    """What is written to one card: its number in track 2, its PIN block and three keys."""

    number: str
    keys: bytes
    pin_block: bytes

    @property
    def groupings(self) -> list[tuple[str, bytes]]:
        """The data groupings in the order of their writing."""
        track = bytes.fromhex(f"{self.number}D3012201" + "0" * 11 + "F")
        number = bytes.fromhex(self.number)
        record = tlv("5A", number) + tlv("57", track) + tlv("5F24", bytes.fromhex("301231"))
        label = tlv("50", b"TEST DEBIT") + tlv("87", b"\x01")
        check_values = [blocks.kcv(self.keys[place : place + 16]) for place in (0, 16, 32)]
        return [
            ("0101", tlv("70", record)),
            ("9102", tlv("A5", label)),
            ("8000", self.keys),
            ("9000", b"".join(check_values)),
            ("8010", self.pin_block),
            ("9010", b"\x03\x03"),
        ]


def tlv(tag: str, value: bytes) -> bytes:
    """A data object with a length of one byte."""
    return bytes.fromhex(tag) + bytes([len(value)]) + value


def load_file() -> bytes:
    """The code of a made-up applet: four components of a CAP file."""
    header = bytes.fromhex("DECAFFED010204000108") + PACKAGE
    applets = b"\x01" + bytes([len(APPLET)]) + APPLET + b"\x00\x10"
    method = bytes.fromhex("0110188C0001181D0441181D258B00027A") * 20
    components = b""
    for number, content in ((1, header), (3, applets), (6, bytes(40)), (7, method)):
        components += bytes([number]) + len(content).to_bytes(2, "big") + content
    return b"\xc4\x82" + len(components).to_bytes(2, "big") + components


class Bureau:
    """The host: it opens a channel to a card with its keys, and sends what a personalisation needs."""

    def __init__(self, transmit: Transmit, keys: StaticKeys, seed: int) -> None:
        self.transmit = transmit
        self.keys = keys
        self.random = Random(seed)
        self.session: Any = None

    def select(self, aid: bytes) -> None:
        """SELECT of the security domain."""
        self.session = None
        self.transmit(b"\x00\xa4\x04\x00" + bytes([len(aid)]) + aid + b"\x00")

    def ask(self, text: str) -> bytes:
        """A command in clear."""
        return self.transmit(bytes.fromhex(text))

    def authenticate(self, level: int, host: bytes = b"", spoiled: bool = False) -> bytes:
        """INITIALIZE UPDATE and EXTERNAL AUTHENTICATE with a security level; the last answer."""
        host = host or self.random.randbytes(8)
        answer = self.transmit(b"\x80\x50\x00\x00\x08" + host + b"\x00")
        session = session_of(greeting_of(host, answer), self.keys)
        header = bytes([0x84, 0x82, level, 0])
        cryptogram = session.host_cryptogram
        if spoiled:
            cryptogram = bytes(8)
        sent, session = replace(session, level=1).wrap(header, cryptogram)
        if isinstance(session, scp03.Session):
            session = replace(session, counter=0)
        self.session = replace(session, level=level)
        return self.transmit(header + bytes([len(sent)]) + sent)

    def send(self, ins: int, p1: int, p2: int, data: bytes) -> bytes:
        """A command under the level of the channel; its answer as it came."""
        secured, self.session = self.session.wrap(bytes([0x84, ins, p1, p2]), data)
        cla = 0x84 if self.session.level else 0x80
        return self.transmit(bytes([cla, ins, p1, p2, len(secured)]) + secured)

    def load(self, hashed: bool = False) -> None:
        """INSTALL [for load], perhaps with the hash of the code, then the code block by block."""
        code = load_file()
        digest = b""
        if hashed:
            digest = hashlib.sha256(code).digest()
        fields = [PACKAGE, b"", digest, b"", b""]
        self.send(0xE6, 0x02, 0, joined(fields))
        pieces = [code[place : place + BLOCK] for place in range(0, len(code), BLOCK)]
        *first, last = pieces
        for number, piece in enumerate(first):
            self.send(0xE8, 0, number, piece)
        self.send(0xE8, LAST, len(first), last)

    def install(self) -> None:
        """INSTALL [for install and make selectable], then [for personalization]."""
        privileges = b"\0"
        parameters = b"\xc9\x00"
        fields = [PACKAGE, APPLET, APPLET, privileges, parameters, b""]
        self.send(0xE6, 0x0C, 0, joined(fields))
        fields = [b"", b"", APPLET, b"", b"", b""]
        self.send(0xE6, 0x20, 0, joined(fields))

    def personalise(self, wares: Wares, in_clear: bool = False) -> None:
        """STORE DATA, a data grouping a command; keys and PIN under the data encryption key unless `in_clear`."""
        groupings = wares.groupings
        for number, (identifier, value) in enumerate(groupings):
            p1 = DGI
            if identifier.startswith("8") and not in_clear:
                p1 |= ENCIPHERED
                value = self._under_dek(value)
            if number == len(groupings) - 1:
                p1 |= LAST
            block = bytes.fromhex(identifier) + bytes([len(value)]) + value
            self.send(0xE2, p1, number, block)

    def _under_dek(self, value: bytes) -> bytes:
        """A secret as the DEK enciphers it: SCP03 in blocks of 16 bytes."""
        if isinstance(self.session, scp03.Session) and len(value) % 16:
            value = blocks.pad(value, 16)
        enciphered: bytes = self.session.encipher_key(value)
        return enciphered

    def put_keys(self, version: int, keys: StaticKeys, wrong_kcv: bool = False) -> bytes:
        """PUT KEY of three keys with their check values."""
        data = bytes([version])
        head = bytes([DES, 16])
        check_value = blocks.kcv
        if isinstance(self.session, scp03.Session):
            head = bytes([AES, 17, 16])
            check_value = blocks.aes_kcv
        for key in (keys.enc, keys.mac, keys.dek):
            check = check_value(key)
            if wrong_kcv:
                check = bytes(3)
            value = self.session.encipher_key(key)
            data += head + value + lv(check)
        return self.send(0xD8, 0, 0x81, data)

    def set_status(self, state: int, aid: bytes) -> None:
        """SET STATUS of the card."""
        self.send(0xF0, 0x80, state, aid)

    def registry(self) -> None:
        """GET STATUS of the security domain, the load files and the applications."""
        for kind in (0x80, 0x20, 0x40):
            self.send(0xF2, kind, 0x02, b"\x4f\x00")


def lv(value: bytes) -> bytes:
    """A value behind its length."""
    return bytes([len(value)]) + value


def joined(fields: Iterable[bytes]) -> bytes:
    """Values, each behind its length."""
    return b"".join(map(lv, fields))


def greeting_of(host: bytes, answer: bytes) -> Greeting:
    """What INITIALIZE UPDATE of a card of `managed` says."""
    data = answer[:-2]
    if data[11] == scp02.PROTOCOL:
        counter = data[12:14]
        challenge = data[14:20]
        return Greeting(host, data[:10], data[10], 2, 0, counter, challenge, data[20:])
    counter = data[29:]
    challenge = data[13:21]
    return Greeting(host, data[:10], data[10], 3, data[12], counter, challenge, data[21:29])
