# SPDX-License-Identifier: MIT
"""Many captures as one dataset: nothing lost, nothing twice, masked, and the same answers as from single captures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cardlib
from cardlib.core.errors import CardlibError
from cardlib.corpus.parts import TABLES
from cardlib.corpus.rows import COLUMNS, rows_of

pa = pytest.importorskip("pyarrow")
pytest.importorskip("fsspec")
duckdb = pytest.importorskip("duckdb")

TRACES = Path(__file__).resolve().parent.parent / "traces"
NAMES = (
    "contact_purchase.card.jsonl",
    "contact_wrong_pin.card.jsonl",
    "damaged.log",
    "purse_day.hex.txt",
    "tap_visa_low.card.jsonl",
)


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some traces under names that are not known to be the project's own, and a file that is none."""
    folder = tmp_path_factory.mktemp("captures")
    for name in NAMES:
        shutil.copy(TRACES / name, folder / f"my_{name}")
    (folder / "letter.txt").write_text("Dear all, no card was harmed.\n")
    return folder


@pytest.fixture(scope="module")
def made(captures: Path) -> cardlib.Corpus:
    return cardlib.corpus(captures, out=captures.parent / "dataset", jobs=1)


def rows(corpus: cardlib.Corpus, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = corpus.table(table).to_pylist()
    return found


def test_what_is_no_capture_has_a_row_and_a_line(made: cardlib.Corpus) -> None:
    status = {row["file"]: row["status"] for row in rows(made, "files")}
    assert status == {"letter.txt": "unreadable", **{f"my_{name}": "read" for name in NAMES}}
    first, last = str(made).splitlines()
    assert first.startswith("5 captures read, masked: ")
    assert last.startswith("unreadable: letter.txt: ")


@pytest.mark.parametrize(("table", "column"), [("nothing", "file"), ("exchanges", "nothing")])
def test_a_table_or_a_column_that_is_not_there(
    made: cardlib.Corpus, table: str, column: str
) -> None:
    with pytest.raises(CardlibError, match=r"no (table|column) nothing.*there are file"):
        made.table(table, [column])


@pytest.mark.parametrize("question", ["select", "select * from nowhere", "drop table x", ""])
def test_a_question_without_an_answer_is_one_line(made: cardlib.Corpus, question: str) -> None:
    with pytest.raises(CardlibError, match="no answer"):
        made.sql(question)


def test_a_wrong_place_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CardlibError, match="no capture files there"):
        cardlib.corpus(tmp_path / "none", out=tmp_path / "out")
    (tmp_path / "a.log").write_text("00A40400")
    with pytest.raises(CardlibError, match="is a file: a dataset is a folder"):
        cardlib.corpus(tmp_path, out=tmp_path / "a.log")


def test_every_exchange_of_every_capture_is_there_once(
    made: cardlib.Corpus, captures: Path
) -> None:
    found = [(row["file"], row["exchange"]) for row in rows(made, "exchanges")]
    expected = []
    for name in NAMES:
        for exchange in cardlib.read(captures / f"my_{name}").exchanges:
            expected.append((f"my_{name}", exchange.index))
    assert len(expected) > 60
    assert sorted(found) == sorted(expected)
    counted = {row["file"]: row["exchanges"] for row in rows(made, "files")}
    assert sum(counted.values()) == len(expected)


def test_times_status_and_acts_are_those_of_the_capture(
    made: cardlib.Corpus, captures: Path
) -> None:
    name = "my_contact_purchase.card.jsonl"
    capture = cardlib.read(captures / name)
    chosen = [row for row in rows(made, "exchanges") if row["file"] == name]
    assert [row["duration_ns"] for row in chosen] == [one.duration_ns for one in capture.exchanges]
    assert [row["sw"] for row in chosen][:2] == ["6A82", "9000"]
    act = next(row for row in rows(made, "acts") if row["file"] == name)
    assert (act["kind"], act["exchanges"]) == ("payment", 14)
    assert "approved by the issuer in exchange 14" in act["headline"]


def test_it_is_masked_and_says_so(made: cardlib.Corpus, captures: Path) -> None:
    capture = cardlib.read(captures / "my_contact_purchase.card.jsonl")
    pan = bytes.fromhex("5A08")
    assert any(pan in (one.response.raw if one.response else b"") for one in capture.exchanges)
    for row in rows(made, "exchanges"):
        assert pan not in (row["response"] or b"")
        assert (row["response"] is None) or row["response_shown"] is None
    shown = [row["response_shown"] for row in rows(made, "exchanges") if row["response_shown"]]
    assert shown and all("*" in text for text in shown)
    numbers = [row for row in rows(made, "elements") if row["tag"] == "5A"]
    assert numbers and all(row["value"] is None for row in numbers)
    assert made.settings["reveal"] is False


def test_revealed_rows_have_all_bytes(captures: Path) -> None:
    capture = cardlib.read(captures / "my_contact_purchase.card.jsonl")
    revealed = rows_of(capture, "x", reveal=True)
    place = COLUMNS["exchanges"].index("response")
    assert [row[place] for row in revealed["exchanges"]] == [
        one.response.raw for one in capture.exchanges if one.response
    ]


def test_sql_and_pandas_agree_with_the_captures(made: cardlib.Corpus, captures: Path) -> None:
    pd = pytest.importorskip("pandas")
    frames = [cardlib.exchanges(captures / f"my_{name}") for name in NAMES]
    everything = pd.concat(frames)
    of_cryptogram = everything[everything.command_name == "GENERATE AC"]
    expected = of_cryptogram.groupby("application").duration_ns.median()
    answer = made.sql(
        "select application, median(duration_ns) as median from exchanges "
        "where command_name = 'GENERATE AC' group by application order by application"
    )
    assert answer.application.tolist() == expected.index.tolist() == ["emv"]
    assert answer["median"].tolist() == expected.tolist()
    frame = made.exchanges(["command_name", "duration_ns", "le"])
    of_frame = frame[frame.command_name == "GENERATE AC"]
    assert of_frame.duration_ns.median() == expected.iloc[0]
    assert str(frame["le"].dtype) == "Int32"  # a number that is missing makes no fraction of others


def test_a_question_about_what_followed_what(made: cardlib.Corpus) -> None:
    answer = made.sql(
        "select file, sw from (select *, lag(command_name) over (partition by file, session "
        "order by exchange) as before from exchanges) where before = 'VERIFY' and sw <> '9000'"
    )
    assert answer.file.tolist() == ["my_contact_wrong_pin.card.jsonl"] * len(answer)
    assert len(answer) > 0


def part_files(corpus: cardlib.Corpus) -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns for file in corpus.folder.rglob("*.parquet")}


@pytest.fixture
def growing(captures: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder of captures that may be changed."""
    shutil.copytree(captures, tmp_path / "captures")
    yield tmp_path


def test_a_second_start_does_nothing_and_a_change_only_what_it_must(
    growing: Path, made: cardlib.Corpus
) -> None:
    shutil.copytree(made.folder, growing / "set")
    folder, out = growing / "captures", growing / "set"
    first = cardlib.corpus(folder, out=out, jobs=1)  # other places: everything is new
    before = part_files(first)
    assert part_files(cardlib.corpus(folder, out=out, jobs=1)) == before
    (folder / "my_damaged.log").unlink()
    shutil.copy(TRACES / "contact_cda.card.jsonl", folder / "new.jsonl")
    after = cardlib.corpus(folder, out=out, jobs=1)
    names = [row["file"] for row in rows(after, "files")]
    assert sorted(names) == sorted(file.name for file in folder.iterdir())
    assert set(part_files(after)) != set(before)
    found = {row["file"] for row in rows(after, "exchanges")}
    assert "new.jsonl" in found and "my_damaged.log" not in found


def test_a_part_that_was_lost_is_made_again(growing: Path) -> None:
    folder, out = growing / "captures", growing / "set"
    for name in ("my_damaged.log", "my_purse_day.hex.txt"):
        (folder / name).unlink()
    first = cardlib.corpus(folder, out=out, jobs=1)
    expected = {table: rows(first, table) for table in TABLES}
    next(iter((out / "files").iterdir())).unlink()  # as if the client had been killed before
    again = cardlib.corpus(folder, out=out, jobs=1)
    assert {table: rows(again, table) for table in TABLES} == expected


def test_a_dataset_is_opened_by_its_folder_and_without_out_it_has_one(
    captures: Path, made: cardlib.Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert str(cardlib.corpus(made.folder)) == str(made)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept = cardlib.corpus([captures / "letter.txt"])
    assert kept.folder.parent == tmp_path / "cardlib"
    assert len(rows(kept, "files")) == 1
    assert cardlib.corpus([captures / "letter.txt"]).folder == kept.folder


def test_a_dataset_inside_the_folder_of_captures_is_no_capture(growing: Path) -> None:
    folder = growing / "captures"
    for _ in range(2):
        inside = cardlib.corpus(folder, out=folder / "set", jobs=1)
    assert len(rows(inside, "files")) == len(NAMES) + 1


def test_text_of_strangers_is_harmless_in_print_and_cells(tmp_path: Path) -> None:
    name = "=cmd()<script>\x1b[31m.log"
    (tmp_path / name).write_text("no capture\n")
    made = cardlib.corpus(tmp_path, out=tmp_path.parent / "set", jobs=1)
    assert "\x1b" not in str(made)
    assert "<script>" not in made._repr_html_()
    assert rows(made, "files")[0]["file"].startswith("'=cmd()")


GPO = ("80A8000002830000", "770A82021980940408010100" + "9000")
SELECTED = ("00A4040007A000000003101000", "6F098407A00000000310109000")
REFUSED = ("00B2010C00", "6985")
READ = ("00B2010C00", "70005A009000")


def test_captures_with_6985_right_after_gpo_are_those_that_pandas_finds(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    dialogues = {
        "later.hex.txt": (SELECTED, GPO, READ, REFUSED),
        "never.hex.txt": (SELECTED, GPO, READ),
        "without.hex.txt": (SELECTED, REFUSED),
        "at_once.hex.txt": (SELECTED, GPO, REFUSED),
    }
    (tmp_path / "captures").mkdir()
    for name, dialogue in dialogues.items():
        lines = [f"> {command}\n< {answer}\n" for command, answer in dialogue]
        (tmp_path / "captures" / name).write_text("".join(lines))
    dataset = cardlib.corpus(tmp_path / "captures", out=tmp_path / "dataset", jobs=1)
    answer = dataset.sql(
        "select distinct file from (select *, lag(command_name) over (partition by file, session "
        "order by exchange) as before from exchanges) "
        "where before = 'GET PROCESSING OPTIONS' and sw = '6985'"
    )
    singles = [cardlib.exchanges(tmp_path / "captures" / name) for name in dialogues]
    everything = pd.concat(singles)
    before = everything.groupby(["file", "session"]).command_name.shift()
    is_meant = (before == "GET PROCESSING OPTIONS") & (everything.sw == "6985")
    expected = [Path(file).name for file in everything[is_meant].file.unique()]
    assert answer.file.tolist() == expected == ["at_once.hex.txt"]


def test_the_median_time_of_a_cryptogram_by_aid_is_that_of_pandas(
    made: cardlib.Corpus, captures: Path
) -> None:
    pd = pytest.importorskip("pandas")
    places = [captures / f"my_{name}" for name in NAMES]
    selected = pd.concat([cardlib.elements(place) for place in places]).query("tag == '84'")
    exchanges = pd.concat([cardlib.exchanges(place) for place in places])
    keys = ["file", "session", "exchange"]
    names = selected.drop_duplicates(keys)[[*keys, "value_hex"]]
    with_names = exchanges.merge(names, how="left", on=keys)
    with_names["aid"] = with_names.groupby(["file", "session"]).value_hex.ffill()
    cryptograms = with_names[with_names.command_name == "GENERATE AC"]
    expected = cryptograms.groupby("aid").duration_ns.median()
    answer = made.sql(
        "select hex(value) as aid, median(duration_ns) as middle "
        "from exchanges asof join (from elements where tag = '84') as names "
        "on exchanges.file = names.file and exchanges.session = names.session "
        "and exchanges.exchange >= names.exchange "
        "where command_name = 'GENERATE AC' group by aid order by aid"
    )
    assert dict(zip(answer.aid, answer.middle, strict=True)) == expected.to_dict()
    assert {"A0000000041010", "A0000000031010"} & set(answer.aid)
