# SPDX-License-Identifier: MIT
"""The notebooks: a fresh run shows what is stored, and each keeps to the form that a reader relies on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import nbformat
import pytest
from test_live_stack import PRESENT, alone
from warm_kernels import warm_manager

from cardlib.core.codec import luhn_ok
from notebooks import build
from notebooks.exercises.predictions import questions

ROOT = Path(__file__).resolve().parent.parent
PATHS = build.notebooks()
STORED = {path.stem: nbformat.read(path, as_version=4) for path in PATHS}
LESSONS = [stem for stem in STORED if not stem.startswith(("00", "9"))]
TEST_RANGES = ("476173", "476134", "541333")  # of cards for tests, see traces/recipes
SET_UP = re.compile(
    r'from pathlib import Path\n\n(import pandas as pd\n\n)?import cardlib\n\nTRACES = Path\("\.\./traces"\)'
)
TRACE = re.compile(r'"([\w.-]+\.(?:jsonl|json|log|txt|trace|pcapng))"')

every = pytest.mark.parametrize("stem", list(STORED))


def code(stem: str) -> list[Any]:
    return [cell for cell in STORED[stem].cells if cell.cell_type == "code"]


def prose(stem: str) -> str:
    return "\n\n".join(cell.source for cell in STORED[stem].cells if cell.cell_type == "markdown")


def tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags", []))


def shown(stem: str) -> Iterator[str]:
    """All that a reader sees as text: sources, and outputs without the bytes of pictures."""
    for cell in STORED[stem].cells:
        yield cell.source
        if cell.cell_type == "code":
            yield from (text for _, text in build.texts(cell))
            yield json.dumps(build.drawn(cell))


@pytest.fixture(scope="session")
def manager() -> Iterator[type[Any] | None]:
    """What starts kernels that have loaded already what notebooks import; None where a fork is not safe."""
    with warm_manager() if sys.platform == "linux" else nullcontext() as kernels:
        yield kernels


def compare(path: Path, manager: type[Any] | None = None) -> list[Any]:
    """Run a notebook; the same is shown as is stored, but in volatile cells: they only end well. Returns these."""
    book = build.run(path, manager=manager)
    live, fresh = [], [cell for cell in book.cells if cell.cell_type == "code"]
    for stored, now in zip(code(path.stem), fresh, strict=True):
        where = f"{path.stem}, cell {stored.execution_count}: if the change is meant, run make notebooks"
        assert now.metadata == stored.metadata, where
        if build.volatile(now):
            assert {kind for kind, _ in build.texts(now)} == {"stdout"}, build.texts(now)
            live.append(now)
            continue
        assert build.texts(now) == build.texts(stored), where
        assert build.drawn(now) == build.drawn(stored), where
    return live


def case(path: Path) -> Any:
    """A notebook with volatile cells may need the PC/SC daemon, and there is one on a machine."""
    marks = [pytest.mark.xdist_group("pcsc")] if any(map(build.volatile, code(path.stem))) else []
    return pytest.param(path, id=path.stem, marks=marks)


@pytest.mark.parametrize("path", [case(path) for path in PATHS])
def test_a_fresh_run_shows_what_is_stored(path: Path, manager: type[Any] | None) -> None:
    needs_daemon = PRESENT and any(map(build.volatile, code(path.stem)))
    with alone() if needs_daemon else nullcontext():
        live = compare(path, manager)
    assert not needs_daemon or "a card in Virtual PCD 00 00" in build.texts(live[1])[0][1]


def test_a_kernel_knows_nothing_of_the_one_before(
    tmp_path: Path, manager: type[Any] | None
) -> None:
    path = tmp_path / "book.ipynb"
    shown = []
    for source in (
        "import os, cardlib; cardlib.left = left = os.environ['LEFT'] = '1'",
        "import os, cardlib; print(hasattr(cardlib, 'left'), 'left' in globals(), 'LEFT' in os.environ)",
    ):
        cell = nbformat.v4.new_code_cell(source)
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
        shown.append(build.texts(build.run(path, manager=manager).cells[0]))
    assert shown == [[], [("stdout", "False False False\n")]]


def test_the_live_notebook_runs_without_pyscard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "smartcard.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    said = [
        build.texts(cell)[0][1]
        for cell in compare(ROOT / "notebooks" / "40_record_your_own_card.ipynb")
    ]
    assert "pyscard   missing" in said[0] and "pip install pyscard" in said[1]
    assert "15 exchanges" in said[2] and "15 exchanges" in said[3]


@every
def test_only_live_cells_are_volatile(stem: str) -> None:
    assert any(map(build.volatile, code(stem))) == stem.startswith("40")
    assert sum(map(build.volatile, code(stem))) * 3 <= len(code(stem))


@every
def test_the_parts_stand_in_their_order(stem: str) -> None:
    wanted = [
        "You will learn",
        "You need",
        "Look at the raw bytes",
        "Check yourself",
        "What we saw",
    ]
    if stem not in LESSONS:
        wanted = ["You will learn", "You need", "What we saw"]
    headings = re.findall(r"^## (.*)$", prose(stem), re.M)
    assert [heading for heading in headings if heading in wanted] == wanted
    title, question = STORED[stem].cells[0].source.splitlines()[:2]
    assert title.startswith("# ") and re.search(r"\?", question)
    end = STORED[stem].cells[-1].source
    assert "**Next:**" in end and ("**In the specifications:**" in end or stem.startswith("00"))
    assert SET_UP.fullmatch(code(stem)[0].source)


@every
def test_it_is_short(stem: str) -> None:
    extra = {"predict", "touch"}  # these ask, or are to be played with
    cells = [cell for cell in code(stem) if not extra & set(tags(cell))]
    texts = [cell for cell in STORED[stem].cells if cell.cell_type == "markdown"]
    by_hand = any("def " in cell.source for cell in cells)
    longest = max(len([line for line in cell.source.splitlines() if line]) for cell in cells)
    assert longest <= (9 if by_hand else 6)
    assert by_hand == stem.startswith("01")
    assert 8 <= len(cells) <= 20 and len(texts) >= len(cells)
    assert 600 <= len(prose(stem).split()) <= 1300
    assert (ROOT / "notebooks" / f"{stem}.ipynb").stat().st_size <= build.MAX_SIZE


@every
def test_cells_ran_from_top_to_bottom(stem: str) -> None:
    assert [cell.execution_count for cell in code(stem)] == list(range(1, len(code(stem)) + 1))
    for cell in code(stem):
        kinds = [kind for kind, _ in build.texts(cell)]
        assert ("error" in kinds) == ("raises-exception" in tags(cell))
        assert "stderr" not in kinds


@every
def test_metadata_tell_time_and_needs(stem: str) -> None:
    metadata = STORED[stem].metadata
    assert set(metadata) == {"kernelspec", "language_info", "minutes", "needs"}
    assert metadata.kernelspec.name == "python3" and dict(metadata.language_info) == {
        "name": "python"
    }
    assert isinstance(metadata.minutes, int) and 0 < metadata.minutes <= 30
    assert all(need in STORED or (ROOT / "traces" / need).is_file() for need in metadata.needs)


@every
def test_traces_that_are_read_are_those_that_are_needed(stem: str) -> None:
    source = "\n".join(cell.source for cell in code(stem))
    known = {file.name for file in (ROOT / "traces").iterdir()}
    named = {name for name in TRACE.findall(source) if f'/ "{name}"' in source or name in known}
    needed = set(STORED[stem].metadata.needs) - set(STORED)
    assert named == needed and named <= known
    assert set(re.findall(r"`([\w.-]+\.(?:card\.jsonl|pcapng))`", prose(stem))) <= known


@every
def test_links_lead_somewhere(stem: str) -> None:
    made = "".join(
        text for cell in code(stem) for kind, text in build.texts(cell) if kind == "text/markdown"
    )
    links = re.findall(r"\]\(([^)\s]+)\)", prose(stem) + made)
    assert [
        link for link in links if "://" not in link and not (ROOT / "notebooks" / link).exists()
    ] == []


@every
def test_exercises_have_their_solutions(stem: str) -> None:
    cells = code(stem)
    exercises = [at for at, cell in enumerate(cells) if "exercise" in tags(cell)]
    solutions = [at for at, cell in enumerate(cells) if "solution" in tags(cell)]
    assert solutions == [at + 1 for at in exercises]
    assert stem not in LESSONS or 2 <= len(exercises) <= 4
    for at in exercises:
        asked, solved = cells[at], cells[at + 1]
        number = re.search(r'\nverify\("(\d\d\.\d)", answer, reason\)$', asked.source)
        assert number and number[1].startswith(stem[:2])
        assert "answer = None\nreason = None\n" in asked.source
        assert re.search(rf'\nverify\("{number[1]}", answer, "[a-d]"\)$', solved.source)
        assert "answer = " in solved.source
        assert solved.metadata.jupyter == {"source_hidden": True, "outputs_hidden": True}
        assert f"**Exercise {number[1]}.**" in prose(stem)
        assert build.texts(asked)[0][1].startswith("not yet: ")
        assert build.texts(solved)[0][1].startswith("right, because ")


@every
def test_a_prediction_stands_before_its_result(stem: str) -> None:
    """The question, the cell that shows what happens, and then the result beside what was predicted."""
    cells = code(stem)
    asked = {}
    for at, cell in enumerate(cells):
        assert ("predict" in tags(cell)) == bool(
            re.search(r"^(?:predict|reveal)\(", cell.source, re.M)
        )
        if number := re.search(r'\nguess = None\npredict\("(\d\d\.[a-z])", guess\)$', cell.source):
            asked[number[1]] = at
            assert "Commit: put " in build.texts(cell)[0][1]
        if number := re.fullmatch(r'reveal\("(\d\d\.[a-z])"\)', cell.source):
            assert at >= asked[number[1]] + 2
            assert build.texts(cell)[0][1].startswith(
                "your prediction: none was made\nthe result: "
            )
    assert sorted(asked) == [number for number in sorted(questions()) if number[:2] == stem[:2]]


@every
def test_pictures_have_a_sentence_and_their_numbers(stem: str) -> None:
    for cell in code(stem):
        assert ("cardlib.picture(" in cell.source) == bool(build.drawn(cell))
        for output in cell.outputs:
            if output.output_type not in ("display_data", "execute_result"):
                continue
            assert "image/png" not in output.data and "image/svg+xml" not in output.data
            alts = re.findall(
                r'<img alt="([^"]{20,})" src="data:image/png;base64,',
                output.data.get("text/html", ""),
            )
            assert (
                len(alts)
                == output.data.get("text/html", "").count("<img")
                == ("axes" in output.metadata)
            )


@every
def test_nothing_is_shown_that_belongs_to_one_machine_or_moment(stem: str) -> None:
    text = "\n".join(shown(stem))
    assert re.findall(r"(?<![\w.<*])/[a-z]+/[\w./-]+|\b[A-Z]:\\\w+", text) == []
    assert re.findall(r"\b0x(?!80100)[0-9a-f]{6,}|object at|Traceback", text) == []
    assert set(STORED[stem].cells[0]) == {"cell_type", "id", "metadata", "source"}
    assert all(set(cell.metadata) <= {"tags", "jupyter"} for cell in STORED[stem].cells)


@every
def test_card_numbers_are_of_test_ranges(stem: str) -> None:
    text = "\n".join(shown(stem))
    grouped = re.sub(r"(?<=\b[0-9A-F]{2}) (?=[0-9A-F]{2}\b)", "", text)
    numbers = set(re.findall(r"(?<!\d)[2-6]\d{12,18}(?!\d)", text + grouped))
    assert [
        number for number in numbers if luhn_ok(number) and not number.startswith(TEST_RANGES)
    ] == []


@every
def test_words_are_those_of_the_standard(stem: str) -> None:
    assert (
        re.findall(
            r"(?i)\b(?:requests?|repl(?:y|ies)|packets?|tokens?|dumps?|messages?)\b", prose(stem)
        )
        == []
    )


def bench_case(name: str) -> Any:
    """Each kind of trace in every run, the others in the long one."""
    return pytest.param(name, id=name, marks=[] if name in BENCHED else [pytest.mark.long])


BENCHED = (
    "contact_log.card.jsonl",
    "contact_purchase.card.jsonl",
    "damaged.log",
    "recorded_idle.card.jsonl",
    "sim_boot.pcapng",
    "tap_mag_stripe.card.jsonl",
)
ALL_TRACES = sorted(
    file.name for file in (ROOT / "traces").iterdir() if file.suffix not in ("", ".toml")
)


@pytest.mark.parametrize("name", [bench_case(name) for name in ALL_TRACES])
def test_the_bench_takes_every_trace(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib").use("agg")
    monkeypatch.chdir(ROOT / "notebooks")
    names: dict[str, Any] = {"display": lambda thing: thing._repr_html_()}
    for cell in code("90_bench"):
        source = re.sub(r'(PATH = TRACES / )".*"', rf'\1"{name}"', cell.source)
        exec(compile(source, cell.id, "exec"), names)  # noqa: S102 - our own cells
    assert names["PATH"].name == name and names["capture"].exchanges


def test_the_index_names_every_notebook() -> None:
    index = next(
        text
        for cell in code("00_start_here")
        for kind, text in build.texts(cell)
        if kind == "text/markdown"
    )
    rows = {
        name: row for row in index.splitlines() for name in re.findall(r"\]\((\w+)\.ipynb\)", row)
    }
    assert list(rows) == list(STORED)
    for stem, row in rows.items():
        title, question = STORED[stem].cells[0].source.splitlines()[:2]
        assert row.startswith(f"| [{title[2:]}]") and f"| {question} |" in row
        assert f"| {STORED[stem].metadata.minutes} |" in row


def test_ruff_is_content() -> None:
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, str(ROOT / "notebooks")],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stdout


def test_a_run_is_made_independent_of_machine_and_moment() -> None:
    cell = nbformat.v4.new_code_cell(
        "x", id="abc", metadata={"execution": {"started": "now"}, "tags": ["exercise"]}
    )
    for text in ("one\n", "two\n"):
        cell.outputs.append(nbformat.v4.new_output("stream", name="stdout", text=text))
    lines = ["a place on a disk", "ValueError: why"]
    cell.outputs.append(
        nbformat.v4.new_output("error", ename="ValueError", evalue="why", traceback=lines)
    )
    book = build.normal(
        nbformat.v4.new_notebook(cells=[cell], metadata={"minutes": 3, "widgets": {}})
    )
    assert book.cells[0].id == "cell-01" and book.cells[0].metadata == {"tags": ["exercise"]}
    assert build.texts(book.cells[0]) == [("stdout", "one\ntwo\n"), ("error", "ValueError: why")]
    assert book.cells[0].outputs[1].traceback == ["ValueError: why"]
    assert set(book.metadata) == {"kernelspec", "language_info", "minutes"}


def test_notebooks_are_chosen_by_the_beginning_of_their_name() -> None:
    assert [path.stem for path in build.notebooks(["10", "notebooks/00_start_here.ipynb"])] == [
        "00_start_here",
        "10_emv_contact_transaction",
    ]
    with pytest.raises(SystemExit, match="no notebook begins with 77"):
        build.notebooks(["77"])
