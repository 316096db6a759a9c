# SPDX-License-Identifier: MIT
"""A PIV card in software (NIST SP 800-73-4, parts 1 and 2); its holder and its keys are made up."""

from __future__ import annotations

from dataclasses import dataclass, field

from cardlib.core.model import Command
from cardlib.core.secure import written
from cardlib.core.tlv import first

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

AID = bytes.fromhex("A000000308000010000100")
PREFIX = AID[:9]  # what a reader selects: without the version
RID = AID[:5]
PIN = b"284517\xff\xff"
HOLDER = "DOE.JANE.0000000000"
RSA_2048, P_256 = 0x07, 0x11  # SP 800-78-4, table 6-2
AUTHENTICATION, SIGNATURE, CARD = 0x9A, 0x9C, 0x9E
PIN_REFERENCE = 0x80
# Objects by their tag (SP 800-73-4 part 1, table 3)
CAPABILITIES, HOLDER_ID, DISCOVERY, PRINTED = "5FC107", "5FC102", "7E", "5FC109"
CERTIFICATES = {AUTHENTICATION: "5FC105", SIGNATURE: "5FC10A", CARD: "5FC101"}
AGENCY = "D4E739DA739CED39CE739D836858210842108421C84210C3EB"  # FASC-N of a non-federal issuer
GUID = bytes.fromhex("2B7C1D0E5F4A4C3B9A8D7E6F50413223")
CHECK = bytes.fromhex("FE00")  # the error detection code is empty
RESPONSE, CHALLENGE = "82", "81"  # in the template 7C (SP 800-73-4 part 2, 3.2.4)


@dataclass
class Holding:
    """What the card holds: a key by its reference, and the certificate that it shows for it."""

    keys: dict[int, token_keys.PrivateKey] = field(default_factory=dict)
    certificates: dict[int, bytes] = field(default_factory=dict)


def holding() -> Holding:
    """An RSA key and two on a curve, each with its certificate."""
    made = Holding()
    made.keys[AUTHENTICATION] = token_keys.rsa_key("token")
    made.keys[SIGNATURE] = token_keys.curve_key("PIV signature")
    made.keys[CARD] = token_keys.curve_key("PIV card authentication")
    for place, (reference, key) in enumerate(made.keys.items()):
        made.certificates[reference] = token_keys.certificate(key, HOLDER, 4711 + place)
    return made


def container(*objects: tuple[str, bytes]) -> bytes:
    """The objects of a container, and the error detection code."""
    return b"".join(written(tag, value) for tag, value in objects) + CHECK


def objects(held: Holding) -> dict[str, bytes]:
    """What GET DATA gives, by tag; the discovery object stands alone, all others in 53."""
    card_id = bytes.fromhex("A000000116FF02") + GUID[:14]
    empty = [(tag, b"") for tag in ("F3", "F6", "F7", "FA", "FB", "FC", "FD")]
    capabilities = [("F0", card_id), ("F1", b"\x21"), ("F2", b"\x21"), ("F4", b"\0")]
    capabilities += [("F5", b"\x10"), *empty]
    holder_id = [("30", bytes.fromhex(AGENCY)), ("34", GUID), ("35", b"20360101"), ("3E", b"")]
    printed = [("01", b"Doe, Jane"), ("02", b"EMPLOYEE"), ("04", b"2036JAN01"), ("05", b"4711")]
    contents = {
        CAPABILITIES: container(*capabilities),
        HOLDER_ID: container(*holder_id),
        PRINTED: container(*printed, ("06", b"EXAMPLE")),
    }
    for reference, tag in CERTIFICATES.items():
        shown = held.certificates[reference]
        contents[tag] = container(("70", shown), ("71", b"\0"))
    made = {tag: written("53", content) for tag, content in contents.items()}
    policy = written("5F2F", bytes.fromhex("4000"))
    made[DISCOVERY] = written("7E", written("4F", AID) + policy)
    return made


class PivCard(Token):
    """One card. `always_asks`: the key for signatures wants the PIN each time (SP 800-73-4 part 1)."""

    atr = answer_to_reset(b"PIVTEST1")

    def __init__(self, held: Holding | None = None, always_asks: bool = True) -> None:
        super().__init__()
        self.always_asks = always_asks
        self.held = held or holding()
        self.objects = objects(self.held)
        self.pin = Secret(PIN)
        self.selected = False

    def reset(self) -> None:
        self.selected = False
        self.pin.given = False

    def handle(self, command: Command) -> Answer:
        if command.ins == 0xA4:
            return self._select(command)
        if not self.selected:
            return b"", NOT_FOUND
        if command.ins == 0xCB:
            return self._get_data(command)
        if command.ins == 0x20:
            return b"", self._verify(command)
        if command.ins == 0x87:
            return self._authenticate(command)
        return b"", UNKNOWN

    def _select(self, command: Command) -> Answer:
        """By AID, with or without its version (SP 800-73-4 part 2, 3.1.1)."""
        if command.p1 != 4 or not command.data or not AID.startswith(command.data):
            return b"", NOT_FOUND
        self.selected = True
        authority = written("79", written("4F", RID))
        return written("61", written("4F", AID[5:]) + authority), OK

    def _get_data(self, command: Command) -> Answer:
        if (command.p1, command.p2) != (0x3F, 0xFF) or command.data[:1] != b"\x5c":
            return b"", WRONG_PARAMETERS
        tag = command.data[2:].hex().upper()
        if tag == PRINTED and not self.pin.given:
            return b"", NO_RIGHT
        if tag not in self.objects:
            return b"", NOT_FOUND
        return self.objects[tag], OK

    def _verify(self, command: Command) -> int:
        if command.p2 != PIN_REFERENCE:
            return WRONG_REFERENCE
        if not command.data:
            return self.pin.asked()
        if len(command.data) != len(PIN):
            return WRONG_DATA
        return self.pin.verify(command.data)

    def _authenticate(self, command: Command) -> Answer:
        """GENERAL AUTHENTICATE: sign a challenge with the key of P2 (SP 800-73-4 part 2, A.4)."""
        key = self.held.keys.get(command.p2)
        if key is None:
            return b"", WRONG_PARAMETERS
        challenge = first(command.data, CHALLENGE).get(CHALLENGE, b"")
        if not challenge:
            return b"", WRONG_DATA
        if command.p2 != CARD and not self.pin.given:
            return b"", NO_RIGHT
        if command.p2 == SIGNATURE and self.always_asks:
            self.pin.given = False
        signature = token_keys.raw_signature(key, challenge)
        return written("7C", written(RESPONSE, signature)), OK
