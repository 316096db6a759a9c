# SPDX-License-Identifier: MIT
"""What a stranger wrote comes out escaped in every sink, and however much there is, output is bounded."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from test_secrets import AID, SELECTED, capture, command, read_record, tlv

import cardlib
from cardlib import Capture, Exchange, Node, Session
from cardlib.core.escape import cut, escape
from cardlib.core.model import Command, Coverage, Evidence, Fact, Finding, Problem, Response
from cardlib.share import redaction
from cardlib.show import html as display_html
from cardlib.show import text as display
from cardlib.show.exchanges import line as exchange_line
from cardlib.show.findings import Findings
from cardlib.show.hits import hit_line
from cardlib.show.json import dumps, finding_json, to_json
from cardlib.show.lines import NOTEBOOK, WIDTH, duration, folded

ROOT = Path(__file__).resolve().parent.parent
matplotlib.use("Agg")
AXES = Figure(figsize=(2, 2)).subplots()

HOSTILE = [
    *(
        "<script>alert(1)</script>",
        "<svg onload=alert(1)>",
        "<img src=x onerror=alert(1)>",
        "</pre></details><b>",
        "<!--",
    ),
    *(
        '" onmouseover="alert(1)',
        "' style='x",
        "&lt;b&gt;",
        "&#60;b&#62;",
        "<style>*{}</style>",
        "<b data-x=1>",
    ),
    *("$x^2$", "$$", "$\\frac$", "\\(x\\)", "\\[x\\]", "\\begin{equation}", "\\frac{1}"),
    *(
        "\x1b[31mred\x1b[0m",
        "\x1b]52;c;aGk=\x07",
        "\x9b2J",
        "\u202egnp.exe",
        "a\u200bb",
        "a\u2066b",
        "\u00a0x",
    ),
    *("line\n    9 SELECT  9000", "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "|calc"),
    *(
        "{0.__class__}",
        "%s%n",
        "`ls`",
        "![x](http://x)",
        "[x](javascript:1)",
        "\x00",
        "\udc80",
        "\U000e0041",
        "＝1",
        "|a|",
    ),
]
FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\udc80-\udfff\u00a0]|\U000e0041"
)
ALLOWED = {
    "details": {"open", "style"},
    "summary": {"style"},
    "div": {"style"},
    "mark": {"style", "title"},
    "img": {"alt", "src", "width"},
    "pre": {"style"},
    "br": set(),
    **{tag: {"style"} for tag in ("table", "tr", "th", "td")},
    "span": set(),
}


class Checked(HTMLParser):
    """Reads HTML and notes each element or attribute that is not ours."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.strange: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.strange += (
            [tag] if tag not in ALLOWED else [name for name, _ in attrs if name not in ALLOWED[tag]]
        )
        if tag not in ("br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.strange.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.strange.append("comment")


def raw(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").hex().upper()


def with_text(text: str) -> Capture:
    """A capture in which the text stands as a label, a preferred name, a DF name and in an unknown tag."""
    inner = tlv("84", AID) + tlv(
        "A5", tlv("50", raw(text)) + tlv("9F12", raw(text)) + tlv("BF0C", tlv("DF7F", raw(text)))
    )
    named = (command("00A40400", raw(text)) + "00", "6A82")
    return capture(SELECTED[0], tlv("6F", inner) + "9000", *named)


def texts_of(value: str) -> Iterator[tuple[str, str]]:
    """Text sinks."""
    one = with_text(value)
    for thing in (
        one,
        one.sessions[0],
        *one.exchanges,
        *map(cardlib.decode, one.exchanges),
        *cardlib.check(one),
    ):
        yield "text", display.text(thing, True)
    yield "hits", str(cardlib.find(one, "50")) + str(cardlib.find(one, "name"))
    yield (
        "repr",
        " ".join(repr(node) for e in one.exchanges for _, node in cardlib.decode(e).walk()),
    )
    finding = Finding(
        value, "low", "fail", value, value, (Evidence(0, "command", 0, 1, value),), value
    )
    problem = Problem(value, value, 1, 0, 1)
    odd = Capture(value, value, (Session(0),), (problem,), Coverage())
    yield "finding", str(finding)
    yield (
        "digest",
        str(
            Findings(
                [finding, replace(finding, verdict="not-enough-data"), replace(finding, rule="R")]
            )
        ),
    )
    yield "odd capture", str(odd)
    yield (
        "comparison",
        str(cardlib.compare(one, with_text("harmless"), reveal=True))
        + str(cardlib.compare(odd, one)),
    )
    for payment in cardlib.transactions(one):
        yield "phases", display.text(payment, True)
    manifest, redacted = redaction.redacted(replace(one, path=value), b"key")
    yield "manifest", str(manifest)
    yield "redacted", redacted
    yield (
        "json",
        dumps(to_json(one, True, True, True)) + dumps(finding_json(finding)) + dumps(to_json(odd)),
    )


def htmls_of(value: str) -> Iterator[str]:
    one = with_text(value)
    finding = Finding(value, "low", "fail", value, value, (), value)
    odd = Capture(value, value, (Session(0),), (Problem(value, value, 1, 0, 1),), Coverage())
    things = [
        one,
        one.sessions[0],
        *one.exchanges,
        *map(cardlib.decode, one.exchanges),
        finding,
        odd,
        value,
    ]
    yield from (display_html.html(thing, True) for thing in things)
    yield cardlib.find(one, "50")._repr_html_()
    yield Findings([finding])._repr_html_()
    yield cardlib.compare(one, with_text("harmless"), reveal=True)._repr_html_()
    yield from (display_html.html(payment, True) for payment in cardlib.transactions(one))
    yield cardlib.picture(Figure().subplots()).__class__(b"", value)._repr_html_()


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_hostile_text_in_texts(value: str) -> None:
    for sink, out in texts_of(value):
        assert not FORBIDDEN.search(out), sink
        if "\n" in value:
            assert not re.search(r"^ +9 SELECT", out, re.M), sink
    data = to_json(with_text(value), True, True)
    json.loads(dumps(data))


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_hostile_text_in_html(value: str) -> None:
    for html in htmls_of(value):
        seen = Checked(html)
        assert (seen.strange, seen.open) == ([], [])
        assert not FORBIDDEN.search(html)
        between = re.sub(r"<span>[$\\]</span>", "", re.sub(r'(title|alt|src)="[^"]*"', "", html))
        assert "$" not in between and not re.search(r"\\([(\[]|begin)", between)


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_hostile_text_in_tables(value: str) -> None:
    one = with_text(value)
    finding = Finding("R", "low", "fail", value, value, (Evidence(0, "command", 0, 1, value),))
    for table in (cardlib.exchanges(one), cardlib.elements(one), cardlib.findings([finding])):
        out = table.to_csv(index=False)
        assert not FORBIDDEN.search(out.replace("\r\n", "\n"))
        cells = [cell for row in csv.reader(io.StringIO(out)) for cell in row]
        assert [cell for cell in cells if re.match(r"\s*[=+\-@|＝]", cell)] == []
        assert not re.search(r"(?<!\\)(\\\\)*\$", table.to_html())
        assert "<script" not in table.to_html()


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_hostile_text_in_pictures(value: str) -> None:
    ax = AXES
    ax.clear()
    told = escape(value, "plot")
    ax.plot([0, 1], [0, 1], label=told)
    ax.set_yticks([0], [told])
    ax.set_title(told)
    ax.legend()
    ax.get_figure().savefig(io.BytesIO(), dpi=20)


def test_hostile_names_in_pictures(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[meta]\ntitle = "x"\nref = "x"\n[DF7F]\nname = "$\\\\frac$ \\u001b[31m"\n', "utf-8"
    )
    one = cardlib.read_text("> 00B2010C00\n< 7004DF7F01009000\n", dictionaries=[str(own)])
    ax = cardlib.byte_map(one.exchanges[0], AXES)
    ax.get_figure().savefig(io.BytesIO(), dpi=20)
    assert ax.texts[-1].get_text() == r"DF7F \$\\frac\$ \\x1B[31m".replace("\\\\", "\\")


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_hostile_text_in_markdown(value: str) -> None:
    out = escape(value, "markdown")
    assert not FORBIDDEN.search(out) and "\n" not in out
    assert not re.search(r"(?<!\\)[<>$`*_\[\]()!|&#=+@-]", out.replace("\\\\", ""))


@given(st.text())
def test_escape_leaves_nothing_that_controls(value: str) -> None:
    for sink in ("text", "html", "attribute", "cell", "markdown", "plot"):
        out = escape(value, sink)  # type: ignore[arg-type]
        assert not FORBIDDEN.search(out) and "\n" not in out
    assert not re.search("[<>\"']", escape(value, "attribute"))
    assert Checked(f"<div>{escape(value, 'html')}</div>").text == escape(value)
    assert not re.match(r"\s*[=+\-@|]", escape(value, "cell"))


def test_escape_says_what_it_took_away() -> None:
    assert escape("a\x1b\u202e\U000e0041é漢字 ok") == "a\\x1B\\u202E\\U000E0041é漢字 ok"
    assert escape("C:\\new $", "cell") == r"C:\new \$"
    assert (cut("abc", 3), cut("abcd", 3)) == ("abc", "ab…")


# ---------------------------------------------------------------- how much


def many(count: int, sessions: int = 1) -> Capture:
    """A capture of so many exchanges, each an EMV record."""
    pattern = capture(
        *SELECTED, *read_record(1, tlv("70", tlv("50", raw("X" * 60)) + tlv("5F24", "251231") * 12))
    )
    one = pattern.exchanges[1]
    made = tuple(
        Exchange(i, i * sessions // count, one.command, one.response, context=one.context)
        for i in range(count)
    )
    parts = (
        (tuple(e for e in made if e.session == n) for n in range(sessions))
        if sessions > 1
        else iter([made])
    )
    return Capture(
        "many", "test", tuple(Session(n, exchanges=part) for n, part in enumerate(parts))
    )


@pytest.mark.parametrize("sessions", [1, 3, 1000])
def test_a_large_capture_is_cut(sessions: int) -> None:
    one = many(10_000, sessions)
    rows = str(one).split("\n")
    assert len(rows) <= 215 and max(map(len, rows)) <= NOTEBOOK
    shown = sum(" READ RECORD " in row for row in rows)
    how = "capture[200:400], or cardlib.exchanges(capture)"
    assert rows[-1] == f"  ... {10_000 - shown} more exchanges: {how}" and shown >= 80
    html = display_html.html(one)
    assert len(html) < 3_000_000 and "more exchanges" in html + "more exchanges" * (sessions > 1)
    assert Checked(html).open == []


def test_a_large_session_is_cut() -> None:
    session = many(300).sessions[0]
    assert str(session).endswith("... 100 more exchanges: cardlib.exchanges(session)")
    assert str(session).count("\n") == 201
    assert "100 more exchanges" in display_html.html(session)


def test_html_of_large_exchanges_is_cut_by_size() -> None:
    wide = tlv("70", "".join(tlv("5F24", "251231") for _ in range(900)))
    one = capture(
        *SELECTED,
        "00B2010C00",
        f"708216{wide[4:]}".replace("708216", f"7082{len(wide[8:]) // 2:04X}", 1),
    )
    big = one.exchanges[1]
    session = Session(0, exchanges=(big,) * 200)
    html = display_html.html(Capture("big", "test", (session, session)))
    assert len(html) < 3_000_000 and "more exchange" in html and "... 1 more session" in html


def test_a_tree_of_many_nodes_is_cut() -> None:
    buf = bytes(200_000)
    leaf = Fact("81", "leaf", known=True)
    root = Node(
        Fact("", "root"),
        buf,
        0,
        0,
        len(buf),
        tuple(Node(leaf, buf, i, i, i + 2) for i in range(0, 200_000, 2)),
    )
    rows = str(root).split("\n")
    assert len(rows) == 1001 and rows[-1] == "..."
    assert max(map(len, rows)) <= 200
    assert repr(root) == "Node(root, 0..200000, 100000 parts)"
    assert len(display_html.html(root)) < 3_000_000


def test_deep_nesting_is_no_recursion() -> None:
    buf = bytes(20_000)
    node = Node(Fact("30", "deep"), buf, 0, 0, 20_000)
    for _ in range(10_000):
        node = Node(Fact("30", "deep"), buf, 0, 0, 20_000, (node,))
    assert str(node).count("\n") == 1000
    assert len(max(str(node).split("\n"), key=len)) < 300
    assert Checked(display_html.html(node)).open == []


def test_deep_and_wide_exchanges_in_html() -> None:
    deep = "30820000"
    for _ in range(60):
        size = len(deep) // 2
        deep = f"3082{size:04X}{deep}"
    wide = "".join(tlv("81", "00") for _ in range(1500))
    for answer in (f"7082{len(deep) // 2:04X}{deep}", f"7082{len(wide) // 2:04X}{wide}"):
        html = display_html.html(capture(*SELECTED, "00B2010C00", f"{answer}9000").exchanges[1])
        assert Checked(html).open == [] and Checked(html).strange == [] and len(html) < 1_000_000


def test_hits_are_cut() -> None:
    hits = cardlib.find(many(300), "50")
    assert len(re.findall(r"^ +\d+  READ RECORD ", str(hits), re.M)) == 200
    assert str(hits).endswith("... 100 more places")


# ---------------------------------------------------------------- what is said


def test_first_lines_say_what_how_and_what_is_wrong() -> None:
    rows = [
        f"{'><'[i % 2]} {line}" for i, line in enumerate((*SELECTED, "80A8000002830000", "6985"))
    ]
    rows += ["> 80CA9F3600", "> 80CA9F1700", "< 00", "< 90 0"]
    told = str(cardlib.read_text("\n".join(rows))).split("\n")
    assert told[0] == "(text): hex pairs, 4 exchanges in 1 session"
    assert told[1] == '  read as: ">" are commands, 4 of 4; "<" are answers, 3 of 4'
    assert told[2] == "  clock: none (no times, order only)"
    refused = (
        "  => Visa credit or debit: refused by the card in exchange 1: 6985 conditions of use not "
    )
    assert " ".join(told[3:5]).replace("       ", "").startswith(refused)
    assert any(row.startswith("  !! unreadable line") for row in told[:8])
    assert any("2 commands without an answer" in row for row in told[:8])
    blank = told.index("")
    assert told[blank + 1].split() == [
        "0",
        "SELECT",
        "Visa",
        "credit",
        "or",
        "debit",
        "9000",
        "84",
        "9F38",
    ]
    assert "9F36 Application transa…" in told[blank + 3]


def test_many_problems_transactions_and_cards_are_counted() -> None:
    again = [line for _ in range(12) for line in (*SELECTED, "80A8000002830000", "6985")]
    one = capture(*again)
    problems = tuple(Problem("kind", "detail", n, 0, 1) for n in range(9))
    atrs = [bytes.fromhex("3B6500005452414345"), bytes.fromhex("3B6500005452414345"), None]
    sessions = tuple(
        Session(n, atr, exchanges=one.exchanges if n == 0 else ()) for n, atr in enumerate(atrs)
    )
    told = str(Capture("x", "f", sessions, problems))
    assert "ATR 3B6500005452414345, in 2 sessions" in told
    refused = "=> 12 x Visa credit or debit: refused by the card in exchanges 1, 3, 5, 7, 9 and 7 more: 6985 conditions"
    assert refused in " ".join(told.split())
    assert told.count("=> ") == 1 and "  ... 4 more problems" in told
    assert "session 2: " in told


def test_a_transaction_prints_its_phases() -> None:
    purchase = cardlib.transactions(
        Path(__file__).parent.parent / "traces/contact_wrong_pin.card.jsonl"
    )[0]
    told = str(purchase).splitlines()
    assert told[0].startswith(
        "=> Visa credit or debit, 129.00 EUR: declined by the terminal in exchange 13: AAC; "
    )
    assert [row for row in told if row[:2].strip().isdigit() and row[2] == " "] == [
        f"{number:>2} {phase.name}" for number, phase in enumerate(purchase.phases, 1)
    ]
    assert (
        "      12  VERIFY                  plaintext PIN           63C1  wrong; tries left: 1"
        in told
    )
    assert "    - PIN tries left: 3 [exchange 10 response 0..4]" in told
    assert "   ok so AAC was to be asked for; AAC was" in told
    assert all(len(row) <= NOTEBOOK for row in told)


def test_a_transaction_prints_what_was_computed_again() -> None:
    purchase = cardlib.transactions(
        Path(__file__).parent.parent / "traces/contact_purchase.card.jsonl"
    )[0]
    told = str(purchase).splitlines()
    told = told[
        told.index("computed again, with the shipped public keys and published test keys") :
    ]
    assert (
        "   ok cryptogram ARQC: verified, Visa CVN 10, published test key, Visa ADVT [exchange 12"
        in told
    )
    assert any(
        row.startswith("    - issuer certificate: not checkable, no public key with index F9 of ")
        for row in told
    )
    assert [one.verdict for one in cardlib.proofs(purchase)] == ["not checkable"] * 3 + [
        "verified"
    ] * 3


def test_a_disagreement_is_marked_and_long_phases_are_cut() -> None:
    again = [line for _ in range(50) for line in ("00B2010C00", "6A83")]
    lines = (*SELECTED, "80A8000002830000", "6985", *again, "80AE4000021122", "77039F2701809000")
    (one,) = cardlib.transactions(capture(*lines, "80AE4000021122", "77049F2701809000"))
    told = str(one)
    assert "   !! the terminal asked for TC, the card gave ARQC [" in told
    assert "  ... 10 more exchanges" in told


def test_a_transaction_in_a_notebook_is_escaped() -> None:
    lines = (
        command("00A40400", "A0000000031010") + "00",
        tlv("6F", tlv("84", "A0000000031010")) + "9000",
    )
    (one,) = cardlib.transactions(capture(*lines))
    page = display_html.html(one)
    assert page.startswith("<div") and "=&gt; Visa credit or debit: selected only" in page
    assert one._repr_html_() == page


def test_other_cards_say_what_was_selected() -> None:
    lines = (
        command("00A40400", "A0000000871002FFFFFFFF89") + "00",
        tlv("6F", tlv("84", "A0000000871002")) + "9000",
    )
    told = str(
        capture(
            *lines, "00B0000A05", "00010203049000", "00B0850005", "0001029000", "00B2010400", "6A83"
        )
    )
    assert "=> USIM: file 6F" not in told and "=> USIM" in told
    assert (
        " offset 10 " in told and " SFI 5, offset 0 " in told and " record 1, current file " in told
    )
    assert str(Capture("x", "f", ())).startswith("x: f, 0 exchanges in 0 sessions")


def test_frames_without_apdus_are_listed_and_their_bytes_only_revealed(tmp_path: Path) -> None:
    radio = tmp_path / "radio.txt"
    radio.write_bytes((ROOT / "tests/samples/proxmark3_list.txt").read_bytes())
    frames = tuple(f for s in cardlib.read(radio).sessions for f in s.frames)[:5]
    one = Capture("x", "f", (Session(0, frames=frames), Session(1, frames=frames[:1])))
    told = str(one)
    assert (
        "  => no commands and answers (APDUs) in this capture, only 6 frames of layers below"
        in told
    )
    assert (
        "       reader  " in told
        and told.count("session ") == 2
        and frames[3].data.hex().upper() not in told
    )
    assert frames[3].data.hex().upper() in cardlib.mask(one, reveal=True)
    assert "reader  " in display_html.html(one) and "reader  " not in str(cardlib.read(radio))
    many = Capture("x", "f", (Session(0, frames=frames * 100),))
    assert str(many).count("\n") < 215


def test_a_file_of_which_little_is_used_says_so() -> None:
    coverage = Coverage(10, {"other text": 80}, 5)
    assert "  !! only 10 of 95 bytes were used; skipped: 80 other text" in str(
        Capture("x", "f", (), (), coverage)
    )
    assert "were used" not in str(Capture("x", "f", (), (), Coverage(50, {"other text": 40})))
    assert "were used" not in str(Capture("x", "f", (), (), Coverage(50, {"log text": 400})))


def test_the_widths_of_terminals() -> None:
    one = capture(*SELECTED, "00B2010C00", tlv("70", tlv("5F24", "251231") * 12) + "9000")
    narrow, wide = ([exchange_line(e, width=width) for e in one.exchanges] for width in (60, 300))
    assert max(map(len, narrow)) == 80 and max(map(len, wide)) > WIDTH and "…" not in "".join(wide)
    for row, hang in (
        ("  => " + "word " * 40, 5),
        ("FAIL             high " + "x " * 90, 17),
        ("   a " + "b " * 90, 7),
    ):
        first, *rest = folded(row, 60)
        assert (
            rest
            and all(len(part) - len(part.lstrip()) == hang for part in rest)
            and row.startswith(first)
        )


def test_an_ats_is_not_called_an_atr() -> None:
    told = str(Capture("x", "f", (Session(0, bytes.fromhex("067577810280")),)))
    assert "contactless microprocessor card, ATS 067577810280" in told


def test_a_file_of_a_sim_is_named_in_the_line_of_its_answer() -> None:
    told = str(cardlib.read(ROOT / "traces/sim_boot.pcapng")).split("\n")
    (row,) = [row for row in told if row.startswith("    2  READ BINARY")]
    assert row.split() == ["2", "READ", "BINARY", "offset", "0", "9000", "EF.ICCID"]


def test_unsure_context_is_marked_and_explained() -> None:
    told = str(capture("00B2010C00", "6A83", "00A4040000", "9000"))
    assert "    0? READ RECORD" in told and "    1  SELECT" in told
    assert "? beside a number: what is selected is not known" in told


def test_times_have_a_column_where_there_are_any() -> None:
    rows = ['{"card_capture": 1}']
    for stamp, sender, data in ((0, "reader", "00A4040000"), (12_300_000, "card", "9000")):
        rows.append(json.dumps({"t": stamp, "from": sender, "kind": "apdu", "data": data}))
    told = str(cardlib.read_text("\n".join(rows)))
    assert "    0   12.3 ms  SELECT" in told
    assert (duration(1_500_000_000), duration(None), duration(99)) == ("1.50 s", "", "0.0 ms")


def test_an_exchange_prints_its_tree() -> None:
    told = str(capture("FF00000000", "9000", *SELECTED).exchanges[1]).split("\n")
    assert told[1] == "      command" and "        SW  9000  = normal processing" in told
    assert any("9F38 " in row for row in told)
    reader = exchange_line(capture("FFCA000000", "010203049000").exchanges[0])
    assert "4 bytes" in reader


def test_an_exchange_without_halves_prints() -> None:
    empty = Exchange(3, 0, None, None)
    assert "no answer" in exchange_line(empty)
    broken = Exchange(3, 0, None, Response(b"", b"", None))
    assert "no status word" in exchange_line(broken)
    odd = Exchange(3, 0, Command(bytes(4), 0, 0, 0, 0, b""), None)
    assert "unknown command 00 00" in exchange_line(odd)


def test_notes_errors_and_parts_in_a_line() -> None:
    buf = bytes.fromhex("0102")
    part = Node(Fact("", "a", lambda value: "x"), buf, 0, 0, 1)
    node = Node(Fact("", "entry", lambda value: "all"), buf, 0, 0, 2, (part,), "a note", "an error")
    assert str(node) == "entry  0102  = all  (a note)  !! an error"
    mark = Node(Fact("9F99", "late", lambda value: "x", checked="memory"), buf, 0, 0, 2)
    assert str(mark) == "9F99 late (from memory)  0102  = x"


def test_what_nothing_confirms_is_marked_wherever_it_is_shown() -> None:
    """An AID, an instruction, a data element and a status word whose rows are from memory."""
    unionpay = capture(
        *("00A4040007A0000005323010", "9000"),
        *("00A4040007A000000333010100", "6F098407A0000003330101019000"),
        *("80CA9F7C00", "9F7C031122339001"),
    )
    usim = capture("00A4040007A0000000871002", "9000", "807800000411223344", "6985")
    words = {
        "A0000005323010  = T-money (Korea) (from memory)": unionpay,
        "9F7C Customer exclusive data (from memory)": unionpay,
        "asks to be read again (from memory)": unionpay,
        "INS (from memory)  78  = GET IDENTITY": usim,
    }
    for mark, source in words.items():
        assert any(mark in str(exchange) for exchange in source.exchanges), mark
        assert mark in display_html.html(source), mark
    exchanges = to_json(unionpay, nodes=True)["sessions"][0]["exchanges"]
    levels = {node["tag"]: node["checked"] for row in exchanges for node in row["nodes"]}
    assert levels["9F7C"] == "memory" and levels["84"] == "seen"
    table = cardlib.elements(unionpay)
    assert set(table[table["tag"] == "9F7C"]["checked"]) == {"memory"}


def test_a_place_in_no_half_is_only_named() -> None:
    one = capture("00A4040000", "")
    hit = cardlib.find(one, "CLA")[0]
    lost = hit.__class__(hit.exchange, "response", "", 0, 1)
    assert hit_line(lost, False).rstrip().endswith("0..1")
    found = cardlib.find(capture("00A4040000", "DEADBEEF9000"), "ADBE")
    assert str(found).rstrip().endswith("1..3        ADBE")


def test_golden_first_screen_of_a_real_dialogue(real_captures: Path) -> None:
    rows = str(cardlib.read(real_captures / "emv-bertlv/amex-cda-in.txt")).split("\n")
    asks = "the card asks for an online decision in exchange 10: ARQC; "
    first_words = next(index for index, row in enumerate(rows) if row.startswith("  => "))
    headline = " ".join(" ".join(rows[first_words : first_words + 2]).split())
    assert headline.startswith(f"=> American Express, 120.00 AUD: {asks}")
    assert max(map(len, rows[1:])) <= WIDTH and len(rows) <= 19
