# SPDX-License-Identifier: MIT
"""Make all modelled traces again and refresh their check sums; with --check only compare (1: something differs).

Recorded traces are not made again (record.py): of them the check sum alone is compared.
"""

from __future__ import annotations

import hashlib
import re
import sys
import tomllib
from importlib import import_module
from pathlib import Path

TRACES = Path(__file__).resolve().parent.parent
INDEX = TRACES / "traces.toml"


def made() -> dict[str, bytes]:
    """Every trace as its recipe makes it, by file name."""
    sys.path[:0] = [str(TRACES.parent), str(TRACES / "recipes")]
    spellings, stories = import_module("spellings"), import_module("stories")
    tapes = {name: stories.play(name).tape for name in stories.STORIES}
    files: dict[str, bytes] = {
        f"{name}.card.jsonl": spellings.card(tape, name) for name, tape in tapes.items()
    }
    purchase = tapes["contact_purchase"]
    files["contact_purchase.pcscd.log"] = spellings.pcscd(purchase)
    files["contact_purchase.pyscard.txt"] = spellings.pyscard(purchase)
    files["contact_purchase.hex.txt"] = spellings.hexpairs(purchase)
    files["damaged.log"] = import_module("damaged").make()
    files["sim_boot.pcapng"] = import_module("sim_boot").make()
    for recipe in ("purses", "cash", "passports", "bureaus", "chips", "tokens", "sims", "esims"):
        for name, maker in import_module(recipe).MAKERS.items():
            files[name] = maker()
    return files


def with_sum(index: str, name: str, data: bytes) -> str:
    """The index with the check sum of one trace; the trace must have its table."""
    pattern = rf'(?ms)^(\["{re.escape(name)}"\]$.*?^sha256 = )"[0-9a-f]*"$'
    text, count = re.subn(pattern, rf'\g<1>"{hashlib.sha256(data).hexdigest()}"', index, count=1)
    if not count:
        raise SystemExit(f"{INDEX.name}: no table with a sha256 for {name}")
    return text


def spoiled(index: str) -> list[str]:
    """The recorded traces that are not what the index says."""
    rows = {
        name: row["sha256"]
        for name, row in tomllib.loads(index).items()
        if row["kind"] == "recorded"
    }
    there = {
        name: (TRACES / name).read_bytes() if (TRACES / name).is_file() else b"" for name in rows
    }
    return [name for name, data in there.items() if hashlib.sha256(data).hexdigest() != rows[name]]


def main(arguments: list[str]) -> int:
    """Write or compare; prints what differs."""
    index = INDEX.read_text("utf-8")
    fresh, changed = index, []
    for name, data in made().items():
        fresh = with_sum(fresh, name, data)
        path = TRACES / name
        if not path.is_file() or path.read_bytes() != data:
            changed.append((path, data))
    if fresh != index:
        changed.append((INDEX, fresh.encode()))
    lost = spoiled(fresh)
    for name in lost:
        print(f"{name}: recorded, and not what was recorded")
    for path, data in changed:
        print(
            f"{path.name}: {'differs' if '--check' in arguments else 'written'}, {len(data)} bytes"
        )
        if "--check" not in arguments:
            path.write_bytes(data)
    count = len(changed) + len(lost)
    print(f"{count} files differ" if count else "no difference")
    return 1 if lost or (changed and "--check" in arguments) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
