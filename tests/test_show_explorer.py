# SPDX-License-Identifier: MIT
"""What the page of an explorer is given: complete, in its bounds, harmless; notes; the page as a file."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dialogue import PAN, captured, lines, payment
from test_show_text import HOSTILE, with_text

import cardlib
from cardlib import Capture, CaptureError
from cardlib.cli import main as cli
from cardlib.core.model import Coverage, Problem, Session
from cardlib.show.explorer import Note, Notes
from cardlib.show.explorer.chunk import packed, unpacked
from cardlib.show.explorer.front import script, style
from cardlib.show.explorer.notes import notes_of
from cardlib.show.explorer.pairs import pairs_chunk
from cardlib.show.explorer.rows import rows_chunk
from cardlib.show.explorer.store import Store

ROOT = Path(__file__).resolve().parent.parent
FRONT = ROOT / "cardlib/show/explorer/front"
MODULES = sorted(FRONT.glob("*.js"))
PURCHASE = ROOT / "traces/contact_purchase.card.jsonl"
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def chunks_of(capture: Capture, **given: Any) -> dict[str, Any]:
    store = Store(capture, **given)
    return {name: unpacked(store.chunk(name) or b"") for name in store.names()}


def texts_in(data: Any) -> list[str]:
    if isinstance(data, str):
        return [data]
    if isinstance(data, dict):
        return [text for value in data.values() for text in texts_in(value)]
    if isinstance(data, list):
        return [text for value in data for text in texts_in(value)]
    return []


@pytest.mark.parametrize(
    "name", ["", "head-1", "rows-9", "details--1", "details-99999999", "rows-0\n", "../head", "é"]
)
def test_whatever_else_is_asked_for_is_not_there(name: str) -> None:
    assert Store(payment()).chunk(name) is None


@pytest.mark.parametrize(
    ("capture", "count"),
    [
        (Capture("x", "hex pairs", ()), 0),
        (Capture("x", "hex pairs", (Session(0),)), 0),
        (captured(["", "6F00", "", "9000"]), 2),
        (captured(["00A4000002", "6A82"]), 1),
        (payment(), 7),
    ],
)
def test_every_capture_has_all_its_exchanges(capture: Capture, count: int) -> None:
    chunks = chunks_of(capture)
    rows = [chunk for name, chunk in chunks.items() if name.startswith("rows-")]
    details = [chunk for name, chunk in chunks.items() if name.startswith("details-")]
    numbers = [number for chunk in rows for number in chunk["i"]]
    assert chunks["head"]["count"] == len(numbers) == count
    assert [row["i"] for chunk in details for row in chunk["rows"]] == numbers


def test_the_bytes_of_a_node_are_in_its_half_and_those_of_a_finding_too() -> None:
    chunks = chunks_of(payment())
    sizes = {}
    for row in chunks["details-0"]["rows"]:
        for view in row["views"]:
            size = len(view["hex"]) // 2
            sizes[row["i"], view["side"]] = size
            for _, fact, start, body, stop, _, *extras in view["nodes"]:
                assert 0 <= fact < len(chunks["details-0"]["facts"])
                assert 0 <= start <= body <= stop
                assert stop <= size or "hex" in extras[0]
    places = [place for one in chunks["findings"]["findings"] for place in one["places"]]
    assert len(places) > 10
    assert all(stop <= sizes[number, side] for number, side, _, stop in places)


def test_facts_of_a_payment_by_hand() -> None:
    chunks = chunks_of(payment())
    rows, words = chunks["rows-0"], chunks["words-0"]
    verify = next(row for row, header in enumerate(words["h"]) if header == "00200080")
    assert rows["names"][rows["n"][verify]] == "VERIFY"
    assert (rows["sw"][verify], rows["lc"][verify], rows["lr"][verify]) == (0x9000, 8, 0)
    assert words["words"][words["q"][verify]] == "plaintext PIN"
    assert chunks["acts"]["acts"][0]["kind"] == "payment"
    failing = [one["rule"] for one in chunks["findings"]["findings"] if one["verdict"] == "fail"]
    assert "E33" in failing
    assert chunks["files"]["files"][-1]["path"][-1] == "sfi 01"


def test_an_end_is_sent_where_start_and_duration_do_not_say_it() -> None:
    plain = cardlib.read(PURCHASE).exchanges[:3]
    odd = [plain[0], replace(plain[1], end_ns=7), replace(plain[2], start_ns=None)]
    rows = rows_chunk(odd)
    assert rows["e"] == [None, 7, plain[2].end_ns]
    assert rows["t"] == [plain[0].start_ns, plain[1].start_ns, None]


def test_secrets_are_in_no_chunk_unless_revealed() -> None:
    hidden = json.dumps(chunks_of(payment()))
    assert PAN not in hidden and PAN[6:12] not in hidden
    assert PAN in json.dumps(chunks_of(payment(), reveal=True))


def test_a_page_for_others_closes_what_no_row_explains() -> None:
    capture = captured(["80F8000000", "DEADBEEFDEADBEEF9000"])
    assert "DEADBEEFDEADBEEF" in json.dumps(chunks_of(capture))
    closed = chunks_of(capture, for_others=True)
    assert "DEADBEEF" not in json.dumps(closed)
    assert closed["about"]["closed"] == 8


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_hostile_text_controls_nothing(value: str) -> None:
    odd = Capture(value, value, (Session(0),), (Problem(value, value, 1, 0, 1),), Coverage())
    for capture in (with_text(value), odd):
        for text in texts_in(chunks_of(capture, reveal=True, findings=())):
            assert not CONTROLS.search(text), ascii(text)


def test_equal_data_are_equal_bytes() -> None:
    assert packed({"a": "é"}) == packed({"a": "é"})
    assert [Store(payment()).chunk(name) for name in Store(payment()).names()] == [
        Store(payment()).chunk(name) for name in Store(payment()).names()
    ]


def test_the_key_of_notes_is_of_no_byte_of_data() -> None:
    key = chunks_of(payment())["head"]["key"]
    assert chunks_of(payment(card={"5A": "4761739001010010"}))["head"]["key"] == key
    assert chunks_of(payment(ask=None))["head"]["key"] != key


def test_rules_are_not_applied_to_a_long_capture_by_themselves() -> None:
    many = captured(["0084000008", "01020304050607089000"] * 5001)
    store = Store(many)
    findings = unpacked(store.chunk("findings") or b"")
    assert findings["findings"] == [] and "cardlib.check" in findings["whyNot"]
    assert unpacked(store.chunk("rows-1") or b"")["i"][-1] == 5000


def test_details_are_of_the_first_exchanges_only_where_it_is_said() -> None:
    store = Store(captured(["0084000008", "01020304050607089000"] * 100), (), details=70)
    head = unpacked(store.chunk("head") or b"")
    assert head["detailed"] == 70 and head["count"] == 100
    assert len(unpacked(store.chunk("details-1") or b"")["rows"]) == 6
    assert store.chunk("details-2") is None


def test_two_captures_are_paired_with_the_bytes_that_differ() -> None:
    data = pairs_chunk(payment(), payment(card={"5F28": "0250"}), lambda text: text)
    [change] = [change for change in data["changes"] if change["element"].startswith("5F28")]
    number, side, start, stop = change["a"]
    assert (change["kind"], side, stop - start) == ("changed", "response", 1)
    assert data["pairs"][change["pair"]] == [number, number]


@pytest.mark.parametrize(
    "rows",
    [None, 7, [], {"x": {}}, {"1": 7}, {"-1": {"text": "a"}}, {"1": {"text": 7}}, {"9" * 20: "a"}],
)
def test_what_is_no_note_is_left_out(rows: Any) -> None:
    assert len(Notes(rows)) == 0


def test_notes_are_written_and_read_again(tmp_path: Path) -> None:
    notes = Notes({3: "why?", "1": {"text": "here", "b": ["response", 2, 4]}})
    assert notes[1] == Note("here", "response", 2, 4) and list(notes) == [1, 3]
    notes.save(tmp_path / "a.notes.json")
    assert notes_of(tmp_path / "a.notes.json").rows() == notes.rows()
    assert Notes({"1": {"text": "x", "b": ["response", 4, 2]}})[1] == Note("x")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"notes": 7}', "[" * 5000])
def test_a_file_that_holds_no_notes(content: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content, "utf-8")
    with pytest.raises(CaptureError, match="no file of notes"):
        cardlib.explore(payment(), notes=path)


def test_a_page_holds_no_address_and_lets_its_own_script_run_only(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    cardlib.explore(payment()).save(path)
    page = path.read_text("utf-8")
    assert "default-src 'none'" in page and "unsafe" not in page
    addresses = re.findall(r"https?://[^\s\"'<>]+", page)
    assert addresses == []
    assert page.count("<script") == page.count("</script>") and page.count("<script>") == 1


def test_a_page_is_not_written_over_its_capture(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("> 00A40000023F00\n< 9000\n", "utf-8")
    with pytest.raises(CaptureError):
        cardlib.explore(path).save(path)


def setup_in(page: Path) -> Any:
    """The notes that a page begins with."""
    match = re.search(r'id="chunk-setup">([^<]+)<', page.read_text("utf-8"))
    assert match
    return json.loads(base64.b64decode(match[1]))["notes"]


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "page.html")
    assert cli.main(["explore", str(PURCHASE), "-o", out, "--filter", "failed"]) == 0
    assert "kilobytes written to" in capsys.readouterr().out
    assert cli.main(["explore", str(PURCHASE), "-o", out, "--filter", "swx == 3"]) == 2
    assert "is no field" in capsys.readouterr().err
    notes = tmp_path / "my.notes.json"
    notes.write_text("no notes", "utf-8")
    assert cli.main(["explore", str(PURCHASE), "-o", out, "--notes", str(notes)]) == 2
    assert "is no file of notes" in capsys.readouterr().err
    Notes({3: "read it again"}).save(notes)
    assert cli.main(["explore", str(PURCHASE), "-o", out, "--notes", str(notes)]) == 0
    assert setup_in(Path(out)) == {"3": {"text": "read it again", "b": None}}
    assert cli.main(["explore", *[str(PURCHASE)] * 3, "-o", out]) == 2
    assert "one capture is explored" in capsys.readouterr().err


@pytest.mark.parametrize("module", MODULES, ids=[module.stem for module in MODULES])
def test_a_module_makes_no_markup_and_runs_no_text(module: Path) -> None:
    code = module.read_text("utf-8")
    markup = r"innerHTML|outerHTML|insertAdjacent|document\.write"
    runs = r"\beval\b|new Function|\bfetch\b|XMLHttp|WebSocket|import\("
    assert re.findall(f"{markup}|{runs}", code) == []
    assert len(code.splitlines()) <= 400 and "SPDX-License-Identifier: MIT" in code
    assert max(map(len, code.splitlines())) <= 160
    assert all(line.count("`") % 2 == 0 for line in code.splitlines())  # joined without indents


def modules_of(code: str) -> set[str]:
    return set(re.findall(r"^const module_(\w+) = ", code, re.M))


def test_all_modules_are_in_the_page_and_none_is_large() -> None:
    page = script("page_host")
    asking = {"widget_host", "browser_host", "questions", "growing"}  # of pages that ask Python
    names = {module.stem for module in MODULES}
    assert modules_of(page) == names - asking
    assert asking <= modules_of(script("widget_host")) | modules_of(script("browser_host"))
    assert not re.search(r"^(import|export)\b", page, re.M) and len(page) < 110_000
    assert ".cardlib-explorer" in style() and "@import" not in style() and "url(" not in style()


def test_code_that_would_end_its_element_is_nowhere() -> None:
    assert "</script" not in script("page_host") and "</style" not in style()


def test_lines_of_a_dialogue_are_enough_for_a_page(tmp_path: Path) -> None:
    capture = captured(lines())
    capture_twice = cardlib.explore([capture, capture])
    capture_twice.save(tmp_path / "two.html")
    text = (tmp_path / "two.html").read_text("utf-8")
    assert 'id="chunk-pairs"' in text and 'id="chunk-1-head"' in text
