# SPDX-License-Identifier: MIT
"""What an eSIM is asked and answers: broken objects and lost blocks first, then published ones as trees of tags."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

import cardlib
from cardlib.core.model import Exchange, Node
from cardlib.show.text import text
from conftest import ROOT

VECTORS = tomllib.loads((ROOT / "tests/vectors/telecom_esim.toml").read_text("utf-8"))
AID = "A0000005591010FFFFFFFF8900000100"
SELECT = f"> 00A4040010{AID}\n< 9000\n"
ICCID = "98001032547698103214"
EID = "89049032123451234512345678901235"


def exchanges(*pairs: str) -> tuple[Exchange, ...]:
    """The exchanges of these pairs, `command/answer`, behind the selection of the eSIM."""
    lines = (f"> {pair.partition('/')[0]}\n< {pair.partition('/')[2]}\n" for pair in pairs)
    return cardlib.read_text(SELECT + "".join(lines)).exchanges[1:]


def call(data: str, answer: str = "", aid: str = AID) -> Exchange:
    """One function in one block."""
    lines = f"> 00A40400{len(aid) // 2:02X}{aid}\n< 9000\n"
    lines += f"> 80E29100{len(data) // 2:02X}{data}\n< {answer}9000\n"
    return cardlib.read_text(lines).exchanges[-1]


def half(exchange: Exchange, number: int) -> dict[str, Node]:
    """The nodes of a half by name; the first of each."""
    nodes: dict[str, Node] = {}
    for _, node in cardlib.decode(exchange).children[number].walk():
        nodes.setdefault(node.name, node)
    return nodes


WHOLE = "BF3125A1" + "00" * 4  # more declared than there is


@pytest.mark.parametrize(
    "data",
    ["BF", "BF31", "BF3181", "BF3103", "BF310380", "BF31038001", "BF3184FFFFFFFF", WHOLE, "BF3F"],
)
def test_an_object_that_is_cut_off_is_marked(data: str) -> None:
    found = call("BF3100", data)
    root = cardlib.decode(found).children[1]
    nodes = [node for _, node in root.walk()]
    assert any(node.error for node in nodes)
    assert sum(node.stop - node.start for node in root.children) == len(data) // 2 + 2


def test_a_result_that_nobody_knows_is_a_failure_without_a_name() -> None:
    node = half(call("BF3100", "BF3103800142"), 1)["result of enabling"]
    assert node.text == "42 (unknown value)"


BLOCKS = [
    "80E21100 10 BF3111A00C5A0A980010325476981032",
    "80E29101 04 14810100",
]


def blocks() -> list[str]:
    return [block.replace(" ", "") for block in BLOCKS]


def test_blocks_are_read_as_one_object() -> None:
    first, last = blocks()
    opening, closing = exchanges(f"{first}/9000", f"{last}/BF31038001009000")
    assert half(opening, 0)["ICCID"].note == "goes on in the next block"
    assert half(closing, 0)["with REFRESH"].text == "no"
    assert half(closing, 1)["result of enabling"].text == "ok"
    assert cardlib.decode(closing).name == "STORE DATA"
    for exchange in (opening, closing):
        assert ICCID not in text(exchange) and "1032547698103" not in text(exchange)


LOST = [
    ("the first block is not there", lambda first, last: [f"{last}/9000"]),
    ("the first block was refused", lambda first, last: [f"{first}/6A80", f"{last}/9000"]),
    (
        "another block came between",
        lambda first, last: [f"{first}/9000", f"{last.replace('9101', '9102', 1)}/9000"],
    ),
    (
        "another command came between",
        lambda first, last: [f"{first}/9000", "80CA005A00/6A88", f"{last}/9000"],
    ),
]


@pytest.mark.parametrize("pairs", [row[1] for row in LOST], ids=[row[0] for row in LOST])
def test_a_block_without_its_beginning_stays_hidden(pairs: Any) -> None:
    last = exchanges(*pairs(*blocks()))[-1]
    node = half(last, 0)["block of an object"]
    assert (node.note, node.fact.known) == ("its first blocks are not known", False)
    assert "14810100" not in text(last)


def test_a_long_object_is_read_with_its_last_block() -> None:
    """Else a chain of many blocks would take quadratic time."""
    part = "8000" * 127
    pairs = [f"80E21100FFBF2D821234{'8000' * 125}/9000"]
    pairs += [f"80E211{number:02X}FE{part}/9000" for number in range(1, 20)]
    pairs.append(f"80E29114FE{part}/9000")
    found = exchanges(*pairs)
    notes = [half(exchange, 0).get("block of an object") for exchange in found]
    assert [node is not None for node in notes] == [False] * 16 + [True] * 4 + [False]
    assert notes[16] is not None and notes[16].note == "read with the last block"


FAILURES = [
    # request, answer, what is said
    ("BF3100", "BF3103800102", "result of enabling: profile is not disabled"),
    ("BF3200", "BF3203800105", "result of disabling: toolkit busy"),
    ("BF3300", "BF3303800103", "result of deleting: disallowed by policy"),
    ("BF2D00", "BF2D03810101", "error: incorrect input values"),
    ("BF3000", "BF3003800101", "result of removing: nothing to delete"),
    ("BF3800", "BF380CA10A8005000102030402010" + "2", "authentication failed: "),
    ("BF5100", "BF5109A007300530038301" + "02", "result of enabling: profile is not disabled"),
]


@pytest.mark.parametrize(("asked", "answer", "words"), FAILURES)
def test_a_failure_is_told_although_the_status_word_is_9000(
    asked: str, answer: str, words: str
) -> None:
    found = call(asked, answer)
    note = cardlib.decode(found).children[1].note
    assert note == f"9000, but the data say that it failed: {words.partition(':')[0]}"
    (act,) = cardlib.acts([found])
    assert act.outcome == "refused"
    assert words.rstrip() in act.headline or act.kind == "download"


@pytest.mark.parametrize(
    ("asked", "answer"),
    [("BF3100", "BF3103800100"), ("BF2D00", "BF2D02A000"), ("BF5100", "BF5109A00730053003830100")],
)
def test_a_success_is_no_failure(asked: str, answer: str) -> None:
    found = call(asked, answer)
    assert cardlib.decode(found).children[1].note == ""
    assert cardlib.acts([found])[0].outcome == "done"


def compare(wanted: list[list[Any]], nodes: tuple[Node, ...]) -> None:
    tagged = [node for node in nodes if node.tag]
    assert [tag for tag, _ in wanted] == [node.tag for node in tagged]
    for (_, content), node in zip(wanted, tagged, strict=True):
        assert not node.error
        if isinstance(content, list):
            compare(content, node.children)
        else:
            assert node.value.hex().upper() == content


CALLS = VECTORS["call"]


@pytest.mark.parametrize("row", CALLS, ids=lambda row: row["name"])
def test_published_calls(row: dict[str, Any]) -> None:
    (found,) = exchanges(f"{row['command']}/{row['answer']}9000")
    side = 0 if "asked" in row else 1
    wanted = row.get("asked") or row["answered"]
    nodes = cardlib.decode(found).children[side].children
    compare(wanted, tuple(node for node in nodes if node.tag.startswith("BF")))
    assert row["name"].split(" ")[0].rstrip(":,") in cardlib.decode(found).name


READINGS = [
    # name of the call, name of an element, what it says
    ("GetEuiccInfo1", "SGP.22 version", "2.3.0"),
    ("GetEuiccInfo2", "firmware version", "35.6.35"),
    ("GetEuiccInfo2", "applications", "8"),
    ("GetEuiccInfo2", "free memory", "285688"),
    ("GetEuiccInfo2", "free volatile memory", "9241"),
    ("GetEuiccInfo2", "accreditation", "SYSMOCOM-TEST-1"),
    ("GetEuiccInfo2", "GlobalPlatform version", "2.3.0"),
    ("GetEuiccInfo2", "rules", "must not be disabled"),
    ("GetEuiccData: EID", "EID", "89882119900000000000000000000005"),
    ("GetProfilesInfo", "ICCID", "89000123456789012341"),
    ("GetProfilesInfo", "state", "enabled"),
    ("GetProfilesInfo", "profile name", "Operational Profile Name 1"),
    ("GetProfilesInfo", "class", "test"),
    ("ListNotification: one", "number", "5"),
    ("ListNotification: one", "events", "installed"),
    ("ListNotification: one", "address", "rsp.example.com"),
    ("SGP.32 EuiccPackage: result", "result of enabling", "ok"),
    ("SGP.32 EuiccPackage: result", "remote manager", "g-eim.com.br"),
]


@pytest.mark.parametrize(("name", "element", "reading"), READINGS)
def test_published_values(name: str, element: str, reading: str) -> None:
    row = next(row for row in CALLS if row["name"] == name)
    (found,) = exchanges(f"{row['command']}/{row['answer']}9000")
    assert half(found, 1)[element].text == reading


@pytest.mark.parametrize("row", VECTORS["eid"], ids=lambda row: row["digits"])
def test_the_check_digits_of_an_eid(row: dict[str, Any]) -> None:
    node = half(call("BF3E035C015A", f"BF3E125A10{row['digits']}"), 1)["EID"]
    assert node.text == row["digits"]
    assert (node.error == "") is row["is_right"]


@pytest.mark.parametrize(
    "aid",
    [
        AID,
        "A06573746B6D65FFFFFFFF4953442D52",
        "A06573746B6D65FFFF4953442D522030",
        "A0000005591010000000008900000300",
        "A0000005591010FFFFFFFF8900050500",
    ],
)
def test_the_root_is_known_by_all_of_its_names(aid: str) -> None:
    found = call("BF3E035C015A", f"BF3E125A10{EID}", aid)
    assert half(found, 1)["EID"].text == EID
    assert EID not in text(found)


def test_numbers_of_people_are_hidden_in_what_is_sent_and_answered() -> None:
    package = next(row for row in CALLS if "asked" in row)
    for row in (*CALLS, package):
        (found,) = exchanges(f"{row['command']}/{row['answer']}9000")
        shown = text(found)
        for secret in (ICCID, EID, "89049032000000000000000000000066", "89000123456789012341"):
            assert secret not in shown
        assert "this-is-a-testprofile" not in shown


def test_a_bound_profile_package_comes_in_segments() -> None:
    head = "BF3682102ABF2303820101" + "A00A" + "8708" + "00" * 8
    found = half(call(head), 0)
    assert found["bound profile package"].note == "goes on in the next segments"
    assert not found["bound profile package"].error
    metadata = f"8817BF250C5A0A{ICCID}" + "00" * 8
    found = half(call(metadata), 0)
    assert found["ICCID"].text == "89000123456789012341"
    assert found["MAC"].value == bytes(8)
    assert half(call("A382FFFF"), 0)["profile elements"].note == "goes on in the next segments"


REMOTE = [
    # request, answer, which half, what it says, by name; the reason where it is a failure
    ("BF5500", "BF550FA00D300B8004746573748303000005", 1, ("name", "test")),
    ("BF5708A006300480026162", "", 0, ("name", "ab")),
    (
        "BF580381 01FF".replace(" ", ""),
        "BF5803800101",
        1,
        ("result of the rollback", "not allowed"),
    ),
    ("BF5803800100", "BF5803020105", 1, ("result of the rollback", "toolkit busy")),
    ("BF590680008102 8837".replace(" ", ""), "BF5903800100", 1, ("result", "ok")),
    ("BF5D00", "BF5D03800106", 1, ("result of the fallback", "no fallback profile")),
    ("BF5D00", "BF5D03800142", 1, ("result of the fallback", "42 (unknown value)")),
]


@pytest.mark.parametrize(("data", "answer", "side", "says"), REMOTE)
def test_functions_of_iot(data: str, answer: str, side: int, says: tuple[str, str]) -> None:
    name, text_of_node = says
    assert half(call(data, answer), side)[name].text == text_of_node


def test_what_a_remote_manager_configures() -> None:
    change = "A1" "07" "A905" "8003" "616263"  # fmt: skip
    body = f"8002{'6D6E'}8101058202AABB{change}"
    signed = f"30{len(body) // 2:02X}{body}"
    package = f"BF51{len(signed) // 2:02X}{signed}"
    node = half(call(package), 0)["delete a remote manager"]
    assert [part.text for part in node.children] == ["abc"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [("3007A0053003800100", "ok"), ("300AA0083006800103810102", "bad values")],
)
def test_what_an_esim_says_to_a_profile_element(answer: str, status: str) -> None:
    content = f"4F02A00004{len(answer) // 2:02X}{answer}"
    installed = f"A2{len(content) // 2 + 2:02X}A0{len(content) // 2:02X}{content}"
    result = f"BF27{len(installed) // 2:02X}{installed}"
    node = half(call("8600", f"BF37{len(result) // 2:02X}{result}"), 1)["status"]
    assert node.text == status
