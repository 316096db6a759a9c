# SPDX-License-Identifier: MIT
"""An OpenPGP card in software (OpenPGP Smart Card Application 3.4); its holder and its keys are made up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec

from cardlib.core.model import Command
from cardlib.core.secure import written

from . import token_keys
from .smart_token import (
    NO_RIGHT,
    NOT_FOUND,
    OK,
    UNKNOWN,
    WRONG_DATA,
    WRONG_PARAMETERS,
    WRONG_REFERENCE,
    Answer,
    Secret,
    Token,
    answer_to_reset,
)

NAME = bytes.fromhex("D27600012401")
# Version 3.4, a manufacturer of the range for tests (4.2.1), a made-up number
AID = NAME + bytes.fromhex("0304FFFE000047110000")
PIN, ADMINISTRATOR = b"284517", b"91735528"
SIGN_PIN, USER_PIN, ADMINISTRATOR_PIN = 0x81, 0x82, 0x83
CREATED = 1_767_225_600  # 2026-01-01, of all three keys
P_256 = bytes.fromhex("2A8648CE3D030107")
ECDSA, ECDH = b"\x13", b"\x12"  # 4.4.3.9
SIGN, DECIPHER, AUTHENTICATE = "B6", "B8", "A4"  # how commands call the keys (4.4.3.1)
HASH_BEGINS_AT_ONCE = 0x9E9A
CERTIFICATE = bytes.fromhex("7F21")
OF_CARDHOLDER = written("60", written("5C", CERTIFICATE))  # what SELECT DATA asks for (7.2.5)
BY_TAG_LIST = 0x04


def keys() -> dict[str, ec.EllipticCurvePrivateKey]:
    """The three keys, by their control reference template."""
    return {use: token_keys.curve_key(f"OpenPGP {use}") for use in (SIGN, DECIPHER, AUTHENTICATE)}


def attributes(use: str) -> bytes:
    """The algorithm of a key and its curve (4.4.3.9)."""
    algorithm = ECDSA
    if use == DECIPHER:
        algorithm = ECDH
    return algorithm + P_256


def fingerprint(use: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The fingerprint of a public key, version 4 (RFC 4880, 12.2; RFC 6637, 9)."""
    body = b"\x04" + CREATED.to_bytes(4) + attributes(use)[:1]
    body += bytes((len(P_256),)) + P_256 + _integer(token_keys.point(key))
    if use == DECIPHER:
        body += bytes.fromhex("03010807")  # SHA-256 and AES-128 to wrap the session key
    packet = b"\x99" + len(body).to_bytes(2) + body
    return hashlib.sha1(packet, usedforsecurity=False).digest()


def _integer(data: bytes) -> bytes:
    """A multiprecision integer: its bits, then its bytes (RFC 4880, 3.2)."""
    bits = int.from_bytes(data).bit_length()
    return bits.to_bytes(2) + data


class OpenPgpCard(Token):
    """One card."""

    atr = answer_to_reset(b"PGPTEST1")

    def __init__(self) -> None:
        super().__init__()
        self.keys = keys()
        self.pins = {SIGN_PIN: Secret(PIN), ADMINISTRATOR_PIN: Secret(ADMINISTRATOR)}
        self.user_given = False  # VERIFY with 82 is for all but signatures; its value is that of 81
        self.signatures = 31
        self.selected = False
        holder = token_keys.certificate(self.keys[AUTHENTICATE], "Jane Doe", 4731)
        self.certificates = (holder, b"", b"")  # to authenticate, to decipher, to sign (4.4.1)
        self.occurrence = 0  # which of them GET DATA reads

    def reset(self) -> None:
        self.selected = self.user_given = False
        self.occurrence = 0
        for pin in self.pins.values():
            pin.given = False

    def handle(self, command: Command) -> Answer:
        if command.ins == 0xA4:
            return self._select(command)
        actions: dict[int, Callable[[Command], Answer]] = {
            0xCA: self._get_data,
            0x20: self._verify,
            0x2A: self._operate,
            0x88: self._authenticate,
            0x47: self._public_key,
            0xA5: self._select_data,
        }
        action = actions.get(command.ins)
        if not self.selected:
            return b"", NOT_FOUND
        if action is None:
            return b"", UNKNOWN
        return action(command)

    def _select(self, command: Command) -> Answer:
        if command.p1 != 4 or not AID.startswith(command.data):
            return b"", NOT_FOUND
        self.selected = True
        self.occurrence = 0
        return b"", OK

    def _select_data(self, command: Command) -> Answer:
        """Choose one of the three certificates; P1 counts from 0 (7.2.5)."""
        if command.p2 != BY_TAG_LIST or command.p1 >= len(self.certificates):
            return b"", WRONG_REFERENCE
        if command.data != OF_CARDHOLDER:
            return b"", WRONG_DATA
        self.occurrence = command.p1
        return b"", OK

    def _get_data(self, command: Command) -> Answer:
        objects: dict[int, Callable[[], bytes]] = {
            0x004F: lambda: AID,
            0x5F52: self._historical,
            0x006E: self._application,
            0x0065: self._holder,
            0x007A: self._support,
            0x00C4: self._pin_status,
            0x005E: lambda: b"jane.doe",
            0x5F50: lambda: b"https://keys.example.org/jane.asc",
            0x7F66: lambda: bytes.fromhex("02020800" + "02020800"),
            0x7F21: lambda: self.certificates[self.occurrence],
            0x0101: bytes,
            0x0102: bytes,
        }
        content = objects.get(command.p1 << 8 | command.p2)
        if content is None:
            return b"", WRONG_REFERENCE
        return content(), OK

    def _historical(self) -> bytes:
        """Category 00, card capabilities with chaining, life cycle 05 (6.1)."""
        return bytes.fromhex("0073000080059000")

    def _application(self) -> bytes:
        """Application related data, with all in them (4.4.1)."""
        prints = b"".join(fingerprint(use, key) for use, key in self.keys.items())
        extended = bytes.fromhex("7C000800080000FF0001")
        inner = written("C0", extended)
        for tag, use in zip(("C1", "C2", "C3"), self.keys, strict=True):
            inner += written(tag, attributes(use))
        inner += written("C4", self._pin_status()) + written("C5", prints)
        inner += written("C6", bytes(60)) + written("CD", CREATED.to_bytes(4) * 3)
        discretionary = written("73", inner)
        lengths = written("7F66", bytes.fromhex("0202080002020800"))
        head = written("4F", AID) + written("5F52", self._historical())
        return written("6E", head + lengths + discretionary)

    def _holder(self) -> bytes:
        """Cardholder related data: name, language, sex."""
        name = written("5B", b"Doe<<Jane")
        return written("65", name + written("5F2D", b"en") + written("5F35", b"9"))

    def _support(self) -> bytes:
        """Security support template: the counter of signatures."""
        return written("7A", written("93", self.signatures.to_bytes(3)))

    def _pin_status(self) -> bytes:
        """Valid for one signature; longest PINs; tries that are left (4.4.1)."""
        user, administrator = self.pins[SIGN_PIN].left, self.pins[ADMINISTRATOR_PIN].left
        return bytes((0, 32, 32, 32, user, 0, administrator))

    def _verify(self, command: Command) -> Answer:
        reference = command.p2
        if reference == USER_PIN:
            reference = SIGN_PIN
        pin = self.pins.get(reference)
        if pin is None or command.p1:
            return b"", WRONG_PARAMETERS
        if not command.data:
            return b"", self._asked(command.p2, pin)
        signs_before = pin.given
        word = pin.verify(command.data)
        if command.p2 == USER_PIN:
            self.user_given = word == OK
            pin.given = signs_before
        return b"", word

    def _asked(self, reference: int, pin: Secret) -> int:
        if reference == USER_PIN and self.user_given:
            return OK
        return pin.asked()

    def _operate(self, command: Command) -> Answer:
        """PERFORM SECURITY OPERATION: sign a hash (7.2.10), or agree on a key (7.2.11)."""
        if command.p1 << 8 | command.p2 == HASH_BEGINS_AT_ONCE:
            return self._sign(command)
        if (command.p1, command.p2) != (0x80, 0x86):
            return b"", WRONG_PARAMETERS
        if not self.user_given:
            return b"", NO_RIGHT
        return self._agree(command.data)

    def _sign(self, command: Command) -> Answer:
        pin = self.pins[SIGN_PIN]
        if not pin.given:
            return b"", NO_RIGHT
        pin.given = False  # valid for one signature
        self.signatures += 1
        return plain_signature(self.keys[SIGN], command.data), OK

    def _agree(self, data: bytes) -> Answer:
        """The point of the other side stands in A6/7F49/86; the shared secret is its x."""
        at = data.find(b"\x86\x41")
        if at < 0:
            return b"", WRONG_DATA
        try:
            other = ec.EllipticCurvePublicKey.from_encoded_point(
                ec.SECP256R1(), data[at + 2 : at + 67]
            )
        except ValueError:
            return b"", WRONG_DATA
        return self.keys[DECIPHER].exchange(ec.ECDH(), other), OK

    def _authenticate(self, command: Command) -> Answer:
        """INTERNAL AUTHENTICATE: a client or a server lets the card sign (7.2.13)."""
        if not self.user_given:
            return b"", NO_RIGHT
        return plain_signature(self.keys[AUTHENTICATE], command.data), OK

    def _public_key(self, command: Command) -> Answer:
        """GENERATE ASYMMETRIC KEY PAIR with 81: the public key that is there (7.2.14)."""
        use = command.data[:1].hex().upper()
        if command.p1 != 0x81 or use not in self.keys:
            return b"", WRONG_PARAMETERS
        return written("7F49", written("86", token_keys.point(self.keys[use]))), OK


def plain_signature(key: ec.EllipticCurvePrivateKey, digest: bytes) -> bytes:
    """r and s of an ECDSA signature one behind the other (7.2.10)."""
    return token_keys.plain(token_keys.raw_signature(key, digest))
