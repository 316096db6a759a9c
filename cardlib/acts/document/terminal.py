# SPDX-License-Identifier: MIT
"""How a terminal proved itself to the chip: its certificates, then its signature (BSI TR-03110-3, B.3, B.11)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from ...apps.instructions import (
    AGREE,
    EXTERNAL_AUTHENTICATE,
    GET_CHALLENGE,
    MANAGE_SECURITY,
    accepted,
)
from ...core import tlv
from ...core.errors import NotVerifiable
from ...core.model import Command, Exchange, Outcome, Proof, Response, record
from ...core.secure import is_protected, objects_of
from ...crypto.bac import AUTHENTICATION_SIZE
from ...crypto.curves import UNCOMPRESSED
from ...crypto.cvc import (
    PublicKey,
    is_signed_by,
    terminal_certificate,
    terminal_message,
    verifies,
)
from ...crypto.keyring import Key
from ...road.unlock import in_clear
from ..act import whole_answer

CERTIFICATE, PROOF = "certificate of the terminal", "terminal authentication"
_PERFORM_OPERATION = 0x2A
_CERTIFICATE_TO_VERIFY = 0xBE
_SET_TERMINAL = (0x81, 0xA4)  # MSE: Set AT for terminal authentication (B.11.1)
_SET_KEY_AGREEMENT = (0x41, 0xA6)
_NUMBER = 10  # the document number with its check digit names the chip after basic access control
_MOST_STEPS = 100


@record
class TerminalStep:
    """One step of the terminal: what its proof shows, and whether the chip accepted it."""

    proof: Proof
    was_accepted: bool


class _Run:
    """What terminal and chip have said so far."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self.trusted: dict[bytes, PublicKey] = {}
        for key in keys:
            if key.use == "cvca":
                country = terminal_certificate(key.value)
                self.trusted[country.holder] = country.key
        self.numbers = [key.value[:_NUMBER] for key in keys if key.use == "mrz"]
        self.holder = b""
        self.challenge = b""
        self.chip_key = b""
        self.terminal_key = b""
        self.more = b""

    def listen(self, command: Command, response: Response) -> None:
        """What a later signature is over: keys, references, the random number."""
        parameters = (command.p1, command.p2)
        if command.ins == GET_CHALLENGE:
            self.challenge = response.data
        elif command.ins == AGREE:
            self.chip_key = tlv.first(response.data, "84").get("84", self.chip_key)
            self.terminal_key = tlv.first(command.data, "80").get("80", self.terminal_key)
        elif command.ins == MANAGE_SECURITY and parameters == _SET_KEY_AGREEMENT:
            self.terminal_key = tlv.first(command.data, "91").get("91", self.terminal_key)
        elif command.ins == MANAGE_SECURITY and parameters == _SET_TERMINAL:
            values = tlv.first(command.data, "83", "91")
            self.holder = values.get("83", b"")
            self.terminal_key = values.get("91", self.terminal_key)
            self.more = b"".join(item.raw for item in objects_of(command.data) if item.tag == "67")

    def certificate(self, data: bytes) -> tuple[Outcome, str]:
        """Whether the next certificate is of the one above it; then its key is trusted."""
        certificate = terminal_certificate(data)
        authority = self.trusted.get(certificate.authority)
        if authority is None:
            above = certificate.authority.decode("latin-1")
            return "not checkable", f"the certificate of {above} (CVCA) is not given"
        if not is_signed_by(certificate, authority):
            return "failed", f"{certificate.title} was not signed with the key of the one above it"
        self.trusted[certificate.holder] = certificate.key.with_domain(authority)
        return "verified", certificate.title

    def signature(self, signature: bytes) -> tuple[Outcome, str]:
        """Whether the terminal signed what it has to."""
        key = self.trusted.get(self.holder)
        if key is None:
            return "not checkable", "the chain up to the terminal's key is not verified"
        chips = list(self.numbers)
        if self.chip_key:
            chips.insert(0, _compressed(self.chip_key))
        if not chips or not self.challenge:
            return "not checkable", "what names the chip, or its random number, is not here"
        own = _compressed(self.terminal_key)
        for chip in chips:
            message = terminal_message(chip, self.challenge, own, self.more)
            if verifies(key, message, signature):
                return "verified", self.holder.decode("latin-1")
        return "failed", "the signature is not of the terminal's key over what was said here"


def _compressed(public: bytes) -> bytes:
    """A public key as it is signed: the x of a point, the hash of an element; as it is where it came so (A.2.2.3)."""
    if public.startswith(UNCOMPRESSED) and len(public) % 2:
        return public[1 : 1 + len(public) // 2]
    if len(public) > 100:
        return hashlib.sha1(public, usedforsecurity=False).digest()
    return public


def terminal_steps(exchanges: Iterable[Exchange], keys: Sequence[Key]) -> Iterator[TerminalStep]:
    """Each certificate that the chip was given to verify, and each signature of the terminal."""
    run = _Run(keys)
    count = 0
    for exchange in exchanges:
        clear = in_clear(exchange)
        command, response = clear.command, clear.response
        if command is None or response is None or is_protected(command):
            continue
        name = _step(command)
        if not name and accepted(response):
            run.listen(command, response)
        if name and count < _MOST_STEPS:
            count += 1
            proof = _proof(run, name, command, exchange)
            yield TerminalStep(proof, response.sw == 0x9000)


def _step(command: Command) -> str:
    """What a command proves about the terminal; empty for others."""
    if command.ins == _PERFORM_OPERATION and command.p2 == _CERTIFICATE_TO_VERIFY:
        return CERTIFICATE
    size = len(command.data)
    if command.ins == EXTERNAL_AUTHENTICATE and size > AUTHENTICATION_SIZE:
        return PROOF
    return ""


def _proof(run: _Run, name: str, command: Command, exchange: Exchange) -> Proof:
    check = run.certificate if name == CERTIFICATE else run.signature
    evidence = (whole_answer(exchange),)
    try:
        verdict, reason = check(command.data)
    except NotVerifiable as error:
        verdict, reason = "not checkable", error.reason
    return Proof(name, verdict, reason, evidence=evidence)
