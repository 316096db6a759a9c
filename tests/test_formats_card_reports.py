# SPDX-License-Identifier: MIT
"""Texts with hex that hold no exchange: pcsc_scan, pcsc-spy without a command, PN53x frames, memory of tags."""

from __future__ import annotations

import pytest

import cardlib
from cardlib.core.errors import CaptureError
from cardlib.core.model import Capture

ATR = "3B 65 00 00 20 63 CB 6F 00"


def atrs(capture: Capture) -> list[bytes | None]:
    return [session.atr for session in capture.sessions]


def pairs(capture: Capture) -> list[tuple[str, str]]:
    found = []
    for exchange in capture.exchanges:
        command = exchange.command.raw.hex() if exchange.command else ""
        response = exchange.response.raw.hex() if exchange.response else ""
        found.append((command, response))
    return found


def refused(text: str) -> str:
    with pytest.raises(CaptureError) as caught:
        cardlib.read_text(text)
    return str(caught.value)


# pcsc_scan

SCAN = f"""PC/SC device scanner
Mon Feb 21 18:21:11 2022
 Reader 0: Example Reader 00 00
  Card state: Card inserted, Shared Mode,
  ATR: {ATR}

ATR: {ATR}
+ TS = 3B --> Direct Convention
+ T0 = 65, Y(1): 0110, K: 5 (historical bytes)
  TB(1) = 00 --> VPP is not electrically connected
+ Historical bytes: 20 63 CB 6F 00
    Tag: 6, len: 3 (pre-issuing data)
      Data: 00 B2 01 0C 00
      SW: 9000 (Normal processing.)

Possibly identified card (using /usr/share/pcsc/smartcard_list.txt):
{ATR}
3B 65 00 00 20 63 .. 6F 00
3B 65 00 00 20 63 C[AB] 6F ..
        Example card
"""
SCANS = {
    "whole": SCAN,
    "no blank lines": SCAN.replace("\n\n", "\n"),
    "no analysis": SCAN[: SCAN.index("\nATR:")] + SCAN[SCAN.index("Possibly") :],
    "state only": f"  Card state: Card inserted,\n  ATR: {ATR}\n",
    "CRLF": SCAN.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("name", SCANS)
def test_output_of_pcsc_scan_gives_its_atr_once(name: str) -> None:
    capture = cardlib.read_text(SCANS[name])
    assert (atrs(capture), capture.exchanges, capture.problems) == ([bytes.fromhex(ATR)], (), ())


@pytest.mark.parametrize("between", ["\n", ""])
@pytest.mark.parametrize("lines", ["> 00 B2 01 0C 00\n< 6A 83\n", "00B2010C00\n6A83\n"])
def test_exchange_below_the_output_of_pcsc_scan_is_read(between: str, lines: str) -> None:
    capture = cardlib.read_text(SCAN + between + lines)
    assert pairs(capture) == [("00b2010c00", "6a83")] and atrs(capture) == [bytes.fromhex(ATR)]


def test_atr_that_comes_again_after_an_exchange_opens_a_session() -> None:
    lines = f"ATR: {ATR}\n> 00B2010C00\n< 6A83\n"
    assert atrs(cardlib.read_text(lines * 2)) == [bytes.fromhex(ATR)] * 2


# pcsc-spy

WAIT = f"""SCardGetStatusChange
 i hContext: 0x41DE6DB3
 i cReaders: 1
 i szReader: Example Reader 00 00
 i  Atr length: 0x00000000 (0)
 i  Atr:
 o szReader: Example Reader 00 00
 o  dwEventState: SCARD_STATE_CHANGED, SCARD_STATE_PRESENT (0x00000022)
 o  Atr length: 0x00000009 (9)
 o  Atr: {ATR}
 => Command successful. (SCARD_S_SUCCESS [0x00000000])  [0.000090]
"""
TRANSMIT = """SCardTransmit
 i hCard: 0x426C06FC
 i bSendLength 0x00000005 (5)
 i bSendBuffer
 i  0000 00 B2 01 0C 00                                  .....
 o bRecvLength 0x00000002 (2)
 o bRecvBuffer
 o  0000 6A 83                                           j.
 => Command successful. (SCARD_S_SUCCESS [0x00000000])  [0.025671]
"""
WAITS = {
    "one call": WAIT,
    "many calls": WAIT * 3,
    "second thread": "".join(f"    {line}\n" for line in WAIT.splitlines()),
    "number of the thread": "".join(f" (t0) {line}\n" for line in WAIT.splitlines()),
    "SCardStatus": f"SCardStatus\n i hCard: 0x426C06FC\n o bAtrLen 0x00000009 (9)\n o bAtr {ATR}\n",
}


@pytest.mark.parametrize("name", WAITS)
def test_pcsc_spy_without_a_command_gives_the_atr(name: str) -> None:
    capture = cardlib.read_text(WAITS[name])
    assert capture.format == "pcsc-spy output" and capture.problems == ()
    assert (atrs(capture), capture.exchanges) == ([bytes.fromhex(ATR)], ())
    assert capture.coverage.total == len(WAITS[name])


def test_damaged_atr_of_a_status_change_is_a_problem() -> None:
    capture = cardlib.read_text(WAIT + " o  Atr: 3B 6G 00\n")
    assert [problem.kind for problem in capture.problems] == ["unreadable line"]
    assert atrs(capture) == [bytes.fromhex(ATR)]


@pytest.mark.parametrize("text", [WAIT + TRANSMIT, TRANSMIT + WAIT, WAIT + TRANSMIT + WAIT])
def test_status_change_does_not_part_a_session(text: str) -> None:
    capture = cardlib.read_text(text)
    assert pairs(capture) == [("00b2010c00", "6a83")] and len(capture.sessions) == 1
    assert capture.coverage.total == len(text)


# PN53x

ACK = "0000ff00ff00"


def host_frame(body: str) -> str:
    """A frame with its check sums (PN532 user manual, 6.2.1.1)."""
    data = bytes.fromhex(body)
    around = bytes([len(data), -len(data) & 0xFF]) + data + bytes([-sum(data) & 0xFF])
    return f"0000ff{around.hex()}00"


def test_host_frame_is_the_one_of_the_manual() -> None:
    assert host_frame("D402") == "0000ff02fed4022a00"  # GetFirmwareVersion


ASK_TYPE_A = f"> {host_frame('D44A0100')}\n< {ACK}\n"
CLASSIC = ASK_TYPE_A + f"< {host_frame('D54B010100040804AABBCCDD')}\n"  # SAK 08
ISO_DEP = ASK_TYPE_A + f"< {host_frame('D54B010100042004AABBCCDD')}\n"  # SAK 20


def exchanged(command: str, answer: str) -> str:
    return f"> {host_frame('D44001' + command)}\n< {ACK}\n< {host_frame('D54100' + answer)}\n"


AUTHENTICATE = exchanged("6004FFFFFFFFFFFFAABBCCDD", "")
READ_BLOCK = exchanged("3004", "00" * 14 + "9000")
WRITE_BLOCK = exchanged("A005" + "00" * 16, "")
NO_APDU = {
    "MIFARE Classic": CLASSIC + AUTHENTICATE + READ_BLOCK + WRITE_BLOCK,
    "looks like a command": CLASSIC + exchanged("00B2010C00", "6A83"),
    "FeliCa": f"> {host_frame('D44A010100FFFF0000')}\n< {host_frame('D54B010112' + '01' + '00' * 16)}\n"
    + exchanged("00B2010C00", "6A83"),
    "acknowledgement and answer in a line": f"> {host_frame('D44A0100')}\n"
    f"< {ACK}{host_frame('D54B010100040804AABBCCDD')}\n",
}


@pytest.mark.parametrize("name", NO_APDU)
def test_frames_without_an_apdu(name: str) -> None:
    text = NO_APDU[name]
    capture = cardlib.read_text(text)
    assert capture.exchanges == () and capture.problems == ()
    assert capture.coverage.total == len(text)


def test_commands_of_a_memory_card_that_was_not_seen_are_refused() -> None:
    assert "PN53x D440" in refused(AUTHENTICATE + READ_BLOCK + WRITE_BLOCK)


@pytest.mark.parametrize(
    "text",
    [
        f"12 ms [nfc.clf.transport] >>> {host_frame('D4423004')}\n13 ms [nfc.clf.transport] <<< {ACK}\n",
        f"{host_frame('D44A0100')}\n{ACK}\n",
        f"TX: 5555000000000000{host_frame('D414010000')}\nRX: {ACK}{host_frame('D515')}\n",
        f"write > {host_frame('D402')}\nread < 01{ACK}\n",
    ],
)
def test_frames_to_the_chip_alone_are_refused_under_their_name(text: str) -> None:
    assert "PN53x" in refused(text)


@pytest.mark.parametrize("before", [ISO_DEP, ""])
def test_apdu_in_data_exchange_is_read(before: str) -> None:
    capture = cardlib.read_text(
        before + exchanged("00B2010C00", "6A83") + exchanged("0084000008", "9000")
    )
    assert (
        pairs(capture) == [("00b2010c00", "6a83"), ("0084000008", "9000")]
        and capture.problems == ()
    )


def test_apdus_among_those_of_frames_keep_their_order() -> None:
    capture = cardlib.read_text("> 00B2010C00\n< 6A83\n" + exchanged("0084000008", "9000"))
    assert pairs(capture) == [("00b2010c00", "6a83"), ("0084000008", "9000")]


@pytest.mark.parametrize(
    "frame",
    [
        host_frame("D44A0100")[:-4] + "0000",  # the check sum
        "0000ff04fdd44a0100e100",  # that of the length
        host_frame("D44A0100")[:-8],  # cut
        "0000ffffff0102fdd44a",  # cut, extended
    ],
)
def test_damaged_frame_is_a_problem_and_no_command(frame: str) -> None:
    capture = cardlib.read_text(f"> {frame}\n< {ACK}\n" + ISO_DEP)
    assert [problem.kind for problem in capture.problems] == [
        "damaged frame"
    ] and capture.exchanges == ()


def test_answer_that_begins_like_a_frame_is_an_answer() -> None:
    answers = ["0000ff00ff9000", "0000ff9000", "0000ff04fc9000"]
    text = "".join(f"> 00B0000000\n< {answer}\n" for answer in answers)
    assert pairs(cardlib.read_text(text)) == [("00b0000000", answer) for answer in answers]


# Memory

BLOCKS = ["AABBCCDD00080400000000000000BEEF", "00A4040007A000000003101000000000", "00" * 16]
BLOCKS.append("A0A1A2A3A4A5787788C1B0B1B2B3B4B5")  # keys, access conditions
SPACED = [bytes.fromhex(block).hex(" ") for block in BLOCKS]
WORDS = [" ".join(block[i : i + 4] for i in range(0, 32, 4)).lower() for block in BLOCKS]
PAGES = ["04 85 92 9B", "00 A4 00 00", "80 CA 00 00", "00 B0 00 00"]


def sectors(count: int) -> str:
    return "".join(
        f"+Sector: {number}\n" + "".join(f"{block}\n" for block in BLOCKS)
        for number in range(count)
    )


DUMPS = {
    "MIFARE Classic Tool": sectors(2),
    "sector that could not be read": sectors(1) + "+Sector: 1\n*No keys found or dead sector\n",
    "digits that could not be read": sectors(1) + "+Sector: 1\n" + ("-" * 32 + "\n") * 4,
    "blocks only": "".join(f"{block}\n" for block in BLOCKS * 16),
    "blocks with numbers": "UID: AA BB CC DD\nATQA: 00 04\nSAK: 08\n"
    + "".join(f"Block {number}: {block}\n" for number, block in enumerate(SPACED)),
    "table": "[=]  sec | blk | data | ascii\n"
    + "".join(
        f"[=]      | {number:3} | {block} | ................\n"
        for number, block in enumerate(SPACED)
    ),
    "hex dump": "".join(
        f"{16 * number:08x}: {block}  ................\n" for number, block in enumerate(WORDS)
    ),
    "pages": "".join(f"Page {number}: {page}\n" for number, page in enumerate(PAGES)),
}


@pytest.mark.parametrize("name", DUMPS)
def test_memory_is_refused_in_one_clear_line(name: str) -> None:
    reason = refused(DUMPS[name]).split("\n")[0]
    assert "holds no traffic" in reason and "memory" in reason


READ = "00B2010C00"
TRAFFIC = {
    "above memory": (f"> {READ}\n< 6A83\n" + sectors(1), [(READ.lower(), "6a83")]),
    "behind times": (
        f"12:00:01 > {READ}\n12:00:02 < 6A83\nSector 1\n"
        + "".join(f"{block}\n" for block in BLOCKS),
        [(READ.lower(), "6a83")],
    ),
    "blocks of a talk": (
        f"Block 1\nsend:\n{BLOCKS[1]}\nrecv:\n{'00' * 14}9000\n" * 2,
        [(BLOCKS[1].lower(), "00" * 14 + "9000")] * 2,
    ),
}


@pytest.mark.parametrize("name", TRAFFIC)
def test_what_has_marks_or_no_blocks_is_traffic(name: str) -> None:
    text, expected = TRAFFIC[name]
    assert pairs(cardlib.read_text(text))[: len(expected)] == expected
