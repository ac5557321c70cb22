"""What may be done with people, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.people_model import normal_email
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole, check_access_roles
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import check_weekly_capacity
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.rates import service as rates
from harbor.products.harvest_timesheets.rates.model import RateKind
from harbor.products.harvest_timesheets.roles import service as roles
from harbor.products.harvest_timesheets.saved_reports import service as saved_reports
from harbor.products.harvest_timesheets.sentences import TAKEN, problem
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.tracked import service as tracked
from harbor.products.harvest_timesheets.users import store, teammates_store
from harbor.products.harvest_timesheets.users.invitations import invite
from harbor.products.harvest_timesheets.users.model import User, UserSeen, check_email, check_name
from harbor.products.harvest_timesheets.zones import known_zone

# Identities are the installation's, not an account's.
_INSTALLATION = "harvest"
# What a manager may change of people assigned to them; the rest is for administrators.
_OF_MANAGERS = frozenset(
    {"first_name", "last_name", "telephone", "timezone", "weekly_capacity_s", "has_access_to_all_future_projects"}
)
_FIXED_WHILE_ARCHIVED = ("first_name", "last_name", "email")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A person to add. Rates are in ten-thousandths; None is no rate."""

    first_name: str
    last_name: str
    email: str
    telephone: str = ""
    timezone: str | None = None
    has_access_to_all_future_projects: bool = False
    is_contractor: bool = False
    is_active: bool = True
    weekly_capacity_s: int | None = None
    billable_rate_e4: int | None = 0
    cost_rate_e4: int | None = 0
    roles: Iterable[str] = ()
    access_roles: Iterable[str] = ()
    person_id: str | None = None


# Who may


def find(call: Call, user_id: int) -> User:
    """A person of the account, active or not. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, user_id)
    if found is None:
        raise Missing(f"There is no user {user_id}.")
    return found


def myself(call: Call) -> User:
    """The caller as a person."""
    return find(call, access.me(call).user_id)


def to_list(call: Call) -> None:
    """Whether the caller may list people. Raises `Denied`."""
    if not (access.me(call).is_administrator or access.me(call).is_manager):
        raise access.denied("list users")


def to_read(call: Call, user_id: int) -> User:
    """A person: for administrators, for their manager, and a manager for themselves."""
    found = find(call, user_id)
    member = access.me(call)
    is_own = member.is_manager and (user_id == member.user_id or user_id in access.own_people(call))
    if not (member.is_administrator or is_own):
        raise access.denied("see this user")
    return found


def to_add(call: Call) -> None:
    """Whether the caller may invite people. Raises `Denied`."""
    access.require_administrator(call, "add users")


def to_change(call: Call, user_id: int) -> User:
    """A person to change: for administrators, and in part for their manager."""
    found = find(call, user_id)
    if not (access.me(call).is_administrator or user_id in access.own_people(call)):
        raise access.denied("change this user")
    return found


def to_delete(call: Call, user_id: int) -> User:
    """A person to delete, for administrators."""
    found = find(call, user_id)
    access.require_administrator(call, "delete users")
    return found


def to_see_rates(call: Call, kind: RateKind, user_id: int) -> User:
    """A person whose rates are read or set: cost rates by administrators, billable ones also by managers of rates."""
    found = find(call, user_id)
    is_theirs = kind is RateKind.BILLABLE and access.me(call).sees_rates and user_id in access.own_people(call)
    if not (access.me(call).is_administrator or is_theirs):
        raise access.denied(f"manage the {kind} rates of this user")
    return found


# What is there


def listed(
    call: Call, page: PageRequest, *, is_active: bool | None = None, updated_since: datetime | None = None
) -> Listed[UserSeen]:
    """People, newest first: all of them for administrators; themselves and their own people for managers."""
    member = access.me(call)
    among = None if member.is_administrator else sorted({member.user_id, *access.own_people(call)})
    found = store.newest_first(
        call.tx, call.account_id, page, is_active=is_active, updated_since=updated_since, among=among
    )
    return found.of(seen(call, found.items))


def seen(call: Call, users: Iterable[User]) -> list[UserSeen]:
    """People with the rates in force today and their roles, in two queries."""
    found = list(users)
    ids = [user.id for user in found]
    in_force = rates.in_force(call, ids, company.today(call)) if ids else {}
    names = roles.names_of(call, ids) if ids else {}
    return [
        UserSeen(
            user=user,
            billable_rate_e4=in_force.get((user.id, RateKind.BILLABLE)),
            cost_rate_e4=in_force.get((user.id, RateKind.COST)),
            roles=names.get(user.id, ()),
        )
        for user in found
    ]


def named(call: Call, ids: Iterable[int]) -> Mapping[int, User]:
    """People by their ids, to refer to them."""
    return store.named(call.tx, call.account_id, ids)


def avatar_url(call: Call, user_id: int) -> str:
    """Where a person's picture is."""
    return f"{call.base_url}/avatars/{user_id}.png"


def for_future_projects(call: Call) -> list[User]:
    """The active people who are put on every new project."""
    return store.for_future_projects(call.tx, call.account_id)


# What happens


def add(call: Call, new: NewUser, *, invites: bool = True) -> User:
    """A new person with their first rates, invited by mail."""
    here = company.of(call)
    email = check_email(new.email)
    _require_free(call, email)
    access_roles = check_access_roles(new.access_roles)
    shared = store.identity_in_organization(call.tx, call.account_id, email)
    user = User(
        account_id=call.account_id,
        id=call.next_serial("harvest_users"),
        identity_id=shared or identity.next_serial(call.tx, _INSTALLATION, "harvest_identities"),
        person_id=new.person_id,
        first_name=check_name(new.first_name, field="first_name"),
        last_name=check_name(new.last_name, field="last_name"),
        email=email,
        telephone=new.telephone,
        timezone=here.timezone if new.timezone is None else known_zone(new.timezone),
        weekly_capacity_s=check_weekly_capacity(
            here.weekly_capacity_s if new.weekly_capacity_s is None else new.weekly_capacity_s
        ),
        has_access_to_all_future_projects=new.has_access_to_all_future_projects,
        is_contractor=new.is_contractor,
        is_active=new.is_active,
        access_roles=access_roles,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, user)
    for kind, amount_e4 in ((RateKind.BILLABLE, new.billable_rate_e4), (RateKind.COST, new.cost_rate_e4)):
        if amount_e4 is not None:
            rates.insert(call, kind, user.id, amount_e4=amount_e4, start_on=None)
    roles.give(call, user.id, new.roles)
    access.rights_changed(call.tx, call.account_id)
    tell(call, "user.created", user.id, after=user)
    if invites and user.is_active:
        invite(call, user, here)
    return user


def change(call: Call, before: User, changes: Mapping[str, Any]) -> User:
    """A person with other facts: `changes` by the fields of `User`, and `roles`.

    Raises `Denied` for what a manager may not change of their people. Source: docs/products/harvest.md#users.
    """
    if not access.me(call).is_administrator and (beyond := sorted(set(changes) - _OF_MANAGERS)):
        raise access.denied(f"change {beyond[0].replace('_', ' ')} of users")
    facts = {name: value for name, value in changes.items() if name != "roles"}
    after = _checked(replace(before, **facts), facts)
    if after.email != before.email:
        _require_free(call, after.email)
    stays_archived = not before.is_active and not after.is_active
    if stays_archived and (fixed := [n for n in _FIXED_WHILE_ARCHIVED if getattr(before, n) != getattr(after, n)]):
        raise problem(fixed[0], "can't be changed while the user is archived")
    _keep_an_administrator(call, before, after)
    if before.is_active and not after.is_active:
        tracked.refuse_running(call, "User", user_id=before.id)
    after = _with_team(call, before, after)
    if "roles" in changes:
        roles.give(call, after.id, changes["roles"])
    elif after == before:
        return before
    return _put(call, before, after)


def delete(call: Call, user: User) -> None:
    """Remove a person who has tracked nothing. Nobody removes themselves, nor the last administrator."""
    if user.id == access.me(call).user_id:
        raise Conflict("You can't delete yourself")
    tracked.refuse_tracked(call, "User", user_id=user.id)
    _keep_an_administrator(call, user, None)
    teammates_store.replace_all(call.tx, call.account_id, user.id, ())
    teammates_store.forget(call.tx, call.account_id, user.id)
    roles.give(call, user.id, ())
    rates.forget(call, user.id)
    saved_reports.forget(call, user.id)
    store.delete(call.tx, call.account_id, user.id)
    access.rights_changed(call.tx, call.account_id)
    tell(call, "user.deleted", user.id, before=user)


def rates_changed(call: Call, user: User) -> None:
    """Move `updated_at` of a person whose rate changed, and of their assignments, which show it."""
    store.touch(call.tx, call.account_id, user.id)
    tracked.touch_assignments(call, user.id)


def has_team(call: Call, user: User, *, has: bool) -> User:
    """The person with or without the role that comes and goes with teammates."""
    roles_ = [role for role in user.access_roles if role != AccessRole.PEOPLE_MANAGER]
    if has:
        roles_.append(AccessRole.PEOPLE_MANAGER.value)
    after = replace(user, access_roles=tuple(role.value for role in AccessRole if role in roles_))
    return user if after == user else _put(call, user, after)


def _checked(user: User, facts: Mapping[str, Any]) -> User:
    checks: dict[str, Any] = {
        "first_name": lambda value: check_name(value, field="first_name"),
        "last_name": lambda value: check_name(value, field="last_name"),
        "email": check_email,
        "timezone": known_zone,
        "weekly_capacity_s": check_weekly_capacity,
        "access_roles": check_access_roles,
    }
    return replace(user, **{name: checks[name](value) for name, value in facts.items() if name in checks})


def _with_team(call: Call, before: User, after: User) -> User:
    """Who stays a manager keeps their people; who becomes something else loses them."""
    if AccessRole.PEOPLE_MANAGER not in before.access_roles or after.access_roles == before.access_roles:
        return after
    if after.is_manager:
        kept = {*after.access_roles, AccessRole.PEOPLE_MANAGER.value}
        return replace(after, access_roles=tuple(role.value for role in AccessRole if role in kept))
    teammates_store.replace_all(call.tx, call.account_id, after.id, ())
    return after


def _put(call: Call, before: User, after: User) -> User:
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    if (before.access_roles, before.is_active) != (after.access_roles, after.is_active):
        access.rights_changed(call.tx, call.account_id)
    if (before.name, before.is_active) != (after.name, after.is_active):
        tracked.touch(call, user_id=after.id)
    tell(call, "user.updated", after.id, before=before, after=after)
    if normal_email(before.email) != normal_email(after.email):
        # Who has the new address may join another account; a token of whoever had the old one would lead there.
        access.revoke_of_user(call, after.id)
    return after


def _require_free(call: Call, email: str) -> None:
    if store.by_email(call.tx, call.account_id, email) is not None:
        raise problem("email", TAKEN)


def _keep_an_administrator(call: Call, before: User, after: User | None) -> None:
    stays = after is not None and after.is_active and after.is_administrator
    if not (before.is_active and before.is_administrator) or stays:
        return
    call.tx.lock("harvest.administrators", call.account_id)
    if store.active_administrators(call.tx, call.account_id) <= 1:
        raise Conflict("The last administrator can't be archived, demoted or deleted")
