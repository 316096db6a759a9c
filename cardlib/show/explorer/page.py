# SPDX-License-Identifier: MIT
"""The explorer as one file: the front end, and all chunks as text in it. It makes no request and needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from html import escape as quoted

from .chunk import unpacked
from .front import strict_script, style
from .notes import Notes
from .store import Store

Chunks = Iterator[tuple[str, bytes]]
MAX_DETAILS = 20_000  # exchanges of which every byte is in a page


def page_parts(
    title: str, stores: Sequence[Store], pairs: bytes | None, setup: object
) -> Iterator[str]:
    """The page, piece by piece: it may be large.

    The policy lets the one script and the one style sheet run by their hashes, and nothing load.
    """
    code, sheet = strict_script("page_host"), style()
    policy = (
        f"default-src 'none'; script-src '{source_hash(code)}'; style-src '{source_hash(sheet)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    yield '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="referrer" content="no-referrer">\n'
    yield f"<title>{quoted(title)}</title>\n<style>{sheet}</style></head>\n"
    yield '<body><main id="explorer" class="cardlib-explorer"></main>\n'
    yield f"<noscript><pre>{quoted(_without_script(stores))}</pre></noscript>\n"
    yield part("setup", json.dumps(setup).encode("ascii"))
    # Before the data: the script shows the first of them while the browser still reads the rest.
    yield f"<script>{code}</script>\n"
    for number, store in enumerate(stores):
        for name in store.names():
            chunk = store.chunk(name)
            if chunk is not None:
                yield part(f"{number}-{name}", chunk)
    if pairs is not None:
        yield part("pairs", pairs)
    yield "</body></html>\n"


def _without_script(stores: Sequence[Store]) -> str:
    """What a reader without scripts is shown: the first lines of each print."""
    lines = [
        "This page needs JavaScript, which runs in this page only: it loads and sends nothing."
    ]
    for store in stores:
        about = store.chunk("about")
        if about is not None:
            lines += unpacked(about)["summary"]
    return "\n".join(lines)


def part(name: str, data: bytes) -> str:
    """Data that no browser runs, under a name; base64 has no character that could end the element."""
    text = base64.b64encode(data).decode("ascii")
    return f'<script type="text/plain" id="chunk-{name}">{text}</script>\n'


def source_hash(text: str) -> str:
    """What a policy calls a script or a style sheet that may run."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def setup_of(notes: Notes, where: str, captures: int) -> dict[str, object]:
    """What a page begins with: notes that were written before, a filter, and how many captures there are."""
    return {"notes": notes.rows(), "filter": where, "captures": captures}
