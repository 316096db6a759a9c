# SPDX-License-Identifier: MIT
"""Make the golden print of one trace, or of all, again: print what changed, then write it."""

from __future__ import annotations

import difflib
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests" / "golden"
TRACES = (  # the others have facts, in tests/facts/traces.toml
    "contact_purchase.card.jsonl",  # contact, PIN, online
    "contact_wrong_pin.card.jsonl",  # declined
    "contactless_tap.card.jsonl",  # Mastercard
    "tap_visa_low.card.jsonl",  # Visa
    "sim_boot.pcapng",  # a telephone starts: GSMTAP, files of a USIM
    "piv_login.card.jsonl",  # a token: certificate, PIN, two signatures
    "recorded_openpgp.card.jsonl",  # what GnuPG asks
    "usim_start.pcapng",  # the same with toolkit, PIN, authentication, IMS
    "attack_usim_replay.pcapng",
    "attack_usim_2g.pcapng",
    "usim_no_pin.hex.txt",
    "usim_resync.card.jsonl",
    "attack_usim_series.card.jsonl",
    "toolkit_menu.at.txt",  # a menu and what is behind it
    "attack_toolkit_silent.at.txt",
    "ota_update.simtrace.txt",  # secured packets in short messages
    "attack_ota_open.simtrace.txt",
    "esim_download.card.jsonl",  # a profile comes to an eSIM
    "attack_esim_segment.card.jsonl",
    "attack_esim_server.card.jsonl",
    "damaged.log",
    "attack_no_pin.card.jsonl",
    "opensc_late_ack.pcscd.log",  # a program that looks for its card
)
# Of these the exchanges show nothing that another has not.
BRIEF = (
    "attack_no_pin.card.jsonl",
    "opensc_late_ack.pcscd.log",
    "attack_usim_replay.pcapng",
    "attack_usim_2g.pcapng",
    "usim_no_pin.hex.txt",
    "usim_resync.card.jsonl",
    "attack_usim_series.card.jsonl",
    "attack_toolkit_silent.at.txt",
    "attack_ota_open.simtrace.txt",
    "attack_esim_segment.card.jsonl",
    "attack_esim_server.card.jsonl",
)


def printed(name: str) -> str:
    """What the library prints of a trace: the overview, every exchange byte for byte, the findings."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    import cardlib
    from cardlib.share.ours import revealed
    from cardlib.show import text as display
    from cardlib.show.findings import digest
    from cardlib.show.lines import fold

    path = ROOT / "traces" / name
    capture = cardlib.read(path)
    ours = revealed(capture, None)
    # The first line is folded: the name alone, or it would depend on the folder of the project.
    parts = [display.text(replace(capture, path=name), ours)]
    if name not in BRIEF:
        parts += [display.text(exchange, ours) for exchange in capture.exchanges]
    findings = cardlib.check(capture, keys=[ROOT / "traces" / "makers" / "keyring.toml"])
    parts.append(fold(digest(findings)))
    return "\n\n".join(parts) + "\n"


def main(names: list[str]) -> int:
    """Print the differences and write the goldens."""
    for name in names:
        if name not in TRACES:
            print(
                f"{name} has no golden print; these have one: {', '.join(TRACES)}", file=sys.stderr
            )
            return 1
    for name in names or TRACES:
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
