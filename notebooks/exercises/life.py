# SPDX-License-Identifier: MIT
"""The exercises on the life of a PIN, and on orders of an issuer: 05."""

from __future__ import annotations

from pathlib import Path

import cardlib

from .engine import Solved, exercise, read, read_node, with_ins

PIN_TRACES = ("contact_wrong_pin", "contact_pin_blocked", "contact_unblocked_pin")
SCRIPT = "contact_script.card.jsonl"
VERIFY, CHANGE_PIN, GENERATE_AC = 0x20, 0x24, 0xAE
MAC = 8  # bytes at the end of a protected command


@exercise("05.1")
def _(traces: Path) -> Solved:
    captures = [read(traces, f"{name}.card.jsonl") for name in PIN_TRACES]
    verified = [with_ins(capture, VERIFY) for capture in captures]
    wrong = [sum(map(_is_wrong, exchanges)) for exchanges in verified]
    sent = sum(map(len, verified))
    return Solved(
        sum(wrong),
        "a wrong PIN is answered with 63Cx; count these answers in all three captures",
        f"the cards saw {wrong[0]}, {wrong[1]} and {wrong[2]}; right ones: {sent - sum(wrong)} of {sent} VERIFYs",
        slips={
            sent: "that counts every VERIFY; not all of them were answered with 63Cx",
            max(wrong): "that is the most in one capture; add all three",
            len(captures): "that is the number of captures; count the answers in them",
        },
    )


def _is_wrong(exchange: cardlib.Exchange) -> bool:
    """Whether an answer says that a PIN was wrong (EMV Book 3, 6.5.12)."""
    return exchange.response is not None and (exchange.response.sw or 0) >> 4 == 0x63C


@exercise("05.2")
def _(traces: Path) -> Solved:
    order = with_ins(read(traces, SCRIPT), CHANGE_PIN)[0].command
    data = order.data if order else b""
    return Solved(
        data[-MAC:].hex().upper(),
        "a protected command ends with its MAC; what stands in front of it?",
        f"the first {len(data) - MAC} bytes are the PIN, enciphered; {data[-MAC:].hex(' ').upper()} is the MAC",
        slips={
            data.hex(): "that is all data of the command; the PIN in it proves nothing",
            data[:-MAC].hex(): "that is the new PIN, enciphered; the proof stands behind it",
            data[:MAC].hex(): "that is the beginning of the enciphered PIN; the proof stands at the end",
        },
    )


@exercise("05.3")
def _(traces: Path) -> Solved:
    capture = read(traces, SCRIPT)
    order = with_ins(capture, CHANGE_PIN)[0].index
    cryptograms = with_ins(capture, GENERATE_AC)
    reporting = [exchange.index for exchange in cryptograms if _script_commands([exchange])]
    before = [exchange.index for exchange in cryptograms if exchange.index < order]
    return Solved(
        reporting[0],
        "the results of the card (CVR) are in 9F10 of each cryptogram; in which is the count not zero?",
        f"exchange {reporting[0]} is the first cryptogram behind the order, and its CVR counts 1",
        slips={
            order: "that 9000 goes to the terminal, and nothing seals it",
            before[-1]: "that cryptogram was made before the order came",
            reporting[-1]: "there is an earlier one: the first cryptogram of the second payment",
        },
    )


def _script_commands(exchanges: list[cardlib.Exchange]) -> int:
    """How many commands of scripts the card reports: the left half of the last byte of Visa's CVR."""
    _, issuer_data = read_node(exchanges, "9F10")
    return issuer_data.value[6] >> 4
