# SPDX-License-Identifier: MIT
"""What axe-core says of a page: its rules for whoever uses a screen reader, or keys alone, or sees little."""

from __future__ import annotations

from importlib.resources import files

import pytest
from playwright.sync_api import Page

RULES = "axe.run('.cardlib-explorer', {resultTypes: ['violations']})"


def violations(page: Page) -> list[str]:
    """A line for each rule that is broken, with the first element that breaks it."""
    pytest.importorskip(
        "axe_playwright_python", reason="no axe (pip install axe-playwright-python)"
    )
    if not page.evaluate("'axe' in window"):
        script = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
        # The policy of a page lets only its own script run; the tools of the browser stand outside of it.
        page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": script})
    return [
        f"{broken['id']}: {broken['nodes'][0]['html'][:160]}"
        for broken in page.evaluate(RULES)["violations"]
    ]
