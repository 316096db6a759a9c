# SPDX-License-Identifier: MIT
"""The links of a page: from what happened and from findings to the exchanges that show it, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..core.escape import escape
from ..core.model import Exchange, Finding, Severity

_EXCHANGE = re.compile(r"\bexchange ([0-9]{1,9})\b")
_NO_ID = re.compile(r"[^A-Za-z0-9-]")


def link(target: str, text: str) -> str:
    """A link to a place on the page; the text is HTML."""
    return f'<a href="#{target}">{text}</a>'


def rule_id(rule: str, severity: Severity) -> str:
    """The place of a rule that fails; a rule of a user's may have any name."""
    return _NO_ID.sub("-", f"rule-{rule}-{severity}")


class Links:
    """The exchanges of one capture that are on the page, and the findings about each."""

    def __init__(self, findings: Sequence[Finding] = (), file: str = "") -> None:
        self.shown: set[int] = set()
        self._findings: dict[int, dict[str, str]] = {}
        for finding in findings:
            if finding.verdict == "fail":
                self._note(finding, file)

    def _note(self, finding: Finding, file: str) -> None:
        target = rule_id(finding.rule, finding.severity)
        for place in finding.evidence:
            if place.file in (file, ""):
                rules = self._findings.setdefault(place.exchange, {})
                rules[target] = f"{finding.rule} {finding.title}"

    def to(self, exchange: int, html: str) -> str:
        """HTML as a link to an exchange, if that is on the page."""
        if exchange not in self.shown:
            return html
        return link(f"e{exchange}", html)

    def linked(self, html: str) -> str:
        """HTML in which each "exchange 14" is a link."""
        return _EXCHANGE.sub(lambda match: self.to(int(match[1]), match[0]), html)

    def about(self, exchange: Exchange) -> Iterator[str]:
        """The place of an exchange, and what is found in it."""
        self.shown.add(exchange.index)
        links = []
        for target, title in self._findings.get(exchange.index, {}).items():
            links.append(link(target, escape(title, "html")))
        rules = ""
        if links:
            rules = f"found here: {', '.join(links)}"
        yield f'<div id="e{exchange.index}" style="margin-left:1em">{rules}</div>'
