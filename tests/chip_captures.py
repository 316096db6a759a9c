# SPDX-License-Identifier: MIT
"""Captures for the rules about chips: over the air with the selection of a card, native, wrapped, through a reader."""

from __future__ import annotations

import json
from functools import reduce
from operator import xor

from test_apps_chips import capture

from cardlib import Capture, read_text
from cardlib.core.radio_crc import crc_of

CLASSIC_ATR = "3B8F8001804F0CA000000306030001000000006A"
SLE4442_ATR = "3B04A2131091"

__all__ = ["CLASSIC_ATR", "SLE4442_ATR", "air", "capture", "desfire", "tag", "through_reader"]


def air(uid: str, *halves: str, chip: str = "classic", sak: str = "08") -> Capture:
    """Frames of a card with a number of four bytes that was selected over the air; `)` and `(` are encrypted."""
    number = bytes.fromhex(uid)
    checked = number + bytes([reduce(xor, number)])
    rows = [
        ("reader", "rf", "52", "WUPA"),
        ("card", "rf", "0400", "ATQA"),
        ("reader", "rf", "9370" + checked.hex(), "SELECT CL1"),
        ("card", "rf", sak, f"SAK, UID {uid.upper()}"),
    ]
    for half in halves:
        sender = "reader" if half[0] in ">)" else "card"
        kind = "crypto1" if half[0] in ")(" else chip
        data = bytes.fromhex(half[1:])
        if kind != "crypto1" and len(data) > 1 and (sender == "reader" or chip != "classic"):
            data += crc_of("A", data)
        rows.append((sender, kind, data.hex(), ""))
    text = ['{"card_capture": 1}', '{"session": 0, "interface": "contactless"}']
    for sender, kind, hexed, note in rows:
        row = {"t": None, "from": sender, "kind": kind, "data": hexed, "note": note}
        text.append(json.dumps(row))
    return read_text("\n".join(text))


def tag(*halves: str, uid: str = "046F16F5") -> Capture:
    """Frames of a tag of type 2 that was selected over the air."""
    return air(uid, *halves, chip="ultralight", sak="00")


def desfire(*halves: str) -> Capture:
    """Commands of a DESFire, as code and data, and answers, as status and data, in turn: wrapped in APDUs."""
    lines = []
    for place, half in enumerate(halves):
        head, rest = half[:2], half[2:]
        if place % 2:
            lines.append(f"< {rest}91{head}")
        else:
            data = f"{len(rest) // 2:02X}{rest}" if rest else ""
            lines.append(f"> 90{head}0000{data}00")
    return read_text("\n".join(lines) + "\n")


def through_reader(atr: str, *halves: str) -> Capture:
    """Commands to a reader and its answers in turn, behind the ATR that it makes up for the card."""
    lines = [f"ATR: {atr}"]
    for place, half in enumerate(halves):
        lines.append(f"{'><'[place % 2]} {half}")
    return read_text("\n".join(lines) + "\n")
