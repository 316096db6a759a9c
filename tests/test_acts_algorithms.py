# SPDX-License-Identifier: MIT
"""The inventory of algorithms: each family by its own bytes, worth by hand, and what cannot be seen is not made up."""

from __future__ import annotations

import pytest

import cardlib
from cardlib.acts.algorithms import algorithms
from cardlib.acts.inventory.model import worth_of
from cardlib.show.algorithms import NONE
from conftest import ROOT

TRACES = ROOT / "traces"
KEYS = TRACES / "makers" / "keyring.toml"
Row = tuple[str, str, int | None, str]


def rows(*pairs: str) -> set[Row]:
    """Purpose, algorithm, bits and how, of commands with their answers ("command/answer")."""
    lines = "".join(f"> {command}\n< {answer}\n" for command, answer in map(_pair, pairs))
    return seen(cardlib.read_text(lines, format="hex pairs"))


def _pair(text: str) -> list[str]:
    return text.split("/")


def seen(capture: cardlib.Capture) -> set[Row]:
    found = algorithms(capture)
    return {(row.use.purpose, row.use.algorithm, row.use.bits, row.use.how) for row in found}


def trace(name: str, keys: bool = False) -> set[Row]:
    return seen(cardlib.read(TRACES / name, keys=[KEYS] if keys else ()))


def test_nothing_to_see_gives_nothing() -> None:
    assert rows("00A4000C023F00/9000", "00B0000004/010203049000") == set()
    assert str(cardlib.algorithms(TRACES / "damaged.log")).startswith(NONE)


@pytest.mark.parametrize(
    "answer",
    ["6982", "7C12", "", "7C8200FF9000"],
)
def test_broken_answers_raise_nothing(answer: str) -> None:
    rows("00A4040009A0000003080000100000/9000", f"0087119A047C02820000/{answer or '6700'}")


PIV = "00A4040009A00000030800001000/9000"


@pytest.mark.parametrize(
    ("p1", "algorithm", "bits"),
    [("03", "3DES", 168), ("07", "RSA", 2048), ("0C", "AES", 256), ("11", "EC", 256)],
)
def test_piv_names_its_algorithm_in_p1(p1: str, algorithm: str, bits: int) -> None:
    """NIST SP 800-78-4, table 6-2."""
    command = f"0087{p1}9A0A7C08820081041122334400"
    assert rows(PIV, f"{command}/7C0482022233" + "9000") == {
        ("PIV, key 9A", algorithm, bits, "used")
    }
    assert rows(PIV, f"{command}/6982") == set()


def test_openpgp_offers_what_its_attributes_say() -> None:
    """OpenPGP card 3.4, 4.4.3.9: RSA with 2048 bits; ECDSA over P-256."""
    select = "00A4040006D27600012401/9000"
    assert rows(select, "00CA00C100/010800001100" + "9000") == {
        ("OpenPGP, signing", "RSA", 2048, "offered")
    }
    assert rows(select, "00CA00C300/132A8648CE3D030107" + "9000") == {
        ("OpenPGP, authentication", "EC", 256, "offered")
    }


def test_desfire_does_not_say_how_long_its_old_keys_are() -> None:
    select = "905A00000301020300/9100"
    assert rows(select, "90AA00000100" + "00/00112233445566778899AABBCCDDEEFF91AF") == {
        ("authentication of chip and reader", "AES", 128, "used")
    }
    assert rows(select, "900A0000010000/001122334455667791AF") == {
        ("authentication of chip and reader", "DES or 3DES", None, "used")
    }


def test_a_gsm_authentication_does_not_show_the_operators_choice() -> None:
    run = "A088000010" + 16 * "11"
    assert rows("A0A40000027F20/9F16", f"{run}/" + 12 * "22" + "9000") == {
        ("authentication in the network", "A3/A8 of the operator", None, "used")
    }


def test_the_keys_of_scp03_have_a_length_only_where_they_are_known() -> None:
    published = trace("attack_default_keys.card.jsonl")
    assert ("secure channel, SCP02", "3DES", 112, "used") in published
    assert trace("bureau_scp03.card.jsonl", keys=True) == {
        ("secure channel, SCP03", "AES", 128, "used")
    }
    assert trace("bureau_scp03.card.jsonl") == {("secure channel, SCP03", "AES", None, "used")}


def test_a_payment_shows_the_keys_by_the_length_of_what_they_sign() -> None:
    """EMV 4.4 Book 2, 5.1: 90 has 248 bytes, 9F46 176, 9F4B 128."""
    assert trace("contact_cda.card.jsonl") == {
        ("offline data authentication, key of the scheme", "RSA", 1984, "used"),
        ("offline data authentication, key of the issuer", "RSA", 1408, "used"),
        ("offline data authentication, key of the card", "RSA", 1024, "used"),
        ("hash of certificates and signatures", "SHA-1", 160, "used"),
        ("application cryptogram", "3DES", 112, "used"),
    }


def test_a_passport_shows_its_channel_and_with_keys_its_signatures() -> None:
    channel = ("basic access control and its channel", "3DES", 112, "used")
    assert trace("passport_read.card.jsonl") == {channel}
    assert trace("passport_read.card.jsonl", keys=True) == {
        channel,
        ("hashes of the data groups", "SHA-2", 256, "used"),
        ("signature of the document", "SHA-2", 256, "used"),
        ("signature of the document", "RSA", 2048, "used"),
        ("active authentication, the key of the chip", "RSA", 1024, "used"),
    }


def test_a_chip_lists_what_it_offers() -> None:
    """EF.CardAccess with PACE, ECDH, generic mapping, AES-128, over brainpoolP256r1 (13)."""
    access = "31143012060A04007F0007020204020202010202010D"
    found = rows(
        "00A4020C02011C/9000",
        f"00B0000016/{access}9000",
        "00A4040C07A0000002471001/9000",
        "0084000008/0011223344556677" + "9000",
    )
    assert found == {
        ("channel of PACE", "AES", 128, "offered"),
        ("PACE", "EC", 256, "offered"),
    }


@pytest.mark.parametrize(
    ("algorithm", "bits", "strength", "nist", "quantum"),
    [
        ("RSA", 1024, 80, "no longer", True),
        ("RSA", 2047, 80, "no longer", True),
        ("RSA", 2048, 112, "2030", True),
        ("RSA", 3072, 128, "beyond 2030", True),
        ("EC", 192, 80, "no longer", True),
        ("EC", 256, 128, "beyond 2030", True),
        ("3DES", 112, 80, "no longer", False),
        ("3DES", 168, 112, "no longer", False),
        ("AES", 128, 128, "beyond 2030", False),
        ("AES", None, None, "not known", False),
        ("A3/A8 of the operator", None, None, "not known", None),
    ],
)
def test_worth(
    algorithm: str, bits: int | None, strength: int | None, nist: str, quantum: bool | None
) -> None:
    """NIST SP 800-57 part 1 rev. 5, tables 2 and 4; SP 800-131A rev. 2, 2."""
    worth = worth_of(algorithm, bits)
    assert (worth.strength, worth.nist, worth.quantum) == (strength, nist, quantum)


@pytest.mark.parametrize(
    ("algorithm", "bits", "nist", "bsi"),
    [
        ("RSA", 2048, "2030", "until 2023"),
        ("EC", 256, "beyond 2030", "yes (from memory)"),
        ("SM4", 128, "not listed (from memory)", "not listed (from memory)"),
        ("AES", None, "not known", "not known"),
    ],
)
def test_what_was_compared_with_no_text_has_its_mark(
    algorithm: str, bits: int | None, nist: str, bsi: str
) -> None:
    """BSI TR-02102-1 (2021-01), 5.3.1, was read for RSA; its other chapters were not."""
    worth = worth_of(algorithm, bits)
    assert (worth.nist, worth.bsi) == (nist, bsi)


def test_the_mark_is_printed_and_stands_in_the_table() -> None:
    inventory = cardlib.algorithms(TRACES / "contact_cda.card.jsonl")
    printed = " ".join(str(inventory).split())
    assert "3DES 112, strength about 2^80, NIST: no longer, BSI: no (from memory)" in printed
    assert list(inventory.table()["bsi"]) == [
        "no",
        "no (from memory)",
        "no",
        "no",
        "no (from memory)",
    ]
