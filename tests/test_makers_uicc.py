# SPDX-License-Identifier: MIT
"""The UICC in software refuses what it must, and its phone, toolkit and operator get what they ask for."""

from __future__ import annotations

import pytest

from cardlib.core.layout import values
from cardlib.crypto import ota as packets
from cardlib.crypto.milenage import Milenage
from traces.makers import messages, ota
from traces.makers.applets import Toolkit, objects_of
from traces.makers.phone import Phone
from traces.makers.subscriber import Network, Subscriber
from traces.makers.uicc import ATR, Uicc
from traces.makers.uicc_files import ROWS, file_system

K = bytes.fromhex("465B5CE8B199B49FAA5F0A2EE238A6BC")  # 3GPP TS 35.207, set 1
OPC = bytes.fromhex("CD63CB71954A9F4E48A5994E37A02BAF")
RAND = bytes.fromhex("23553CBE9637A89D218AE64DAE47BF35")
SQN, AMF = bytes.fromhex("FF9BB4D0B607"), bytes.fromhex("B9B9")
STATUS = 15  # where the response code stands in a receipt
RES = bytes.fromhex("A54211D5E3BA50BF")
USIM = "00A4040407A0000000871002"
PIN = "0020000108" + "31323334FFFFFFFF"
WRONG_PIN = "0020000108" + "35353535FFFFFFFF"


def card(**traits: bool) -> Uicc:
    made = Uicc(Subscriber(K, OPC, 0x20), Toolkit(), **traits)
    assert made.power_on() == ATR
    return made


def asked(made: Uicc, *commands: str) -> str:
    """The answer to the last of these commands."""
    answer = b""
    for command in commands:
        answer = made.answer(bytes.fromhex(command))
    return answer.hex().upper()


def started(**traits: bool) -> tuple[Uicc, Phone]:
    made = card(**traits)
    phone = Phone(made.answer)
    phone.start()
    return made, phone


REFUSED = [
    ("a command that it does not know", ("00FF000000",), "6D00"),
    ("no command at all", ("00",), "6700"),
    ("a file that is not there", ("00A4000C026F99",), "6A82"),
    ("a file by a short identifier that is not there", ("00B09D0001",), "6A82"),
    ("reading without a file", ("00B0000001",), "6986"),
    ("a record of a file without records", ("00A4000C022FE2", "00B2010401"), "6986"),
    ("a record behind the last one", ("00A4000C022F00", "00B2030426"), "6A83"),
    ("a file of the PIN without it", (USIM, "00A4000C026F07", "00B0000009"), "6982"),
    ("a file of the administrator", (USIM, PIN, "00A4000C026F07", "00D600000108"), "6982"),
    ("a record of another length", (USIM, PIN, "00A4000C026F3A", "00DC010401FF"), "6986"),
    ("a wrong PIN", (WRONG_PIN,), "63C2"),
    ("the right PIN after three wrong ones", (*[WRONG_PIN] * 3, PIN), "6983"),
    ("a fetch where nothing waits", ("8012000000",), "6985"),
    ("an authentication that is too short", ("0088008101" + "00",), "6700"),
    ("one of 2G, on a card of 3G", ("0088008011" + "10" + "5A" * 16,), "9864"),
    ("a proof of nobody", ("0088008122" + "10" + "5A" * 16 + "10" + "A5" * 16,), "9862"),
    ("a fifth channel", ("0070000001",) * 4, "6A81"),
]


@pytest.mark.parametrize(
    ("commands", "status"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_what_it_refuses(commands: tuple[str, ...], status: str) -> None:
    assert asked(card(), *commands)[-4:] == status


def test_a_question_about_the_pin_costs_no_try() -> None:
    made = card()
    assert [asked(made, "0020000100") for _ in range(4)] == ["63C3"] * 4
    assert asked(made, WRONG_PIN, "0020000100") == "63C2"
    assert asked(made, PIN, "0020000100") == "9000"


def test_files_are_what_the_rows_write_and_read() -> None:
    for path, file in file_system().files.items():
        fact = ROWS.file(tuple(path.split("/")), 1)
        assert fact is not None, path
        for content in file.content:
            data = content.rstrip(b"\xff") if file.has_records else content
            if fact.layout and not file.has_records:
                assert fact.layout.build(values(fact.layout.parse(data))) == data, path


def test_a_phone_reads_every_file_that_it_may() -> None:
    _, phone = started()
    assert phone.read("6F07") == [bytes.fromhex("080910100000000010")]
    assert phone.read("6F46")[0].startswith(b"\x01Test Operator")
    assert phone.read("6F99") == []


def test_the_published_set_gives_the_published_answer() -> None:
    algorithm = Milenage(K, OPC)
    mac, _ = algorithm.macs(RAND, SQN, AMF)
    mask = algorithm.quantities(RAND).ak
    autn = bytes(a ^ b for a, b in zip(SQN, mask, strict=True)) + AMF + mac
    subscriber = Subscriber(K, OPC, 0)
    answer = subscriber.in_3g(RAND, autn)
    assert answer is not None and answer[:2] == b"\xdb\x08" and answer[2:10] == RES
    assert subscriber.in_3g(RAND, autn[:-1] + bytes((autn[-1] ^ 1,))) is None


def test_a_challenge_counts_once_and_auts_brings_the_network_back() -> None:
    subscriber, network = Subscriber(K, OPC, 0x20), Network(K, OPC, 0x10, 1)
    challenge = network.challenge()
    refused = subscriber.in_3g(challenge[1:17], challenge[18:])
    assert refused is not None and refused[:2] == b"\xdc\x0e"
    network.resynchronise(challenge, refused[2:])
    assert network.sqn == 0x20
    challenge = network.challenge()
    for first in (b"\xdb", b"\xdc"):
        answer = subscriber.in_3g(challenge[1:17], challenge[18:])
        assert answer is not None and answer[:1] == first


def test_what_an_item_of_the_menu_does() -> None:
    made, phone = started()
    seen: list[int] = []
    reach = made.answer

    def watched(command: bytes) -> bytes:
        answer = reach(command)
        if command[1] == 0x12:
            seen.append(objects_of(answer[2:-2])[1][1])
        return answer

    phone.transmit = watched
    for item in (1, 2, 3, 9):
        phone.choose(item)
    assert seen == [0x21, 0x13, 0x40, 0x43, 0x42, 0x41, 0x21]


def receipt_of(made: Uicc, phone: Phone, packet: bytes) -> bytes:
    """The answer to the last message with a packet."""
    answers: list[bytes] = []
    reach = made.answer

    def watched(command: bytes) -> bytes:
        answers.append(reach(command))
        return answers[-1]

    phone.transmit = watched
    phone.bring_all(packet)
    return answers[-1]


DATA = bytes.fromhex("00A40004026F46" + "00D6000001" + "00")
CODES = [
    ("a right packet", ota.closed_command(ota.Terms(), 7, DATA), 0),
    ("one in two messages", ota.closed_command(ota.Terms(), 7, DATA * 12), 0),
    ("a counter that was there", ota.closed_command(ota.Terms(), 6, DATA), 2),
    ("no checksum", ota.closed_command(ota.Terms(0, 1, 0, 0), 7, DATA), 0x0A),
]


@pytest.mark.parametrize(
    ("packet", "code"), [row[1:] for row in CODES], ids=[row[0] for row in CODES]
)
def test_what_a_card_says_to_a_packet(packet: bytes, code: int) -> None:
    made, phone = started()
    made.toolkit.receiver.counter = 6
    assert receipt_of(made, phone, packet)[STATUS] == code


def test_a_changed_packet_is_not_obeyed() -> None:
    packet = bytearray(ota.closed_command(ota.Terms(), 7, DATA))
    packet[-1] ^= 1
    made, phone = started()
    assert receipt_of(made, phone, bytes(packet))[STATUS] == 1
    assert phone.read("6F46")[0].startswith(b"\x01Test")


@pytest.mark.parametrize("size", [1, 15, 16, 17, 200])
@pytest.mark.parametrize("security", [0x00, 0x02, 0x04, 0x16])
def test_the_library_opens_what_the_server_closes(size: int, security: int) -> None:
    terms = ota.Terms(security)
    packet = ota.closed_command(terms, 5, bytes(range(size)))
    opened = packets.open_command(packet, ota.KIC)
    assert (opened.data, int.from_bytes(opened.counter)) == (bytes(range(size)), 5)
    if security & 2:
        made = packets.checksum("cryptographic checksum", terms.kid, ota.KID, opened.covered)
        assert made == opened.checksum


@pytest.mark.parametrize("size", [1, 128, 129, 300])
def test_parts_of_a_message_hold_the_whole_packet(size: int) -> None:
    packet = bytes(number % 251 for number in range(size))
    parts = [messages.part_of(message) for message in messages.delivered(packet)]
    assert b"".join(part.content for part in parts) == packet
    assert {part.count for part in parts} == {len(parts)} == {-(-size // 128)}
