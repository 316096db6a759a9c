# SPDX-License-Identifier: MIT
"""Insurance data of a German health card: opened, hidden, and no bomb (a made-up person)."""

from __future__ import annotations

import gzip

import pytest

import cardlib
from cardlib.apps.egk import MAX_XML
from cardlib.core.model import Capture, Node
from cardlib.road.meaning import halves
from cardlib.show.text import text

SELECT = "> 00A4040C06D27600000102\n< 9000\n"
HEAD = '<?xml version="1.0" encoding="ISO-8859-15" standalone="yes"?>'
PERSON = (
    f'{HEAD}<vsd:PD xmlns:vsd="x"><vsd:Versicherter><Versicherten_ID>X110411675</Versicherten_ID>'
    "<Person><Vorname>J\u00fcrgen</Vorname><Titel/></Person></vsd:Versicherter></vsd:PD>"
)


def personal(document: bytes) -> bytes:
    packed = gzip.compress(document, mtime=0)
    return (len(packed).to_bytes(2) + packed).ljust(850, b"\0")


def insurance(first: bytes, second: bytes) -> bytes:
    one, two = gzip.compress(first, mtime=0), gzip.compress(second, mtime=0)
    places = (8, 7 + len(one), 8 + len(one), 7 + len(one) + len(two))
    return b"".join(place.to_bytes(2) for place in places) + one + two


def reads(file: int, content: bytes, piece: int = 200) -> Capture:
    """A file read in pieces, the first by its short identifier."""
    lines = [SELECT]
    for offset in range(0, len(content), piece):
        place = offset.to_bytes(2).hex() if offset else f"{0x80 | file:02X}00"
        part = content[offset : offset + piece]
        lines.append(f"> 00B0{place}{len(part):02X}\n< {part.hex()}9000\n")
    return cardlib.read_text("".join(lines), format="hex pairs")


def documents(capture: Capture) -> list[Node]:
    return [
        node
        for exchange in capture.exchanges
        for _, half in halves(exchange)
        for _, node in half.walk()
        if node.name == "XML"
    ]


def leaves(node: Node) -> dict[str, str]:
    return {part.name: part.text for _, part in node.walk() if not part.children}


@pytest.mark.parametrize("piece", [90, 200, 255])
def test_personal_data_are_opened_where_the_last_piece_comes(piece: int) -> None:
    capture = reads(1, personal(PERSON.encode("iso8859-15")), piece)
    [document] = documents(capture)
    assert (document.derived, document.error) == ("decompressed", "")
    assert leaves(document) == {"Versicherten_ID": "X110411675", "Vorname": "Jürgen", "Titel": ""}


def test_both_parts_of_the_insurance_data() -> None:
    first, second = b"<VD><Beginn>20200101</Beginn></VD>", b"<GVD><Status>00</Status></GVD>"
    opened = documents(reads(2, insurance(first, second)))
    assert [leaves(document) for document in opened] == [{"Beginn": "20200101"}, {"Status": "00"}]


def test_nobody_is_named() -> None:
    capture = reads(1, personal(PERSON.encode("iso8859-15")))
    shown = "\n".join(text(exchange, False) for exchange in capture.exchanges)
    assert "Vorname" in shown
    for word in ("X110411675", "J\u00fcrgen", "4AFC7267656E"):
        assert word not in shown


def test_a_bomb_is_bounded() -> None:
    [document] = documents(reads(1, personal(b"<a>" + b"\0" * 10_000_000)))
    assert len(document.buf) == MAX_XML
    assert document.error.startswith(f"more than {MAX_XML} bytes")


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (b"<a><b></a>", "elements without an end"),
        (b"<a", "a mark without an end"),
        (b"<a>" * 500, "more or deeper than is read here"),
        (b"<a/>" * 5000, "more or deeper than is read here"),
    ],
)
def test_what_is_no_document_is_marked(document: bytes, error: str) -> None:
    [found] = documents(reads(1, personal(document)))
    assert found.error == error


@pytest.mark.parametrize("document", [b"no mark at all", b"</a></b>", b""])
def test_what_has_no_elements_stays_as_it_is(document: bytes) -> None:
    assert documents(reads(1, personal(document))) == []


def test_data_that_are_cut_off_are_marked() -> None:
    packed = gzip.compress(PERSON.encode("iso8859-15") * 3, mtime=0)[:-20]
    [document] = documents(reads(1, len(packed).to_bytes(2) + packed))
    assert document.error == "the data are cut off"


def test_damaged_data_are_marked_and_a_part_is_not_opened() -> None:
    content = bytearray(personal(PERSON.encode("iso8859-15")))
    content[14] ^= 0xFF
    [document] = documents(reads(1, bytes(content)))
    assert document.error == "the data cannot be decompressed"
    assert documents(reads(1, bytes(content[:100]))) == []
