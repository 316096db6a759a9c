# SPDX-License-Identifier: MIT
"""Chips with commands of their own: each protocol read by hand, what it refuses, what damage leaves of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_formats_proxmark3 import record
from test_formats_radio import frame
from test_laws import check_pieces, check_tiles

import cardlib
from cardlib.acts import headline_of
from cardlib.apps import access_bits
from cardlib.core.model import Capture, Exchange, Frame, Node, Session
from cardlib.core.native import FORMS, NATIVE_KINDS, native_protocol
from cardlib.core.radio_crc import crc_of
from cardlib.formats.radio import Radio
from cardlib.road.meaning import name, status
from cardlib.road.pipeline import read_text
from cardlib.share.redaction import redacted

KEY = b"k" * 32


def capture(kind: str, *halves: str, crc: bool = True) -> Capture:
    """Halves of a protocol, `>` from the reader, with the check sum of their technology behind them."""
    rows = ['{"card_capture": 1}', '{"session": 0, "interface": "contactless"}']
    for half in halves:
        data = bytes.fromhex(half[1:])
        sender = "reader" if half[0] == ">" else "card"
        if crc and len(data) > 1:
            start = 1 if kind == "picopass" and sender == "reader" else 0
            data += crc_of(FORMS[kind].technology, data[start:])  # type: ignore[index]
        rows.append(json.dumps({"t": None, "from": sender, "kind": kind, "data": data.hex()}))
    return read_text("\n".join(rows))


def leaves(node: Node) -> Iterator[str]:
    """The fields of a half as words; what no row explains has a question mark."""
    for _, part in node.walk():
        if not part.children and part.stop > part.start:
            mark = "" if part.fact.known else "?"
            yield f"{part.name}{mark} {part.text}".strip()


def halves(exchange: Exchange) -> list[str]:
    """Both halves in words."""
    return ["; ".join(leaves(half)) for half in cardlib.decode(exchange).children]


def said(kind: str, *lines: str) -> list[str]:
    """What the halves of the last exchange say."""
    return halves(capture(kind, *lines).exchanges[-1])


REFUSED = [
    # protocol, command, answer, what the status says
    ("ultralight", ">3000", "<00", "invalid argument"),
    ("ultralight", ">A20400000000", "<0A", "done"),
    ("ultralight", ">1B00000000", "<04", "counter overflow, or too many wrong passwords"),
    ("iso15693", ">022050", "<010F", "error without further information"),
    ("iso15693", ">022050", "<0110", "block not available"),
    ("iso15693", ">022050", "<0177", "refused with 77, which no row explains"),
    ("iso15693", ">022050", "<01", "refused with 00, which no row explains"),
    ("iso15693", ">022050", "<0000000000", "done"),
    ("felica", ">10060102030405060708010F09018000", "<0C070102030405060708FFA6", "a service code"),
    ("felica", ">10060102030405060708010F09018000", "<0C070102030405060708FF99", "refused with 99"),
    (
        "felica",
        ">10060102030405060708010F09018000",
        "<0C070102030405060708FFA5",
        "access not allowed (from memory)",
    ),
]


@pytest.mark.parametrize(("kind", "command", "answer", "words"), REFUSED)
def test_what_an_answer_refuses(kind: str, command: str, answer: str, words: str) -> None:
    (exchange,) = capture(kind, command, answer).exchanges
    assert exchange.protocol == kind
    assert exchange.response is not None and exchange.response.sw is None
    assert status(exchange)[0].startswith(words)


CUT = [
    # a half too short or too long for its row; nothing is lost, and what does not fit is marked
    ("ultralight", ">30", "<", "unknown command 30"),
    ("ultralight", ">300401", "<00", "unknown command 30"),
    ("felica", ">02", "<01", "half a command"),
    ("felica", ">0600FF", "<0301", "Polling"),
    ("iso15693", ">02", "<", "half a command"),
    ("iso15693", ">222B0102", "<0F", "GET SYSTEM INFORMATION"),
    ("picopass", ">87", "<01", "UPDATE"),
    ("srx", ">", "<07", "half a command"),
]


@pytest.mark.parametrize(("kind", "command", "answer", "title"), CUT)
def test_half_a_command_is_kept(kind: str, command: str, answer: str, title: str) -> None:
    (exchange,) = capture(kind, command, answer, crc=False).exchanges
    assert name(exchange) == title
    check_pieces(exchange)
    root = cardlib.decode(exchange)
    assert not root.error
    for half in root.children:
        check_tiles(half)


@pytest.mark.parametrize(("size", "df"), [(8, "MF0ICU2"), (16, ""), (7, "")])
def test_only_a_challenge_of_triple_des_shows_an_ultralight_c(size: int, df: str) -> None:
    """MIFARE Ultralight AES has the same command, and a challenge of 16 bytes; its keys stand in other pages."""
    lines = (">1A00", f"<AF{'5C' * size}", ">302C", f"<{'00' * 16}")
    assert capture("ultralight", *lines).exchanges[-1].context.df == df


def test_a_length_that_is_not_the_frame_s_is_said() -> None:
    (exchange,) = capture("felica", ">0700FFFF0000", crc=False).exchanges
    assert exchange.command and exchange.command.error == "the length says 7 bytes, 6 here"


def test_halves_of_two_protocols_are_no_exchange() -> None:
    command = {"t": None, "from": "reader", "kind": "iso15693", "data": "022050"}
    answer = {"t": None, "from": "card", "kind": "felica", "data": "0301"}
    text = "\n".join(['{"card_capture": 1}', json.dumps(command), json.dumps(answer)])
    found = [(e.command is None, e.response is None, e.protocol) for e in read_text(text).exchanges]
    assert found == [(False, True, "iso15693"), (True, False, "felica")]


READ = [
    (
        "ultralight",
        (">60", "<0004040201000F03"),
        ["command GET_VERSION", "chip NTAG213 (144 bytes)"],
    ),
    (
        "ultralight",
        (">60", "<0004030101001103"),
        ["command GET_VERSION", "chip 0004030101001103 (unknown value)"],
    ),
    (
        "ultralight",
        (">1BDAE55796", "<ABDA"),
        ["command PWD_AUTH; password DAE55796", "PACK ABDA"],
    ),
    ("ultralight", (">3902", "<0A0100"), ["command READ_CNT; counter 2", "count 266"]),
    (
        "ultralight",
        (">3000", "<047926D3228E3A801648000000000000"),
        [
            "command READ; first page 0",
            "UID, first part, and its check byte 047926D3; UID, second part 228E3A80; "
            "check byte of the UID 16; internal 48; lock bits 0000; one-time bits 00000000",
        ],
    ),
    (
        "ultralight",
        (">3A0409", "<" + "11" * 24),
        [
            "command FAST_READ; first page 4; last page 9",
            "; ".join(f"page {page}? 11111111" for page in range(4, 10)),
        ],
    ),
    (
        "iso15693",
        (">022B", "<000F5634120F500204E000001B0301"),
        [
            "flags high data rate; command GET SYSTEM INFORMATION",
            "flags none set; information DSFID; AFI; memory; IC reference; number 02500F123456; "
            "maker NXP; E0 E0; DSFID 00; AFI 00; blocks less 1 27; reserved 0; bytes less 1 3; "
            "IC reference 01",
        ],
    ),
    (
        "felica",
        (">0600FFFF0100", "<14010102030405060708 00F100000001430012FC".replace(" ", "")),
        [
            "length 6 bytes; command Polling; system any; asked for system code; time slots 1",
            "length 20 bytes; response code 01; IDm 0102030405060708; ROM 00; "
            "chip FeliCa Lite-S; longest answers 000000014300; asked for NDEF",
        ],
    ),
    (
        "classic",
        (">6004", "<1ED24A6A"),
        ["command AUTHENTICATE, key A; block 4", "nonce of the card 1ED24A6A"],
    ),
    ("picopass", (">0C05", "<" + "FF" * 8), ["command READ; block 5", "issuer area " + "FF" * 8]),
    ("srx", (">0B", "<0123456789AB02D0"), ["command GET_UID", "UID"]),
]


@pytest.mark.parametrize(("kind", "lines", "words"), READ)
def test_commands_and_answers(kind: str, lines: tuple[str, str], words: list[str]) -> None:
    if kind == "srx":
        words = [words[0], "number AB8967452301; maker STMicroelectronics; D0 D0"]
    crc = kind != "classic"
    found = halves(capture(kind, *lines, crc=crc).exchanges[-1])
    assert found == words


def test_blocks_of_a_service_stand_under_its_row() -> None:
    attributes = "100101000D0000000000010000130033"
    command = ">100601020304050607080 10B00018000".replace(" ", "")
    answer = "<1D07010203040506070800 0001".replace(" ", "") + attributes
    found = said("felica", command, answer)[1]
    assert "message length 19; check sum 0033" in found
    other = said(
        "felica",
        ">10060102030405060708010F09018003",
        "<1D0701020304050607080000 01".replace(" ", "") + "16" * 16,
    )
    assert other[1].endswith("service 090F, block 3? " + "16" * 16)


IDM, PMM = "0101020304050607", "100B4B428485D0FF"
RIDE = "1601000230AC0301030A200300012400"
READ_HISTORY = (f">1006{IDM}010F09018000", f"<1D07{IDM}000001{RIDE}")
SYSTEMS = [
    # how the card was polled for; whether its system is one whose service 090F is known
    (">06000003000F", f"<1201{IDM}{PMM}", True),
    (">0600FFFF010F", f"<1401{IDM}{PMM}0003", True),
    (">0600FFFF000F", f"<1201{IDM}{PMM}", False),
    (">060000FF000F", f"<1201{IDM}{PMM}", False),
    (">06000003010F", f"<1401{IDM}{PMM}8008", False),
    (">0600", f"<1201{IDM}{PMM}", False),
]


@pytest.mark.parametrize(("polled", "card", "known"), SYSTEMS)
def test_a_service_is_read_in_its_system(polled: str, card: str, known: bool) -> None:
    shown = capture("felica", polled, card, *READ_HISTORY)
    read = halves(shown.exchanges[-1])[1]
    assert (f"service 090F, block 0? {RIDE}" in read) is not known
    assert ("balance 800 JPY" in read) is known
    (act,) = cardlib.acts(shown)
    assert ("last: gate, fare at a gate, 800 JPY" in headline_of([act])) is known


def test_another_system_that_is_polled_takes_the_place_of_the_first() -> None:
    first = (">06000003000F", f"<1201{IDM}{PMM}")
    second = (">06008008000F", f"<1201{IDM}{PMM}")
    value = "00000164000000000000000000000021"
    read = (f">1006{IDM}011701018000", f"<1D07{IDM}000001{value}")
    (act,) = cardlib.acts(capture("felica", *first, *READ_HISTORY, *second, *READ_HISTORY, *read))
    headline = headline_of([act])
    assert "last: gate, fare at a gate, 800 JPY" in headline
    assert "tenths of HKD, 500 more than the balance 356" in headline
    shown = capture("felica", *first, *second, *READ_HISTORY)
    assert "balance" not in halves(shown.exchanges[-1])[1]


SERIAL = "0022229533"
CLIPPER = [
    # application, file, offset, answer, whether the row of the file is laid on it
    ("F21190", "08", "000000", SERIAL + "9100", True),
    ("F21190", "08", "010000", SERIAL + "9100", False),
    ("F21190", "08", "000000", SERIAL[:8] + "9100", False),
    ("F21190", "08", "000000", SERIAL + "91AF", False),
    ("F21190", "09", "000000", SERIAL + "9100", False),
    ("F21191", "08", "000000", SERIAL + "9100", False),
]


@pytest.mark.parametrize(("application", "file", "offset", "answer", "known"), CLIPPER)
def test_a_file_of_a_desfire_is_read_whole_by_its_row(
    application: str, file: str, offset: str, answer: str, known: bool
) -> None:
    lines = [
        f"> 905A000003{application}00",
        "< 9100",
        f"> 90BD000007{file}{offset}00000000",
        f"< {answer}",
    ]
    read = halves(read_text("\n".join(lines)).exchanges[-1])[1]
    assert ("serial number 572691763" in read) is known
    assert ("content of the file" in read) is not known


TEXT = "0311D1010D5402656E4D6574726F64726F6964FE"


def test_a_message_runs_over_the_answers() -> None:
    pages = ["E1101200" + TEXT[:24], TEXT[24:] + "00" * 12]
    lines = [">3003", "<" + pages[0], ">3006", "<" + TEXT[16:40] + "00000000"]
    shown = capture("ultralight", *lines)
    first, second = map(halves, shown.exchanges)
    assert first[1].startswith("magic NDEF; major 1; minor 0; eighths of the size 18")
    assert "language en" in first[1] and "words" in first[1]
    assert "terminator" not in second[1] and "padding" in second[1]
    (act,) = cardlib.acts(shown)
    assert "words Metrodroid" in headline_of([act])


def test_a_message_is_opened_only_where_a_container_announces_it() -> None:
    lines = [">3003", "<00000000" + TEXT[:24]]
    assert "page 4?" in said("ultralight", *lines)[1]
    assert "page 4?" in said("ultralight", ">3004", "<" + TEXT[:32])[1]


def test_a_message_of_a_type_5_tag() -> None:
    lines = [">022000", "<00E1400E01", ">022301" + "04", "<00" + TEXT]
    assert "words Metrodroid" in said("iso15693", *lines)[1]


def test_a_message_behind_a_long_container_of_a_type_5_tag() -> None:
    """A container of 8 bytes: its size stands in the second block, so the message begins in the third."""
    whole = "E2400001" + "00000400" + TEXT
    found = said("iso15693", ">02230006", "<00" + whole)[1]
    assert "eighths of the size in the next block" in found
    assert "reserved 0000; eighths of the size 1024" in found and "words Metrodroid" in found
    apart = [">022000", "<00E2400001", ">022001", "<0000000400", ">02230203", "<00" + TEXT[:32]]
    shown = capture("iso15693", *apart)
    assert "eighths of the size 1024" in halves(shown.exchanges[1])[1]
    assert "language en" in halves(shown.exchanges[2])[1]
    short = [">022000", "<00E1400401", ">022001", "<0000000400"]
    assert "eighths of the size 1024" not in said("iso15693", *short)[1]


def test_a_message_of_a_type_3_tag() -> None:
    card = "0102030405060708"
    attributes = "10010100020000000000010000110026"
    record = TEXT[4:-2]
    assert len(record) == 34
    head = f">1006{card}010B0001"
    lines = [
        f"{head}8000",
        f"<1D07{card}000001{attributes}",
        f">1206{card}010B00028001 8002".replace(" ", ""),
        f"<2D07{card}000002{record.ljust(64, '0')}",
    ]
    found = said("felica", *lines)[1]
    assert "language en; words Metrodroid; behind the message 0000" in found


# An address on each type of tag that is read by blocks: NFC Forum URI RTD, 3.2; the record by hand
ADDRESS = "D1010C55016578616D706C652E636F6D"
ADDRESSES = [
    ("ultralight", (">3003", "<E11012000310" + ADDRESS[:20])),
    ("iso15693", (">022000", "<00E1400E01", ">02230104", "<000310" + ADDRESS + "FE00")),
    (
        "felica",
        (
            f">1006{IDM}010B00018000",
            f"<1D07{IDM}0000011001010002000000000001000010{0x25:04X}",
            f">1006{IDM}010B00018001",
            f"<1D07{IDM}000001{ADDRESS}",
        ),
    ),
]


@pytest.mark.parametrize(("kind", "lines"), ADDRESSES)
def test_an_address_is_one_text_on_every_type_of_tag(kind: str, lines: tuple[str, ...]) -> None:
    found = said(kind, *lines)[1]
    if kind == "ultralight":
        assert "URI http://www.examp" in found
        rest = f"<{ADDRESS[20:]}FE000000000000000000"
        found = said(kind, *lines, ">3007", rest)[1]
        assert found.startswith("URI 6C652E636F6D")
        return
    assert "URI http://www.example.com" in found


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("00", "URI"),
        ("006578", "URI ex"),
        ("0461", "URI https://a"),
        ("24", "URI 24"),
        ("01FF", "URI 01FF"),
    ],
)
def test_an_address_that_is_short_or_whose_code_nobody_knows(payload: str, text: str) -> None:
    size = len(payload) // 2
    memory = f"E1101200 03{4 + size:02X} D101{size:02X}55{payload} FE".replace(" ", "")
    assert text in said("ultralight", ">3003", "<" + memory.ljust(32, "0"))[1].split("; ")


def test_a_message_whose_end_was_not_asked_for_is_no_damage() -> None:
    shown = capture("ultralight", ">3003", "<E11012000310" + ADDRESS[:20])
    root = cardlib.decode(shown.exchanges[0])
    assert not [node.error for _, node in root.walk() if node.error]
    assert any(node.note == "no more of it was asked for" for _, node in root.walk())


def test_a_page_that_is_written_has_its_number_and_its_bytes() -> None:
    (words, _) = halves(capture("ultralight", ">A20601020304", "<0A").exchanges[0])
    assert words == "command WRITE; page 6; page 6? 01020304"
    (words, _) = halves(capture("ultralight", ">A20604", "<00").exchanges[0])
    assert words == "command? unknown command A2; data? 0604"


@pytest.mark.parametrize(
    ("command", "known"), [("00E20040022001", True), ("80E20040022001", False)]
)
def test_a_record_that_is_added_has_the_row_of_its_file(command: str, known: bool) -> None:
    lines = ["> 00A4040007A0000004040125", "< 9000", f"> {command}", "< 9000"]
    root = cardlib.decode(read_text("\n".join(lines)).exchanges[1])
    assert any(node.name == "Event" for _, node in root.walk()) is known


CLASSIC_ATR = "3B8F8001804F0CA000000306030001000000006A"
THROUGH_READER = [
    # command and answer to a reader with a MIFARE Classic, what is read of both
    ("FFB1000504", "000003E89000", "value 1000"),
    ("FFD70005020306", "9000", "operation copy; to block 6"),
    ("FFD7000502", "6700", "READ VALUE"),
    ("FF860000050100046000", "6300", "the reader could not do it"),
]


@pytest.mark.parametrize(("command", "answer", "words"), THROUGH_READER)
def test_what_a_reader_does_with_values(command: str, answer: str, words: str) -> None:
    lines = f"ATR: {CLASSIC_ATR}\n> {command}\n< {answer}\n"
    (exchange,) = read_text(lines).exchanges
    known = "; ".join([*halves(exchange), *status(exchange)])
    assert (words in known) is (words != "READ VALUE")


@pytest.mark.parametrize(
    ("card_type", "application"),
    [("01", "i2c"), ("02", "i2c"), ("05", "sle4428"), ("06", "sle4442"), ("07", "iso7816")],
)
def test_a_memory_card_is_what_the_reader_is_told(card_type: str, application: str) -> None:
    lines = f"> FFA4000001{card_type}\n< 9000\n> FFB0000004\n< 010203049000\n"
    assert read_text(lines).exchanges[0].context.application == application


@pytest.mark.parametrize(("size", "known"), [(56, True), (48, True), (59, False), (40, False)])
def test_a_part_of_whole_blocks_is_enciphered(size: int, known: bool) -> None:
    """Behind an authentication, a part that goes on has 59 bytes, unless only whole blocks fit."""
    lines = ["> 900A0000010200", f"< {'5B' * 8}91AF", f"> 90AF000010{'6E' * 16}00"]
    lines += [f"< {'88' * 8}9100", "> 90BD0000070700000000000000", f"< {'AB' * size}91AF"]
    read = halves(read_text("\n".join(lines)).exchanges[2])[1]
    assert ("enciphered AB" in read) is known
    assert ("perhaps enciphered? AB" in read) is not known


def test_configuration_pages_are_those_of_the_chip() -> None:
    page = [">3029", "<04000004" + "00" * 12]
    named = said("ultralight", ">60", "<0004040201000F03", *page)[1]
    assert "protected from page 4" in named and "password" in named
    assert "page 41?" in said("ultralight", *page)[1]


def test_a_password_and_a_number_are_hidden_and_redacted() -> None:
    lines = [">1BDAE55796", "<ABDA", ">3000", "<047926D3228E3A801648000000000000"]
    shown = capture("ultralight", *lines)
    printed = str(shown) + "".join(str(exchange) for exchange in shown.exchanges)
    _, text = redacted(shown, KEY)
    for secret in ("DAE55796", "ABDA", "047926D3", "228E3A80"):
        assert secret not in printed
        assert secret.lower() not in text.lower()
    again = read_text(text)
    assert [name(exchange) for exchange in again.exchanges] == ["PWD_AUTH", "READ"]
    assert not again.problems


# The bits of a sector trailer, three of them of real dumps; each stands twice.
CONDITIONS = [
    ("FF0780", [0, 0, 0, 1]),
    ("08778F", [6, 6, 6, 3]),
    ("787788", [4, 4, 4, 3]),
    ("61E789", [2, 4, 4, 7]),
    ("1E11EE", [4, 3, 3, 3]),
    ("4B44BB", [3, 3, 4, 3]),
]


@pytest.mark.parametrize(("text", "codes"), CONDITIONS)
def test_access_conditions(text: str, codes: list[int]) -> None:
    value = bytes.fromhex(text)
    assert access_bits.conditions(value) == codes
    for bit in range(24):
        wrong = bytearray(value)
        wrong[bit // 8] ^= 1 << bit % 8
        assert access_bits.describe(bytes(wrong)) == access_bits.INVALID
    assert access_bits.describe(value[:2]) == text[:4]


CLASSIC_READER = "ATR: 3B8F8001804F0CA000000306030001000000006A\n"


def through_reader(block: str, data: str) -> list[str]:
    text = f"{CLASSIC_READER}> FFB000{block}10\n< {data}9000\n"
    (exchange,) = read_text(text).exchanges
    return list(leaves(cardlib.decode(exchange).children[1]))


def test_blocks_of_classic_through_a_reader() -> None:
    assert "value 245" in through_reader("04", "F50000000AFFFFFFF500000000FF00FF")
    assert through_reader("04", "F50000000AFFFFFFF500000000FF00FE")[0].startswith("block 4?")
    trailer = through_reader("07", "000000000000FF078069FFFFFFFFFFFF")
    assert any("all with either key" in line for line in trailer)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("7F", "block 0: read with either key; block 1, 2: read with either key, write with B"),
        ("8F", "blocks 0 to 4: read with either key; blocks 5 to 9, 10 to 14: read with either"),
        ("FF", "blocks 0 to 4: read with either key; blocks 5 to 9, 10 to 14: read with either"),
    ],
)
def test_a_condition_of_a_large_sector_is_of_five_blocks(block: str, words: str) -> None:
    """From block 128 on, sectors of MIFARE Classic 4K have 16 blocks (NXP MF1S70YYX_V1, 8.6)."""
    trailer = through_reader(block, "00000000000061E78969FFFFFFFFFFFF")
    assert any(words in line for line in trailer)


@pytest.mark.parametrize(("first", "is_directory"), [("14", True), ("15", False)])
def test_a_directory_of_classic_has_a_fitting_check_sum(first: str, is_directory: bool) -> None:
    data = first + "01" + "03E1" * 15
    text = f"{CLASSIC_READER}> FFB0000120\n< {data}9000\n"
    answer = list(leaves(cardlib.decode(read_text(text).exchanges[0]).children[1]))
    assert ("application E103" in answer) is is_directory
    assert any(line.startswith("block 1?") for line in answer) is not is_directory


MEMORY_CARD = [
    ("06", "20000003FFFFFF", "9007", "PSC right, three tries left", True),
    ("06", "20000003000000", "9003", "PSC wrong, two tries left", False),
    ("06", "20000003000000", "9005", "PSC wrong, two tries left", False),
    ("06", "20000003000000", "9000", "PSC wrong, the card is locked", False),
    ("06", "D0004001AA", "9000", "normal processing", True),
    ("05", "20000002FFFF", "90FF", "PSC right, eight tries left", True),
    ("05", "200000020000", "907F", "PSC wrong, fewer tries left", False),
    ("05", "200000020000", "9000", "PSC wrong, the card is locked", False),
]


@pytest.mark.parametrize(("card_type", "command", "sw", "words", "is_done"), MEMORY_CARD)
def test_9000_is_no_success_of_a_memory_card(
    card_type: str, command: str, sw: str, words: str, is_done: bool
) -> None:
    text = f"> FFA4000001{card_type}\n< 9000\n> FF{command}\n< {sw}\n"
    shown = read_text(text)
    assert status(shown.exchanges[1])[0] == words
    (act,) = cardlib.acts(shown)
    assert act.outcome == ("done" if is_done else "refused")


TUNNEL = [
    # to the chip of the reader, what it answers, what must be read, what must not be seen
    ("6004A0A1A2A3A4A534636A39", "", "AUTHENTICATE, key A", "A0A1A2A3A4A5"),
    ("1BDAE55796", "ABDA", "PWD_AUTH", "DAE55796"),
    ("60", "0004040201001103", "chip NTAG215 (504 bytes)", "ABSENT"),
    ("60", "AF04010101001805", "to the chip 0160", "ABSENT"),  # DESFire has this command, too
    ("3004", "11" * 16, "to the chip 013004", "ABSENT"),  # and READ is of two chips
]


@pytest.mark.parametrize(("body", "answer", "words", "secret"), TUNNEL)
def test_commands_of_a_chip_inside_those_of_a_reader(
    body: str, answer: str, words: str, secret: str
) -> None:
    size = len(body) // 2 + 3
    shown = read_text(f"> FF000000{size:02X}D44001{body}\n< D54100{answer}9000\n")
    (exchange,) = shown.exchanges
    names = [node.fact.name for _, node in cardlib.decode(exchange).walk()]
    texts = [f"{node.name} {node.text}" for _, node in cardlib.decode(exchange).walk()]
    assert words in "; ".join([*names, *texts])
    assert secret not in str(exchange)
    _, text = redacted(shown, KEY)
    assert secret not in text


NATIVE = [
    ("60", "AF04010101001805", "desfire"),
    ("5A010203", "00", "desfire"),
    ("5A010203", "55", None),
    ("99", "00", None),
    ("70030000", "90" + "00" * 16, "mifare plus"),
    ("70030000", "0B", "mifare plus"),
    ("", "00", None),
    ("60", "", None),
]


@pytest.mark.parametrize(("command", "answer", "protocol"), NATIVE)
def test_whose_native_command_it_is(command: str, answer: str, protocol: str | None) -> None:
    assert native_protocol(bytes.fromhex(command), bytes.fromhex(answer)) == protocol


SETTINGS = "0001123F380000"


@pytest.mark.parametrize("is_native", [True, False])
def test_desfire_says_the_same_native_and_wrapped(is_native: bool) -> None:
    pairs = [
        ("5A", "331122", "00", ""),
        ("F5", "07", "00", SETTINGS),
        ("6C", "08", "00", "D4170000"),
    ]
    rows = ['{"card_capture": 1}', '{"session": 0, "interface": "contactless", "clock": "rf"}']
    rows.append('{"t": null, "from": "card", "kind": "ats", "data": "0578807002"}')
    for number, (code, data, state, answer) in enumerate(pairs):
        command = code + data if is_native else f"90{code}0000{len(data) // 2:02X}{data}00"
        reply = state + answer if is_native else f"{answer}91{state}"
        for sender, half in (("reader", command), ("card", reply)):
            block = bytes.fromhex(f"{2 | number & 1:02X}{half}")
            data_hex = (block + crc_of("A", block)).hex()
            rows.append(json.dumps({"t": None, "from": sender, "kind": "block", "data": data_hex}))
    shown = read_text("\n".join(rows))
    assert {exchange.protocol for exchange in shown.exchanges} == {
        "desfire" if is_native else "apdu"
    }
    assert [name(exchange) for exchange in shown.exchanges] == [
        "SELECT APPLICATION",
        "GET FILE SETTINGS",
        "GET VALUE",
    ]
    (act,) = cardlib.acts(shown)
    assert headline_of([act]) == "MIFARE DESFire: application 221133; value 6100"
    settings = halves(shown.exchanges[1])[1]
    assert "protection MAC; read key 3; write never; read and write key 1; change key 2" in settings


def test_additional_frames_are_read_by_what_they_go_on_with() -> None:
    lines = [
        "> 9060000000",
        "< 0401011200 1A05 91AF".replace(" ", ""),
        "> 90AF000000",
        "< 04010102011A05 91AF".replace(" ", ""),
        "> 90AF000000",
        "< 04512492B23A80BA549087102114 9100".replace(" ", ""),
        "> 90AF000000",
        "< 04512492B23A80BA549087102114 9100".replace(" ", ""),
    ]
    first, second, third, alone = map(halves, read_text("\n".join(lines)).exchanges)
    assert "generation EV2" in first[1] and "storage 8192 bytes" in second[1]
    assert "UID 04512492B23A80" in third[1] and "week 21" in third[1]
    assert alone[1].startswith("data?")


def radio(lines: str, technology: str = "") -> list[tuple[str, str]]:
    """The kinds and notes that radio frames get; `+` puts the check sum of type A behind one, `~` that of type B."""
    state = Radio("rf", "1 ns")
    found = []
    for number, line in enumerate(lines.split()):
        for item in state.take(frame(line, number), technology):
            if isinstance(item, Frame):
                found.append((item.kind, item.note))
    return found


def test_a_sak_says_which_commands_follow() -> None:
    select = ">26 <4400 >937004A81D39A8+ "
    kinds = [kind for kind, _ in radio(select + "<00+ >3004+ <00112233445566778899AABBCCDDEEFF+")]
    assert kinds == ["rf"] * 4 + ["ultralight"] * 2
    kinds = [
        kind for kind, _ in radio(select + "<08+ >6004+ <1ED24A6A >1122334455667788 <11223344")
    ]
    assert kinds == ["rf"] * 4 + ["classic"] * 2 + ["crypto1"] * 2
    # A card that speaks ISO/IEC 14443-4 has no commands of its own below it.
    assert [kind for kind, _ in radio(select + "<20+ >3004+")][-1] != "ultralight"


def test_an_acknowledgement_belongs_to_its_command_and_damage_to_none() -> None:
    select = ">26 <4400 >937004A81D39A8+ <00+ "
    assert [kind for kind, _ in radio(select + ">A20411223344+ <0A")][-2:] == ["ultralight"] * 2
    assert [kind for kind, _ in radio(select + ">A20411223344+ <1122334455")][-1] == "rf"


def test_a_poll_that_no_card_answers_is_nothing_missing() -> None:
    shown = capture("felica", ">0600FFFF0000", ">0600FFFF0000")
    assert "without an answer" not in str(shown) and cardlib.acts(shown) == []
    assert "1 command without an answer" in str(capture("felica", ">0A040102030405060708"))


def test_a_guessed_technology_makes_no_protocol_of_unknown_codes() -> None:
    unknown = ">02E901~"
    assert radio(unknown) == [("rf", "no name known")]
    assert radio(unknown, "V") == [("iso15693", "no name known")]
    assert radio(">022B~")[0][0] == "iso15693"


def type_2_trace() -> tuple[list[bytes], list[tuple[str, str]]]:
    """The records of a Proxmark3 trace of a type 2 tag, and its exchanges: code with page, and the page's content."""
    select = [("26", False), ("4400", True), ("937004A81D39A8+", False), ("00+", True)]
    halves_of_reads = []
    wanted = []
    for page in (4, 8, 12):
        content = f"{page:02X}" * 16
        halves_of_reads += [(f"30{page:02X}+", False), (f"{content}+", True)]
        wanted.append((f"30{page:02X}", content))
    rows = []
    for number, (text, is_card) in enumerate([*select, *halves_of_reads]):
        rows.append(record(1000 + 10_000 * number, frame(f">{text}").data, is_card))
    return rows, wanted


def exchanges_of(data: bytes, path: Path) -> list[tuple[str, str]]:
    path.write_bytes(data)
    found = []
    for exchange in cardlib.read(path, "Proxmark3 trace").exchanges:
        command = exchange.command.raw.hex().upper() if exchange.command else ""
        response = exchange.response.raw.hex().upper() if exchange.response else ""
        found.append((command, response))
    return found


def test_a_damaged_byte_costs_no_neighbour(tmp_path: Path) -> None:
    rows, wanted = type_2_trace()
    path = tmp_path / "tag.trace"
    assert exchanges_of(b"".join(rows), path) == wanted
    head = 8  # of a record: time, duration, length
    for number in (6, 7):  # the second read
        for at in range(head, head + len(rows[number]) - head - 3):
            row = bytearray(rows[number])
            row[at] ^= 0x10
            changed = b"".join([*rows[:number], bytes(row), *rows[number + 1 :]])
            found = exchanges_of(changed, path)
            assert found[0] == wanted[0] and found[-1] == wanted[2]
            assert wanted[1] not in found


BYTES = st.binary(max_size=24)
KINDS = st.sampled_from(sorted(NATIVE_KINDS))
HALF = st.tuples(st.sampled_from(("reader", "card")), KINDS, BYTES, st.booleans())


@given(st.lists(HALF, max_size=6))
def test_any_bytes_in_any_protocol_hold_the_laws(found: list[tuple[str, str, bytes, bool]]) -> None:
    rows = ['{"card_capture": 1}', '{"session": 0}']
    for sender, kind, data, is_sealed in found:
        if is_sealed:
            data += crc_of(FORMS[kind].technology, data)  # type: ignore[index]
        rows.append(json.dumps({"t": None, "from": sender, "kind": kind, "data": data.hex()}))
    shown = read_text("\n".join(rows))
    exchanges = shown.exchanges
    for exchange in exchanges:
        check_pieces(exchange)
        root = cardlib.decode(exchange)
        assert not root.error
        assert root == cardlib.decode(exchange)
        for half in root.children:
            check_tiles(half)
    held = sum(len(exchange.frames) for exchange in exchanges)
    alone = sum(len(session.frames) for session in shown.sessions)
    assert held + alone == len(found)
    _, text = redacted(shown, KEY)
    again = [(e.protocol, e.command is None, e.response is None) for e in read_text(text).exchanges]
    assert again == [(e.protocol, e.command is None, e.response is None) for e in exchanges]


def test_sessions_stay_as_they_are() -> None:
    shown = capture("ultralight", ">3004", "<" + "00" * 16)
    (session,) = shown.sessions
    assert isinstance(session, Session) and len(session.exchanges) == 1
    assert shown.exchanges[0].frames[1].data[-2:] == crc_of("A", bytes(16))
