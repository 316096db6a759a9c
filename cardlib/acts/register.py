# SPDX-License-Identifier: MIT
"""All acts of a capture: who tells what, application by application.

An application with a procedure of its own tells its acts itself (emv: payments; purse: loads, purchases, rides;
sim: starts, authentications; telecom: toolkit sessions, downloads; document: passports; management: personalisation);
all others have a plain act, made from their rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any

from ..apps import listing
from ..apps.instructions import SELECT
from ..core.model import Exchange
from ..crypto.keyring import Key, keyring
from ..road.meaning import with_views
from ..road.sources import Source, exchanges_of
from .act import Act
from .document import document_act
from .emv.act import payment_act, payments
from .emv.dialogue import CODES
from .emv.phases import TABLE
from .management import management_act
from .plain import plain_acts
from .purse import purse_act
from .sim import sim_act
from .telecom import download_act, toolkit_act

ACTION_CODES = CODES
PAYMENT_PHASES = [row.name for row in TABLE]


@with_views
def acts(
    source: Source,
    tac: Mapping[str, str] | None = None,
    keys: Iterable[str | PathLike[str]] = (),
) -> list[Act]:
    """All acts in the order of their first exchange; `tac` and `keys` are for payments, as in `transactions`."""
    exchanges = tuple(exchanges_of(source))
    paid = payments(exchanges, tac, keys)
    taken = {id(exchange) for act in paid for exchange in act.exchanges}
    rest = [exchange for exchange in exchanges if id(exchange) not in taken]
    if paid:
        rest = [exchange for exchange in rest if not _is_of_directory(exchange)]
    given = keyring(keys) if keys else None
    others = [_with_procedure(act, given, rest) for act in plain_acts(rest)]
    ordered = sorted([*paid, *others], key=_begin)
    return [replace(act, index=index) for index, act in enumerate(ordered)]


def _with_procedure(act: Act, keys: tuple[Key, ...] | None, beside: Sequence[Exchange]) -> Act:
    """A plain act told by the procedure of its application, where it has one."""
    act = purse_act(act, keys, beside)
    act = toolkit_act(act, keys, beside)
    act = sim_act(act, keys)  # keeps what the toolkit tells
    act = download_act(act, keys)
    act = document_act(act, keys, beside)
    return management_act(act)


def _is_of_directory(exchange: Exchange) -> bool:
    """Whether an exchange only asks a directory which applications there are: beside a payment that is no act."""
    command, context = exchange.command, exchange.context
    aid = context.aid
    if command and command.ins == SELECT and command.p1 == 4:
        aid = command.data.hex().upper()
    return bool(listing(aid, context.dictionaries))


def _begin(act: Act) -> int:
    return act.exchanges[0].index


def informed(act: Act, given: Any) -> Act:
    """An act with what a caller of `check` or `report` knows beside the capture: action codes and keys of payments."""
    if act.kind == "payment":
        return payment_act(act.detail, given.tac, given.keys)
    return _with_procedure(act, given.keys, ())
