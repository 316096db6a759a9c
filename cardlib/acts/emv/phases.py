# SPDX-License-Identifier: MIT
"""The phases of a payment (EMV Book 3, 8 and 10) as one table, from which transactions and documents are explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field

from ...apps import emv
from ...core.model import Exchange, record
from ...road.pipeline import name
from . import judges
from .dialogue import ActionCodes, Dialogue, Statement, dialogue, ins_of


@record
class Phase:
    """One phase of a transaction: its exchanges, and what was decided in it."""

    name: str
    exchanges: tuple[Exchange, ...] = field(repr=False)
    said: tuple[Statement, ...]


@record
class Row:
    """What belongs to a phase: the names of its commands, what it decides, who says so."""

    name: str
    commands: tuple[str, ...]
    decides: str
    judge: Callable[[Dialogue], Iterator[Statement]]


INITIATE = ("GET PROCESSING OPTIONS", "EXCHANGE RELAY RESISTANCE DATA")
VERIFICATION = ("VERIFY", "GET CHALLENGE", "GET DATA 9F17")
RISK = ("GET DATA 9F36", "GET DATA 9F13")
FIRST, SECOND = "first GENERATE AC", "second GENERATE AC"
TABLE = (
    Row(
        "application selection", ("SELECT",), "which application of the card pays", judges.selection
    ),
    Row(
        "initiate application",
        INITIATE,
        "what the card can do (AIP), where its records are (AFL)",
        judges.initiate,
    ),
    Row(
        "read application data", ("READ RECORD", "GET DATA"), "the data of the card", judges.reading
    ),
    Row(
        "offline data authentication",
        ("INTERNAL AUTHENTICATE",),
        "is the card genuine",
        judges.authentication,
    ),
    Row("processing restrictions", (), "versions, usage control, dates", judges.restrictions),
    Row(
        "cardholder verification",
        VERIFICATION,
        "is this the holder: the CVM list",
        judges.verification,
    ),
    Row(
        "terminal risk management", RISK, "floor limit, counters, selection at random", judges.risk
    ),
    Row("terminal action analysis", (), "TVR against IAC and TAC: what to ask for", judges.action),
    Row(
        "card action analysis",
        (FIRST, "COMPUTE CRYPTOGRAPHIC CHECKSUM"),
        "TC, AAC or ARQC",
        judges.card_action,
    ),
    Row(
        "online processing",
        ("EXTERNAL AUTHENTICATE",),
        "after an ARQC: what the issuer says",
        judges.online,
    ),
    Row("completion", (SECOND,), "after an ARQC: TC or AAC", judges.completion),
    Row("issuer scripts", judges.SCRIPTS, "what the issuer changes on the card", judges.scripts),
)
NOTHING = Statement("nothing in this capture tells of it")


def phases(exchanges: tuple[Exchange, ...], tac: ActionCodes | None = None) -> tuple[Phase, ...]:
    """Every phase in the order of the table with its exchanges; a command that no row names stays with those before."""
    d = dialogue(exchanges, tac)
    held: dict[str, list[Exchange]] = {row.name: [] for row in TABLE}
    place = TABLE[0].name
    for exchange in exchanges:
        place = _phase_of(d, exchange) or place
        held[place].append(exchange)
    return tuple(
        Phase(row.name, tuple(held[row.name]), tuple(row.judge(d)) or (NOTHING,)) for row in TABLE
    )


def _phase_of(d: Dialogue, exchange: Exchange) -> str:
    if judges.is_script(exchange):
        return TABLE[-1].name
    command, called = exchange.command, name(exchange)
    if ins_of(exchange) == emv.GENERATE_AC:
        called = SECOND if exchange is d.second else FIRST
    elif command and called == "GET DATA":
        exact = f"{called} {command.p1:02X}{command.p2:02X}"
        called = exact if any(exact in row.commands for row in TABLE) else called
    return next((row.name for row in TABLE if called in row.commands), "")
