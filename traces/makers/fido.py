# SPDX-License-Identifier: MIT
"""A FIDO2 authenticator over NFC in software (FIDO CTAP 2.1, 6 and 11.3); its accounts and its keys are made up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from cardlib.core.model import Command

from . import cbor, token_keys
from .smart_token import NO_CLASS, NOT_FOUND, OK, UNKNOWN, Answer, Token

AID = bytes.fromhex("A0000006472F0001")
AAGUID = bytes.fromhex("6D6164652075702062792061206D616B")  # text of its own: registered nowhere
MAKE, GET, INFO = 0x01, 0x02, 0x04
DONE, INVALID_COMMAND, INVALID_CBOR, NO_ALGORITHM, NO_CREDENTIALS = 0x00, 0x01, 0x12, 0x26, 0x2E
MESSAGE, CONTROL = 0x10, 0x12
ES256 = -7  # ECDSA on P-256 with SHA-256 (RFC 9053, 2.1)
USER_PRESENT, WITH_CREDENTIAL = 0x01, 0x40
Reply = tuple[int, dict[int, Any]]


@dataclass
class Credential:
    """A key for one site."""

    identifier: bytes
    site: str
    user: dict[str, Any]
    key: ec.EllipticCurvePrivateKey


class Authenticator(Token):
    """One authenticator; `counter` counts its signatures, of all sites together."""

    atr = bytes.fromhex("3B80800101")

    def __init__(self, name: str = "FIDO", counter: int = 0) -> None:
        super().__init__()
        self.name = name
        self.counter = counter
        self.credentials: list[Credential] = []
        self.selected = False

    def reset(self) -> None:
        self.selected = False

    def handle(self, command: Command) -> Answer:
        if command.ins == 0xA4:
            self.selected = command.data == AID
            if not self.selected:
                return b"", NOT_FOUND
            return b"FIDO_2_0", OK
        if not self.selected:
            return b"", NOT_FOUND
        if command.cla & 0x80 == 0:
            return b"", NO_CLASS
        if command.ins == CONTROL:
            self.selected = False
            return b"", OK
        if command.ins != MESSAGE or not command.data:
            return b"", UNKNOWN
        return self._reply(command.data), OK

    def _reply(self, message: bytes) -> bytes:
        """A status byte and CBOR for a command byte and CBOR (6)."""
        actions: dict[int, Callable[[dict[int, Any]], Reply]] = {
            MAKE: self._make,
            GET: self._get,
            INFO: self._info,
        }
        action = actions.get(message[0])
        if action is None:
            return bytes((INVALID_COMMAND,))
        try:
            parameters = cbor.decode(message[1:] or b"\xa0")
            status, content = action(parameters)
        except (ValueError, KeyError, TypeError, AttributeError):
            return bytes((INVALID_CBOR,))
        if status:
            return bytes((status,))
        return bytes((status,)) + cbor.encode(content)

    def _info(self, _: dict[int, Any]) -> Reply:
        """What it can do (6.4)."""
        content = {
            1: ["FIDO_2_0"],
            3: AAGUID,
            4: {"rk": True, "up": True, "plat": False},
            5: 1200,
            9: ["nfc"],
            10: [{"alg": ES256, "type": "public-key"}],
        }
        return DONE, content

    def _make(self, asked: dict[int, Any]) -> Reply:
        """A new key for a site, which signs for itself: self attestation (6.1)."""
        if all(offer["alg"] != ES256 for offer in asked[4]):
            return NO_ALGORITHM, {}
        site = asked[2]["id"]
        key = token_keys.curve_key(f"{self.name} {site} {len(self.credentials)}")
        identifier = hashlib.sha256(token_keys.point(key)).digest()
        credential = Credential(identifier, site, asked[3], key)
        self.credentials.append(credential)
        public = token_keys.point(key)
        cose = {1: 2, 3: ES256, -1: 1, -2: public[1:33], -3: public[33:]}
        proof = AAGUID + len(identifier).to_bytes(2) + identifier + cbor.encode(cose)
        data = self._authenticator_data(site, WITH_CREDENTIAL) + proof
        signature = _signed(credential, data, asked[1])
        return DONE, {1: "packed", 2: data, 3: {"alg": ES256, "sig": signature}}

    def _get(self, asked: dict[int, Any]) -> Reply:
        """A signature with the key of a site (6.2)."""
        allowed = [entry["id"] for entry in asked.get(3, [])]
        for credential in self.credentials:
            is_allowed = not allowed or credential.identifier in allowed
            if credential.site == asked[1] and is_allowed:
                data = self._authenticator_data(credential.site)
                shown = {"id": credential.identifier, "type": "public-key"}
                return DONE, {1: shown, 2: data, 3: _signed(credential, data, asked[2])}
        return NO_CREDENTIALS, {}

    def _authenticator_data(self, site: str, flags: int = 0) -> bytes:
        """Which site, what was checked, and the counter (6.1.1)."""
        self.counter += 1
        hashed = hashlib.sha256(site.encode()).digest()
        return hashed + bytes((USER_PRESENT | flags,)) + self.counter.to_bytes(4)


def _signed(credential: Credential, data: bytes, client: bytes) -> bytes:
    digest = hashlib.sha256(data + client).digest()
    return token_keys.raw_signature(credential.key, digest)
