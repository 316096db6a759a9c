# SPDX-License-Identifier: MIT
"""Which application a card speaks: by the row of an AID, an answer, a directory, an ATR, a claim; by nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cardlib
from cardlib.apps import (
    ANY_CARD,
    applications,
    by_aid,
    by_answer,
    by_atr,
    claimed_by,
    facts_of,
    get,
    listing,
)
from cardlib.apps.application import application
from cardlib.core.addresses import holds
from cardlib.core.apdu import parse_command
from cardlib.core.dictionary import shipped
from cardlib.core.errors import DictionaryError
from cardlib.core.model import Context
from cardlib.show.text import text

PPSE = "325041592E5359532E4444463031"
PAID = "A0000099990101"  # in no table
OTHER = "F0AABBCCDD01"

AIDS = [
    ("", ANY_CARD, 0),
    ("A0", ANY_CARD, 0),
    ("A00000000", ANY_CARD, 0),
    ("325041592E5359532E44444630", ANY_CARD, 0),
    (OTHER, ANY_CARD, 0),
    ("A0000002471001", "emrtd", 14),
    ("A0000000871002", "telecom", 10),
    ("A000000003000000", "globalplatform", 16),
    ("A000000003869807", "emv", 10),  # as far as the provider goes
    ("A00000000386980701", "purse", 18),
    ("A0000000031010", "emv", 10),
    ("A00000002501", "emv", 10),
    ("A000000308000010000100", "piv", 12),
    ("D2760001240102000006", "openpgp", 12),
    (PPSE, "emv", 28),
]


@pytest.mark.parametrize(("aid", "name", "length"), AIDS)
def test_by_aid(aid: str, name: str, length: int) -> None:
    assert by_aid(aid) == (name, length)


ANSWERS = [
    ("", ""),
    ("6F", ""),
    ("6F00", ""),
    ("9F3800", ""),
    ("770A82020000940408010100", ""),
    ("6F039F3800", ""),  # not where an FCI has it
    ("6F058403389F38", ""),  # in a value
    ("6F07A5059F38", ""),  # cut off before its length
    ("6F07A5059F38029F37", "emv"),
    ("6F05A5039F3800", "emv"),
    ("6F08A506BF0C039F4D00", "emv"),
    ("6F07A5055003414243", ""),
    ("6F08A506BF0C035F2D00", ""),
    ("6205C603900100", "telecom"),
    ("6F05C603900100", ""),
    ("6F06A5049F0C0100", "purse"),
]


@pytest.mark.parametrize(("data", "name"), ANSWERS)
def test_by_answer(data: str, name: str) -> None:
    assert by_answer(bytes.fromhex(data)) == name


@given(
    st.binary(max_size=60), st.sampled_from([b"", b"\x6f", b"\x62", b"\x6f\x20\xa5\x10\x9f\x38"])
)
def test_any_answer(data: bytes, head: bytes) -> None:
    assert by_answer(head + data) in ("", *shipped())


ATRS = [("", ""), ("3B", ""), ("3B00", ""), ("3B04A213109100", ""), ("3B04A2131091", "sle4442")]


@pytest.mark.parametrize(("atr", "name"), ATRS)
def test_by_atr(atr: str, name: str) -> None:
    assert by_atr(bytes.fromhex(atr)) == name


def test_only_directories_list_applications() -> None:
    assert listing(PPSE) == "emv"
    assert listing("") == listing(PPSE[:-2]) == listing("A0000000031010") == ""


CLAIMS = [
    # command, who has it alone, whether another application may be selected
    ("00A4040000", "", ""),
    ("00B2010C00", "", ""),
    ("00A8000000", "", ""),
    ("80CA9F3600", "", ""),
    ("80E400001C", "", ""),
    ("80500000080102030405060708", "globalplatform", ""),
    ("8050000204" + "01020304", "", ""),
    ("80A8000000", "", ""),
    ("80A8000002EA00", "", ""),
    ("80A80000028300", "emv", "emv"),
    ("81A80000028300", "emv", "emv"),
    ("00A80000028300", "", ""),
    ("80AE800000", "emv", ""),
    ("8010000001FF", "telecom", ""),
    ("A0A40000023F00", "telecom", ""),
    ("9060000000", "desfire", ""),
    ("9060010000", "", ""),
    ("94B2010C1D", "calypso", ""),
]


@pytest.mark.parametrize(("raw", "name", "beside"), CLAIMS)
def test_claims(raw: str, name: str, beside: str) -> None:
    command = parse_command(bytes.fromhex(raw))
    assert claimed_by(command, Context()) == name
    assert claimed_by(command, Context(aid=OTHER)) == beside


def test_no_two_applications_claim_the_same() -> None:
    """Of two claims on one command one asks for something that the other excludes."""
    seen = [(app.key, claim) for app in applications() for claim in app.claims]
    for key, claim in seen:
        for other_key, other in seen:
            if key != other_key and (claim.cla, claim.ins) == (other.cla, other.ins):
                assert not holds(claim.conditions, dict(other.conditions)), (key, other_key)


def test_applications_are_written_without_contradiction() -> None:
    prefixes = [prefix for app in applications() for prefix in app.aids]
    assert len(prefixes) == len(set(prefixes))
    assert all(prefix == prefix.upper() and bytes.fromhex(prefix) for prefix in prefixes)
    keys = {app.key for app in applications()}
    for app in applications():
        assert app.over == "" or app.over in keys, app.key
        assert set(app.uses) <= set(shipped()), app.key
        assert not (app.over and app.claims), "an overlay is no application of its own"


def test_get() -> None:
    assert get("emv").key == "emv" and get("emv") is get("emv")
    assert get("no such application") is get(ANY_CARD) is get("")


def test_get_ends_without_data_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardlib.apps.shipped", lambda: ())
    get.cache_clear()
    try:
        assert get("emv").key == get(ANY_CARD).key == ANY_CARD
    finally:
        get.cache_clear()


TELECOM_FILES = [name for name in get("telecom").uses if name.startswith("files_")]
FACTS = [
    (Context(), ("iso7816",)),
    (Context(application="no such application"), ("iso7816",)),
    (
        Context(application="telecom"),
        (
            "iso7816",
            "globalplatform",
            "uicc",
            "subscriber",
            "sms",
            "toolkit",
            *TELECOM_FILES,
            "telecom",
        ),
    ),
    (Context(application="piv"), ("iso7816", "protocols", "piv")),
    (Context(application="emv"), ("iso7816", "globalplatform", "emv")),
    (Context(application="emv", aid=PAID), ("iso7816", "globalplatform", "emv")),
    (
        Context(application="emv", aid="A0000000031010"),
        ("iso7816", "globalplatform", "emv", "visa"),
    ),
    (Context(application="emv", aid="A00000002501"), ("iso7816", "globalplatform", "emv", "amex")),
    (Context(application="purse", aid="A0000000031010"), ("iso7816", "psam", "purse")),
]


@pytest.mark.parametrize(
    ("context", "names"), FACTS, ids=[f"{c.application} {c.aid}" for c, _ in FACTS]
)
def test_data_files_in_force(context: Context, names: tuple[str, ...]) -> None:
    assert facts_of(context).names == names
    assert facts_of(context) is facts_of(context)


HEADS = [
    ("aids = 'A0'", "aids is a list of texts"),
    ("claims = [5]", "claims is a list of texts"),
    ("roots = 'ADF'", "roots is a table"),
    ("claims = ['80']", "claim '80': behind 'command' stands class and instruction"),
    ("claims = ['80..']", "claim '80..': behind 'command' stands class and instruction"),
    ("claims = ['8050 p3=00']", "claim '8050 p3=00': no condition 'p3'"),
    ("atrs = ['3B(']", "atrs: '3B(' is not hex with dots"),
    ("aids = ['A00']", "aids: 'A00' is not hex of whole bytes"),
    ("aids = ['']", "aids: '' is not hex of whole bytes"),
    ("fci = ['6F//A5']", "fci: '6F//A5' is not a path of tags"),
    ("uses = ['planets']", "uses: there is no data file 'planets'"),
    ("over = 'planets'", "over: there is no data file 'planets'"),
]


@pytest.mark.parametrize(("row", "reason"), HEADS)
def test_a_wrong_head_is_refused(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"[application]\nname = 'Mine'\n{row}\n")
    with pytest.raises(DictionaryError) as caught:
        application(str(path))
    assert caught.value.reason.startswith(reason)
    assert (caught.value.file, caught.value.row) == (str(path), "application")
    with pytest.raises(DictionaryError):
        cardlib.read_text("> 00B0000000\n< 9000\n", dictionaries=[str(path)])


MINE = """
[application]
name = "Canteen card"
aids = ["F0AABBCCDD"]
fci = ["6F/DF7E"]
claims = ["90C0 p1=01"]
roots = { F0AABBCCDD = "CANTEEN" }

["file CANTEEN/2F01"]
name = "Meals"
layout = "meals left  1  int"

["command 90C0"]
name = "EAT"
"""


@pytest.fixture
def mine(tmp_path: Path) -> str:
    path = tmp_path / "canteen.toml"
    path.write_text(MINE)
    return str(path)


def test_a_file_of_the_caller_is_an_application(mine: str) -> None:
    assert by_aid(OTHER, (mine,)) == (mine, 10)
    assert by_aid(OTHER) == (ANY_CARD, 0)
    assert by_answer(bytes.fromhex("6F03DF7E00"), (mine,)) == mine
    context = Context(dictionaries=(mine,))
    assert claimed_by(parse_command(bytes.fromhex("90C0010000")), context) == mine
    assert claimed_by(parse_command(bytes.fromhex("90C0020000")), context) == ""


def test_rows_of_the_caller_count_where_the_application_is_selected(mine: str) -> None:
    def said(select: str) -> str:
        log = f"> {select}\n< 9000\n> 00A40000022F01\n< 9000\n> 00B0000000\n< 079000\n> 90C0000000\n< 9000\n"
        capture = cardlib.read_text(log, dictionaries=[mine])
        return "\n".join(text(exchange) for exchange in capture.exchanges)

    there, elsewhere = said(f"00A4040006{OTHER}"), said("00A4040006F0AABBCCDE01")
    assert "DF name (AID)  F0AABBCCDD01  = Canteen card" in there
    assert "Meals" in there and "meals left  07  = 7" in there and "EAT" in there
    assert "Meals" not in elsewhere and "EAT" not in elsewhere and "proprietary 90 C0" in elsewhere


def _dotted(digits: str) -> str:
    """An object identifier by its bytes (ISO/IEC 8825-1, 8.19)."""
    arcs = [0]
    for byte in bytes.fromhex(digits):
        arcs[-1] = arcs[-1] << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(0)
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:-1]))


def test_bytes_and_text_of_object_identifiers_agree() -> None:
    path = Path(cardlib.__file__).parent / "apps" / "protocols.toml"
    rows = tomllib.loads(path.read_text("utf-8"))["names"]["protocols"].strip().splitlines()
    assert len(rows) > 100
    wrong = [row for row in rows if not row.endswith(f"({_dotted(row.split()[0])})")]
    assert wrong == []


@pytest.mark.parametrize(
    ("digits", "name"),
    [
        ("67810801010D", "EF.DIR (2.23.136.1.1.13)"),
        ("67810801010602", "kinds of documents (2.23.136.1.1.6.2)"),
        ("678108010102", "master list of countries' certificates (2.23.136.1.1.2)"),
        ("2A864886F70D010301", "DH (1.2.840.113549.1.3.1)"),
    ],
)
def test_identifiers_of_icao_and_of_pkcs(digits: str, name: str) -> None:
    path = Path(cardlib.__file__).parent / "apps" / "protocols.toml"
    assert f"\n{digits} {name}\n" in path.read_text("utf-8")
