# SPDX-License-Identifier: MIT
"""Authentications of a SIM: told by their data, and computed again; broken ones first, each truth with a twin."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import cardlib
from cardlib.acts import Act
from cardlib.core.model import Proof
from cardlib.crypto.tuak import Tuak
from conftest import ROOT

VECTORS = tomllib.loads((ROOT / "tests/vectors/telecom_auth.toml").read_text("utf-8"))
SETS = VECTORS["milenage"]
FIRST = SETS[0]
USIM = "00A4040007A0000000871002/9000"
ASKED = "008800812210{rand}10{autn}"
SUCCESS = "DB08{res}10{ck}10{ik}08{kc}9000"
RESYNC = "DC0E{auts}9000"


def act_of(pairs: list[str], *keys: Path) -> Act:
    """The last act of these exchanges, `command/answer`."""
    lines = (
        f"> {asked}\n< {answered}\n" for asked, _, answered in (p.partition("/") for p in pairs)
    )
    return cardlib.acts(cardlib.read_text("".join(lines)), keys=keys)[-1]


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """The keys of the first set."""
    return written(tmp_path, FIRST)


def written(folder: Path, row: dict[str, str], name: str = "op") -> Path:
    file = folder / f"{row[name][:8]}.toml"
    lines = ("[[key]]", 'use = "milenage"', f'value = "{row["key"]}"', f'{name} = "{row[name]}"')
    file.write_text("\n".join(lines), "utf-8")
    return file


def pair(answer: str, row: dict[str, str] = FIRST, **changed: str) -> str:
    values = {**row, **changed}
    return f"{ASKED.format(**values)}/{answer.format(**values)}"


def proofs_of(pairs: list[str], *keys: Path) -> list[Proof]:
    return list(act_of([USIM, *pairs], *keys).proofs)


def flipped(value: str) -> str:
    """The same with another last bit."""
    return f"{int(value, 16) ^ 1:0{len(value)}X}"


OUTCOMES = [
    # command and answer, what is said of it
    (ASKED.format(**FIRST) + "/", "no answer"),
    (ASKED.format(**FIRST) + "/9000", "no answer"),
    (ASKED.format(**FIRST) + "/6982", "refused"),
    (ASKED.format(**FIRST) + "/DB08A5429000", "no answer"),
    (ASKED.format(**FIRST) + "/DC0EBA859000", "no answer"),
    (pair(SUCCESS), "success"),
    (pair(RESYNC), "synchronisation failure"),
    (pair("9862"), "MAC failure"),
    ("0088008011" + "10" + FIRST["rand"] + f"/04{FIRST['sres']}08{FIRST['kc']}9000", "success"),
    (f"0088008423DD10{FIRST['rand']}10{FIRST['autn']}/DB08{FIRST['res']}9000", "success"),
    (
        f"0088008423DD10{FIRST['rand']}10{FIRST['autn']}/DC0E{FIRST['auts']}9000",
        "synchronisation failure",
    ),
]


@pytest.mark.parametrize(("exchange", "outcome"), OUTCOMES)
def test_the_data_say_how_an_authentication_ended(exchange: str, outcome: str) -> None:
    act = act_of([USIM, exchange])
    assert act.kind == "sim"
    assert f"authentication: {outcome}" in act.headline
    assert act.proofs == ()


def test_a_challenge_that_is_cut_is_none() -> None:
    assert act_of([USIM, "00880081021023/6700"]).kind == "plain"
    assert act_of([USIM, "0088008100/6700"]).kind == "plain"


def test_several_authentications_are_counted() -> None:
    act = act_of([USIM, pair(SUCCESS), pair(RESYNC), pair("9862"), pair("9862")])
    words = "4 authentications: 1 successful, 1 synchronisation failure, 2 MAC failures"
    assert words in act.headline
    assert act.outcome == "refused"
    assert act_of([USIM, pair("9862"), pair(SUCCESS)]).outcome == "done"
    said = [statement.agrees for step in act.steps for statement in step.said[-4:]]
    assert said[-4:] == [True, False, False, False]


@pytest.mark.parametrize("name", ["op", "opc"])
@pytest.mark.parametrize("row", SETS, ids=[f"set {number}" for number in range(1, 7)])
def test_every_set_is_verified(row: dict[str, str], name: str, tmp_path: Path) -> None:
    file = written(tmp_path, row, name)
    success, resync = proofs_of([pair(SUCCESS, row), pair(RESYNC, row)], file)
    assert (success.verdict, resync.verdict) == ("verified", "verified")
    assert success.reason == f"MAC-A, RES, CK, IK, Kc; SQN of the network {row['sqn']}"
    assert dict(resync.facts)["SQN of the card"].hex().upper() == row["sqn"]


@pytest.mark.parametrize(
    ("field", "first"),
    [("res", "RES"), ("ck", "CK"), ("ik", "IK"), ("kc", "Kc"), ("autn", "MAC-A")],
)
@pytest.mark.parametrize("row", SETS, ids=[f"set {number}" for number in range(1, 7)])
def test_one_other_bit_is_named(
    row: dict[str, str], field: str, first: str, tmp_path: Path
) -> None:
    changed = {field: flipped(row[field])}
    (proof,) = proofs_of([pair(SUCCESS, row, **changed)], written(tmp_path, row))
    assert (proof.verdict, proof.reason) == ("failed", f"{first} is not what the key makes")
    (evidence,) = proof.evidence
    assert evidence.stop - evidence.start == len(row[field]) // 2


def test_a_tampered_auts_is_named(key_file: Path) -> None:
    (proof,) = proofs_of([pair(RESYNC, auts=flipped(FIRST["auts"]))], key_file)
    assert (proof.verdict, proof.reason) == ("failed", "MAC-S is not what the key makes")


def test_keys_of_another_card_say_nothing(tmp_path: Path) -> None:
    (proof,) = proofs_of([pair(SUCCESS)], written(tmp_path, SETS[1]))
    assert proof.verdict == "not checkable"
    assert proof.reason.endswith("they may be of another card")


def test_a_refusal_is_judged_where_the_key_is_known(key_file: Path) -> None:
    wrong = pair("9862", autn=flipped(FIRST["autn"]))
    (alone,) = proofs_of([wrong], key_file)
    assert alone.verdict == "not checkable"
    _, refusal = proofs_of([pair(SUCCESS), wrong], key_file)
    assert refusal.verdict == "verified"
    (unjust,) = proofs_of([pair("9862")], key_file)
    assert unjust.reason == "MAC-A is right for the key given, and the card refused it"


def test_values_of_2g(key_file: Path) -> None:
    select = ["A0A40000023F00/9F16"]
    asked = f"A088000010{FIRST['rand']}"
    right = act_of([*select, f"{asked}/{FIRST['sres']}{FIRST['kc']}9000"], key_file).proofs
    wrong = act_of([*select, f"{asked}/{flipped(FIRST['sres'])}{FIRST['kc']}9000"], key_file).proofs
    assert [proof.verdict for proof in (*right, *wrong)] == ["verified", "failed"]
    assert wrong[0].reason == "SRES is not what the key makes"


@pytest.mark.parametrize("row", VECTORS["tuak"], ids=[f"set {n}" for n in range(1, 7)])
def test_tuak(row: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    lines = ("[[key]]", 'use = "tuak"', f'value = "{row["key"]}"', f'top = "{row["top"]}"')
    file.write_text("\n".join((*lines, f'iterations = "{row["iterations"]}"')), "utf-8")
    key, topc, rand = (bytes.fromhex(row[name]) for name in ("key", "topc", "rand"))
    res, ck, ik = (bytes.fromhex(row[name]) for name in ("res", "ck", "ik"))
    sqn, amf, ak = (bytes.fromhex(row[name]) for name in ("sqn", "amf", "ak"))
    mac_a, _ = Tuak(key, topc, int(row["iterations"])).macs(
        rand, sqn, amf
    )  # of 8 bytes, as in AUTN
    masked = bytes(a ^ b for a, b in zip(sqn, ak, strict=True))
    autn = (masked + amf + mac_a).hex()
    asked = f"008800812210{row['rand']}10{autn}"
    answer = "DB" + "".join(f"{len(value):02X}{value.hex()}" for value in (res, ck, ik))
    tampered = answer[:-1] + ("0" if answer[-1] != "0" else "1")
    right, wrong = proofs_of([f"{asked}/{answer}9000", f"{asked}/{tampered}9000"], file)
    assert right.verdict == "verified"
    assert wrong.reason == "IK is not what the key makes"


def test_no_key_is_printed(key_file: Path) -> None:
    act = act_of([USIM, pair(SUCCESS)], key_file)
    shown = "".join((str(act), str(act.proofs), repr(act), repr(act.detail)))
    assert FIRST["key"] not in shown and FIRST["op"] not in shown and FIRST["opc"] not in shown


def test_a_question_about_tries_is_no_refusal() -> None:
    asked = act_of([USIM, "002C000100/63CA"])
    assert "refused" not in asked.headline
    wrong = act_of([USIM, "002C000110" + "31" * 16 + "/63C9"])
    assert "refused" in wrong.headline


START = [
    USIM,
    "00A4000C026FAD/9000",
    "00B0000004/000000029000",
    "00A4000C026F07/9000",
    "00B0000009/0809101000000000109000",
    "00A4000C026F38/9000",
    "00B0000002/03809000",
    "00A4000C026F46/9000",
    "00B0000011/014E6574FFFFFFFFFFFFFFFFFFFFFFFFFF9000",
]


def test_a_start_says_whose_card_it_is() -> None:
    act = act_of(START)
    assert (
        act.headline
        == "USIM: provider Net, home network 001-01 (networks for tests), 3 services, 4 files read"
    )
    assert "0010100000" not in act.headline
    first = act.steps[0]
    assert first.said[0].evidence[0].exchange == 8


DAMAGED = [
    # one exchange of the start replaced, what is no longer said
    (2, "00B0000004/00000009000", "home network"),
    (2, "00B0000004/0000000F9000", "home network"),
    (2, "00B0000004/6982", "home network"),
    (4, "00B0000009/FFFFFFFFFFFFFFFFFF9000", "home network"),
    (8, "00B0000011/01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF9000", "provider"),
    (8, "00B0000011/01818181818181818181818181818181819000", "provider"),
    (6, "00B0000002/6A82", "services"),
]


@pytest.mark.parametrize(("place", "exchange", "words"), DAMAGED)
def test_what_the_card_does_not_say_is_not_said(place: int, exchange: str, words: str) -> None:
    changed = [*START[:place], exchange, *START[place + 1 :]]
    assert words in act_of(START).headline
    assert words not in act_of(changed).headline


def test_files_that_the_card_has_not_are_named() -> None:
    looked = ["00A4000C026FE4/6A82", "00A4080C047FFF6F99/6A82", "00A4080C047F106F3A/6A82"]
    act = act_of([*START, *looked, "00A4000C026F06/9000", "00B2010400/6982"])
    assert "3 files asked for and not on the card, 1 file refused" in act.headline
    texts = [statement.text for statement in act.steps[0].said]
    assert texts[-2:] == [
        "3 files asked for and not on the card: EF.EPSNSC, file 6F99, EF.ADN",
        "1 file refused: EF.ARR",
    ]


def test_a_card_of_which_little_was_read_is_no_start() -> None:
    assert act_of([USIM, "00A4000C026F31/9000", "00B0000001/059000"]).kind == "plain"


def test_what_the_toolkit_did_is_told_behind_the_start(key_file: Path) -> None:
    fetched = "8012000011/D00F8103010301820281828402012D9000"
    answered = "801400000C8103010301820282818301009000".replace("9000", "/9000")
    act = act_of([*START, fetched, answered, pair(SUCCESS)], key_file)
    assert act.kind == "toolkit"
    assert act.headline.startswith("USIM: provider Net, home network 001-01")
    assert "3G authentication: success" in act.headline
    assert "POLL INTERVAL" in act.headline
    assert [proof.verdict for proof in act.proofs] == ["verified"]


def test_a_synchronisation_failure_is_one_although_the_status_word_is_9000() -> None:
    lines = f"> {pair(RESYNC).replace('/', chr(10) + '< ')}\n"
    exchange = cardlib.read_text("> 00A4040007A0000000871002\n< 9000\n" + lines).exchanges[-1]
    half = cardlib.decode(exchange).children[-1]
    assert half.note.startswith("9000, but the data say that it failed: AUTS")
