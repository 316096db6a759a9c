# SPDX-License-Identifier: MIT
"""AUTHENTICATE and RUN GSM ALGORITHM: what was asked, and how it ended by data and status word (TS 31.102, 7.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from ...core.model import Evidence, Exchange, Node, record
from ...road.meaning import tree
from ..act import whole_answer

Outcome = Literal["success", "synchronisation failure", "MAC failure", "refused", "no answer"]
AUTHENTICATE = 0x88
_MAC_FAILURE = 0x9862
_OK = (0x90, 0x91, 0x9F, 0x61)
_SIM_CLASS = 0xA0
# The context, from the last bits of P2 (3GPP TS 31.102, 7.1.2)
_CONTEXTS = {0: "2G", 1: "3G", 2: "voice group", 4: "bootstrapping"}
# Fields of the rows of command and answer that an authentication is about
_ASKED = ("RAND", "AUTN")
_ANSWERED = ("RES", "SRES", "CK", "IK", "Kc", "AUTS")


@record
class Value:
    """A field of the dialogue: its bytes, and where they stand."""

    data: bytes
    evidence: Evidence


@record
class Authentication:
    """One challenge of a network and how the card took it; fields by the names of the specification."""

    exchange: Exchange
    context: str
    outcome: Outcome
    fields: dict[str, Value]

    @property
    def evidence(self) -> Evidence:
        """The whole answer, or the command where there is none."""
        if self.exchange.response is not None:
            return whole_answer(self.exchange)
        command = self.exchange.command
        size = len(command.raw) if command else 0
        return Evidence(self.exchange.index, "command", 0, size)

    @property
    def text(self) -> str:
        """The authentication in words."""
        answered = [name for name in _ANSWERED if name in self.fields and name != "AUTS"]
        text = f"{self.context} authentication: {self.outcome}"
        if self.outcome == "success" and answered:
            return f"{text}, the card gave {', '.join(answered)}"
        return text + _MEANING.get(self.outcome, "")


_MEANING = {
    "synchronisation failure": ", the network's sequence number was not accepted",
    "MAC failure": ", the network did not prove that it knows the key of the card",
}


def authentications(exchanges: Iterable[Exchange]) -> Iterator[Authentication]:
    """The challenges among these exchanges, in order."""
    for exchange in exchanges:
        command = exchange.command
        if command is None or command.ins != AUTHENTICATE or not command.data:
            continue
        fields = dict(_fields(exchange))
        if "RAND" not in fields:
            continue
        context = "2G"
        if command.cla != _SIM_CLASS:
            context = _CONTEXTS.get(command.p2 & 7, "unknown")
        yield Authentication(exchange, context, _outcome(exchange, fields), fields)


def _fields(exchange: Exchange) -> Iterator[tuple[str, Value]]:
    for half, names in zip(tree(exchange).children, (_ASKED, _ANSWERED), strict=False):
        for _, node in half.walk():
            if node.name in names and not node.error:
                yield node.name, _value(exchange, half, node)


def _value(exchange: Exchange, half: Node, node: Node) -> Value:
    side: Literal["command", "response"] = "command"
    if half.name == "response":
        side = "response"
    return Value(node.value, Evidence(exchange.index, side, node.body, node.stop))


def _outcome(exchange: Exchange, fields: dict[str, Value]) -> Outcome:
    """A status word of success may stand behind a failure: the data decide (3GPP TS 31.102, 7.1.2.1)."""
    response = exchange.response
    if response is None or response.sw is None:
        return "no answer"
    if response.sw == _MAC_FAILURE:
        return "MAC failure"
    if response.sw >> 8 not in _OK:
        return "refused"
    if "AUTS" in fields:
        return "synchronisation failure"
    if "RES" in fields or "SRES" in fields:
        return "success"
    return "no answer"
