# SPDX-License-Identifier: MIT
"""How long the library is: lines of its Python files, against the limits that keep it readable."""

from __future__ import annotations

from pathlib import Path

LIBRARY = Path(__file__).resolve().parent.parent / "cardlib"
CORE = ["model", "errors", "codec", "dictionary", "values", "tlv", "apdu", "atr", "transport", "follow", "pipeline"]
MAX_LIBRARY, MAX_CORE, MAX_FILE, MAX_FUNCTION = 6400, 2500, 400, 50


def lines() -> dict[str, int]:
    """Lines of each Python file of the library; dictionaries are data and are not counted."""
    files = sorted(LIBRARY.rglob("*.py"))
    return {file.relative_to(LIBRARY).as_posix(): len(file.read_text("utf-8").splitlines()) for file in files}


def core(counts: dict[str, int]) -> int:
    """Lines of the core, from the model to the pipeline."""
    return sum(counts.get(f"{name}.py", 0) for name in CORE)


def main() -> None:
    counts = lines()
    for name, count in counts.items():
        print(f"{count:6}  {name}{'  longer than ' + str(MAX_FILE) if count > MAX_FILE else ''}")
    print(f"{core(counts):6}  core, of at most {MAX_CORE}")
    print(f"{sum(counts.values()):6}  library, of at most {MAX_LIBRARY}")


if __name__ == "__main__":
    main()
