# SPDX-License-Identifier: MIT
"""A PKCS#15 token in software: files that say which keys, certificates and PINs it has (ISO/IEC 7816-15).

It only lets itself be read; its holder, its keys and its numbers are made up.
"""

from __future__ import annotations

from cardlib.core.model import Command
from cardlib.core.secure import written

from . import token_keys
from .der import number, sequence
from .smart_token import (
    BEYOND,
    NOT_FOUND,
    OK,
    UNKNOWN,
    WRONG_PARAMETERS,
    Answer,
    Token,
    answer_to_reset,
)

AID = bytes.fromhex("A000000063504B43532D3135")
LABEL = "Token of Jane Doe"
HOLDER = "DOE.JANE.0000000000"
SERIAL = bytes.fromhex("0000471100004711")
MF, DIRECTORY_FILE, APPLICATION = "3F00", "2F00", "5015"
OBJECTS, TOKEN_INFO = "5031", "5032"
PINS, PRIVATE_KEYS, PUBLIC_KEYS, CERTIFICATES, DATA = "4401", "4402", "4403", "4404", "4405"
# Choices of PKCS15Objects (ISO/IEC 7816-15, 8.3)
CHOICES = {"A0": PRIVATE_KEYS, "A1": PUBLIC_KEYS, "A4": CERTIFICATES, "A7": DATA, "A8": PINS}
KEY_ID, PIN_ID = b"\x45", b"\x01"
# Bit strings: the bits that are not used, then the bits, the first on the left (ISO/IEC 8825-1, 8.6)
PRIVATE = bytes.fromhex("0780")  # flags of an object (8.2.3)
SIGNS = bytes.fromhex("0520")  # bit 2 of the use of a key (8.2.9)
VERIFIES = bytes.fromhex("0102")  # bit 6
NEVER_EXTRACTABLE = bytes.fromhex("03B8")  # sensitive, always so, never given out, made here
LOCAL_INITIALIZED = bytes.fromhex("024C")  # of a PIN: local, initialised, needs padding
FROM_HERE, FROM_MF = 0x02, 0x08  # P1 of SELECT: an EF of this DF, a path from the MF
IS_FILE, IS_DIRECTORY = b"\x01", b"\x38"


def text(value: str) -> bytes:
    return written("0C", value.encode())


def octets(value: bytes) -> bytes:
    return written("04", value)


def bits(value: bytes) -> bytes:
    """A BIT STRING whose first byte counts the bits that are not used."""
    return written("03", value)


def path(*files: str) -> bytes:
    """A path from the MF (8.2.5)."""
    return sequence(octets(bytes.fromhex(MF + "".join(files))))


def named(label: str, flags: bytes = b"", pin: bytes = b"") -> bytes:
    """Common attributes of an object: its label, its flags, which PIN opens it (8.2.3)."""
    parts = text(label)
    if flags:
        parts += bits(flags)
    if pin:
        parts += octets(pin)
    return sequence(parts)


def typed(*parts: bytes) -> bytes:
    """What is special about the type of an object (8.2.2)."""
    return written("A1", sequence(*parts))


def private_keys() -> bytes:
    key = sequence(octets(KEY_ID), bits(SIGNS), bits(NEVER_EXTRACTABLE), number(1))
    value = typed(path(APPLICATION, "4B01"), number(2048))
    return sequence(named("Signature key", PRIVATE, PIN_ID), key, value)


def public_keys() -> bytes:
    key = sequence(octets(KEY_ID), bits(VERIFIES))
    return sequence(named("Signature key"), key, typed(path(APPLICATION, "4A01"), number(2048)))


def certificates() -> bytes:
    identified = sequence(octets(KEY_ID))
    return sequence(named("Certificate of Jane Doe"), identified, typed(path(APPLICATION, "4501")))


def data_objects() -> bytes:
    application = sequence(text("Notes"))
    return sequence(
        named("Note of Jane Doe"), application, written("A1", path(APPLICATION, "4601"))
    )


def pins() -> bytes:
    """A PIN of four to eight digits, padded with FF, reference 81 (8.9)."""
    code = sequence(
        bits(LOCAL_INITIALIZED),
        written("0A", b"\x01"),
        number(4),
        number(8),
        number(8),
        written("80", bytes.fromhex("0081")),
        octets(b"\xff"),
        path(APPLICATION),
    )
    identified = sequence(octets(PIN_ID))
    return sequence(named("User PIN", PRIVATE), identified, written("A1", code))


def token_info() -> bytes:
    """Version 1, number, maker, label, flags: a PIN is needed, random numbers are made (8.10)."""
    return sequence(
        number(0),
        octets(SERIAL),
        text("Made-up maker"),
        written("80", LABEL.encode()),
        bits(bytes.fromhex("0560")),
    )


def object_directory() -> bytes:
    """Which file lists objects of which class (8.3)."""
    return b"".join(written(tag, path(APPLICATION, file)) for tag, file in CHOICES.items())


def public_key() -> bytes:
    """RSAPublicKey (RFC 8017, A.1.1)."""
    numbers = token_keys.rsa_key("token").public_key().public_numbers()
    return sequence(number(numbers.n), number(numbers.e))


def files() -> dict[tuple[str, ...], bytes]:
    """The files by their path."""
    listed = written("4F", AID) + written("50", LABEL.encode())
    listed += written("51", bytes.fromhex(MF + APPLICATION))
    owner = token_keys.rsa_key("token")
    below = {
        OBJECTS: object_directory(),
        TOKEN_INFO: token_info(),
        PINS: pins(),
        PRIVATE_KEYS: private_keys(),
        PUBLIC_KEYS: public_keys(),
        CERTIFICATES: certificates(),
        DATA: data_objects(),
        "4A01": public_key(),
        "4501": token_keys.certificate(owner, HOLDER, 4721),
        "4601": octets(b"made up"),
    }
    found: dict[tuple[str, ...], bytes] = {(DIRECTORY_FILE,): written("61", listed)}
    for name, content in below.items():
        found[APPLICATION, name] = content
    return found


class Pkcs15Card(Token):
    """One card; `files` may be changed before it is used."""

    atr = answer_to_reset(b"P15TEST1")

    def __init__(self) -> None:
        super().__init__()
        self.files = files()
        self.directory: tuple[str, ...] = ()
        self.file: tuple[str, ...] | None = None

    def reset(self) -> None:
        self.directory, self.file = (), None

    def handle(self, command: Command) -> Answer:
        if command.ins == 0xA4:
            return self._select(command)
        if command.ins == 0xB0:
            return self._read(command)
        return b"", UNKNOWN

    def _select(self, command: Command) -> Answer:
        if command.p1 == 4:
            if command.data != AID:
                return b"", NOT_FOUND
            return self._selected((APPLICATION,), command)
        names = tuple(command.data.hex(" ", -2).upper().split())
        if names[:1] == (MF,):
            return self._selected(names[1:], command)
        start = self.directory
        if command.p1 == FROM_MF:
            start = ()
        return self._selected((*start, *names), command)

    def _selected(self, place: tuple[str, ...], command: Command) -> Answer:
        if place in self.files:
            self.directory, self.file = place[:-1], place
        elif place in ((), (APPLICATION,)):
            self.directory, self.file = place, None
        else:
            return b"", NOT_FOUND
        if command.p2 & 0x0C == 0x0C:
            return b"", OK
        return written("6F", self._described(place)), OK

    def _described(self, place: tuple[str, ...]) -> bytes:
        """Size, kind and identifier of a file (ISO/IEC 7816-4, 7.4.3)."""
        identifier = written("83", bytes.fromhex((MF, *place)[-1]))
        if place not in self.files:
            name = b""
            if place == (APPLICATION,):
                name = written("84", AID)
            return written("82", IS_DIRECTORY) + identifier + name
        size = written("81", len(self.files[place]).to_bytes(2))
        return size + written("82", IS_FILE) + identifier

    def _read(self, command: Command) -> Answer:
        if self.file is None or command.p1 & 0x80:
            return b"", WRONG_PARAMETERS
        content = self.files[self.file]
        offset = command.p1 << 8 | command.p2
        if offset >= len(content):
            return b"", BEYOND
        return content[offset : offset + (command.le or 256)], OK
