# SPDX-License-Identifier: MIT
"""Objects that every card of an application has: what the card refused, gave empty, gave, and what nobody asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

import cardlib
from cardlib.acts.profile import profile_steps
from cardlib.core.errors import DictionaryError

PIV = "> 00A4040009A00000030800001000\n< 61074F05A0000003089000\n"
PASSPORT = "> 00A4040C07A0000002471001\n< 9000\n"
STEP = "required objects"


def get_data(tag: str, answer: str) -> str:
    return f"> 00CB3FFF055C03{tag}00\n< {answer}\n"


def said(text: str, dictionaries: tuple[str, ...] = ()) -> list[str]:
    """What the last act says of the objects that are required."""
    acts = cardlib.acts(cardlib.read_text(text, dictionaries=dictionaries))
    steps = [step for step in acts[-1].steps if step.name == STEP]
    return [statement.text for step in steps for statement in step.said]


UNSEEN = "required and not seen in this capture: "
SILENT = {
    "nothing that is required was asked for": PIV + get_data("5FC109", "6A82"),
    "a PIN alone": PIV + "> 0020008008323834353137FFFF\n< 9000\n",
    "no application": get_data("5FC107", "6A82"),
    "no answer": "> 00CB3FFF055C035FC10700\n",
    "another application": "> 00A4040006D27600012401\n< 9000\n> 00CA006E00\n< 6A88\n",
}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_nothing_is_said(text: str) -> None:
    assert said(text) == []


def test_nothing_happened() -> None:
    assert list(profile_steps(())) == []


def test_what_the_card_has_not_is_told_from_what_it_withheld_and_from_what_nobody_asked() -> None:
    text = (
        PIV
        + get_data("5FC107", "6A82")  # card capability container: not there
        + get_data("5FC102", "53009000")  # CHUID: a container without content
        + get_data("5FC103", "6982")  # fingerprints: the PIN is missing
        + get_data("5FC105", "53087003020100710100" + "9000")  # a certificate
    )
    absent, empty, given, unseen = said(text)
    assert absent.startswith("Card capability container: required by NIST SP 800-73-4")
    assert absent.endswith("and refused: file or application not found")
    assert empty.endswith("and given without content")
    assert given == "required and given: X.509 certificate for PIV authentication"
    assert unseen == UNSEEN + "Fingerprints, Security object"


def test_what_was_refused_and_given_later_is_given() -> None:
    text = PIV + get_data("5FC107", "6A82") + get_data("5FC107", "5303F501109000")
    given, _ = said(text)
    assert given == "required and given: Card capability container"


def test_the_refusal_is_the_evidence() -> None:
    acts = cardlib.acts(cardlib.read_text(PIV + get_data("5FC106", "6A82")))
    [step] = [step for step in acts[-1].steps if step.name == STEP]
    [evidence] = step.said[0].evidence
    assert (evidence.exchange, evidence.side, evidence.stop) == (1, "response", 2)


def test_a_file_that_cannot_be_selected_is_not_there() -> None:
    absent, unseen = said(PASSPORT + "> 00A4020C02011D\n< 6A82\n")
    assert absent.startswith("EF.SOD: required by ICAO Doc 9303-10")
    assert unseen == UNSEEN + "EF.COM, EF.DG1, EF.DG2"


def user_file(folder: Path, required: str) -> Path:
    """The data file of an application with one row, and a list of what its cards must have."""
    path = folder / f"{len(list(folder.iterdir()))}.toml"
    head = '[application]\nname = "Mine"\naids = ["F0010203"]\nref = "my sheet"\nchecked = "seen"\n'
    row = '["DF01"]\nname = "Number"\nformat = "b"\n'
    path.write_text(f"{head}required = {required}\n{row}", "utf-8")
    return path


MINE = "> 00A4040004F0010203\n< 9000\n> 00CADF0100\n< 6A88\n"


@pytest.mark.parametrize("wrong", ['["file 1"]', '["Number"]', '"DF01"', "[1]"])
def test_a_wrong_list_is_refused(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(DictionaryError):
        said(MINE, (str(user_file(tmp_path, wrong)),))


def test_a_file_of_a_user_says_what_its_cards_must_have(tmp_path: Path) -> None:
    """An object without a row has no name, and nothing is said of it."""
    assert said(MINE, (str(user_file(tmp_path, '["DF01", "DF02"]')),)) == [
        "Number: required by my sheet, and refused: referenced data not found"
    ]
