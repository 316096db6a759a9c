# SPDX-License-Identifier: MIT
"""BER-TLV and DOL: damage first, then the forms of a length, then rows to nodes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core import tlv
from cardlib.core.facts import facts
from cardlib.core.model import Constant, Fact, Node
from cardlib.core.tlv import END, INDEFINITE, Row

EMV = facts("iso7816", "emv")
PAD = "note: padding"
OPEN = "no end of contents"
LONGER = "note: length in a longer form than needed"

SCANS: list[tuple[str, str, list[Row]]] = [
    ("a tag alone", "5A", [("", 0, 0, 0, 1, "no length after tag 5A")]),
    ("a long tag alone", "9F26", [("", 0, 0, 0, 2, "no length after tag 9F26")]),
    ("a tag cut off", "9F", [("", 0, 0, 0, 1, "a tag cut off")]),
    ("a tag cut off later", "1F8181", [("", 0, 0, 0, 3, "a tag cut off")]),
    ("a tag without an end", "1FFFFFFFFF0100", [("", 0, 0, 0, 7, "a tag of more than 4 bytes")]),
    ("length over the rest", "5A03AABB", [("5A", 0, 0, 2, 4, "3 bytes declared, 2 here")]),
    ("length over nothing", "5A7F", [("5A", 0, 0, 2, 2, "127 bytes declared, 0 here")]),
    ("4 GiB declared", "5A84FFFFFFFFAA", [("5A", 0, 0, 6, 7, "4294967295 bytes declared, 1 here")]),
    (
        "a length of 5 bytes",
        "5A850000000001AA",
        [("", 0, 0, 0, 8, "a length of 5 bytes after tag 5A")],
    ),
    ("a length of 127 bytes", "5AFF01", [("", 0, 0, 0, 3, "a length of 127 bytes after tag 5A")]),
    ("a length cut off", "5A8201", [("", 0, 0, 0, 3, "a length cut off after tag 5A")]),
    (
        "indefinite primitive",
        "5A80AA0000",
        [("", 0, 0, 0, 5, "indefinite length of the primitive tag 5A")],
    ),
    ("indefinite without end", "3080", [("30", 0, 0, 2, 2, OPEN)]),
    ("half an end", "308000", [("30", 0, 0, 2, 3, OPEN), ("", 1, 2, 2, 3, PAD)]),
    (
        "the end of the inner one is not the end of the outer one",
        "308030800000",
        [("30", 0, 0, 2, 6, OPEN), ("30", 1, 2, 4, 6, INDEFINITE), ("", 2, 4, 4, 6, END)],
    ),
    (
        "the end of one that stands deeper is not the end of the outermost one",
        "3080300430800000",
        [
            ("30", 0, 0, 2, 8, OPEN),
            ("30", 1, 2, 4, 8, ""),
            ("30", 2, 4, 6, 8, INDEFINITE),
            ("", 3, 6, 6, 8, END),
        ],
    ),
    (
        "a child over its template: the sibling of the template is there",
        "70045A05AABB9F020101",
        [
            ("70", 0, 0, 2, 6, ""),
            ("5A", 1, 2, 4, 6, "5 bytes declared, 2 here"),
            ("9F02", 0, 6, 9, 10, ""),
        ],
    ),
    (
        "a template cut off keeps its children",
        "701082025D809404080101",
        [
            ("70", 0, 0, 2, 11, "16 bytes declared, 9 here"),
            ("82", 1, 2, 4, 6, ""),
            ("94", 1, 6, 8, 11, "4 bytes declared, 3 here"),
        ],
    ),
    (
        "rubbish in a template stays in it",
        "70029F265A01AA",
        [
            ("70", 0, 0, 2, 4, ""),
            ("", 1, 2, 2, 4, "no length after tag 9F26"),
            ("5A", 0, 4, 6, 7, ""),
        ],
    ),
    ("nothing", "", []),
    ("an empty value", "5A00", [("5A", 0, 0, 2, 2, "")]),
    ("an empty template", "7000", [("70", 0, 0, 2, 2, "")]),
    (
        "00 between",
        "00005A01AA00",
        [("", 0, 0, 0, 2, PAD), ("5A", 0, 2, 4, 5, ""), ("", 0, 5, 5, 6, PAD)],
    ),
    ("FF between", "5A01AAFFFFFF", [("5A", 0, 0, 2, 3, ""), ("", 0, 3, 3, 6, PAD)]),
    ("one FF at the end", "5A01AAFF", [("5A", 0, 0, 2, 3, ""), ("", 0, 3, 3, 4, PAD)]),
    (
        "FF begins a tag",
        "FF7F0200AA",
        [
            ("FF7F", 0, 0, 3, 5, ""),
            ("", 1, 3, 3, 4, PAD),
            ("", 1, 4, 4, 5, "no length after tag AA"),
        ],
    ),
    ("padding in a template", "7003000000", [("70", 0, 0, 2, 5, ""), ("", 1, 2, 2, 5, PAD)]),
    ("two bytes of tag", "9F260102", [("9F26", 0, 0, 3, 4, "")]),
    ("three bytes of tag", "DF830101AA", [("DF8301", 0, 0, 4, 5, "")]),
    ("four bytes of tag", "1F81820301AA", [("1F818203", 0, 0, 5, 6, "")]),
    ("a long tag of a small number", "1F1E01AA", [("1F1E", 0, 0, 3, 4, "")]),
    ("length 81 80", "5A8180" + "AA" * 128, [("5A", 0, 0, 3, 131, "")]),
    ("length 81 02", "5A8102AABB", [("5A", 0, 0, 3, 5, LONGER)]),
    ("length 82 00FF", "5A8200FF" + "AA" * 255, [("5A", 0, 0, 4, 259, LONGER)]),
    ("length 82 0100", "5A820100" + "AA" * 256, [("5A", 0, 0, 4, 260, "")]),
    ("length 84 00000002", "5A8400000002AABB", [("5A", 0, 0, 6, 8, LONGER)]),
    ("length 80: 127", "5A7F" + "AA" * 127, [("5A", 0, 0, 2, 129, "")]),
    (
        "indefinite",
        "30805A01AA00005A00",
        [
            ("30", 0, 0, 2, 7, INDEFINITE),
            ("5A", 1, 2, 4, 5, ""),
            ("", 1, 5, 5, 7, END),
            ("5A", 0, 7, 9, 9, ""),
        ],
    ),
    ("indefinite and empty", "30800000", [("30", 0, 0, 2, 4, INDEFINITE), ("", 1, 2, 2, 4, END)]),
    (
        "nested",
        "6F07A5055003414243",
        [("6F", 0, 0, 2, 9, ""), ("A5", 1, 2, 4, 9, ""), ("50", 2, 4, 6, 9, "")],
    ),
]


@pytest.mark.parametrize(("buf", "rows"), [row[1:] for row in SCANS], ids=[row[0] for row in SCANS])
def test_scan(buf: str, rows: list[Row]) -> None:
    assert tlv.scan(bytes.fromhex(buf)) == rows


def test_scan_of_a_range_sees_no_further() -> None:
    buf = bytes.fromhex("FFFF5A05AABBCCDDEE9000")
    assert tlv.scan(buf, 2, 6) == [("5A", 0, 2, 4, 6, "5 bytes declared, 2 here")]
    assert tlv.scan(buf, 2, 99)[0] == ("5A", 0, 2, 4, 9, "")
    assert tlv.scan(buf, 6, 6) == tlv.scan(buf, 8, 6) == []
    assert tlv.scan(bytes.fromhex("5AFF"), 1, 2) == [("", 0, 1, 1, 2, PAD)]
    assert tlv.scan(bytes.fromhex("30800000"), 0, 3) == [
        ("30", 0, 0, 2, 3, OPEN),
        ("", 1, 2, 2, 3, PAD),
    ]


def check_tiling(rows: list[Row], start: int, stop: int) -> None:
    """Rows of one template follow each other without a hole, and those inside an opened one fill its value."""
    at, ends = {0: start}, {0: stop}
    for index, (_, depth, first, body, after, _) in enumerate(rows):
        assert first == at[depth] and first <= body <= after <= ends[depth]
        at[depth], at[depth + 1], ends[depth + 1] = after, body, after
        following = rows[index + 1][1] if index + 1 < len(rows) else 0
        assert all(at[left] == ends[left] for left in range(following + 1, depth + 1))
    assert at[0] == stop


TLV_BYTES = st.sampled_from(bytes.fromhex("0001020305305A6F70778081820094A59FBF0CFFDF7F1F26"))
BYTES = st.one_of(st.binary(max_size=80), st.lists(TLV_BYTES, max_size=80).map(bytes))


@given(BYTES)
def test_any_bytes_tile(buf: bytes) -> None:
    rows = tlv.scan(buf)
    check_tiling(rows, 0, len(buf))
    assert tlv.scan(b"\xaa" + buf + b"\xaa", 1, 1 + len(buf)) == [
        (tag, depth, a + 1, body + 1, b + 1, error) for tag, depth, a, body, b, error in rows
    ]


def check_nodes(nodes: tuple[Node, ...], start: int, stop: int) -> None:
    """Children tile the value of their parent, all the way down."""
    stack = [(nodes, start, stop)]
    while stack:
        row, at, end = stack.pop()
        for node in row:
            assert node.start == at and node.start <= node.body <= node.stop
            at = node.stop
            _ = node.text
            if node.children and node.children[0].bits is None:
                stack.append((node.children, node.body, node.stop))
        assert at == end


@given(BYTES)
def test_any_bytes_make_a_tree(buf: bytes) -> None:
    nodes = tlv.tree(buf, tlv.scan(buf), EMV)
    check_nodes(nodes, 0, len(buf))
    assert nodes == tlv.tree(buf, tlv.scan(buf), EMV)
    opened = sum(1 for row in tlv.scan(buf) if row[1])
    assert sum(1 for top in nodes for _ in top.walk()) >= opened


@given(
    BYTES,
    st.lists(
        st.tuples(st.sampled_from(["9F02", "95", "70", "9F38", "DF01", "5A"]), st.integers(0, 9))
    ),
)
def test_any_bytes_as_values_of_a_list(buf: bytes, asked: list[tuple[str, int]]) -> None:
    check_nodes(tlv.dol_values(buf, 0, len(buf), asked, EMV), 0, len(buf))


# Bounds: what a hostile card can make of a megabyte. Structure is asserted, never time.


def test_indefinite_nesting_is_cut_at_the_limit() -> None:
    rows = tlv.scan(b"\x30\x80" * 100_000)
    assert len(rows) == tlv.MAX_DEPTH + 1
    assert [row[1] for row in rows] == list(range(tlv.MAX_DEPTH + 1))
    assert rows[-1] == ("30", 64, 128, 130, 200_000, "nested deeper than 64: not opened")
    assert {row[5] for row in rows[:-1]} == {OPEN}
    check_nodes(tlv.tree(b"\x30\x80" * 100_000, rows, EMV), 0, 200_000)


def definite(levels: int) -> bytes:
    """Templates in each other, the innermost empty, each length of 4 bytes."""
    size = 6 * levels
    return b"".join(b"\x30\x84" + (size - 6 * (i + 1)).to_bytes(4, "big") for i in range(levels))


def test_definite_nesting_is_cut_at_the_limit() -> None:
    buf = definite(100_000)
    rows = tlv.scan(buf)
    assert len(rows) == tlv.MAX_DEPTH + 1
    assert rows[-1] == ("30", 64, 384, 390, 600_000, "nested deeper than 64: not opened")
    assert rows[0] == ("30", 0, 0, 6, 600_000, LONGER)
    assert tlv.scan(definite(64))[-1] == ("30", 63, 378, 384, 384, LONGER)


def test_many_siblings_are_all_there() -> None:
    rows = tlv.scan(b"\x5a\x00" * 100_000)
    assert len(rows) == tlv.MAX_ROWS
    assert rows[-1] == ("5A", 0, 199_998, 200_000, 200_000, "")
    assert len(tlv.tree(b"\x5a\x00" * 100_000, rows, EMV)) == 100_000


def test_more_objects_than_the_limit_are_one_row_a_level() -> None:
    inner = b"\x5a\x00" * 120_000
    buf = b"\x70\x83" + len(inner).to_bytes(3, "big") + inner + b"\x5a\x01\xaa"
    rows = tlv.scan(buf)
    said = "more than 100000 objects: not parsed"
    assert len(rows) == tlv.MAX_ROWS + 2
    assert rows[-2:] == [
        ("", 1, 5 + 2 * 99_999, 5 + 2 * 99_999, 240_005, said),
        ("", 0, 240_005, 240_005, 240_008, said),
    ]
    check_nodes(tlv.tree(buf, rows, EMV), 0, len(buf))


def test_more_objects_than_the_limit_in_an_indefinite_template() -> None:
    buf = b"\x70\x80" + b"\x5a\x00" * 120_000 + b"\x00\x00"
    rows = tlv.scan(buf)
    assert rows[0] == ("70", 0, 0, 2, len(buf), OPEN)
    assert rows[-1][2:5] == (2 + 2 * 99_999, 2 + 2 * 99_999, len(buf))


class PrimitiveTemplates:
    """A dictionary of a user in which 04 is a primitive object that holds objects."""

    def find(self, tag: str, parent: str = "") -> Fact:
        return Fact(tag, "holds objects", Constant(), opens="template" if tag == "04" else "none")


def test_templates_in_primitive_objects_are_opened_to_a_limit() -> None:
    buf = b""
    for _ in range(3000):
        size = len(buf)
        buf = b"\x04" + (bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")) + buf
    nodes = tlv.tree(buf, tlv.scan(buf), PrimitiveTemplates())
    assert [path for path, _ in nodes[0].walk()][-1] == "/".join(["04"] * tlv.MAX_INNER)
    check_nodes(nodes, 0, len(buf))


# Reading


def test_first_takes_the_first_complete_value() -> None:
    buf = bytes.fromhex("6F0B84008402A0A150810141509F380200")
    assert tlv.first(buf, "84", "50", "9F26") == {"84": b"", "50": b"\x41"}
    assert tlv.first(bytes.fromhex("84054142"), "84") == {}
    assert tlv.first(b"", "84") == {}


DOLS = [
    ("a tag alone", "9F02069F", [("9F02", 6, 0, 3, ""), ("", 0, 3, 4, "an entry cut off")]),
    ("no length", "95", [("", 0, 0, 1, "an entry cut off")]),
    (
        "a tag without an end",
        "95059F80808080800105",
        [("95", 5, 0, 2, ""), ("", 0, 2, 10, "a tag of more than 4 bytes")],
    ),
    ("nothing", "", []),
    ("one byte tags", "95059A03", [("95", 5, 0, 2, ""), ("9A", 3, 2, 4, "")]),
    ("constructed tags are not opened", "700A9505", [("70", 10, 0, 2, ""), ("95", 5, 2, 4, "")]),
    (
        "three and four bytes of tag",
        "DF8301041F81820301",
        [("DF8301", 4, 0, 4, ""), ("1F818203", 1, 4, 9, "")],
    ),
    ("a length over 127", "9F0280", [("9F02", 128, 0, 3, "")]),
]


@pytest.mark.parametrize(("buf", "rows"), [row[1:] for row in DOLS], ids=[row[0] for row in DOLS])
def test_dol_rows(buf: str, rows: list[tuple[str, int, int, int, str]]) -> None:
    value = bytes.fromhex(buf)
    assert tlv.dol_rows(value) == rows
    assert tlv.dol(value) == tuple(row[:2] for row in rows if not row[4])
    shifted = [(tag, length, a + 1, b + 1, error) for tag, length, a, b, error in rows]
    assert tlv.dol_rows(b"\x9f" + value + b"\x01", 1, 1 + len(value)) == shifted


@given(BYTES)
def test_any_bytes_tile_in_a_list(buf: bytes) -> None:
    check_tiling(
        [(tag, 0, a, a, b, error) for tag, _, a, b, error in tlv.dol_rows(buf)], 0, len(buf)
    )


# Nodes


def test_a_template_is_named_all_the_way_down() -> None:
    buf = bytes.fromhex("770A82025D80940408010102")
    nodes = tlv.tree(buf, tlv.scan(buf), EMV)
    assert [path for path, _ in nodes[0].walk()][:2] == ["82", "94"]
    assert nodes[0].find("94") is not None
    check_nodes(nodes, 0, len(buf))


def test_notes_and_errors_are_told_apart() -> None:
    buf = bytes.fromhex("5A8102AABB005A05AA")
    good, pad, bad = tlv.tree(buf, tlv.scan(buf), EMV)
    assert (good.note, good.error) == ("length in a longer form than needed", "")
    assert (pad.name, pad.note, pad.error) == ("padding", "padding", "")
    assert (bad.note, bad.error) == ("", "5 bytes declared, 1 here")


def test_what_cannot_be_parsed_is_bytes() -> None:
    (node,) = tlv.tree(b"\x9f", tlv.scan(b"\x9f"), EMV)
    assert (node.fact, node.text, node.error) == (tlv.UNPARSED, "9F", "a tag cut off")


def test_a_list_of_tags_and_lengths() -> None:
    buf = bytes.fromhex("9F38059F35019F02")
    (node,) = tlv.tree(buf, tlv.scan(buf), EMV)
    assert [(c.name, c.text, c.start, c.stop, c.error) for c in node.children] == [
        ("9F35 Terminal type", "1 byte", 3, 6, ""),
        ("not an entry", "9F02", 6, 8, "an entry cut off"),
    ]


def test_a_list_of_tags() -> None:
    buf = bytes.fromhex("9F4A04829F029F")
    (node,) = tlv.tree(buf, tlv.scan(buf), EMV)
    assert [(c.name.split()[0], c.start, c.stop) for c in node.children] == [
        ("82", 3, 4),
        ("9F02", 4, 6),
        ("9F", 6, 7),
    ]


def test_parts_tile_the_value() -> None:
    buf = bytes.fromhex("9404080103019F0200")
    afl, _ = tlv.tree(buf, tlv.scan(buf), EMV)
    (entry,) = afl.children
    assert [(c.start, c.stop) for c in entry.children] == [(2, 3), (3, 4), (4, 5), (5, 6)]


def test_values_of_a_list() -> None:
    asked = (("9F02", 6), ("70", 4), ("9F38", 3), ("9A", 3), ("95", 0), ("9C", 1))
    buf = bytes.fromhex("FF000000000123820100009F35012301")
    nodes = tlv.dol_values(buf, 1, len(buf), asked, EMV)
    assert [(n.tag, n.start, n.stop, n.error) for n in nodes] == [
        ("9F02", 1, 7, ""),
        ("70", 7, 11, ""),
        ("9F38", 11, 14, ""),
        ("9A", 14, 16, "3 bytes asked for, 2 here"),
        ("95", 16, 16, ""),
        ("9C", 16, 16, "1 bytes asked for, 0 here"),
    ]
    assert nodes[0].text == "123 minor units"
    assert [(c.tag, c.name) for c in nodes[1].children] == [
        ("82", EMV.find("82").name),
        ("", "padding"),
    ]
    assert [c.name for c in nodes[2].children] == ["9F35 Terminal type"]


def test_more_bytes_than_the_list_asked_for() -> None:
    nodes = tlv.dol_values(b"\x01\x02\x03", 0, 3, (("9C", 1),), EMV)
    assert [(n.name, n.text, n.error) for n in nodes[1:]] == [
        ("not in the list", "0203", "more bytes than the list asked for")
    ]


def test_an_empty_or_plain_value_opens_to_nothing() -> None:
    buf = bytes.fromhex("9F3800940082025D80")
    assert [node.children for node in tlv.tree(buf, tlv.scan(buf), EMV)][:2] == [(), ()]
    assert tlv.open_value(Fact("81", "x", opens="parts"), b"\x01", 0, 1, EMV) == ()
    assert tlv.open_value(EMV.find("95"), b"\x01", 0, 1, EMV) == ()


def test_a_tag_means_what_its_template_says() -> None:
    buf = bytes.fromhex("8102AABB")
    inside = tlv.tree(buf, tlv.scan(buf), facts("iso7816"), "6F")
    assert inside[0].fact == facts("iso7816").find("81", "6F")
