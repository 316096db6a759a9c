# SPDX-License-Identifier: MIT
"""Draw the picture at the top of the README again: a contactless payment as a ladder."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cardlib

ROOT = Path(__file__).resolve().parent.parent
TRACE = ROOT / "traces" / "contactless_tap.card.jsonl"
FILE = ROOT / "docs" / "tap.png"
SIZE = (8, 4.8)  # inches
DPI = 120


def draw(path: Path = FILE) -> str:
    """Write the picture; returns its alternative text, which the README repeats."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    axes = plt.figure(figsize=SIZE, dpi=DPI, layout="constrained").subplots()
    picture = cardlib.picture(cardlib.ladder(cardlib.read(TRACE), ax=axes))
    path.write_bytes(picture.png)
    return picture.alt


def main() -> None:
    alt = draw()
    print(f"{FILE.name}: {FILE.stat().st_size} bytes. {alt}")


if __name__ == "__main__":
    main()
