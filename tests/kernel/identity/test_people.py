"""People of an organization: what they are called, what may change, and who stays in charge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.identity.conftest import AddPerson

from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Conflict, HarborError, Invalid, Missing
from harbor.kernel.identity import people, people_store
from harbor.kernel.identity.people_model import Person, Role, check_email, check_name, check_username, normal_email
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Database


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada@Example.COM\n", "ada@example.com"),
        ("ada+harbor@mail.example.com", "ada+harbor@mail.example.com"),
        ("o'neil@localhost", "o'neil@localhost"),
        ("JU\u0308RGEN@example.com", "j\u00fcrgen@example.com"),
    ],
)
def test_an_email_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert check_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "ada", "@example.com", "ada@", "ada@b@c", "ada @example.com", "Ada <ada@example.com>", "a" * 250 + "@b.co"],
)
def test_what_is_no_single_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_email(typed)
    assert refused.value.field == "email"


@given(st.text())
def test_the_normal_form_of_an_email_is_its_own_normal_form_or_at_least_refused(text: str) -> None:
    try:
        kept = check_email(f"{text}@example.com")
    except Invalid:
        return
    assert normal_email(kept) == kept


@pytest.mark.parametrize(
    ("typed", "kept"), [("Ada", "ada"), ("a", "a"), ("ada.l_-9", "ada.l_-9"), ("x" * 39, "x" * 39)]
)
def test_a_username_is_kept_in_lower_case(typed: str, kept: str) -> None:
    assert check_username(typed) == kept


@pytest.mark.parametrize("typed", ["", "x" * 40, "a b", "a/b", ".", "..", "ü", "a@b"])
def test_a_username_that_does_not_fit_into_a_url_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        check_username(typed)


@pytest.mark.parametrize("typed", ["", " \t", "x" * 121])
def test_a_name_has_1_to_120_characters(typed: str) -> None:
    with pytest.raises(Invalid):
        check_name(typed)
    assert check_name(" Ada Lovelace ") == "Ada Lovelace"


def test_a_person_is_printed_without_the_password_hash() -> None:
    moment = ManualClock.__new__(ManualClock)
    person = Person(
        id="ppl_1",
        organization_id="org_a",
        email="ada@example.com",
        username=None,
        name="Ada",
        role=Role.OWNER,
        is_active=True,
        created_at=moment,  # type: ignore[arg-type]
        updated_at=moment,  # type: ignore[arg-type]
        password_hash="$argon2id$secret",
    )
    assert "argon2id" not in repr(person)


async def test_a_person_is_found_as_added(organizations: Database, add_person: AddPerson) -> None:
    ada = await add_person(email=" Ada@Example.com", username="Ada", role=Role.OWNER, password_hash="hash")

    assert (ada.email, ada.username, ada.role, ada.is_active) == ("ada@example.com", "ada", Role.OWNER, True)
    assert await organizations.read(lambda tx: people_store.find(tx, "org_a", ada.id)) == ada
    assert await organizations.read(lambda tx: people_store.by_email(tx, "ada@example.com")) == ada
    assert await organizations.read(lambda tx: people_store.by_username(tx, "ada")) == ada


async def test_a_person_of_another_organization_is_missing(organizations: Database, add_person: AddPerson) -> None:
    ada = await add_person()

    with pytest.raises(Missing):
        await organizations.write(lambda tx: people.change(tx, "org_b", ada.id, name="Eve"))
    with pytest.raises(Missing):
        await organizations.write(lambda tx: people.set_password(tx, "org_b", ada.id, "hash"))


async def test_an_email_belongs_to_one_person_of_the_whole_installation(add_person: AddPerson) -> None:
    await add_person(email="ada@example.com")

    with pytest.raises(Conflict) as refused:
        await add_person(organization_id="org_b", email="ADA@example.com")

    assert (refused.value.code, refused.value.field) == ("email_taken", "email")


async def test_a_username_belongs_to_one_person_and_many_have_none(add_person: AddPerson) -> None:
    await add_person(email="a@example.com", username="ada")
    await add_person(email="b@example.com")
    await add_person(email="c@example.com")

    with pytest.raises(Conflict) as refused:
        await add_person(organization_id="org_b", email="d@example.com", username="ADA")

    assert (refused.value.code, refused.value.field) == ("username_taken", "username")


async def test_of_two_who_want_an_email_at_once_one_gets_it(add_person: AddPerson) -> None:
    results = await asyncio.gather(
        *(add_person(organization_id=f"org_{letter}") for letter in "abab"), return_exceptions=True
    )

    refusals = [result for result in results if isinstance(result, HarborError)]
    assert [refusal.code for refusal in refusals] == ["email_taken"] * 3


async def test_a_change_touches_only_what_was_given(
    organizations: Database, add_person: AddPerson, clock: ManualClock
) -> None:
    ada = await add_person(username="ada", role=Role.OWNER)
    clock.advance(60)

    renamed = await organizations.write(lambda tx: people.change(tx, "org_a", ada.id, name=" Ada L. "))
    nameless = await organizations.write(lambda tx: people.change(tx, "org_a", ada.id, username=None))

    assert (renamed.name, renamed.username, renamed.email, renamed.role) == ("Ada L.", "ada", ada.email, Role.OWNER)
    assert (nameless.name, nameless.username) == ("Ada L.", None)
    assert (nameless.created_at, nameless.updated_at) == (ada.created_at, ada.created_at + timedelta(seconds=60))
    assert await organizations.read(lambda tx: people_store.find(tx, "org_a", ada.id)) == nameless


async def test_an_email_cannot_be_changed_to_somebody_elses_but_to_ones_own_in_other_letters(
    organizations: Database, add_person: AddPerson
) -> None:
    await add_person(email="bob@example.com")
    ada = await add_person()

    with pytest.raises(Conflict):
        await organizations.write(lambda tx: people.change(tx, "org_a", ada.id, email="Bob@example.com"))
    changed = await organizations.write(lambda tx: people.change(tx, "org_a", ada.id, email="ADA@example.com"))

    assert changed.email == "ada@example.com"


@pytest.mark.parametrize("change", [{"role": Role.ADMIN}, {"is_active": False}])
async def test_the_last_active_owner_stays(
    organizations: Database, add_person: AddPerson, change: dict[str, object]
) -> None:
    ada = await add_person(role=Role.OWNER)
    bob = await add_person(email="bob@example.com", role=Role.OWNER)
    await add_person(organization_id="org_b", email="eve@example.com", role=Role.OWNER)

    await organizations.write(lambda tx: people.change(tx, "org_a", bob.id, **change))  # type: ignore[arg-type]
    with pytest.raises(Conflict) as refused:
        await organizations.write(lambda tx: people.change(tx, "org_a", ada.id, **change))  # type: ignore[arg-type]

    assert refused.value.code == "last_owner"
    assert (await organizations.write(lambda tx: people.change(tx, "org_a", ada.id, name="A."))).role is Role.OWNER


async def test_two_owners_who_step_down_at_once_leave_one(organizations: Database, add_person: AddPerson) -> None:
    owners = [await add_person(email=f"{name}@example.com", role=Role.OWNER) for name in ("ada", "bob")]

    results = await asyncio.gather(
        *(
            organizations.write(lambda tx, id_=owner.id: people.change(tx, "org_a", id_, role=Role.MEMBER))  # type: ignore[misc]
            for owner in owners
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(result, Conflict) for result in results) == 1
    assert await organizations.read(lambda tx: people_store.active_owners(tx, "org_a")) == 1


async def test_people_are_listed_newest_first_within_their_organization(
    organizations: Database, add_person: AddPerson, new_id: Callable[[str], str]
) -> None:
    added = [await add_person(email=f"{number}@example.com") for number in range(3)]
    await add_person(organization_id="org_b", email="eve@example.com")

    first = await organizations.read(lambda tx: people_store.newest_first(tx, "org_a", PageRequest(limit=2)))
    after = first.items[-1].id
    rest = await organizations.read(
        lambda tx: people_store.newest_first(tx, "org_a", PageRequest(limit=2, after=after))
    )

    assert [*first.items, *rest.items] == added[::-1]
    assert (first.more, rest.more) == (True, False)
