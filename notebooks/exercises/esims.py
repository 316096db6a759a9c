# SPDX-License-Identifier: MIT
"""The exercises about cards that speak: 52 (toolkit and remote management) and 53 (a profile is downloaded)."""

from __future__ import annotations

from pathlib import Path

import cardlib

from .engine import Solved, exercise, read, read_node, with_ins

MENU, UPDATE, SILENT = "toolkit_menu.at.txt", "ota_update.simtrace.txt", "attack_toolkit_silent.at.txt"
DOWNLOAD, SEGMENT, SERVER = (
    "esim_download.card.jsonl",
    "attack_esim_segment.card.jsonl",
    "attack_esim_server.card.jsonl",
)
ENVELOPE, SECURED = 0xC2, bytes.fromhex("027000")
IN_CLEAR = 10  # bytes of a secured command before the counter
CIPHERED = 0x04
MAC, HEAD = 8, 2
ELEMENTS = b"\x86"
AUTHENTICATE_AT = 4  # exchanges of select, EID, information and challenge come before

# ---------------------------------------------------------------- 52


def _part(capture: cardlib.Capture, name: str) -> bytes:
    """The bytes of the first part of that name."""
    for hit in cardlib.find(capture, name):
        if hit.node is not None:
            return hit.node.value
    raise LookupError(f"{name}, which is not in the trace")


def _sealed(capture: cardlib.Capture) -> bytes:
    """The first secured command: what stands behind the header that announces it."""
    for exchange in with_ins(capture, ENVELOPE):
        _, header, sealed = exchange.command.data.partition(SECURED) if exchange.command else (b"", b"", b"")
        if header:
            return sealed
    raise LookupError("a secured SMS, which is not in the trace")


def _swapped(digits: str) -> str:
    pairs = [digits[at : at + 2] for at in range(0, len(digits), 2)]
    return "".join(pair[::-1] for pair in pairs)


@exercise("52.1")
def _(traces: Path) -> Solved:
    sent = _part(read(traces, MENU), "destination")[2:].hex().upper()
    number = _swapped(sent)
    return Solved(
        number,
        "in each byte the second digit comes first, as in an IMSI",
        f"the bytes {sent}, digit for digit swapped, are {number}",
        slips={
            sent: "those are the bytes as they stand; each pair is the other way round",
            sent[::-1]: "all turned round is too much: only the two digits of each byte change places",
            f"91{sent}": "91 is the type of the number, and does not belong to it",
        },
    )


@exercise("52.2")
def _(traces: Path) -> Solved:
    sealed = _sealed(read(traces, UPDATE))
    is_ciphered = bool(sealed[3] & CIPHERED)
    readable = len(sealed)
    if is_ciphered:
        readable = IN_CLEAR
    return Solved(
        readable,
        "what tells the card how to decipher cannot be ciphered itself: count up to the application",
        f"with the security byte {sealed[3]:02X}, {readable} of {len(sealed)} bytes are in clear; with 12 all would be",
        slips={
            len(sealed) - IN_CLEAR: "that many are ciphered; the question is how many are not",
            IN_CLEAR - 2: "the first length counts, too: it has two bytes",
            IN_CLEAR + 5: "the counter is ciphered already",
            0: "then the card could not know which key to take",
        },
    )


@exercise("52.3")
def _(traces: Path) -> Solved:
    _, node = read_node(read(traces, SILENT).exchanges, "93", inside=0)
    place = node.value.hex().upper()
    area, cell = place[6:10], place[10:14]
    return Solved(
        area,
        "the object is in the answer to PROVIDE LOCAL INFORMATION; skip three bytes of it",
        f"{place[:6]} is the network, {area} the area, {cell} the cell",
        slips={
            cell: "that is the cell, and the area stands before it",
            place[:4]: "that is the beginning of the network's code, which has three bytes",
            place: "that is the whole object; take the two bytes after the network",
        },
    )


# ---------------------------------------------------------------- 53


@exercise("53.1")
def _(traces: Path) -> Solved:
    datas = [e.command.data for e in read(traces, DOWNLOAD).exchanges if e.command is not None]
    segments = [data for data in datas if data.startswith(ELEMENTS)]
    whole = sum(map(len, segments))
    count = len(segments)
    inside = whole - count * (HEAD + MAC)
    return Solved(
        inside,
        "each segment is tag, length, content, and eight bytes of MAC",
        f"{count} segments with {whole} bytes, less {HEAD} + {MAC} for each, are {inside}",
        slips={
            whole: "that is with everything around it; leave out tags, lengths and MACs",
            whole - count * HEAD: "leave out the MACs, too: eight bytes of each segment",
            whole - count * MAC: "leave out tags and lengths, too: two bytes of each segment",
        },
    )


@exercise("53.2")
def _(traces: Path) -> Solved:
    last = read(traces, SEGMENT).exchanges[-1]
    _, failed = read_node([last], "A1")
    step, reason = failed.value[2:3].hex().upper(), failed.value[5:6].hex().upper()
    return Solved(
        reason,
        "look for A1 in the last answer; in it stand two objects of one byte each",
        f"step {step} broke for reason {reason}: the security of a segment is 08",
        slips={
            step: "that is the step in which it broke; the reason is the other object",
            "9000": "that is the status word, and it tells nothing of this",
            "81": "that is the tag; its value comes after a length",
        },
    )


@exercise("53.3")
def _(traces: Path) -> Solved:
    commands = [e.command for e in read(traces, SERVER).exchanges[AUTHENTICATE_AT:]]
    sizes = [len(command.data) for command in commands[:3] if command is not None]
    total = sum(sizes)
    return Solved(
        total,
        "three blocks are one object; Lc of each says how many bytes it has",
        f"{' + '.join(map(str, sizes))} are {total} bytes, most of them certificate and signature",
        slips={
            sizes[-1]: "that is the last block alone",
            total + 5 * len(sizes): "the headers of the commands do not belong to the object",
            len(sizes): "that is the number of blocks; add up their bytes",
        },
    )
