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
MORE, CHAINED = 0x61, 0x10
# The hash of a message in a DigestInfo with SHA-256 (RFC 8017, 9.2)
DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420")
RSA_SIZE = 256
FOR_ONE_SIGNATURE, FOR_ALL_ELSE = openpgp.SIGN_PIN, openpgp.USER_PIN


class Reader:
    """Sends commands of any length, and fetches long answers."""

    def __init__(self, transmit: Transmit) -> None:
        self.transmit = transmit

    def send(self, header: str, data: bytes = b"", le: bool = True) -> bytes:
        """The data of an answer, all pieces together; `header` is class to P2 in hex."""
        start = bytes.fromhex(header)
        chained = bytes((start[0] | CHAINED,)) + start[1:]
        while len(data) > MOST:
            self.transmit(chained + bytes((MOST,)) + data[:MOST])
            data = data[MOST:]
        command = start
        if data:
            command += bytes((len(data),)) + data
        if le:
            command += b"\0"
        answer = self.transmit(command)
        whole = answer[:-2]
        while answer[-2] == MORE:
            answer = self.transmit(bytes.fromhex("00C00000") + answer[-1:])
            whole += answer[:-2]
        return whole


class PivProgram(Reader):
    """A program that logs in and signs with a PIV card."""

    def begin(self) -> None:
        """Select the application, and read who the holder is."""
        self.send("00A40400", piv.PREFIX)
        for tag in (piv.DISCOVERY, piv.HOLDER_ID):
            self.get(tag)

    def get(self, tag: str) -> bytes:
        """A data object by its tag."""
        return self.send("00CB3FFF", written("5C", bytes.fromhex(tag)))

    def verify(self, pin: bytes = piv.PIN) -> None:
        self.send("00200080", pin, le=False)

    def prove(self, challenge: bytes) -> bytes:
        """The card signs a challenge with its RSA key for authentication."""
        self.get(piv.CERTIFICATES[piv.AUTHENTICATION])
        tail = DIGEST_INFO + hashlib.sha256(challenge).digest()
        block = b"\0\1" + b"\xff" * (RSA_SIZE - len(tail) - 3) + b"\0" + tail
        return self.authenticate(piv.RSA_2048, piv.AUTHENTICATION, block)

    def sign(self, message: bytes) -> bytes:
        """The card signs the hash of a message with its key for signatures."""
        return self.authenticate(piv.P_256, piv.SIGNATURE, hashlib.sha256(message).digest())

    def authenticate(self, algorithm: int, reference: int, block: bytes) -> bytes:
        inner = written("82", b"") + written("81", block)
        return self.send(f"0087{algorithm:02X}{reference:02X}", written("7C", inner))


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
        return self.send("002A9E9A", hashlib.sha256(message).digest())

    def log_in(self, challenge: bytes) -> bytes:
        return self.send("00880000", hashlib.sha256(challenge).digest())

    def decipher(self, point: bytes) -> bytes:
        key = written("7F49", written("86", point))
        return self.send("002A8086", written("A6", key))


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
        return cbor.decode(answer[1:] or b"\xa0")

    def register(self, user: str, challenge: bytes) -> bytes:
        """A new credential; its identifier."""
        account = {"id": hashlib.sha256(user.encode()).digest()[:8], "name": user}
        kind = {"alg": fido.ES256, "type": "public-key"}
        site = {"id": self.site}
        made = self.ask(fido.MAKE, {1: challenge, 2: site, 3: account, 4: [kind]})
        size = int.from_bytes(made[2][53:55])
        identifier: bytes = made[2][55 : 55 + size]
        return identifier

    def log_in(self, credential: bytes, challenge: bytes) -> None:
        allowed = [{"id": credential, "type": "public-key"}]
        self.ask(fido.GET, {1: self.site, 2: challenge, 3: allowed})
