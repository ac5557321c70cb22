"""What people may do with applications. `require` is the one way to an application: it checks the role first.

Other slices ask `call, application = applications.require(call, slug, Right.CONFIGURE)` and go on with that call, which
acts in the application's account.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.errors import Conflict, Denied, Invalid, Missing, QuotaExceeded
from harbor.kernel.identity import people_store
from harbor.kernel.identity.secrets import digest
from harbor.kernel.jobs import queue
from harbor.kernel.storage.database import Tx
from harbor.products.appharbor_apps.access import service as access
from harbor.products.appharbor_apps.applications import store
from harbor.products.appharbor_apps.applications.model import (
    RIGHTS,
    SLUG_HOLD,
    Application,
    Right,
    Role,
    check_command,
    check_name,
    check_path,
    check_word,
)
from harbor.products.appharbor_apps.applications.rules import SLUG, numbered, slug_of
from harbor.products.appharbor_apps.telling import next_number, tell

REMOVE_JOB = "appharbor.application.remove"
_BUILD_TOKEN = "appharbor.build_token"  # noqa: S105 (names a purpose of the vault)
_SLUGS_TRIED_MAX = 200
_BUILD_TOKEN_BYTES = 32


def require(call: Call, slug: str, right: Right) -> tuple[Call, Application]:
    """The application and a call that acts in its account.

    Raises `Missing` for an application the caller may not know of, and `Denied` for a right their role lacks.
    """
    application = store.by_slug(call.tx, slug) if SLUG.fullmatch(slug) else None
    role = None if application is None else role_in(call, application)
    if application is None or role is None:
        raise Missing("Not Found", code="application_not_found")
    if right not in RIGHTS[role]:
        raise Denied("Forbidden")
    return call.within(application.account_id), application


def require_by_build_token(call: Call, slug: str, token: str) -> tuple[Call, Application]:
    """The application whose build token this is, and a call of the platform in its account. Raises `Missing`."""
    application = store.by_slug(call.tx, slug) if SLUG.fullmatch(slug) else None
    known = digest("") if application is None else application.build_token_digest
    # Some programs turn the plus of base64 into a blank on their way through a form.
    is_right = secrets.compare_digest(known, digest(token.strip().replace(" ", "+")))
    if application is None or not is_right:
        raise Missing("Not Found", code="application_not_found")
    return call.within(application.account_id), application


def role_in(call: Call, application: Application) -> Role | None:
    """What the caller is to an application; None for nothing. Who may do everything in an account owns what is in it."""
    person = people_store.in_any_organization(call.tx, access.me(call))
    if person is None or not person.is_active:
        return None
    if person.id == application.person_id:
        return Role.OWNER
    if call.principal.account_id == application.account_id and person.role.may_do_everything:
        return Role.OWNER
    found = store.role_of(call.tx, application.account_id, application.id, person.id)
    return None if found is None else Role(found)


def listing(call: Call) -> list[Application]:
    """Every application the caller owns or works on, by name."""
    person = access.person_of(call)
    own = store.by_name(call.tx, call.account_id, person_id=None if person.role.may_do_everything else person.id)
    shared = store.shared_with(call.tx, call.account_id, person.id)
    found = {application.id: application for application in (*own, *shared)}
    return sorted(found.values(), key=lambda each: (each.name.casefold(), each.id))


def create(
    call: Call, *, name: str, region: str | None, regions: Mapping[str, str], applications_max: int | None
) -> Application:
    """A new application of the caller's account. `regions` are the known ones, the default first.

    Raises `Conflict` if the account has one of this slug; one that somebody else has gets a number behind it.
    """
    name = check_name(name)
    wanted = next(iter(regions)) if region is None or not region.strip() else region.strip()
    if wanted not in regions:
        raise Invalid(f"{wanted[:100]} is not a region; {', '.join(regions)} are.", field="region_identifier")
    call.tx.lock("appharbor_slugs")
    if applications_max is not None and store.count(call.tx, call.account_id) >= applications_max:
        raise QuotaExceeded(f"The plan allows {applications_max} applications.")
    slug = _free_slug(call, slug_of(name))
    token = b64encode(secrets.token_bytes(_BUILD_TOKEN_BYTES)).decode()
    application = Application(
        account_id=call.account_id,
        id=next_number(call, "applications"),
        slug=slug,
        name=name,
        region=wanted,
        person_id=access.me(call),
        tracking_branch=None,
        environment_name="Release",
        precompilation=True,
        build_command=None,
        test_command=None,
        health_check_path="/",
        fail_on_test_failure=True,
        is_file_system_writable=False,
        sealed_build_token=call.vault.seal(call.account_id, _BUILD_TOKEN, token),
        build_token_digest=digest(token),
        live_build_id=None,
        deploying_build_id=None,
        wanted_build_id=None,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, application)
    tell(call, "application.created", application.id, slug=slug)
    return application


def _free_slug(call: Call, wanted: str) -> str:
    for number in range(_SLUGS_TRIED_MAX):
        slug = numbered(wanted, number)
        other = store.by_slug(call.tx, slug)
        if other is None and not store.is_held(call.tx, call.account_id, slug):
            return slug
        if number == 0 and other is not None and other.account_id == call.account_id:
            raise Conflict(f"There is an application {slug} already.", code="application_exists", field="name")
    raise Conflict(f"Too many applications are called {wanted}; choose another name.", field="name")


def edit(call: Call, slug: str, changes: Mapping[str, Any]) -> Application:
    """The application after a change of what was given, by the names of its fields. The slug never changes."""
    call, application = require(call, slug, Right.CONFIGURE)
    if not changes:
        raise Invalid("Nothing of this can be changed.")
    checked = {name: _CHECKS[name](value, name) if name in _CHECKS else value for name, value in changes.items()}
    after = replace(application, **checked, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    tell(call, "application.updated", application.id, fields=sorted(checked))
    return after


def set_precompilation(call: Call, slug: str, *, wanted: bool) -> None:
    """Whether assets are made ready while building."""
    edit(call, slug, {"precompilation": wanted})


def build_token(call: Call, slug: str) -> str:
    """The token of the application's build address."""
    call, application = require(call, slug, Right.PUSH)
    return call.vault.open(call.account_id, _BUILD_TOKEN, application.sealed_build_token)


def rotate_build_token(call: Call, slug: str) -> str:
    """A new token; the former one is refused from this commit on."""
    call, application = require(call, slug, Right.CONFIGURE)
    token = b64encode(secrets.token_bytes(_BUILD_TOKEN_BYTES)).decode()
    sealed = call.vault.seal(call.account_id, _BUILD_TOKEN, token)
    after = replace(application, sealed_build_token=sealed, build_token_digest=digest(token), updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    tell(call, "application.build_token_rotated", application.id)
    return token


def delete(call: Call, slug: str) -> None:
    """Delete an application. Nobody else gets its slug for a day; a job removes what belonged to it."""
    call, application = require(call, slug, Right.DELETE)
    store.delete(call.tx, call.account_id, application.id)
    store.hold(call.tx, call.account_id, application.slug, micros(call.tx.now + SLUG_HOLD))
    queue.enqueue(
        call.tx,
        call.account_id,
        REMOVE_JOB,
        {"application_id": application.id},
        job_id=call.new_id("job_"),
        unique_key=f"{REMOVE_JOB}:{application.id}",
    )
    tell(call, "application.deleted", application.id, slug=application.slug)


# What slices of this product and jobs do, after their own checks.


def is_any(tx: Tx) -> bool:
    """Whether the installation has an application."""
    return store.is_any(tx)


def find(call: Call, application_id: int) -> Application | None:
    """An application of the call's account: for jobs."""
    return store.find(call.tx, call.account_id, application_id)


def find_in(call: Call, account_id: str, application_id: int) -> Application | None:
    """An application of another account, for a credential that leads to it and was looked at by the caller."""
    return store.find(call.tx, account_id, application_id)


def put(call: Call, application: Application) -> None:
    """Write an application as a slice has changed it: which builds are live or wanted."""
    store.put(call.tx, call.account_id, application)


def _optional_word(value: str, name: str) -> str | None:
    return check_word(value, name) if value.strip() else None


_CHECKS: Mapping[str, Any] = {
    "name": lambda value, _name: check_name(value),
    "tracking_branch": _optional_word,
    "environment_name": check_word,
    "build_command": check_command,
    "test_command": check_command,
    "health_check_path": check_path,
}
