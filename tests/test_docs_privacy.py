# SPDX-License-Identifier: MIT
"""The page about what is hidden: its list is that of the rows, and names what each kind of card must hide."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.privacy import marked, table

PAGE = (Path(__file__).resolve().parent.parent / "docs/privacy.md").read_text("utf-8")


def test_the_list_is_that_of_the_rows() -> None:
    assert table() in PAGE, "make it again: make privacy"


@pytest.mark.parametrize(
    ("key", "kind", "name"),
    [
        ("emv", "pan", "Application primary account number"),
        ("emrtd", "name", "Name"),
        ("emrtd", "document", "Personal number"),
        ("eid_be", "address", "Address"),
        ("euicc", "iccid", "ICCID"),
        ("sssc", "birth", "Holder"),
        ("files_usim", "location", "EF.EPSLOCI (location in EPS)"),
        ("subscriber", "phone", "EF.MSISDN (own number)"),
        ("emrtd", "birth", "Machine-readable zone"),
        ("fido", "name", "user"),
        ("files_gsm", "imsi", "EF.IMSI (international mobile subscriber identity)"),
    ],
)
def test_what_a_card_hides(key: str, kind: str, name: str) -> None:
    assert name in marked(key)[kind]
