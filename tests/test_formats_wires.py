# SPDX-License-Identifier: MIT
"""Logs from the wire and the air: rows, parity, check sums and lengths that do not fit, messages in parts."""

from __future__ import annotations

import pytest
from test_laws import samples

import cardlib
from cardlib.core.model import Frame
from cardlib.formats.textformat import TextFormat
from cardlib.formats.wires import CHAMELEON, LIBNFC, NCI, PM3_LIST

SAMPLES = dict(samples())
HEAD = "      Start |        End | Src | Data (! denotes parity error) | CRC | Annotation\n"


def frames(text: str) -> list[Frame]:
    capture = cardlib.read_text(text)
    return [
        frame
        for s in capture.sessions
        for frame in (*s.frames, *(f for e in s.exchanges for f in e.frames))
    ]


def kinds(text: str) -> list[str]:
    return [problem.kind for problem in cardlib.read_text(text).problems]


def test_list_in_microseconds_with_parity_and_decrypted_rows() -> None:
    text = HEAD + "        0.0 |       73.2 | Rdr |26(7)     |     | REQA\n"
    text += "      154.9 |      329.5 | Tag |44! 00      |     | \n"
    text += "            |            |  *  |AA  BB |     | \n"
    text += "            |            |     |Frame Delay Time 1108 | |\n"
    first, second = frames(text)
    assert (first.data, first.time_ns, second.data, second.time_ns) == (
        b"\x26",
        0,
        b"\x44\0",
        154_900,
    )
    assert "wrong parity" in second.note and kinds(text) == ["damaged frame"]


def test_list_of_an_older_client() -> None:
    text = "     Start |       End | Src | Data (! denotes parity error)      | CRC | Annotation         |\n"
    text += "-----------|-----------|-----|------------------------------------|-----|--------------------|\n"
    text += (
        "         0 |       992 | Rdr | 52                                 |     | WUPA          \n"
    )
    text += "      2228 |      4596 | Tag | 04  00                             |     |           \n"
    assert [frame.data.hex() for frame in frames(text)] == ["52", "0400"] and kinds(text) == []
    assert frames(text)[1].time_ns == 2228 * 10**9 // 13_560_000


def test_row_of_a_list_that_is_damaged_costs_its_frame() -> None:
    text = SAMPLES[PM3_LIST.NAME].decode()
    at = text.index("            |            |     |") + 32
    assert kinds(text[:at] + "4G" + text[at + 2 :]) == ["unreadable block", "unreadable line"]


CHAMELEONS = {
    "log": "57615 ms <    +3 ms>:CODEC RX                     (1   bytes) [26                  ]\n"
    "57616 ms <    +1 ms>:CODEC TX                     (2   bytes) [0400                ]\n",
    "sniffed": "17982 ms <+17982 ms>:CODEC RX SNI READER          (1   bytes) [26                  ]    \n"
    "17982 ms <    +0 ms>:CODEC RX SNI CARD W/PARITY   (3   bytes) [0400                ]    \n",
    "terminal": "[24414] CODEC RX DATA: 26\n[24415] CODEC TX DATA: 04 00\n",
    "telephone": "000008 -- LOG_INFO_CODEC_RX_DATA [1 bytes] (+8775   ms) [26] {.}\n"
    "000009 -- LOG_INFO_CODEC_TX_DATA [2 bytes] (+1   ms) [04 00] {..}\n",
}


@pytest.mark.parametrize("name", CHAMELEONS)
def test_chameleon_in_four_forms(name: str) -> None:
    assert cardlib.read_text(CHAMELEONS[name]).format == f"{CHAMELEON.NAME} (unproven)"
    assert [(frame.sender, frame.data.hex()) for frame in frames(CHAMELEONS[name])] == [
        ("reader", "26"),
        ("card", "0400"),
    ]


def test_chameleon_tells_how_many_bytes() -> None:
    assert kinds(CHAMELEONS["log"].replace("2   bytes", "3   bytes")) == ["unreadable line"]


@pytest.mark.parametrize(
    ("old", "new"), [("a0 00 00", "a0 00 01"), ("00 00 ff 10 f0", "00 00 ff 10 f1")]
)
def test_check_sums_of_pn53x(old: str, new: str) -> None:
    text = SAMPLES[LIBNFC.NAME].decode()
    assert old in text
    assert "damaged frame" in kinds(text.replace(old, new, 1))


def test_frames_of_pn53x_that_a_log_cut() -> None:
    text = (
        "debug\tlibnfc.bus.uart\tTX: 00 00 ff 10 f0 d4 40 01 00\ndebug\tlibnfc.bus.uart\tTX: 55 55 00\n"
        * 2
    )
    assert kinds(text) == ["damaged frame"] * 2
    long = bytes([0xD4, 0x40, 1]) + bytes.fromhex("00D6000000") + bytes(295)
    size = len(long).to_bytes(2, "big")
    raw = (
        b"\0\0\xff\xff\xff" + size + bytes([-sum(size) & 255]) + long + bytes([-sum(long) & 255, 0])
    )
    text = f"debug\tlibnfc.bus.uart\tTX: {raw.hex(' ')}\ndebug\tlibnfc.bus.uart\tRX: 00 00 ff 00 ff 00\n"
    [exchange] = cardlib.read_text(text).exchanges
    assert exchange.command and len(exchange.command.raw) == 300


def test_nci_in_segments_and_with_a_wrong_length() -> None:
    text = SAMPLES[NCI.NAME].decode()
    assert "> 10000A" in text
    assert kinds(text.replace("> 10000A", "> 10000B", 1)) == ["damaged frame"]
    assert kinds(text.replace("len =  13", "len =  14", 1)) == ["unreadable line"]
    [first, *_] = cardlib.read_text(text).exchanges
    assert first.duration_ns == 9_000_000


def test_nci_command_in_segments_and_a_telephone_that_is_the_card() -> None:
    found = "NxpNciR : len = 10 > 610507010204" + "{:02X}FF0100\n"
    sent = (
        "NxpNciX : len =   6 > 10000300B201\nNxpNciR : len =   6 > 600603010001\n"
        "NxpNciX : len =   5 > 0000020C00\nNxpNciR : len =   5 > 0000026A83\n"
    )
    turned = "".join(
        {"X": "R", "R": "X"}.get(letter, letter) if i and sent[i - 1] == "i" else letter
        for i, letter in enumerate(sent)
    )
    for text in (found.format(0) + sent, found.format(0x80) + turned):
        [exchange] = cardlib.read_text(text).exchanges
        assert exchange.command and exchange.response
        assert (exchange.command.raw.hex(), exchange.response.raw.hex()) == ("00b2010c00", "6a83")
    damaged = sent.replace("0000020C00", "00000G0C00")
    again = cardlib.read_text(damaged + sent)
    assert [p.kind for p in again.problems] == ["damaged frame", "unreadable line"]
    assert [bool(e.command) for e in again.exchanges] == [False, True]


def test_list_of_gaps_tells_no_times() -> None:
    text = "       Gap |   Duration | Src | Data (! denotes parity error) | CRC | Annotation\n"
    text += "         0 |       1152 | Rdr |26(7)     |     | REQA\n"
    text += "      1200 |       2304 | Tag |04  00     |     | \n"
    assert [(frame.data.hex(), frame.time_ns, frame.end_ns) for frame in frames(text)] == [
        ("26", None, None),
        ("0400", None, None),
    ]


def test_list_tells_when_a_frame_ended() -> None:
    capture = cardlib.read_text(SAMPLES[PM3_LIST.NAME].decode())
    first, second = sorted(frames(SAMPLES[PM3_LIST.NAME].decode()), key=lambda frame: frame.index)[
        :2
    ]
    assert (first.time_ns, first.end_ns, second.time_ns) == (
        0,
        1152 * 10**9 // 13_560_000,
        2352 * 10**9 // 13_560_000,
    )
    assert all(exchange.duration_ns for exchange in capture.exchanges)


@pytest.mark.parametrize(
    ("form", "found"),
    [
        (NCI, "07-24 18:54:25.900   903  3890 D NxpNciR : len =   8 > 6105050102040001\n"),
        (
            LIBNFC,
            "debug\tlibnfc.bus.uart\tRX: 00 00 ff 0a f6 d5 4b 01 01 00 04 08 02 00 01 cf 00 \n",
        ),
    ],
)
def test_card_that_is_found_opens_a_session(form: TextFormat, found: str) -> None:
    text = SAMPLES[form.NAME].decode()
    capture = cardlib.read_text(found + text + found + text)
    assert [len(session.exchanges) for session in capture.sessions] == [
        5,
        5,
    ] and capture.problems == ()
    known = [
        [exchange.context.how for exchange in session.exchanges][:2] for session in capture.sessions
    ]
    assert known == [["assumed", "selected"]] * 2


def test_pn53x_in_ccid_as_an_acr122_has_it() -> None:
    lines = (
        ("TX", "6f 0d 00 00 00 00 00 00 00 00 ff 00 00 00 08 d4 4a 01 00 a0 d9 89 78"),
        ("RX", "80 0e 00 00 00 00 00 00 81 00 d5 4b 01 01 00 04 28 04 a0 d9 89 78 90 00"),
        ("TX", "6f 0d 00 00 00 00 00 00 00 00 ff 00 00 00 08 d4 40 01 00 b2 01 0c 00"),
        ("RX", "80 07 00 00 00 00 00 00 81 00 d5 41 00 6a 83 90 00"),
    )
    text = "".join(f"debug   libnfc.driver.acr122_usb    {way}: {row} \n" for way, row in lines)
    capture = cardlib.read_text(text)
    [exchange] = capture.exchanges
    assert exchange.command and exchange.response and capture.problems == ()
    assert (exchange.command.raw.hex(), exchange.response.raw.hex()) == ("00b2010c00", "6a83")
    assert kinds(text.replace("80 07", "80 08")) == ["damaged frame"]
