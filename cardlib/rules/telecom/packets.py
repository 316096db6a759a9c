# SPDX-License-Identifier: MIT
"""Rules about secured packets to a SIM (OTA): without checksum, in clear, under old ciphers, played back."""

from __future__ import annotations

from collections.abc import Iterator

from ...acts.telecom.packets import Packets, receipt_code
from ...acts.telecom.packets import packets_in as ota_packets
from ...apps.messages import ENVELOPE
from ...core.model import Exchange, Node, record
from ...crypto.ota import Security
from ..engine import Case, Result, Results, enough, fails_if, rule
from ..sources import NOHL13
from .codes import TELECOM

OTA = "ETSI TS 102 225, 5.1"
RECEIPTS = "ETSI TS 102 225, 5.2"
DONE = b"\0"
# What a card answers to a packet that it could not prove: no checksum that fits, wrongly ciphered, a fault of
# security, too little of it (TS 102 225, 5.2)
NOT_PROVEN = (b"\x01", b"\x05", b"\x06", b"\x0a")
PROACTIVE = 0x91
# The low half byte of KIc and KID (TS 102 225, 5.1.2, 5.1.3): 1 is DES with one key, D the same without chaining
ALGORITHM = 0x0F
SINGLE_DES = {0x1: "DES in CBC mode", 0xD: "DES in ECB mode"}
SOUND = {0x2: "AES", 0x5: "triple DES", 0x9: "triple DES"}
COUNTERS = ("none", "not checked", "must be higher", "must be one higher")
CHECKED_COUNTER = 2
KEYED = ("cryptographic checksum", "digital signature")


@record
class Packet:
    """A packet to the card, and whether the card did what it asks; None where the answer does not tell."""

    packets: Packets
    is_done: bool | None
    code: Node | None

    @property
    def security(self) -> Security:
        """What its header says of it."""
        return self.packets.security

    @property
    def has_proof(self) -> bool:
        """Whether a key shows who sent it."""
        return self.security.integrity in KEYED


def packets_in(case: Case) -> Iterator[Packet]:
    """The secured packets that a phone handed to its card."""
    for packets in ota_packets(filter(_is_envelope, case.exchanges)):
        code = receipt_code(packets)
        yield Packet(packets, _is_done(packets, code), code)


def _is_envelope(exchange: Exchange) -> bool:
    command = exchange.command
    if command is None or command.ins != ENVELOPE:
        return False
    return exchange.context.application == TELECOM


def _is_done(packets: Packets, code: Node | None) -> bool | None:
    """By the response code; without one, a proactive command that waits shows that an application was reached."""
    if code is not None:
        return code.value == DONE
    response = packets.exchange.response
    if not packets.response and response and response.sw and response.sw >> 8 == PROACTIVE:
        return True
    return None


def _judged(packet: Packet, is_weak: bool, detail: str) -> Result:
    """A weak packet is no failure where the card refused it, and where it does not tell, nobody knows."""
    places = (packet.packets.command_at, packet.packets.response_at)
    if not is_weak:
        return fails_if(False, detail, *places)
    if packet.is_done is None:
        return Result("not-enough-data", f"{detail}: the card does not tell whether it did it")
    if not packet.is_done and packet.code is not None:
        return fails_if(False, f"{detail}, refused: {packet.code.text}", *places)
    return fails_if(True, f"{detail}, and the card did it", *places)


@rule("S08", "critical", "anybody may send commands to the SIM", f"{OTA}.1; {NOHL13}")
def no_security(case: Case) -> Results:
    """The card carried out a packet that is neither ciphered nor proved by a key: anyone who knows the phone number can
    read out the card, place calls or locate the phone. Do: ask for a checksum in every application of the card.
    """
    for packet in packets_in(case):
        is_open = not packet.has_proof and not packet.security.is_ciphered
        yield _judged(packet, is_open, _security(packet.security))


def _security(security: Security) -> str:
    cipher = "not ciphered"
    if security.is_ciphered:
        cipher = "ciphered"
    return f"integrity {security.integrity}, {cipher}"


@rule("S29", "high", "a packet without a cryptographic checksum", f"{OTA}.1")
def no_checksum(case: Case) -> Results:
    """The card carried out a packet that is ciphered but not proved: someone who cannot read it can still change bits
    of it, and the card does something else. Do: ask for a cryptographic checksum.
    """
    for packet in packets_in(case):
        if packet.security.is_ciphered:
            yield _judged(packet, not packet.has_proof, _security(packet.security))


@rule("S30", "medium", "a packet in clear", f"{OTA}.1")
def not_ciphered(case: Case) -> Results:
    """A packet for the card has a checksum but is not ciphered: whoever listens on the way reads what is written to the
    card. Do: cipher packets that carry keys, numbers or settings.
    """
    for packet in packets_in(case):
        if packet.has_proof:
            is_clear = not packet.security.is_ciphered
            yield fails_if(is_clear, _security(packet.security), packet.packets.command_at)


@rule("S09", "high", "packets under DES with one key", f"{OTA}.2, 5.1.3; {NOHL13}")
def single_des(case: Case) -> Results:
    """A packet is ciphered or proved with DES and a single 56-bit key, which can be found from one answer of the card.
    Do: set AES or triple DES, and let the card refuse DES.
    """
    for packet in packets_in(case):
        names = dict(_algorithms(packet))
        if not names:
            continue
        is_weak = any(name in SINGLE_DES.values() for name in names.values())
        detail = ", ".join(f"{key} {name}" for key, name in names.items())
        if is_weak and packet.is_done is False:
            yield _judged(packet, is_weak, detail)
        else:
            yield fails_if(is_weak, detail, packet.packets.command_at)


def _algorithms(packet: Packet) -> Iterator[tuple[str, str]]:
    """The algorithms that a packet uses, as far as its header names them."""
    names = {**SINGLE_DES, **SOUND}
    security = packet.security
    if security.is_ciphered and security.kic & ALGORITHM in names:
        yield "KIc", names[security.kic & ALGORITHM]
    # ECB is a mode of ciphering alone; in KID, D is reserved.
    kid = security.kid & ALGORITHM
    if security.integrity == "cryptographic checksum" and kid in names and kid != 0xD:
        yield "KID", names[kid]


@rule("S10", "critical", "the SIM signs answers for anybody", f"{RECEIPTS}; {NOHL13}")
def signed_refusal(case: Case) -> Results:
    """The card refused a packet that nobody proved, and signed its refusal with DES: tables give the key from this
    answer, and with the key anything can be written to the card. Do: no checksum in refusals, and no DES.
    """
    for packet in packets_in(case):
        if packet.code is None or packet.code.value not in NOT_PROVEN:
            continue
        security = packet.security
        is_signed = security.receipt_integrity == "cryptographic checksum"
        kid = security.kid & ALGORITHM
        detail = f"{packet.code.text}, the answer has integrity {security.receipt_integrity}"
        if is_signed:
            name = {**SOUND, 0x1: SINGLE_DES[0x1]}.get(kid)
            if name is None:
                continue
            detail += f" by {name}"
        yield fails_if(is_signed and kid in SINGLE_DES, detail, packet.packets.response_at)


@rule("S11", "high", "packets may be played back", f"{OTA}.1")
def no_counter(case: Case) -> Results:
    """The card carried out a packet whose counter is missing or not checked: whoever recorded it can send it again,
    with the same effect. Do: ask for a counter that must rise.
    """
    for packet in packets_in(case):
        counter = packet.security.counter
        yield _judged(packet, counter < CHECKED_COUNTER, f"counter {COUNTERS[counter]}")


@rule("S31", "high", "the same packet was done twice", f"{OTA}.1", counts=True)
def replayed_packet(case: Case) -> Results:
    """The same packet came again, byte for byte, and the card carried it out again: its counter does not protect it.
    Do: let the card check counters; find out who sent it.
    """
    done = [packet for packet in packets_in(case) if packet.is_done is not None]
    enough(done, 2, "packets with an answer that tells")
    first: dict[bytes, Packet] = {}
    for packet in done:
        content = packet.packets.command
        earlier = first.get(content)
        if earlier is None:
            detail = "a packet that did not come before"
            yield fails_if(False, detail, packet.packets.command_at)
        else:
            detail = "the same packet, refused"
            is_again = bool(earlier.is_done and packet.is_done)
            if is_again:
                detail = "the same packet, done again"
            places = (packet.packets.command_at, earlier.packets.command_at)
            yield fails_if(is_again, detail, *places)
        if earlier is None or packet.is_done:
            first[content] = packet
