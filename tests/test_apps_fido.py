# SPDX-License-Identifier: MIT
"""FIDO over NFC: commands and answers by name, nothing of user or site in clear (values of public unit tests)."""

from __future__ import annotations

import pytest

import cardlib
from cardlib.core.dictionary import load
from cardlib.core.layout.marks import KINDS_OF_SECRETS
from cardlib.core.model import Exchange, Node
from cardlib.road.meaning import halves
from cardlib.show.text import text

SELECT = "> 00A4040008A0000006472F0001\n< 4649444F5F325F309000\n"
INFO = (
    "00A70182665532465F5632684649444F5F325F3002826375766D6B686D61632D7365637265740350"
    "F8A011F38C0A4D15800617111F9EDC7D04A462726BF5627570F564706C6174F469636C69656E7450"
    "696EF4051904B006810118631904D2"
)
CREDENTIAL = (
    "FE3AAC036D14C1E1C65518B698DD1DA8F596BC33E11072813466C6BF38456915"
    "09B80FB76D59309B8D39E0A93452688F6CA3A39A76F3FC52744FB73948B15783"
)
PUBLIC_KEY = (
    "A5010203262001215820643566C206DD00227005FA5DE69320616CA268043A38F08BDE2E9DC45A5CAFAF"
    "225820171353B2932434703726AAE579FA6542432861FE591E481EA22D63997E1A5290"
)
# The published answer, with an empty statement of attestation (A0) in place of the certificate.
CREATED = (
    "00A301667061636B65640258C40021F5FC0B85CD22E60623BCD7D1CA48948909249B4776EB515154E57B66AE12"
    f"410000001CF8A011F38C0A4D15800617111F9EDC7D0040{CREDENTIAL}{PUBLIC_KEY}03A0"
)


def exchange(command: str, answer: str) -> Exchange:
    """A message behind SELECT."""
    sent = f"> 80100000{len(command) // 2:02X}{command}00\n< {answer}9000\n"
    return cardlib.read_text(SELECT + sent, format="hex pairs").exchanges[1]


def found(shown: Exchange) -> dict[str, Node]:
    return {node.name: node for _, half in halves(shown) for _, node in half.walk()}


def test_what_an_authenticator_says_of_itself() -> None:
    nodes = found(exchange("04", INFO))
    assert nodes["command"].text == "get info"
    assert nodes["status"].text == "done"
    assert [node.text for node in nodes["versions"].children] == ["U2F_V2", "FIDO_2_0"]
    assert [node.text for node in nodes["extensions"].children] == ["uvm", "hmac-secret"]
    assert nodes["AAGUID"].text == "F8A011F38C0A4D15800617111F9EDC7D"
    options = {node.name: node.text for node in nodes["options"].children}
    assert options == {"rk": "true", "up": "true", "plat": "false", "clientPin": "false"}
    assert nodes["longest message"].text == "1200"
    assert nodes["99"].text == "1234"  # a key of the maker's own stays


def test_a_credential_that_was_made() -> None:
    shown = exchange("01A0", CREATED)
    nodes = found(shown)
    assert nodes["format"].text == "packed"
    assert nodes["flags"].text == "user present; credential data"
    assert nodes["counter"].text == "28"
    assert nodes["credential identifier"].value.hex().upper() == CREDENTIAL
    key = {node.name: node.text for node in nodes["public key"].children[0].children}
    assert (key["type of key"], key["algorithm"], key["curve"]) == ("2", "-7", "1")
    assert "FE3AAC03" not in text(shown, False)
    assert [node for node in nodes.values() if node.error] == []


def test_a_key_agreement_is_a_key_of_cose() -> None:
    nodes = found(exchange("06A20101" + "0202", f"00A101{PUBLIC_KEY}"))
    names = ["type of key", "algorithm", "curve", "x", "y"]
    assert [node.name for node in nodes["key agreement"].children] == names


def test_the_names_of_keys_have_marks_that_exist() -> None:
    lists = load("fido").resources.names
    entries = [entry for name in lists for entry in lists[name].values()]
    marks = {mark for _, _, mark in (entry.partition(" !") for entry in entries) if mark}
    assert marks and marks <= set(KINDS_OF_SECRETS)


def test_user_site_and_pin_are_hidden() -> None:
    site, user = b"example.com".hex(), b"alice@example".hex()
    request = f"01A202A162696 46B{site}03A2626964410164 6E616D656D{user}".replace(" ", "")
    printed = text(exchange(request, "2E"), False)
    for secret in ("example.com", "alice", site.upper(), user.upper()):
        assert secret not in printed
    assert "no credentials" in printed
    pin = found(exchange("06A2010106501122334455667788112233445566778 8".replace(" ", ""), "31"))
    assert pin["PIN hash enciphered"].fact.sensitive == "pin"
    assert pin["status"].text == "PIN wrong"


def test_what_is_broken_is_marked_and_costs_nothing_else() -> None:
    nodes = found(exchange("01A1FF", "12"))
    assert nodes["not parsed"].error == "an indefinite length is not read here"
    assert nodes["status"].text == "invalid CBOR"
    cut = found(exchange("01A0", CREATED[:120]))
    assert cut["authenticator data"].error == "196 bytes declared, 47 here"
    assert found(exchange("7F", "7E"))["command"].text == "7F (unknown value)"


USER = (
    "A362696444DEADBEEF"  # id
    "646E616D6565616C696365"  # name: alice
    "6B646973706C61794E616D65695275697A20416C6265"  # displayName: Ruiz Albe
)


@pytest.mark.parametrize("code", ["0A", "41"])
def test_the_user_of_a_credential_that_is_managed_is_hidden(code: str) -> None:
    """Also under the number that the command had before CTAP 2.1."""
    shown = exchange(f"{code}A10104", f"00A206{USER}07A162696444CAFEF00D")
    nodes = found(shown)
    assert nodes["user"].fact.sensitive == "name" and nodes["credential"].fact.sensitive == "id"
    printed = text(shown, False)
    for secret in ("alice", "Ruiz Albe", "DEADBEEF", "CAFEF00D"):
        assert secret not in printed and secret in text(shown, True)


def test_a_parameter_without_a_name_is_not_explained() -> None:
    assert not found(exchange("0CA10118 20".replace(" ", ""), "00A1014401020304"))["1"].fact.known
    assert found(exchange("0AA10101", "00A10103"))["credentials"].fact.known
