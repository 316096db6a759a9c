# SPDX-License-Identifier: MIT
"""Programs that use tokens: what a login, a signature and a registration send (SP 800-73-4, OpenPGP card 3.4, CTAP)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from cardlib.core.secure import written

from . import cbor, fido, openpgp, piv

Transmit = Callable[[bytes], bytes]
MOST = 255  # bytes in a short command
FULL = bytes((MOST,))
MORE, CHAINED = 0x61, 0x10
GET_RESPONSE = bytes.fromhex("00C00000")
# The hash of a message in a DigestInfo with SHA-256 (RFC 8017, 9.2)
DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420")
RSA_SIZE = 256
# In authenticator data: behind hash, flags, counter and AAGUID (FIDO CTAP 2.1, 6.1)
SIZE_AT, IDENTIFIER_AT = 53, 55
FOR_ONE_SIGNATURE, FOR_ALL_ELSE = openpgp.SIGN_PIN, openpgp.USER_PIN


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


class Reader:
    """Sends commands of any length, and fetches long answers."""

    def __init__(self, transmit: Transmit) -> None:
        self.transmit = transmit

    def send(self, header: str, data: bytes = b"", le: bool = True) -> bytes:
        """The data of an answer, all pieces together; `header` is class to P2 in hex."""
        start = bytes.fromhex(header)
        chained = bytearray(start)
        chained[0] |= CHAINED
        while len(data) > MOST:
            piece, data = data[:MOST], data[MOST:]
            self.transmit(bytes(chained) + FULL + piece)
        command = start
        if data:
            command += bytes((len(data),))
            command += data
        if le:
            command += b"\0"
        answer = self.transmit(command)
        whole = answer[:-2]
        while answer[-2] == MORE:
            waiting = answer[-1:]
            answer = self.transmit(GET_RESPONSE + waiting)
            whole += answer[:-2]
        return whole


class PivProgram(Reader):
    """A program that logs in and signs with a PIV card."""

    def begin(self) -> None:
        """Select the application, and read who the holder is."""
        self.send("00A40400", piv.PREFIX)
        self.get(piv.DISCOVERY)
        self.get(piv.HOLDER_ID)

    def get(self, tag: str) -> bytes:
        """A data object by its tag."""
        wanted = written("5C", bytes.fromhex(tag))
        return self.send("00CB3FFF", wanted)

    def verify(self, pin: bytes = piv.PIN) -> None:
        self.send("00200080", pin, le=False)

    def prove(self, challenge: bytes) -> bytes:
        """The card signs a challenge with its RSA key for authentication."""
        self.get(piv.CERTIFICATES[piv.AUTHENTICATION])
        tail = DIGEST_INFO + digest(challenge)
        filling = b"\xff" * (RSA_SIZE - len(tail) - 3)
        block = b"\0\1" + filling + b"\0" + tail
        return self.authenticate(piv.RSA_2048, piv.AUTHENTICATION, block)

    def sign(self, message: bytes) -> bytes:
        """The card signs the hash of a message with its key for signatures."""
        return self.authenticate(piv.P_256, piv.SIGNATURE, digest(message))

    def authenticate(self, algorithm: int, reference: int, block: bytes) -> bytes:
        inner = written("82", b"")
        inner += written("81", block)
        header = f"0087{algorithm:02X}{reference:02X}"
        return self.send(header, written("7C", inner))


class OpenPgpProgram(Reader):
    """A program that signs mail and logs in with an OpenPGP card."""

    def begin(self) -> None:
        """Select the application, and read what it can do and whose it is."""
        self.send("00A40400", openpgp.NAME)
        for place in ("006E", "0065", "007A"):
            self.send(f"00CA{place}")

    def verify(self, reference: int, pin: bytes = openpgp.PIN) -> None:
        self.send(f"002000{reference:02X}", pin, le=False)

    def sign(self, message: bytes) -> bytes:
        return self.send("002A9E9A", digest(message))

    def log_in(self, challenge: bytes) -> bytes:
        return self.send("00880000", digest(challenge))

    def decipher(self, point: bytes) -> bytes:
        public = written("86", point)
        key = written("7F49", public)
        cipher = written("A6", key)
        return self.send("002A8086", cipher)


class FidoClient(Reader):
    """A browser, and the site that it is at."""

    site = "example.org"

    def begin(self) -> None:
        self.send("00A40400", fido.AID)
        self.ask(fido.INFO, {})

    def ask(self, code: int, parameters: dict[int, Any]) -> Any:
        """A CTAP command; the parameters of its answer."""
        message = bytes((code,))
        if parameters:
            message += cbor.encode(parameters)
        answer = self.send("80100000", message)
        parameters_answered = answer[1:]
        if not parameters_answered:
            return {}
        return cbor.decode(parameters_answered)

    def register(self, user: str, challenge: bytes) -> bytes:
        """A new credential; its identifier."""
        account = {"id": digest(user.encode())[:8], "name": user}
        kind = {"alg": fido.ES256, "type": "public-key"}
        site = {"id": self.site}
        parameters = {1: challenge, 2: site, 3: account, 4: [kind]}
        made = self.ask(fido.MAKE, parameters)
        data: bytes = made[2]
        size = int.from_bytes(data[SIZE_AT:IDENTIFIER_AT])
        return data[IDENTIFIER_AT : IDENTIFIER_AT + size]

    def log_in(self, credential: bytes, challenge: bytes) -> None:
        entry = {"id": credential, "type": "public-key"}
        parameters = {1: self.site, 2: challenge, 3: [entry]}
        self.ask(fido.GET, parameters)
