# SPDX-License-Identifier: MIT
"""Short messages, packets and toolkit objects: broken ones first, then published ones with what they say."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

import cardlib
from cardlib.apps.messages import layout
from cardlib.core.dictionary import load
from cardlib.core.layout.texts import gsm_text, unpack_septets
from cardlib.core.model import Exchange, Node
from cardlib.show.text import text
from conftest import ROOT

VECTORS = tomllib.loads((ROOT / "tests/vectors/telecom_messages.toml").read_text("utf-8"))
USIM = "> 00A4040007A0000000871002\n< 9000\n"
TO_CARD, FROM_CARD = "message to a phone", "message from a phone"


def read(name: str, data: str) -> dict[str, Node]:
    """The last node of each name in a message."""
    nodes: dict[str, Node] = {}
    for node in layout(name, "").parse(bytes.fromhex(data)):
        nodes[node.name] = node
        nodes |= {part.name: part for _, part in node.walk()}
    return nodes


def length(data: str) -> str:
    """A length of BER-TLV in hex."""
    size = len(data) // 2
    return f"{size:02X}" if size < 0x80 else f"81{size:02X}"


def exchange(ins: str, data: str, answer: str = "", cla: str = "80") -> Exchange:
    size = len(data) // 2
    lines = f"> {cla}{ins}0000{size:02X}{data}\n< {answer}9000\n"
    return cardlib.read_text(USIM + lines).exchanges[-1]


def enveloped(message: str, answer: str = "", cla: str = "80") -> Exchange:
    objects = f"820283818B{length(message)}{message}"
    return exchange("C2", f"D1{length(objects)}{objects}", answer, cla)


def nodes_of(found: Exchange) -> dict[str, Node]:
    return {node.name: node for _, node in cardlib.decode(found).walk()}


COMMAND_HEAD = "400881214365877FF622705200000000"
DELIVER = "040BC87238880900F10000993092516195800AE8329BFD4697D9EC37"


@pytest.mark.parametrize("size", range(1, len(DELIVER) // 2))
def test_a_message_that_is_cut_off_is_marked(size: int) -> None:
    nodes = layout(TO_CARD, "").parse(bytes.fromhex(DELIVER)[:size])
    assert any(node.error for root in nodes for node in (root, *(part for _, part in root.walk())))
    assert sum(node.stop - node.start for node in nodes) == size


def test_a_message_of_ff_is_no_message() -> None:
    assert set(read(TO_CARD, "FF" * 176)) == {"message"}
    assert set(read(FROM_CARD, "FF" * 176)) == {"message"}


def test_a_number_that_is_longer_than_the_message_is_marked() -> None:
    assert (
        read(TO_CARD, "04FF91" + "21" * 20)["number"].error == "128 bytes declared, 20 bytes here"
    )


def test_a_header_that_is_longer_than_the_data_is_marked() -> None:
    data = "440B917283010010F5000099309251619580" + "0B" + "7F0003CC02018231A10C"
    assert read(TO_CARD, data)["elements"].error == "127 bytes declared, 9 bytes here"


def test_a_wrong_length_of_data_is_told_and_the_rest_read() -> None:
    packet = next(row for row in VECTORS["tpdu"] if row["name"].startswith("DELIVER carrying"))
    nodes = nodes_of(enveloped(packet["hex"]))
    assert nodes["length of user data"].error == "3 declared, 37 bytes here"
    assert nodes["cipher"].text == "triple DES with two keys"
    whole = nodes_of(enveloped(packet["hex"].replace("03027000", "25027000")))
    assert whole["length of user data"].error == ""


def test_a_packet_that_is_cut_off_is_marked() -> None:
    message = "400881214365877FF622705200000000" + "0D027000" + "00201506193535B00011"
    nodes = nodes_of(enveloped(message))
    assert nodes["secured"].error == "32 bytes declared, 8 bytes here"
    assert nodes["key set (KIc)"].text == "3"


def test_the_first_part_of_a_long_packet_is_not_divided() -> None:
    header = "070003010201" + "7000"
    message = "400881214365877FF622705200000000" + "12" + header + "0040" + "15" * 8
    assert not nodes_of(enveloped(message))["packet"].children


FACTS = {
    # as the vectors call it, as the layouts do
    "MTI": "message type",
    "OA": "number",
    "DA": "number",
    "MR": "message reference",
    "SCTS": "time stamp",
    "text": "text",
    "data": "data",
    "PID": "protocol identifier",
    "DCS": "coding",
    "VPF": "validity format",
    "VP": "validity",
    "UDHI": "header present",
}
IN_HEX = ("data", "PID", "DCS")
FORMATS_OF_VALIDITY = {2: "relative"}


def expected(key: str, value: Any) -> str:
    if key == "UDHI":
        return "yes" if value else "no"
    if key == "VPF":
        return FORMATS_OF_VALIDITY[value]
    if key == "VP":
        return str(value).partition(" = ")[2]
    return str(value)


@pytest.mark.parametrize("row", VECTORS["tpdu"], ids=lambda row: row["name"])
def test_published_messages(row: dict[str, Any]) -> None:
    direction = FROM_CARD if row["facts"]["MTI"] == "SUBMIT" else TO_CARD
    nodes = read(direction, row["hex"])
    for key, value in row["facts"].items():
        name = FACTS[key]
        if name == "number" and name not in nodes:
            name = "name"  # an alphanumeric sender
        node = nodes[name]
        reading = node.value.hex().upper() if key in IN_HEX else node.text
        assert reading.startswith(expected(key, value)), key
    assert int(nodes["length of user data"].text) == row["length"]


@pytest.mark.parametrize("row", VECTORS["gsm7"], ids=lambda row: row["packed"])
def test_packed_characters(row: dict[str, Any]) -> None:
    packed = bytes.fromhex(row["packed"])
    spare = 8 * len(packed) - 7 * row["septets"]
    assert gsm_text(unpack_septets(packed, spare)) == row["text"]
    message = f"04048121430000{'00' * 7}{row['septets']:02X}{row['packed']}"
    nodes = read(TO_CARD, message)
    assert nodes["length of user data"].text == str(row["septets"])
    assert nodes["text"].text == row["text"]


HEADERS = [
    # the header with its length, 7-bit characters behind it, how many with the header, the text
    ("050003CC0201", "8231A10C", 11, "A1B2"),
    ("06080401CC0201", "C1987006", 12, "A1B3"),
    ("050003CC0201", "8231A10D", 11, "A1B6"),
]


@pytest.mark.parametrize(("header", "packed", "count", "content"), HEADERS)
def test_characters_behind_a_header_begin_on_their_border(
    header: str, packed: str, count: int, content: str
) -> None:
    message = f"440B917283010010F5000099309251619580{count:02X}{header}{packed}"
    nodes = read(TO_CARD, message)
    assert nodes["text"].text == content
    assert (nodes["parts"].text, nodes["part"].text) == ("2", "1")


@pytest.mark.parametrize("cla", ["80", "A0"])
def test_a_message_is_hidden_and_what_is_around_it_shown(cla: str) -> None:
    found = enveloped(DELIVER, cla=cla)
    shown = text(found)
    assert "hellohello" not in shown and "27838890001" not in shown and DELIVER[4:18] not in shown
    assert nodes_of(found)["text"].text == "hellohello"
    assert "DELIVER" in shown


def test_a_trigger_of_a_session_is_divided() -> None:
    """The objects are published ones; what stands around them is made up."""
    request = "8A0A61646D696E2E686F7374" + "8C1668747470733A2F2F61646D696E2E686F73742F757269"
    session = "850804DEADBEEF020040" + f"89{len(request) // 2:02X}{request}"
    trigger = f"83{len(session) // 2:02X}{session}"
    data = f"81{len(trigger) // 2:02X}{trigger}"
    packet = f"0D00013535B20100000000000000{data}"
    packet = f"027000{len(packet) // 2:04X}{packet}"
    found = enveloped(f"{COMMAND_HEAD}{len(packet) // 2:02X}{packet}")
    nodes = nodes_of(found)
    texts = [nodes[name].text for name in ("key identity", "key version", "key identifier")]
    assert texts == ["DEADBEEF", "00", "40"]
    assert (nodes["host"].text, nodes["address"].text) == ("admin.host", "https://admin.host/uri")
    assert "DEADBEEF" not in text(found)


STORED = [
    # state, message, what is read of it
    ("01", "07917283010010F5" + DELIVER, {"number": "27838890001", "text": "hellohello"}),
    ("07", "00" + "11000B916407281553F80000AA0AE8329BFD4697D9EC37", {"number": "46708251358"}),
    ("00", "07917283010010F5" + DELIVER, {"message": "07917283010010F5" + DELIVER}),
    ("01", "", {"length of the service centre": "255"}),
]


@pytest.mark.parametrize(("state", "message", "readings"), STORED)
def test_a_stored_message_is_divided_as_its_state_says(
    state: str, message: str, readings: dict[str, str]
) -> None:
    record = (state + message).ljust(352, "F")
    lines = f"> 00A40000026F3C\n< 9000\n> 00B20104B0\n< {record}9000\n"
    found = cardlib.read_text(USIM + lines).exchanges[-1]
    nodes = nodes_of(found)
    for name, reading in readings.items():
        assert nodes[name].text.startswith(reading)
    shown = text(found)
    assert "hellohello" not in shown and "27838890001" not in shown


def test_a_status_report_is_divided() -> None:
    report = "06010B917283010010F5" + "99309251619580" + "99309251719580" + "00"
    nodes = read(TO_CARD, report)
    assert nodes["message type"].text == "STATUS-REPORT"
    assert (nodes["status"].text, nodes["number"].text) == ("delivered", "27381000015")
    assert nodes["discharge time"].text == "2099-03-29 15:17:59 +02:00"


def test_a_command_to_the_service_centre_is_divided() -> None:
    """By hand from 3GPP TS 23.040, 9.2.2.4: delete message 9, which went to +27381000015."""
    command = "22" + "07" + "00" + "02" + "09" + "0B917283010010F5" + "02" + "ABCD"
    nodes = read(FROM_CARD, command)
    assert nodes["message type"].text == "COMMAND"
    assert (nodes["status report"].text, nodes["message reference"].text) == ("yes", "7")
    assert (nodes["command"].text, nodes["message number"].text) == ("delete message", "9")
    assert (nodes["number"].text, nodes["data"].text) == ("27381000015", "ABCD")


def test_every_state_of_a_stored_message_but_free_is_divided() -> None:
    states = load("subscriber").resources.names["states of a message"]
    for state in states:
        record = (state + "07917283010010F5").ljust(352, "0")
        lines = f"> 00A40000026F3C\n< 9000\n> 00B20104B0\n< {record}9000\n"
        nodes = nodes_of(cardlib.read_text(USIM + lines).exchanges[-1])
        assert ("message type" in nodes) == (state != "00"), state


PLAIN_RECEIPT = "027100001612B000110000000000000055F47118381175FB01612F"
CIPHERED_RECEIPT = "027100001C12B000119660EBDB81BE189B5E4389E9E7AB2BC0954F963AD869ED7C"


@pytest.mark.parametrize(
    ("receipt", "answer", "names"),
    [
        ("09", PLAIN_RECEIPT, {"response": "proof of receipt: done", "last status word": "612F"}),
        ("19", CIPHERED_RECEIPT, {"ciphered data": CIPHERED_RECEIPT[18:]}),
        ("19", "ABCD", {"data": "ABCD"}),
    ],
)
def test_a_response_packet_is_read_as_the_command_asked(
    receipt: str, answer: str, names: dict[str, str]
) -> None:
    packet = f"00150D00{receipt}3535B0001100000000000000A40000023F00"
    found = enveloped(f"{COMMAND_HEAD}1A027000{packet}", answer)
    response = cardlib.decode(found).children[1]
    texts = {node.name: node.text for _, node in response.walk()}
    assert {name: texts[name] for name in names} == names


@pytest.mark.parametrize("row", VECTORS["toolkit"], ids=lambda row: row["name"])
def test_toolkit_objects(row: dict[str, Any]) -> None:
    if row["hex"].startswith("D0"):
        found = cardlib.read_text(f"{USIM}> 8012000000\n< {row['hex']}9000\n").exchanges[-1]
        (template,) = cardlib.decode(found).children[1].children[0].children
    else:
        found = exchange("C2", row["hex"])
        node = cardlib.decode(found).children[0].children[-1]
        template = node.children[0]
    objects = [(node.tag, node.value.hex().upper()) for node in template.children]
    wanted = []
    for tag, is_required, value in row["objects"]:
        wanted.append((f"{int(tag, 16) | 0x80 * is_required:02X}", value))
    assert objects == wanted
    assert all(node.fact.known and not node.error for node in template.children)
