"""Company, people and what they are called, clients, contacts and tasks: a source's records, and the rows they become."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from decimal import Decimal

import msgspec

from harbor.kernel.errors import Invalid
from harbor.kernel.identity.people_model import normal_email
from harbor.products.harvest_timesheets.access.model import BASE_ROLES, AccessRole, check_access_roles
from harbor.products.harvest_timesheets.company.model import WEEKLY_CAPACITY_S_MAX
from harbor.products.harvest_timesheets.currencies import known_currency
from harbor.products.harvest_timesheets.importing.values import (
    Mapped,
    Record,
    Ref,
    Unfit,
    World,
    checked_id,
    day_or_none,
    name,
    scaled,
    text,
    text_or_none,
    units,
)
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.users.model import check_email
from harbor.products.harvest_timesheets.zones import known_zone


class CompanyRecord(msgspec.Struct, kw_only=True):
    """What a source tells of its account."""

    name: str
    week_start_day: str | None = None
    wants_timestamp_timers: bool = False
    time_format: str | None = None
    date_format: str | None = None
    weekly_capacity: int | None = None
    clock: str | None = None
    currency: str | None = None
    currency_code_display: str | None = None
    currency_symbol_display: str | None = None
    decimal_symbol: str | None = None
    thousands_separator: str | None = None
    color_scheme: str | None = None
    expense_feature: bool = True
    invoice_feature: bool = True
    estimate_feature: bool = True
    team_feature: bool = True
    approval_feature: bool = False


class UserRecord(Record, kw_only=True):
    """A person."""

    first_name: str
    last_name: str | None = None
    email: str
    telephone: str | None = None
    timezone: str | None = None
    weekly_capacity: int | None = None
    has_access_to_all_future_projects: bool = False
    is_contractor: bool = False
    is_active: bool = True
    access_roles: list[str] = msgspec.field(default_factory=list)


class RoleRecord(Record, kw_only=True):
    """A label of jobs."""

    name: str
    user_ids: list[int] = msgspec.field(default_factory=list)


class ClientRecord(Record, kw_only=True):
    """A client."""

    name: str
    is_active: bool
    address: str | None = None
    statement_key: str | None = None
    currency: str | None = None


class ContactRecord(Record, kw_only=True):
    """A contact of a client."""

    title: str | None = None
    first_name: str
    last_name: str | None = None
    email: str | None = None
    phone_office: str | None = None
    phone_mobile: str | None = None
    fax: str | None = None
    client: Ref


class TaskRecord(Record, kw_only=True):
    """A task."""

    name: str
    billable_by_default: bool = True
    default_hourly_rate: Decimal | None = None
    is_default: bool = False
    is_active: bool = True


class RateRecord(Record, kw_only=True):
    """A billable or cost rate of a person."""

    amount: Decimal
    start_date: date | None = None


class TeammateRecord(msgspec.Struct, kw_only=True):
    """One of a manager's people."""

    id: int


def user(record: UserRecord, world: World) -> Mapped:
    """The row of a person. Who they are across accounts is not in it."""
    try:
        email = check_email(record.email)
    except Invalid as refusal:
        raise Unfit(refusal.message) from None
    zone = world.timezone
    with suppress(Invalid):
        zone = known_zone(record.timezone or zone)
    capacity_s = record.weekly_capacity if record.weekly_capacity is not None else 0
    if not 0 <= capacity_s <= WEEKLY_CAPACITY_S_MAX:
        raise Unfit("its weekly capacity is no part of a week")
    values = {
        "first_name": name(record.first_name),
        "last_name": name(record.last_name),
        "email": email,
        "email_key": normal_email(email),
        "telephone": name(record.telephone),
        "timezone": zone,
        "weekly_capacity_s": capacity_s,
        "has_access_to_all_future_projects": int(record.has_access_to_all_future_projects),
        "is_contractor": int(record.is_contractor),
        "is_active": int(record.is_active),
        "access_roles": json.dumps(access_roles(record.access_roles)),
        **record.moments(),
    }
    return Mapped(id=record.id, values=values)


def access_roles(given: list[str]) -> tuple[str, ...]:
    """The roles as we keep them: of several base roles the highest; what is unknown, or only managers can have, is dropped."""
    known = {role.value for role in AccessRole}
    base = next((role for role in BASE_ROLES if role in given), AccessRole.MEMBER)
    extras = set(given) & known - set(BASE_ROLES) if base is AccessRole.MANAGER else set()
    kept = {base.value, *check_access_roles([base.value, *extras])}
    if AccessRole.PEOPLE_MANAGER in extras:
        kept.add(AccessRole.PEOPLE_MANAGER.value)
    return tuple(role.value for role in AccessRole if role in kept)


def role(record: RoleRecord, world: World) -> Mapped:  # noqa: ARG001 (every row is made so)
    """The row of a label, with those who carry it."""
    title = name(record.name)
    return Mapped(
        id=record.id,
        values={"name": title, "name_key": name_key(title), **record.moments()},
        children=[{"user_id": checked_id(user_id)} for user_id in sorted(set(record.user_ids))],
    )


def client(record: ClientRecord, world: World) -> Mapped:  # noqa: ARG001
    """The row of a client."""
    title = name(record.name)
    values = {
        "name": title,
        "name_key": name_key(title),
        "is_active": int(record.is_active),
        "address": text_or_none(record.address),
        "statement_key": text(record.statement_key, 100),
        "currency": currency(record.currency),
        **record.moments(),
    }
    return Mapped(id=record.id, values=values)


def contact(record: ContactRecord, world: World) -> Mapped:  # noqa: ARG001
    """The row of a contact."""
    values = {
        "client_id": record.client.id,
        "title": text_or_none(record.title),
        "first_name": name(record.first_name),
        "last_name": text_or_none(record.last_name),
        "email": name(record.email),
        "phone_office": name(record.phone_office),
        "phone_mobile": name(record.phone_mobile),
        "fax": name(record.fax),
        **record.moments(),
    }
    return Mapped(id=record.id, values=values, needs=(("harvest_clients", record.client.id),))


def task(record: TaskRecord, world: World) -> Mapped:  # noqa: ARG001
    """The row of a task."""
    title = name(record.name)
    values = {
        "name": title,
        "name_key": name_key(title),
        "billable_by_default": int(record.billable_by_default),
        "default_hourly_rate_e4": scaled(record.default_hourly_rate, 4),
        "is_default": int(record.is_default),
        "is_active": int(record.is_active),
        **record.moments(),
    }
    return Mapped(id=record.id, values=values)


def rate(record: RateRecord, world: World) -> Mapped:
    """The row of a rate of the person whose list it is."""
    values = {
        "user_id": world.parent_id,
        "start_on": day_or_none(record.start_date) or "",
        "amount_e4": units(record.amount, 4),
        **record.moments(),
    }
    return Mapped(id=record.id, values=values)


def teammate(record: TeammateRecord, world: World) -> Mapped:
    """One of the people of the manager whose list it is."""
    values = {"manager_id": world.parent_id, "user_id": record.id}
    return Mapped(id=record.id, values=values, needs=(("harvest_users", record.id),))


def currency(code: str | None) -> str:
    """A code that we know. Raises `Unfit`."""
    try:
        return known_currency(code or "USD")
    except Invalid:
        raise Unfit(f"its currency {str(code)[:10]} is not known here") from None
