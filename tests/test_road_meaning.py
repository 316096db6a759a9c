# SPDX-License-Identifier: MIT
"""Decoding is pure, and a consumer decodes each exchange once, however often it looks at it."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import pytest

import cardlib
from cardlib.cli import main as cli
from cardlib.core.model import Capture
from cardlib.road import meaning
from cardlib.share.redaction import redacted
from cardlib.show import html

TRACES = Path(__file__).resolve().parent.parent / "traces"
NAMES = (
    "contact_purchase.card.jsonl",
    "contact_velocity.card.jsonl",
    "sim_boot.pcapng",
    "damaged.log",
)
CONSUMERS: dict[str, Callable[[Capture], object]] = {
    "print": str,
    "html": html.html,
    "check": cardlib.check,
    "report": cardlib.report,
    "acts": cardlib.acts,
    "transactions": cardlib.transactions,
    "exchanges as a table": cardlib.exchanges,
    "elements as a table": cardlib.elements,
    "compare": lambda capture: str(cardlib.compare(capture, capture)),
}


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How often each exchange was decoded in its own context."""
    counts: Counter[int] = Counter()
    kept = []  # so that no number comes again
    original = meaning.decode

    def counting(exchange, context=None):  # type: ignore[no-untyped-def]
        counts[id(exchange)] += context is None
        kept.append(exchange)
        return original(exchange, context)

    monkeypatch.setattr(meaning, "decode", counting)
    return counts


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("consumer", CONSUMERS)
def test_a_consumer_decodes_each_exchange_once(
    name: str, consumer: str, decoded: Counter[int]
) -> None:
    capture = cardlib.read(TRACES / name)
    CONSUMERS[consumer](capture)
    assert max(decoded.values(), default=1) == 1
    assert len(decoded) <= len(capture.exchanges)


@pytest.mark.parametrize("name", NAMES)
def test_show_on_the_command_line_decodes_each_exchange_once(
    name: str, decoded: Counter[int]
) -> None:
    for options in ([], ["--nodes"], ["--phases"], ["--json", "--nodes"]):
        decoded.clear()
        with redirect_stdout(io.StringIO()):
            cli.main(["show", *options, str(TRACES / name)])
        assert max(decoded.values()) == 1


@pytest.mark.parametrize("name", NAMES)
def test_redact_decodes_each_exchange_of_a_round_once(name: str, decoded: Counter[int]) -> None:
    redacted(cardlib.read(TRACES / name), b"key")
    assert max(decoded.values()) == 1


def test_a_tree_of_another_context_is_made_anew(decoded: Counter[int]) -> None:
    exchange = cardlib.read(TRACES / NAMES[0]).exchanges[2]
    with meaning.views():
        own, other = meaning.tree(exchange), meaning.tree(exchange, meaning.Context())
        assert meaning.tree(exchange) is own
        assert meaning.tree(exchange, meaning.Context()) is not other
    assert decoded[id(exchange)] == 1


def test_views_are_given_up_at_the_end_of_the_consumer_and_are_bounded() -> None:
    exchanges = cardlib.read(TRACES / NAMES[0]).exchanges
    with meaning.views() as outer, meaning.views() as inner:
        assert inner is outer
    first, second = meaning.tree(exchanges[0]), meaning.tree(exchanges[0])
    assert first == second and first is not second
    small = meaning.Views(room=1)
    assert small.tree(exchanges[0]) is small.tree(exchanges[0])
    assert small.tree(exchanges[1]) is not small.tree(exchanges[1])


def test_a_consumer_that_breaks_gives_its_views_up(decoded: Counter[int]) -> None:
    exchange = cardlib.read(TRACES / NAMES[0]).exchanges[0]

    @meaning.with_views
    def broken() -> None:
        meaning.tree(exchange)
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            broken()
    assert decoded[id(exchange)] == 2


@pytest.mark.parametrize(
    ("asked", "is_told"),
    [("A0 B0 00 00 02", True), ("A0 F2 00 00 02", True), ("A0 A4 00 00 02 7F 20", False)],
)
def test_a_sim_that_has_its_answer_fetched_where_it_must_not_is_told(
    asked: str, is_told: bool
) -> None:
    log = f"> {asked}\n< 9F 02\n> A0 C0 00 00 02\n< 11 22 90 00\n"
    [exchange] = cardlib.read_text(log).exchanges
    assert ("9F02 came first" in str(exchange)) is is_told
