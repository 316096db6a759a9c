# SPDX-License-Identifier: MIT
"""Make the golden print of one trace, or of all, again: print what changed, then write it."""

from __future__ import annotations

import difflib
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests" / "golden"
WHOLE = (
    *(
        "contact_purchase",
        "contact_wrong_pin",
        "contact_cda",
        "contact_sda",
        "contact_script",
        "contact_log",
        "no_oda",
    ),
    *(
        "contactless_tap",
        "tap_visa_low",
        "tap_mag_stripe",
        "tap_track_1",
        "tap_wallet",
        "tap_relay_near",
        "attack_brand",
    ),
    *("damaged", "sim_boot", "opensc_detects"),
)


def index() -> dict[str, dict[str, object]]:
    """What traces.toml says, by file name."""
    return tomllib.loads((ROOT / "traces" / "traces.toml").read_text("utf-8"))


def printed(name: str) -> str:
    """What the library prints of a trace: the overview, every exchange byte for byte, the findings.

    Where the exchanges show nothing that another trace has not, they are left out.
    """
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    import cardlib
    from cardlib.show import text as display

    path = ROOT / "traces" / name
    capture = cardlib.read(path)
    ours = display.revealed(capture, None)
    parts = [display.text(capture).replace(str(path), name)]
    if "same_as" in index()[name]:
        return parts[0] + "\n"
    if name.split(".")[0] in WHOLE:
        parts += [display.text(exchange, ours) for exchange in capture.exchanges]
    parts.append(str(cardlib.check(capture, keys=[ROOT / "traces" / "makers" / "keyring.toml"])))
    return "\n\n".join(parts) + "\n"


def main(names: list[str]) -> int:
    """Print the differences and write the goldens."""
    for name in names or list(index()):
        path = GOLDEN / f"{name}.txt"
        before = path.read_text("utf-8").splitlines() if path.is_file() else []
        after = printed(name)
        for row in difflib.unified_diff(
            before, after.splitlines(), f"{name} before", f"{name} now", lineterm=""
        ):
            print(row)
        path.write_bytes(after.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
