"""Administrators hear of keys. Source: docs/products/harbour.md#keys."""

from __future__ import annotations

from datetime import timedelta

from tests.products.harbour_agreements.office import Office

from harbor.kernel.call import Call
from harbor.kernel.identity import people
from harbor.kernel.identity.people_model import Role
from harbor.products.harbour_agreements.api_keys import service


async def test_administrators_are_written_to_of_each_turn_of_a_key_and_never_of_its_text(office: Office) -> None:
    def join(call: Call) -> None:
        for name, role in (("ada", Role.OWNER), ("bo", Role.ADMIN), ("max", Role.MEMBER)):
            people.add(
                call.tx,
                call.new_id,
                organization_id=office.organization.id,
                email=f"{name}@example.com",
                name=name,
                role=role,
                password_hash=None,
            )

    await office.write(join)
    made = await office.write(lambda call: service.create(call, name="O'Brien & Sons", version="2.2"))
    await office.write(lambda call: service.note_exposed(call, made.credential.id, address="203.0.113.9"))
    await office.write(lambda call: service.rotate(call, made.credential.id, overlap=timedelta(days=1)))
    await office.write(lambda call: service.revoke(call, made.credential.id))

    mails = await office.write(lambda call: call.tx.rows("SELECT * FROM mails ORDER BY id"))

    assert {mail["recipient"] for mail in mails} == {"ada@example.com", "bo@example.com"}
    subjects = [mail["subject"].removeprefix("Harbour: an API key ") for mail in mails if mail["recipient"][0] == "a"]
    assert sorted(subjects) == ["came over plain HTTP", "was made", "was made", "was replaced", "was revoked"]
    assert made.secret not in str(mails)
