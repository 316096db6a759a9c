# SPDX-License-Identifier: MIT
"""The exercises about SIMs: 50 (the start of a phone) and 51 (authentication, with published values)."""

from __future__ import annotations

from pathlib import Path

import cardlib
from cardlib.crypto.aka import RESYNC_AMF, folded_res
from cardlib.crypto.blocks import xor
from cardlib.crypto.milenage import Milenage, derived_opc

from .engine import Solved, exercise, read, with_ins

SIM = "sim_boot.pcapng"
MANAGE_CHANNEL, SELECT, READ_BINARY = 0x70, 0xA4, 0xB0

# ---------------------------------------------------------------- 50


@exercise("50.1")
def _(traces: Path) -> Solved:
    capture = read(traces, SIM)
    second = [e for e in capture.exchanges if e.command and e.command.cla & 3 == 1]
    selects = [e for e in second if e.command and e.command.ins == SELECT]
    about_channels = with_ins(capture, MANAGE_CHANNEL)
    numbers = ", ".join(str(exchange.index) for exchange in second)
    return Solved(
        len(second),
        "the channel stands in the last two bits of CLA, the first byte of a command",
        f"exchanges {numbers} have channel 1 in CLA",
        slips={
            len(second) + len(about_channels): "18 and 23 open and close the channel; which channel did they use?",
            len(selects): "those are the SELECTs; another command used the channel, too",
        },
    )


@exercise("50.2")
def _(traces: Path) -> Solved:
    digits = _imsi(read(traces, SIM))
    return Solved(
        digits[:6],
        "three digits of the country come first, then as many as EF.AD says, here three",
        f"it would be country {digits[:3]} and network {digits[3:6]}: another network",
        slips={
            digits[:5]: "that is the network with two digits, as the card has it; take three",
            digits[3:6]: "these are the digits of the network; the country stands before them",
        },
    )


@exercise("50.3")
def _(traces: Path) -> Solved:
    byte = _file(read(traces, SIM), "6F38")[2]
    return Solved(
        f"{byte | 0x04:02X}",
        "services 17 to 24 share this byte, and 17 is its lowest bit: where is 19?",
        f"the third service of the byte has bit 04: {byte:02X} becomes {byte | 4:02X}",
        slips={
            f"{byte | 0x08:02X}": "that is service 20: the lowest bit is 17, and its worth is 1",
            f"{byte | 0x20:02X}": "counted from the left; the first service is the lowest bit, on the right",
        },
    )


def _file(capture: cardlib.Capture, identifier: str) -> bytes:
    """What was read of a file."""
    for exchange in with_ins(capture, READ_BINARY):
        if exchange.context.ef == identifier and exchange.response:
            return exchange.response.data
    raise LookupError(f"file {identifier}, which is not in the trace")


def _imsi(capture: cardlib.Capture) -> str:
    size, *number = _file(capture, "6F07")
    digits = "".join(f"{byte & 15:X}{byte >> 4:X}" for byte in number[:size])
    return digits[1:]


# ---------------------------------------------------------------- 51: test set 1 of 3GPP TS 35.207 and 35.208

K = bytes.fromhex("465B5CE8B199B49FAA5F0A2EE238A6BC")
OP = bytes.fromhex("CDC202D5123E20F62B6D676AC72CB318")
RAND = bytes.fromhex("23553CBE9637A89D218AE64DAE47BF35")
SQN = bytes.fromhex("FF9BB4D0B607")
AMF = bytes.fromhex("B9B9")
MASKED = bytes.fromhex("BA853F3C1253")  # the sequence number of exercise 51.2, in an AUTS


def _subscriber() -> Milenage:
    return Milenage(K, derived_opc(K, OP))


def _hex(data: bytes) -> str:
    return data.hex().upper()


@exercise("51.1")
def _(traces: Path) -> Solved:
    res = _subscriber().quantities(RAND).res
    first, second = res[:4], res[4:]
    return Solved(
        _hex(folded_res(res)),
        "cut RES into two halves of four bytes and mix them, exclusive or",
        f"{_hex(first)} and {_hex(second)}, mixed, are {_hex(folded_res(res))}",
        slips={
            _hex(first): "that is the first half alone; the second must count, too",
            _hex(second): "that is the second half alone; the first must count, too",
            _hex(res): "that is RES of 3G; 2G has four bytes",
        },
    )


@exercise("51.2")
def _(traces: Path) -> Solved:
    card = _subscriber()
    mask = card.resync_mask(RAND)
    wrong_mask = card.quantities(RAND).ak
    sqn = xor(MASKED, mask)
    ahead = int.from_bytes(sqn, "big") - int.from_bytes(SQN, "big")
    return Solved(
        _hex(sqn),
        "these six bytes are masked, and the mask of an AUTS is AK*, which you just made",
        f"with AK* {_hex(mask)} it is {_hex(sqn)}, {ahead} more than in AUTN",
        slips={
            _hex(xor(MASKED, wrong_mask)): "unmasked with AK; an AUTS has a mask of its own, AK*",
            _hex(MASKED): "that is the masked number; take the mask off",
            _hex(SQN): "that is the number of the network; this card is further",
        },
    )


@exercise("51.3")
def _(traces: Path) -> Solved:
    card = _subscriber()
    published = card.macs(RAND, SQN, AMF)[1]
    sent = card.macs(RAND, SQN, RESYNC_AMF)[1]
    return Solved(
        _hex(RESYNC_AMF),
        "AUTS has no room for an AMF, so it is one that nobody needs to send: try some",
        f"AMF {_hex(RESYNC_AMF)} makes {_hex(sent)}, {_hex(AMF)} makes {_hex(published)}",
        slips={
            _hex(AMF): f"that makes {_hex(published)}, as published, and our AUTS has another",
            _hex(sent): "that is the MAC; the question is which AMF went into it",
        },
    )
