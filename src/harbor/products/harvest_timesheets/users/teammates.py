"""Whose people are whose: a manager's teammates, by which they get the people of their own."""

from __future__ import annotations

from collections.abc import Sequence

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.paging import Listed, part_of
from harbor.products.harvest_timesheets.sentences import problem
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.users import service, teammates_store
from harbor.products.harvest_timesheets.users.model import User


def to_manage(call: Call, user_id: int) -> User:
    """The person whose team it is, for administrators. Raises `Missing` and `Denied`."""
    found = service.find(call, user_id)
    access.require_administrator(call, "manage teammates")
    return found


def listed(call: Call, manager: User, page: PageRequest) -> Listed[User]:
    """A manager's people, the newest first. Raises `Conflict` for who is no manager."""
    return part_of(_team(call, _manager(manager)), page, lambda user: user.id)


def assign(call: Call, manager: User, user_ids: Sequence[int]) -> list[User]:
    """These people and nobody else. The first gives the manager the role that says so, none takes it away."""
    _manager(manager)
    wanted = sorted(set(user_ids))
    if manager.id in wanted:
        raise problem("teammate_ids", "can't include the manager")
    unknown = set(wanted) - set(service.named(call, wanted))
    if unknown:
        raise problem("teammate_ids", f"include {min(unknown)}, who is not in this account")
    before = sorted(teammates_store.of_manager(call.tx, call.account_id, manager.id))
    if before != wanted:
        teammates_store.replace_all(call.tx, call.account_id, manager.id, wanted)
        service.has_team(call, manager, has=bool(wanted))
        access.rights_changed(call.tx, call.account_id)
        tell(
            call,
            "teammates.updated",
            manager.id,
            before={"teammate_ids": before},
            after={"teammate_ids": wanted},
            teammate_ids=wanted,
        )
    return _team(call, manager)


def _team(call: Call, manager: User) -> list[User]:
    ids = teammates_store.of_manager(call.tx, call.account_id, manager.id)
    people = service.named(call, ids)
    return [people[user_id] for user_id in ids if user_id in people]


def _manager(user: User) -> User:
    if not user.is_manager:
        raise Conflict("User is not a manager")
    return user
