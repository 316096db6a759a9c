# SPDX-License-Identifier: MIT
"""Files of a SIM or UICC: one identifier is many files, so without a known place what is in them stays bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cardlib
from cardlib.core.model import Exchange, Node
from cardlib.show.text import text
from conftest import ROOT

USIM = "00A4040007A0000000871002"
ISIM = "00A4040007A0000000871004"
ADMIN = "00A4040007A0000000871001"
UICC = "00A40000023F00/6205C603900170" + "9000"
IMSI = "080910100000000010"


def last(*pairs: str) -> Exchange:
    """The last of these exchanges, `command/answer`, read as one capture."""
    lines = (
        f"> {asked}\n< {answered}\n"
        for asked, _, answered in (pair.partition("/") for pair in pairs)
    )
    return cardlib.read_text("".join(lines)).exchanges[-1]


def told(exchange: Exchange) -> list[tuple[str, str, str]]:
    """What is said of the two data fields: tag, name and text, parts in the order of the bytes."""
    known = ("CLA", "INS", "P1", "P2", "Lc", "Le", "SW", "command", "response")
    nodes: list[Node] = [
        node for _, node in cardlib.decode(exchange).walk() if node.name not in known
    ]
    return [(node.tag, node.name, node.text) for node in nodes]


BYTES = [
    # what is read, and why it stays bytes
    ("nothing is known of the place", [f"00B0000009/{IMSI}9000"]),
    ("a directory of which nothing is known", ["00A4000C026F07/9000", f"00B0000009/{IMSI}9000"]),
    (
        "the same identifier in another application",
        [f"{ADMIN}/9000", "00A4000C026F07/9000", f"00B0000009/{IMSI}9000"],
    ),
    ("below DF.TELECOM", [UICC, "00A4080C047F106F07/9000", f"00B0000009/{IMSI}9000"]),
    ("selected in vain", [f"{USIM}/9000", "00A4000C026F07/6A82", f"00B0000009/{IMSI}9000"]),
    ("by short identifier", [f"{USIM}/9000", "00A4000C026F07/9000", f"00B0870009/{IMSI}9000"]),
    (
        "after a short identifier",
        [f"{USIM}/9000", "00A4000C026F07/9000", "00B0830001/009000", f"00B0000009/{IMSI}9000"],
    ),
    (
        "after a lost answer",
        [f"{USIM}/9000", "00A4000C026F07/9000", f"{ISIM}/-", f"00B0000009/{IMSI}9000"],
    ),
    ("a record by short identifier", [UICC, "00A4000C022F06/9000", "00B2013C03/8001019000"]),
    (
        "selected by a P1 that nobody knows",
        [f"{USIM}/9000", "00A4550C026F07/9000", f"00B0000009/{IMSI}9000"],
    ),
    ("refused", [f"{USIM}/9000", "00A4000C026F07/9000", f"00B0000009/{IMSI}6982"]),
]


@pytest.mark.parametrize("pairs", [row[1] for row in BYTES], ids=[row[0] for row in BYTES])
def test_what_is_not_sure_stays_bytes(pairs: list[str]) -> None:
    assert not [
        tag
        for tag, name, _ in told(last(*[pair.replace("/-", "/") for pair in pairs]))
        if tag.startswith(("6F", "2F"))
    ]


READ = [
    ("below the application", [f"{USIM}/9000", "00A4000C026F07/9000"]),
    (
        "by path from the application",
        [f"{USIM}/9000", "00A4000C023F00/9000", "00A4080C047FFF6F07/9000"],
    ),
    ("by path from the directory", [f"{USIM}/9000", "00A4090C026F07/9000"]),
    (
        "on another channel",
        ["0070000001/019000", "01A4" + USIM[4:] + "/9000", "01A4000C026F07/9000"],
    ),
    ("below DF.GSM", [UICC, "00A4080C047F206F07/9000"]),
    ("of a SIM", ["A0A40000023F00/9F17", "A0A40000027F20/9F17", "A0A40000026F07/9F0F"]),
]


@pytest.mark.parametrize("pairs", [row[1] for row in READ], ids=[row[0] for row in READ])
def test_an_identity_is_read_where_it_stands(pairs: list[str]) -> None:
    cla = pairs[-1][:2]
    assert ("", "IMSI", "001010000000001") in told(last(*pairs, f"{cla}B0000009/{IMSI}9000"))
    assert told(last(*pairs, f"{cla}B0000009/{'FF' * 9}9000")) == [
        ("6F07", "EF.IMSI (international mobile subscriber identity)", "all FF")
    ]
    assert ("", "IMSI", "001010000000001") in told(last(*pairs, f"{cla}D6000009{IMSI}/9000"))


def test_what_is_selected_has_a_name() -> None:
    assert told(last(UICC, "00A4000C022FE2/9000")) == [
        ("", "file identifier", "EF.ICCID (ICC identification)")
    ]
    assert told(last(UICC, "00A4080C022FE2/9000")) == [
        ("", "path", "EF.ICCID (ICC identification)")
    ]
    assert told(last(UICC, "00A4000C022FE2/9000", "00A4550C022F05/9000")) == [
        ("", "file identifier", "2F05")
    ]
    assert told(last(UICC, "00A4000C022FE2/9000", "00A4550C/9000")) == []
    assert told(last(UICC, "00A4000C022FE2/6A82")) == [("", "file identifier", "2FE2")]


def test_from_the_middle_a_file_is_not_divided_but_stays_hidden() -> None:
    exchange = last(f"{USIM}/9000", "00A4000C026F07/9000", "00B0000108/09101000000000109000")
    (node,) = [node for _, node in cardlib.decode(exchange).walk() if node.tag == "6F07"]
    assert (node.children, node.note) == ((), "from byte 1 of the file, without what stands before")
    assert "0910100000000010" not in text(exchange)


def test_read_on_a_file_is_one() -> None:
    first = [f"{USIM}/9000", "00A4000C026F07/9000", f"00B0000004/{IMSI[:8]}9000"]
    exchange = last(*first, f"00B0000405/{IMSI[8:]}9000")
    (file,) = [node for _, node in cardlib.decode(exchange).walk() if node.tag == "6F07"]
    assert (file.note, [node.name for node in file.children]) == (
        "from byte 4 of the file",
        ["IMSI"],
    )
    assert IMSI[8:] not in text(exchange)


def test_access_rules_are_data_objects_of_their_own() -> None:
    rule = "80010190008001189700A406830101950108" + "FFFF"
    found = told(last(UICC, "00A4000C022F06/9000", f"00B2010414/{rule}9000"))
    assert found[0][:2] == ("2F06", "EF.ARR (access rules)")
    assert [row[1:] for row in found[1:]] == [
        ("access mode", "READ (of a DF: DELETE a file in it)"),
        ("always allowed", ""),
        ("access mode", "ACTIVATE FILE; DEACTIVATE FILE"),
        ("never allowed", ""),
        ("key that allows it", ""),
        ("key reference", "PIN of application 1"),
        ("usage qualifier", "user verification"),
        ("padding", "FFFF"),
    ]


def test_what_is_not_written_is_told_as_such() -> None:
    """Also where the row divides the value: the parts of nothing are nothing."""
    exchange = last(f"{USIM}/9000", "00A4000C026F7B/9000", f"00B0000006/{'FF' * 6}9000")
    assert told(exchange) == [("6F7B", "EF.FPLMN (forbidden networks)", "all FF")]


def test_records_found() -> None:
    found = told(last(UICC, "00A2010404FFFFFFFF/01039000"))
    assert found == [("", "search string", "FFFFFFFF"), ("", "records found", "1, 3")]
    assert told(last(UICC, "00A2010602FFFF/9000")) == [
        ("", "data", "FFFF")
    ]  # enhanced: the first bytes say how


PROFILES = [
    # class and data, parts
    ("80", "", []),
    (
        "80",
        "FF",
        [
            (
                "download",
                "profile download; data download via SMS-PP; data download via cell broadcast; ",
            )
        ],
    ),
    ("80", "0900", [("download", "profile download; menu selection"), ("other", "none set")]),
    ("A0", "0900", [("download", "profile download; menu selection"), ("other", "none set")]),
]


@pytest.mark.parametrize(("cla", "data", "parts"), PROFILES)
def test_a_terminal_profile_is_read_byte_by_byte(
    cla: str, data: str, parts: list[tuple[str, str]]
) -> None:
    found = told(last(f"{cla}100000{len(data) // 2:02X}{data}/9000"))[1:]
    assert len(found) == len(parts)
    for (_, name, text_), (expected, begins) in zip(found, parts, strict=True):
        assert name == expected and text_.startswith(begins)


def test_a_terminal_profile_that_is_too_long() -> None:
    found = told(last("8010000022" + "00" * 34 + "/9000"))
    assert ("", "proactive commands in byte 33", "none set") in found and found[-1][2] == "00"


STATUS = [
    # command of a SIM or UICC, its status word, what it says there, what it says of a card that nobody knows
    (
        "8012000010",
        0x910B,
        "normal processing, proactive command of 11 bytes waits",
        "unknown status word",
    ),
    ("A0A40000023F00", 0x9F17, "23 bytes of answer wait", "unknown status word"),
    ("A0A40000026F07", 0x9404, "file or pattern not found", "unknown status word"),
    ("A020000108FFFFFFFFFFFFFFFF", 0x9804, "access condition", "unknown status word"),
    ("8012000010", 0x6A82, "file or application not found", "file or application not found"),
]


@pytest.mark.parametrize(("command", "sw", "here", "elsewhere"), STATUS)
def test_status_words_of_a_sim_are_its_own(
    command: str, sw: int, here: str, elsewhere: str
) -> None:
    assert here in cardlib.decode(last(f"{command}/{sw:04X}")).children[1].children[-1].text
    assert cardlib.decode(last(f"00B0000000/{sw:04X}")).children[1].children[-1].text == elsewhere


FACTS = [
    # SELECT of a directory, file, content, what is said of it
    ("MF", "2FE2", "989910200000400310F0", "8999010200000430010"),
    ("MF", "2F05", "6465656E", "German, English"),
    ("USIM", "6F7B", "62F210FFFFFF", "262-01"),
    ("USIM", "6F46", "014361726444FFFF", "CardD"),
    ("USIM", "6F31", "05", "5"),
    ("ISIM", "6F02", "80077540782E6F7267", "u@x.org"),
    ("ISIM", "6F03", "8005782E6F7267", "x.org"),
]


@pytest.mark.parametrize(("directory", "file", "content", "text_"), FACTS)
def test_facts_by_hand(directory: str, file: str, content: str, text_: str) -> None:
    place = {"MF": UICC, "USIM": f"{USIM}/9000", "ISIM": f"{ISIM}/9000"}[directory]
    exchange = last(place, f"00A4000C02{file}/9000", f"00B0000000/{content}9000")
    texts = [row[2] for row in told(exchange)]
    assert any(text_ in row for row in texts), texts


def test_the_identity_of_a_subscriber_is_hidden() -> None:
    exchange = last(f"{USIM}/9000", "00A4000C026F07/9000", f"00B0000009/{IMSI}9000")
    assert "001010000000001" not in text(exchange) and IMSI not in text(exchange)
    assert "001010000000001" in text(exchange, True)


def test_a_phone_starts_a_usim() -> None:
    capture = cardlib.read(ROOT / "traces" / "sim_boot.pcapng")
    files = [
        node.tag
        for e in capture.exchanges
        for _, node in cardlib.decode(e).walk()
        if node.name.startswith("EF.")
    ]
    assert files == ["2FE2", "2F00", "6F07", "6FAD", "6F38", "6F46", "6F31"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["00A4000C", "00A40004", "00B00000", "00B20104", "00D60000", "8010", "00A20104"]
            ),
            st.binary(max_size=20),
        ),
        max_size=6,
    ),
    st.binary(max_size=60),
)
def test_any_bytes_have_a_tree(commands: list[tuple[str, bytes]], answer: bytes) -> None:
    lines = [
        f"{head[:8]:0<8}{len(data):02X}{data.hex()}/{answer.hex()}9000" for head, data in commands
    ]
    for exchange in cardlib.read_text(
        "".join(
            f"> {a}\n< {b}\n"
            for a, _, b in (line.partition("/") for line in [f"{USIM}/9000", *lines])
        )
    ).exchanges:
        root = cardlib.decode(exchange)
        assert not root.error
        assert all(node.text is not None for _, node in root.walk())
