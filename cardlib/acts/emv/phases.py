# SPDX-License-Identifier: MIT
"""The phases of a payment as one table, from which transactions and documents are explained.

Source: EMV Book 3, 8 and 10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...apps import emv
from ...core.model import Exchange, record
from ...road.meaning import name
from ..act import Statement, Step
from . import judges
from .dialogue import ActionCodes, Dialogue, dialogue, ins_of


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


def phases(exchanges: tuple[Exchange, ...], tac: ActionCodes | None = None) -> tuple[Step, ...]:
    """Every phase in the order of the table with its exchanges; a command that no row names stays with those before."""
    d = dialogue(exchanges, tac)
    by_phase: dict[str, list[Exchange]] = {row.name: [] for row in TABLE}
    phase = TABLE[0].name
    for exchange in exchanges:
        phase = _phase_of(d, exchange) or phase
        by_phase[phase].append(exchange)
    result = []
    for row in TABLE:
        statements = tuple(row.judge(d)) or (NOTHING,)
        result.append(Step(row.name, tuple(by_phase[row.name]), statements))
    return tuple(result)


def _phase_of(d: Dialogue, exchange: Exchange) -> str:
    """The phase that names this command; empty where none does."""
    if judges.is_script(exchange):
        return TABLE[-1].name
    label = _label(d, exchange)
    for row in TABLE:
        if label in row.commands:
            return row.name
    return ""


def _label(d: Dialogue, exchange: Exchange) -> str:
    """The name of a command as the table has it."""
    if ins_of(exchange) == emv.GENERATE_AC:
        return SECOND if exchange is d.second else FIRST
    label = name(exchange)
    command = exchange.command
    if command and label == "GET DATA":
        with_tag = f"{label} {command.p1:02X}{command.p2:02X}"
        if any(with_tag in row.commands for row in TABLE):
            return with_tag
    return label
