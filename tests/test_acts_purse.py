# SPDX-License-Identifier: MIT
"""Transactions of a purse: half of them and broken ones first, then a published dialogue, lost answers, rides."""

from __future__ import annotations

from pathlib import Path

import pytest

import cardlib
from cardlib.acts import Act

CITY = (
    "> 00A4040009A0000000038698070100\n"
    "< 6F2E8409A00000000386980701A5219F0C1E"
    "0000000100000000010100010102030405060708201701012027123100009000\n"
)
UNION = (
    "> 00A4040008A00000063201010500\n"
    "< 6F318408A000000632010105A5259F0801029F0C1E"
    "01011000FFFFFFFF02010310517007010479138120190718204012310000"
    "9000\n"
)
LOAD = "> 805000020B0100001000001122334455\n< 000000000000020011223344A5638AA09000\n"
CREDIT = "> 805200000B20111221214822FDD12AF1\n< 62D961B79000\n"
PURCHASE = "> 805001020B0100000190001122334455\n< 0000100000000000000200556677889000\n"
DEBIT_COMMAND = "> 805401000F00000001201112220800001701D829\n"
DEBIT = DEBIT_COMMAND + "< F416BBD4202B266A9000\n"
PROOF = "> 805A0006020001\n< 202B266AF416BBD49000\n"
BALANCE = "> 805C000204\n< 00000E709000\n"
KEYS = """
[[key]]
use = "{kind}-load"
value = "{key}"
[[key]]
use = "{kind}-purchase"
value = "{key}"
[[key]]
use = "{kind}-tac"
value = "34343434343434343434343434343434"
"""
KEY = "11223344556677888877665544332211"


def act_of(text: str, keys: tuple[Path, ...] = ()) -> Act:
    (act,) = cardlib.acts(cardlib.read_text(text), keys=keys)
    return act


BROKEN = [
    ("begun only", PURCHASE, "purchase of 4.00 CNY begun and not finished in exchange 1"),
    (
        "the answer is lost",
        PURCHASE + DEBIT_COMMAND,
        "purchase of 4.00 CNY: its answer was lost, and with it whether it was done in exchange 2",
    ),
    (
        "lost and then not proved",
        PURCHASE + DEBIT_COMMAND + "> 805A0006020001\n< 9406\n",
        "purchase of 4.00 CNY: its answer was lost, and it was not proved: required MAC not "
        "available in exchange 3",
    ),
    (
        "lost and proved",
        PURCHASE + DEBIT_COMMAND + PROOF,
        "purchase of 4.00 CNY, balance 40.96 CNY to 36.96 CNY, its answer lost and then proved "
        "in exchange 3",
    ),
    (
        "refused",
        PURCHASE + DEBIT_COMMAND + "< 9302\n",
        "purchase of 4.00 CNY refused: MAC invalid in exchange 2",
    ),
    ("only the proof", PROOF, "purchase no. 1 proved in exchange 1"),
]


@pytest.mark.parametrize(
    ("text", "ending"), [row[1:] for row in BROKEN], ids=[r[0] for r in BROKEN]
)
def test_what_was_not_finished(text: str, ending: str) -> None:
    act = act_of(CITY + text)
    assert act.kind == "purse"
    assert act.headline == f"Chinese electronic purse (PBOC 2.0, JT/T 978): {ending}"


@pytest.mark.parametrize(
    "text",
    [
        "> 805001020B0100000190001122334455\n< 00001000000000000002005566779000\n",
        "> 805001020A01000001900011223344\n< 0000100000000000000200556677889000\n",
        "> 805009020B0100000190001122334455\n< 0000100000000000000200556677889000\n",
        DEBIT,
    ],
    ids=["a short answer", "a short command", "an unknown kind", "a debit that nobody began"],
)
def test_what_is_no_transaction(text: str) -> None:
    assert act_of(CITY + text).kind == "plain"


def test_a_published_dialogue() -> None:
    act = act_of(CITY + LOAD + CREDIT + PURCHASE + DEBIT + PROOF + BALANCE)
    assert act.outcome == "done"
    assert act.headline.endswith(
        ": load of 40.96 CNY, balance 0.00 CNY to 40.96 CNY in exchange 2, then purchase of "
        "4.00 CNY, balance 40.96 CNY to 36.96 CNY in exchange 5, then balance 36.96 CNY"
    )
    load, purchase, *_ = act.steps
    assert [statement.agrees for statement in load.said] == [None, None, True]
    assert purchase.said[-1].text == "the next balance is 36.96 CNY, by arithmetic 36.96 CNY"


def test_a_balance_that_does_not_fit() -> None:
    act = act_of(CITY + PURCHASE + DEBIT + "> 805C000204\n< 000010009000\n")
    said = act.steps[0].said[-1]
    assert (said.text, said.agrees) == (
        "the next balance is 40.96 CNY, by arithmetic 36.96 CNY",
        False,
    )


def keys_file(folder: Path, kind: str, key: str) -> tuple[Path]:
    file = folder / "keys.toml"
    file.write_text(KEYS.format(kind=kind, key=key), "utf-8")
    return (file,)


def verdicts(act: Act) -> list[str]:
    return [f"{proof.name}: {proof.verdict}" for proof in act.proofs]


def test_macs_with_the_keys_of_the_card(tmp_path: Path) -> None:
    keys = keys_file(tmp_path, "mk", KEY)
    assert verdicts(act_of(CITY + LOAD + CREDIT + PURCHASE + DEBIT, keys)) == [
        "MAC1 of a load: verified",
        "MAC2 of a load: verified",
        "TAC of a load: verified",
        "MAC1 of a purchase: verified",
        "TAC of a purchase: verified",
        "MAC2 of a purchase: verified",
    ]
    changed = PURCHASE + DEBIT.replace("202B266A", "202B266B")
    assert verdicts(act_of(CITY + changed, keys))[-1] == "MAC2 of a purchase: failed"
    unknown = PURCHASE.replace("000200556677889000", "000204556677889000") + DEBIT
    act = act_of(CITY + unknown, keys)
    assert {proof.reason for proof in act.proofs} == {"algorithm 04: its MACs are not known"}
    other = changed.replace("000200556677889000", "000201556677889000")
    assert verdicts(act_of(CITY + other, keys)) == [
        "MAC1 of a purchase: verified",
        "TAC of a purchase: verified",
        "MAC2 of a purchase: not checkable",
    ]


def test_macs_without_keys_are_not_checkable() -> None:
    assert {proof.verdict for proof in act_of(CITY + PURCHASE + DEBIT).proofs} == {"not checkable"}


def test_a_lost_answer_that_another_tap_proves() -> None:
    text = UNION + "> 805A000902042D\n< 01020304050607089000\n"
    assert "compound purchase no. 1069 proved in exchange 1" in act_of(text).headline


RECORDS = UNION + (
    "> 00B201C417\n< 042D000000000001F409300089000340202412291417409000\n"
    "> 00B201F400\n< 040000300089000340010800190030000000{amount}00000E01"
    "20241229141740100001011000FFFFFFFF0000000000009000\n"
    "> 00B202F400\n< 030000300089000341010800120030000000000000{left}"
    "20241229135500100001011000FFFFFFFF0000000000009000\n"
)


def journeys(amount: str, left: str) -> list[tuple[str, bool | None]]:
    text = RECORDS.format(amount=amount, left=left)
    (step,) = [step for step in act_of(text).steps if step.name == "journeys"]
    return [(statement.text, statement.agrees) for statement in step.said]


def test_a_ride_has_an_entry_an_exit_and_a_record_in_the_log() -> None:
    assert journeys("0001F4", "00000FF5") == [
        (
            "2024-12-29 14:17:40: exit, metro line 0800 station 1200 to "
            "metro line 0800 station 1900, 5.00 CNY",
            None,
        ),
        ("2024-12-29 14:17:40: transaction 1069 in the log of the purse", True),
    ]


def test_a_ride_whose_amount_or_balance_does_not_fit() -> None:
    said = journeys("0001F5", "00001FF5")
    assert said[1] == (
        "2024-12-29 14:17:40: -4095 minor units beside what the ride before left",
        False,
    )
    assert said[2] == (
        "2024-12-29 14:17:40: transaction 1069 in the log of the purse, "
        "with another terminal or amount",
        False,
    )


MODULE = (
    "> 807000002455667788000000000190062011122208000002000102030405060708"
    "0000000100000000\n< 000000011701D8299000\n"
)


def test_the_module_of_the_terminal_beside_the_purse() -> None:
    text = CITY + PURCHASE + MODULE + DEBIT + "> 8072000004202B266A\n< 9000\n"
    said = [statement.text for statement in act_of(text).steps[0].said]
    assert "MAC1 was made by the terminal's module" in said
    assert "the terminal's module accepted MAC2" in said
