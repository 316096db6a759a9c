# SPDX-License-Identifier: MIT
"""Captures and findings as plain data for JSON, in the shape that docs/architecture.md promises, masked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..core.codec import to_hex
from ..core.model import Capture, Exchange, Finding, Node, Session
from ..road.pipeline import name
from ..share.masking import Shown, frame_hex, revealed, shown


def to_json(
    capture: Capture, reveal: bool | None = None, nodes: bool = False, frames: bool = False
) -> dict[str, Any]:
    """A capture as plain data."""
    reveal = revealed(capture, reveal)
    sessions = [_session_json(session, reveal, nodes, frames) for session in capture.sessions]
    problems = [{"kind": p.kind, "detail": p.detail, "place": p.place} for p in capture.problems]
    return {
        "schema": 1,
        "file": capture.path,
        "format": capture.format,
        "problems": problems,
        "sessions": sessions,
    }


def _session_json(session: Session, reveal: bool, nodes: bool, frames: bool) -> dict[str, Any]:
    return {
        "index": session.index,
        "atr": to_hex(session.atr) if session.atr is not None else None,
        "interface": session.interface,
        "clock": session.clock,
        "started": session.started,
        "exchanges": [
            _exchange_json(exchange, reveal, nodes, frames) for exchange in session.exchanges
        ],
    }


def _exchange_json(exchange: Exchange, reveal: bool, nodes: bool, frames: bool) -> dict[str, Any]:
    views = shown(exchange, reveal)
    told = {view.side: view.hex for view in views}
    response = exchange.response
    row: dict[str, Any] = {
        "index": exchange.index,
        "channel": exchange.context.channel,
        "command": told.get("command"),
        "response": told.get("response"),
        "sw": f"{response.sw:04X}" if response and response.sw is not None else None,
        "name": name(exchange),
        "application": exchange.context.application,
        "start_ns": exchange.start_ns,
        "end_ns": exchange.end_ns,
        "duration_ns": exchange.duration_ns,
        "problems": [half.error for half in (exchange.command, response) if half and half.error],
    }
    if nodes:
        row["nodes"] = [
            _node_json(view, node, path) for view in views for path, node in view.node.walk()
        ]
    if frames:
        row["frames"] = _frames_json(exchange, frame_hex(exchange, views, reveal))
    return row


def _node_json(view: Shown, node: Node, path: str) -> dict[str, Any]:
    where = {
        "side": view.side,
        "path": path,
        "tag": node.tag,
        "name": node.name,
        "start": node.start,
        "end": node.stop,
    }
    said = {"value": view.value_hex_of(node), "text": view.text_of(node)}
    return {**where, **said, "note": node.note, "error": node.error, "ref": node.ref}


def _frames_json(exchange: Exchange, texts: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {
            "index": f.index,
            "from": f.sender,
            "kind": f.kind,
            "data": data,
            "time_ns": f.time_ns,
            "unit": f.unit,
        }
        for f, data in zip(exchange.frames, texts, strict=True)
    ]


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as plain data."""
    evidence = [
        {"file": e.file, "exchange": e.exchange, "side": e.side, "start": e.start, "end": e.stop}
        for e in finding.evidence
    ]
    keys = ("rule", "severity", "verdict", "title", "detail", "source")
    return {**{key: getattr(finding, key) for key in keys}, "evidence": evidence}


def dumps(data: dict[str, Any]) -> str:
    """One line of JSON in ASCII: nothing in it can reach a terminal as a control."""
    return json.dumps(data, ensure_ascii=True)
