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
UICC = "00A40000023F00/6205C603900170" + "9000"
IMSI = "080910100000000010"


def last(*pairs: str) -> Exchange:
    """The last of these exchanges, `command/answer`, read as one capture."""
    lines = (f"> {asked}\n< {answered}\n" for asked, _, answered in (pair.partition("/") for pair in pairs))
    return cardlib.read_text("".join(lines)).exchanges[-1]


def told(exchange: Exchange) -> list[tuple[str, str, str]]:
    """What is said of the two data fields: tag, name and text, parts in the order of the bytes."""
    known = ("CLA", "INS", "P1", "P2", "Lc", "Le", "SW", "command", "response")
    nodes: list[Node] = [node for _, node in cardlib.decode(exchange).walk() if node.name not in known]
    return [(node.tag, node.name, node.text) for node in nodes]


BYTES = [
    # what is read, and why it stays bytes
    ("nothing is known of the place", [f"00B0000009/{IMSI}9000"]),
    ("a directory of which nothing is known", ["00A4000C026F07/9000", f"00B0000009/{IMSI}9000"]),
    ("the same identifier in another application", [f"{ISIM}/9000", "00A4000C026F07/9000", f"00B0000009/{IMSI}9000"]),
    ("below DF.TELECOM", [UICC, "00A4080C047F106F07/9000", f"00B0000009/{IMSI}9000"]),
    ("selected in vain", [f"{USIM}/9000", "00A4000C026F07/6A82", f"00B0000009/{IMSI}9000"]),
    ("from the middle", [f"{USIM}/9000", "00A4000C026F07/9000", "00B0000108/09101000000000109000"]),
    ("by short identifier", [f"{USIM}/9000", "00A4000C026F07/9000", f"00B0870009/{IMSI}9000"]),
    (
        "after a short identifier",
        [f"{USIM}/9000", "00A4000C026F07/9000", "00B0830001/009000", f"00B0000009/{IMSI}9000"],
    ),
    ("after a lost answer", [f"{USIM}/9000", "00A4000C026F07/9000", f"{ISIM}/-", f"00B0000009/{IMSI}9000"]),
    ("a record by short identifier", [UICC, "00A4000C022F06/9000", "00B2013C03/8001019000"]),
    ("refused", [f"{USIM}/9000", "00A4000C026F07/9000", f"00B0000009/{IMSI}6982"]),
]


@pytest.mark.parametrize("pairs", [row[1] for row in BYTES], ids=[row[0] for row in BYTES])
def test_what_is_not_sure_stays_bytes(pairs: list[str]) -> None:
    assert not [
        tag for tag, name, _ in told(last(*[pair.replace("/-", "/") for pair in pairs])) if tag.startswith(("6F", "2F"))
    ]


READ = [
    ("below the application", [f"{USIM}/9000", "00A4000C026F07/9000"]),
    ("by path from the application", [f"{USIM}/9000", "00A4000C023F00/9000", "00A4080C047FFF6F07/9000"]),
    ("by path from the directory", [f"{USIM}/9000", "00A4090C026F07/9000"]),
    ("on another channel", ["0070000001/019000", "01A4" + USIM[4:] + "/9000", "01A4000C026F07/9000"]),
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
    assert told(last(UICC, "00A4000C022FE2/9000")) == [("", "file identifier", "EF.ICCID (ICC identification)")]
    assert told(last(UICC, "00A4080C022FE2/9000")) == [("", "path", "EF.ICCID (ICC identification)")]
    assert told(last(UICC, "00A4000C022FE2/9000", "00A4550C022F05/9000")) == [("", "file identifier", "2F05")]
    assert told(last(UICC, "00A4000C022FE2/9000", "00A4550C/9000")) == []
    assert told(last(UICC, "00A4000C022FE2/6A82")) == [("", "file identifier", "2FE2")]


def test_access_rules_are_data_objects_of_their_own() -> None:
    rule = "80010190008001189700A406830101950108" + "FFFF"
    found = told(last(UICC, "00A4000C022F06/9000", f"00B2010414/{rule}9000"))
    assert ("80", "Access mode", "READ; of a DF, DELETE a file in it") in found
    assert ("90", "Always allowed", "") in found and ("97", "Never allowed", "") in found
    assert ("83", "Key reference", "01") in found


def test_what_is_not_written_is_told_as_such() -> None:
    """Also where the row divides the value: the parts of nothing are nothing."""
    exchange = last(f"{USIM}/9000", "00A4000C026F7B/9000", f"00B0000006/{'FF' * 6}9000")
    assert told(exchange) == [("6F7B", "EF.FPLMN (forbidden networks)", "all FF")]


def test_records_found() -> None:
    found = told(last(UICC, "00A2010404FFFFFFFF/01039000"))
    assert found == [("", "search string", "FFFFFFFF"), ("", "records found", "1, 3")]
    assert told(last(UICC, "00A2010602FFFF/9000")) == [("", "data", "FFFF")]  # enhanced: the first bytes say how


def test_a_terminal_profile_is_read_byte_by_byte() -> None:
    found = told(last("8010000002" + "0900/9000"))
    assert found == [("", "download", "profile download; menu selection"), ("", "other", "none set")]
    assert told(last("801000001F" + "00" * 31 + "/9000"))[-1] == ("", "further bytes", "00")


def test_the_identity_of_a_subscriber_is_hidden() -> None:
    exchange = last(f"{USIM}/9000", "00A4000C026F07/9000", f"00B0000009/{IMSI}9000")
    assert "001010000000001" not in text(exchange) and IMSI not in text(exchange)
    assert "001010000000001" in text(exchange, True)


def test_a_phone_starts_a_usim() -> None:
    capture = cardlib.read(ROOT / "traces" / "sim_boot.pcapng")
    files = [node.tag for e in capture.exchanges for _, node in cardlib.decode(e).walk() if node.name.startswith("EF.")]
    assert files == ["2FE2", "2F00", "6F07", "6FAD", "6F38", "6F46", "6F31"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["00A4000C", "00A40004", "00B00000", "00B20104", "00D60000", "8010", "00A20104"]),
            st.binary(max_size=20),
        ),
        max_size=6,
    ),
    st.binary(max_size=60),
)
def test_any_bytes_have_a_tree(commands: list[tuple[str, bytes]], answer: bytes) -> None:
    lines = [f"{head[:8]:0<8}{len(data):02X}{data.hex()}/{answer.hex()}9000" for head, data in commands]
    for exchange in cardlib.read_text(
        "".join(f"> {a}\n< {b}\n" for a, _, b in (line.partition("/") for line in [f"{USIM}/9000", *lines]))
    ).exchanges:
        root = cardlib.decode(exchange)
        assert not root.error
        assert all(node.text is not None for _, node in root.walk())
