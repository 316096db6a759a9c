# SPDX-License-Identifier: MIT
"""The list of applications: found by name, by AID, by a command that only one has; the dictionaries they use."""

from __future__ import annotations

import pytest

from cardlib.apps import (
    APPLICATIONS,
    Application,
    by_aid,
    by_name,
    claimed_by,
    emv,
    facts_of,
    iso7816,
    telecom,
)
from cardlib.core.model import Context

AIDS = [
    ("", "iso7816"),
    ("A0", "iso7816"),
    ("A00000000", "iso7816"),
    ("A0000000871002", "telecom"),
    ("A000000003000000", "iso7816"),
    ("A0000000031010", "emv"),
    ("A00000002501", "emv"),
    ("325041592E5359532E4444463031", "emv"),
    ("315041592E5359532E4444463031", "emv"),
    ("325041592E5359532E44444630", "iso7816"),
]


@pytest.mark.parametrize(("aid", "name"), AIDS)
def test_by_aid(aid: str, name: str) -> None:
    assert by_aid(aid).name == name


def test_by_name() -> None:
    assert by_name("no such application") is iso7816.APP
    assert by_name("") is iso7816.APP
    assert by_name("emv") is emv.APP
    assert [by_name(app.name) for app in APPLICATIONS] == list(APPLICATIONS)


def test_claims() -> None:
    assert claimed_by(0x00, 0xA4) is None
    assert claimed_by(0x00, 0xA8) is None
    assert claimed_by(0x80, 0xA8) is claimed_by(0x80, 0xAE) is emv.APP
    assert claimed_by(0x80, 0x10) is claimed_by(0xA0, 0x10) is telecom.APP
    claims = [claim for app in APPLICATIONS for claim in app.claims]
    assert len(claims) == len(set(claims))


def test_no_prefix_is_listed_twice_and_the_fallback_is_last() -> None:
    prefixes = [prefix for app in APPLICATIONS for prefix in app.aids]
    assert len(prefixes) == len(set(prefixes))
    assert all(prefix == prefix.upper() and bytes.fromhex(prefix) for prefix in prefixes)
    assert APPLICATIONS[-1] is iso7816.APP and not iso7816.APP.claims


def test_an_application_is_a_record() -> None:
    app = Application("x", (), (), iso7816.follow, iso7816.decode)
    assert (app.claims, app == Application("x", (), (), iso7816.follow, iso7816.decode)) == ((), True)


FACTS = [
    (Context(), ("iso7816", "globalplatform", "telecom")),
    (Context(application="no such application"), ("iso7816", "globalplatform", "telecom")),
    (Context(application="telecom"), ("iso7816", "globalplatform", "telecom", "uicc")),
    (Context(application="emv"), ("iso7816", "emv", "globalplatform")),
    (Context(application="emv", aid="A0000009999999"), ("iso7816", "emv", "globalplatform")),
    (Context(application="emv", aid="A0000000031010"), ("iso7816", "emv", "globalplatform", "visa")),
    (Context(application="emv", aid="A00000002501"), ("iso7816", "emv", "globalplatform", "amex")),
]


@pytest.mark.parametrize(("context", "names"), FACTS, ids=[f"{c.application} {c.aid}" for c, _ in FACTS])
def test_dictionaries_in_force(context: Context, names: tuple[str, ...]) -> None:
    assert facts_of(context).names == names
    assert facts_of(context) is facts_of(context)
