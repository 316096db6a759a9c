# SPDX-License-Identifier: MIT
"""How long the library is: lines of its Python files, against the limits that keep it readable.

The limits hold for the core (model to pipeline) and for the common part: what everybody reads who changes the library.
The folders in which one file is one thing (a format, a card application, a theme of rules, a piece of EMV cryptography,
a phase of a payment, a picture, a part of the virtual reader) grow with what is supported; their files are read one at
a time, and are held by the limit of a file. What all of it comes to is printed, too.
"""

from __future__ import annotations

from pathlib import Path

LIBRARY = Path(__file__).resolve().parent.parent / "cardlib"
CORE = ["model", "errors", "codec", "dictionary", "values", "tlv", "apdu", "atr"]
CORE += ["blocks", "transport", "follow", "pipeline"]
FOLDERS = ("apps", "checks", "crypto", "formats", "payment", "plots", "virtual")
MAX_COMMON, MAX_CORE, MAX_FILE, MAX_FUNCTION = 6000, 2500, 400, 50


def lines() -> dict[str, int]:
    """Lines of each Python file of the library; dictionaries are data and are not counted."""
    files = sorted(LIBRARY.rglob("*.py"))
    return {file.relative_to(LIBRARY).as_posix(): len(file.read_text("utf-8").splitlines()) for file in files}


def core(counts: dict[str, int]) -> int:
    """Lines of the core, from the model to the pipeline."""
    return sum(counts.get(f"{name}.py", 0) for name in CORE)


def folder(counts: dict[str, int], name: str) -> int:
    """Lines of a folder."""
    return sum(count for file, count in counts.items() if file.startswith(f"{name}/"))


def common(counts: dict[str, int]) -> int:
    """Lines outside the folders in which one file is one thing."""
    return sum(counts.values()) - sum(folder(counts, name) for name in FOLDERS)


def main() -> None:
    counts = lines()
    for name, count in counts.items():
        print(f"{count:6}  {name}{'  longer than ' + str(MAX_FILE) if count > MAX_FILE else ''}")
    print(f"{core(counts):6}  core, of at most {MAX_CORE}")
    print(f"{common(counts):6}  common part with the core, of at most {MAX_COMMON}")
    for name in FOLDERS:
        print(f"{folder(counts, name):6}  {name}/")
    print(f"{sum(counts.values()):6}  all")


if __name__ == "__main__":
    main()
