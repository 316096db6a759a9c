# SPDX-License-Identifier: MIT
"""Captures and findings as plain data for JSON, in the shape that docs/architecture.md promises, masked."""

from __future__ import annotations

import json
from typing import Any

from ..acts.algorithms import Algorithm
from ..core.codec import to_hex
from ..core.model import Capture, Evidence, Exchange, Finding, Frame, Node, Problem, Session
from ..road.meaning import name
from ..share.masked_frames import frame_hex
from ..share.masking import Shown, shown
from ..share.ours import revealed
from ..share.veil import Veil

Row = dict[str, Any]


def to_json(
    capture: Capture, reveal: bool | None = None, nodes: bool = False, frames: bool = False
) -> Row:
    """A capture as plain data."""
    reveal = revealed(capture, reveal)
    veil = Veil(capture.exchanges, reveal)
    return {
        "schema": 1,
        "file": veil.over(capture.path),
        "format": capture.format,
        "problems": [_problem(problem, veil) for problem in capture.problems],
        "sessions": [_session(session, reveal, nodes, frames) for session in capture.sessions],
    }


def _problem(problem: Problem, veil: Veil) -> Row:
    return {
        "kind": problem.kind,
        "detail": veil.over(problem.detail),
        "place": problem.place,
        "quote": veil.quote(problem),
    }


def _session(session: Session, reveal: bool, nodes: bool, frames: bool) -> Row:
    exchanges = [_exchange(exchange, reveal, nodes, frames) for exchange in session.exchanges]
    return {
        "index": session.index,
        "atr": None if session.atr is None else to_hex(session.atr),
        "interface": session.interface,
        "clock": session.clock,
        "started": session.started,
        "exchanges": exchanges,
    }


def _exchange(exchange: Exchange, reveal: bool, nodes: bool, frames: bool) -> Row:
    views = shown(exchange, reveal)
    hex_of = {view.side: view.hex for view in views}
    row: Row = {
        "index": exchange.index,
        "channel": exchange.context.channel,
        "command": hex_of.get("command"),
        "response": hex_of.get("response"),
        "sw": _status_word(exchange),
        "protocol": exchange.protocol,
        "name": name(exchange),
        "application": exchange.context.application,
        "start_ns": exchange.start_ns,
        "end_ns": exchange.end_ns,
        "duration_ns": exchange.duration_ns,
        "problems": _errors(exchange),
    }
    if nodes:
        row["nodes"] = [node for view in views for node in nodes_json(view)]
    if frames:
        texts = frame_hex(exchange, views, reveal)
        pairs = zip(exchange.frames, texts, strict=True)
        row["frames"] = [_frame(frame, text) for frame, text in pairs]
    return row


def _status_word(exchange: Exchange) -> str | None:
    response = exchange.response
    if response is None or response.sw is None:
        return None
    return f"{response.sw:04X}"


def _errors(exchange: Exchange) -> list[str]:
    halves = (exchange.command, exchange.response)
    return [half.error for half in halves if half and half.error]


def nodes_json(view: Shown, itself: bool = False) -> list[Row]:
    """The data elements below that of a view, masked; `itself`: that one too."""
    rows = [_node(view, node, path) for path, node in view.node.walk()]
    if not itself:
        return rows
    name = view.node.tag or view.node.name
    return [_node(view, view.node, name), *rows]


def _node(view: Shown, node: Node, path: str) -> Row:
    return {
        "side": view.side,
        "path": view.remark(path),
        "tag": node.tag,
        "name": node.name,
        "start": node.start,
        "end": node.stop,
        "value": view.value_hex_of(node),
        "text": view.text_of(node),
        "note": view.remark(node.note),
        "error": view.remark(node.error),
        "ref": node.ref,
        "checked": node.fact.checked if node.ref else "",
    }


def _frame(frame: Frame, text: str) -> Row:
    return {
        "index": frame.index,
        "from": frame.sender,
        "kind": frame.kind,
        "data": text,
        "time_ns": frame.time_ns,
        "unit": frame.unit,
    }


def finding_json(finding: Finding) -> Row:
    """A finding as plain data."""
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "verdict": finding.verdict,
        "title": finding.title,
        "detail": finding.detail,
        "source": finding.source,
        "count": finding.count,
        "evidence": [_evidence(place) for place in finding.evidence],
    }


def algorithm_json(row: Algorithm) -> Row:
    """An algorithm of a session as plain data; `quantum`: whether a quantum computer breaks it."""
    return {
        "session": row.session,
        "purpose": row.use.purpose,
        "how": row.use.how,
        "algorithm": row.use.algorithm,
        "bits": row.use.bits,
        "strength": row.worth.strength,
        "nist": row.worth.nist,
        "bsi": row.worth.bsi,
        "quantum": row.worth.quantum,
        "count": row.count,
        "source": row.worth.ref,
        "evidence": [_evidence(row.use.evidence)],
    }


def _evidence(place: Evidence) -> Row:
    return {
        "file": place.file,
        "exchange": place.exchange,
        "side": place.side,
        "start": place.start,
        "end": place.stop,
    }


def dumps(data: Row) -> str:
    """One line of JSON in ASCII: nothing in it can reach a terminal as a control."""
    return json.dumps(data, ensure_ascii=True)
