# SPDX-License-Identifier: MIT
"""Take the picture at the top of the README again: the explorer, with the bytes of a finding lit (needs chromium)."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cardlib

ROOT = Path(__file__).resolve().parent.parent
TRACE = ROOT / "traces" / "attack_no_pin.card.jsonl"
FILE = ROOT / "docs" / "explorer.png"
CHOSEN = "#e=14&b=response:13..20"  # what the card reports about the PIN (finding E30)
SIZE = {"width": 1280, "height": 720}
READY = ".ce-capture[data-ready=true]"


def take(path: Path = FILE) -> None:
    """Write the picture; raises SystemExit where there is no browser."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("The picture is taken with chromium: apt install chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder, "page.html")
        cardlib.explore(TRACE).save(page_file)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        page.goto(page_file.as_uri() + CHOSEN)
        page.wait_for_selector(READY)
        page.screenshot(path=path)
        browser.close()


def main() -> None:
    take()
    print(f"{FILE.name}: {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
