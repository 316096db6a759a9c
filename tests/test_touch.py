# SPDX-License-Identifier: MIT
"""Things to touch: readable without a kernel, harmless whatever is typed in, and right in what they show."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

import cardlib
from notebooks import touch
from notebooks.touch import bytes_on_the_wire, middle_of_it
from notebooks.touch.engine import WIDGET, Touch

THINGS = {
    thing.__name__: thing
    for thing in (
        touch.action_codes,
        touch.bench,
        touch.cvm_list,
        touch.flip_a_bit,
        touch.in_the_middle,
        touch.speed,
        touch.tlv_puzzle,
    )
}
HOSTILE: list[Any] = [
    "",
    "zz",
    "<b>",
    "9" * 400,
    "0 -1 x",
    ";;",
    "AC",
    "VERIFY answer",
    None,
    -1,
    10**9,
    [],
    {},
]

each = pytest.mark.parametrize("name", sorted(THINGS))


@each
def test_whatever_is_typed_in_gets_lines(name: str) -> None:
    thing = THINGS[name]()
    for setting in thing.controls:
        for hostile in HOSTILE:
            lines = thing.lines(**{setting: hostile})
            assert lines and all(isinstance(line, str) and "\n" not in line for line in lines)
    assert thing.lines(nothing="of that name")[0].startswith("this cannot be shown: ")


@each
def test_without_widgets_it_is_a_text_and_html(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(module: str, *rest: Any, **options: Any) -> Any:
        if module == "ipywidgets":
            raise ImportError(module)
        return real(module, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    thing = THINGS[name]()
    bundle = thing._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert thing.title in bundle["text/plain"] and thing.title in bundle["text/html"]
    assert len(bundle["text/plain"].splitlines()) > 5
    assert "cannot be shown" not in bundle["text/plain"]
    assert "<script" not in bundle["text/html"] and "<img" not in bundle["text/html"]


@each
def test_with_widgets_the_controls_change_what_is_shown(name: str) -> None:
    pytest.importorskip("ipywidgets")
    thing = THINGS[name]()
    assert WIDGET in thing._repr_mimebundle_()
    *fields, shown = thing.widget().children[1:]
    assert [field.description for field in fields] == list(thing.controls)
    before = shown.value
    for field in fields:
        if hasattr(field, "options"):
            field.value = field.options[-1]
        elif isinstance(field.value, bool):
            field.value = not field.value
        elif isinstance(field.value, int):
            field.value = field.max
        else:
            field.value = "<b>"
    assert shown.value != before and "<b>" not in shown.value


def test_what_is_shown_is_escaped() -> None:
    thing = Touch("<i>", {"text": ""}, lambda text: ["<u>", text], [{"text": "<b>"}], "<s>")
    html = thing._repr_html_()
    assert not any(tag in html for tag in ("<i>", "<u>", "<s>"))
    assert html.count("<b>") == 1  # our own, around the setting


@pytest.mark.parametrize(
    ("settings", "last"),
    [
        ({"tvr": "0000888000"}, "so the terminal asks for an AAC"),
        ({"tvr": "0000008000"}, "so the terminal asks for an ARQC"),
        ({"tvr": "0000000000"}, "no bit in common: the terminal asks for a TC"),
        # EMV Book 3, 10.7: a match with the default code means AAC, never ARQC.
        (
            {"tvr": "0040000000", "can_go_online": False},
            "so the terminal asks for an AAC",
        ),
        ({"tvr": "00"}, "this cannot be shown: '00' has 1 bytes, 5 are needed"),
    ],
)
def test_action_codes(settings: dict[str, Any], last: str) -> None:
    assert touch.action_codes().lines(**settings)[-1] == last


@pytest.mark.parametrize(
    ("settings", "result"),
    [
        ({}, "9F34 410302: successful"),
        ({"pin": "wrong"}, "9F34 420300: result unknown"),
        ({"pin": "wrong", "online_PIN": False, "signature": False}, "9F34 1F0302: successful"),
        ({"rules": "0000000000000000 0103", "pin": "wrong"}, "9F34 010301: failed"),
        ({"rules": "00000BB8 00000000 1F06 4103", "amount": 29}, "9F34 1F0602: successful"),
        ({"rules": "00000BB8 00000000 1F06 4103", "amount": 31}, "9F34 410302: successful"),
    ],
)
def test_cvm_list(settings: dict[str, Any], result: str) -> None:
    assert touch.cvm_list().lines(**settings)[-2] == result


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({}, "9000"),
        ({"cla": "80"}, "6E00"),
        ({"ins": "FE"}, "6D00"),
        ({"p1": "09"}, "6A86"),
        ({"data": "A0000000049999"}, "6A82"),
    ],
)
def test_bench(settings: dict[str, Any], status: str) -> None:
    assert touch.bench().lines(**settings)[-1].startswith(f"{status}: ")


def test_speed_is_that_of_the_standard() -> None:
    """12 bits of 372 cycles at 3.5712 MHz are 1.25 ms a byte: 255 bytes are 318.75 ms."""
    line = touch.speed().lines(sent=5, answered=250, card_ms=100)[-1]
    assert "command 6.2 ms, card 100.0 ms, answer 312.5 ms: 418.8 ms in all" in line


def test_the_puzzle_names_the_kind_of_slip() -> None:
    objects = bytes_on_the_wire._objects(bytes_on_the_wire._fci())
    everything = " ".join(map(str, objects))
    assert touch.tlv_puzzle().lines(begins=everything)[-1].endswith(", 0 to go")
    pdol = next(at for at, tag in objects.items() if tag == "9F38")
    lines = touch.tlv_puzzle().lines(begins=f"3 5 {pdol + 1} {pdol + 3} 999")
    assert [line.partition(": ")[2][:24] for line in lines[-6:-1]] == [
        "that is the length of 84",
        "that is inside the value",
        "that is the second byte ",
        "a DOL has tags and lengt",
        "there is no such byte",
    ]


def test_the_map_shows_the_gap_of_version_10() -> None:
    """CVM results, cryptogram type and key index are sealed by nothing; amount and number are."""
    _, command, response = touch.notice_map("contact_purchase")
    sealed, gap = command.split()[1], command.split()[1][34:37]
    assert gap == "..." and set(sealed[5:34]) == {"i"}
    assert response.split()[1][2] == "." and set(response.split()[1][3:13]) == {"i"}


def test_with_cda_the_terminal_notices_itself() -> None:
    raw = middle_of_it._halves("contact_cda")
    assert touch.middle_of_it.who_notices("contact_cda", raw["command"], 10, 1) == "T"


def test_the_game_writes_a_capture_that_tells(tmp_path: Path) -> None:
    path = tmp_path / "game.card.jsonl"
    lines = touch.play("VERIFY answer 9000", out=path)
    assert lines[0] == "the terminal: approved online"
    failing = {f.rule for f in cardlib.check(path) if f.verdict == "fail"}
    assert "E30" in failing
    with pytest.raises(FileExistsError):
        touch.play("", out=path)
    quiet = touch.play("READ delay 200")
    assert quiet[-1] == touch.play("")[-1]  # a delay breaks no rule: only a clock shows it
    with pytest.raises(ValueError, match="write rules such as"):
        touch.play("EAT answer 9000")
