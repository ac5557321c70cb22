"""Variables read and changed. A change asks for the live build to be started anew with the variables as they are then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Denied, Missing, QuotaExceeded
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.config_variables import store
from harbor.products.appharbor_apps.config_variables.model import VARIABLES_MAX, Variable, check_key, check_value
from harbor.products.appharbor_apps.deploys import service as deploys
from harbor.products.appharbor_apps.telling import next_number, tell


def listing(call: Call, slug: str, *, includes_addons: bool) -> list[Variable]:
    """The variables of an application by key; those of add-ons only when asked for."""
    call, application = applications.require(call, slug, Right.READ)
    found = store.of_application(call.tx, call.account_id, application.id, call.vault)
    return [variable for variable in found if includes_addons or variable.addon_id is None]


def find(call: Call, slug: str, variable_id: int) -> Variable:
    """One variable. Raises `Missing`."""
    call, application = applications.require(call, slug, Right.READ)
    return _find(call, application, variable_id)


def add(call: Call, slug: str, *, key: str, value: str) -> Variable:
    """A new variable. Raises `Conflict` if there is one of this key, in whatever case."""
    call, application = applications.require(call, slug, Right.CONFIGURE)
    check_key(key)
    check_value(value)
    _require_free(call, application, key, None)
    if len(store.of_application(call.tx, call.account_id, application.id, call.vault)) >= VARIABLES_MAX:
        raise QuotaExceeded(f"An application has at most {VARIABLES_MAX} variables.")
    return _insert(call, application, key, value, None)


def change(call: Call, slug: str, variable_id: int, *, key: str, value: str) -> Variable:
    """The variable with another key or value; its id stays."""
    call, application = applications.require(call, slug, Right.CONFIGURE)
    before = _find(call, application, variable_id)
    _require_own(before)
    check_key(key)
    check_value(value)
    _require_free(call, application, key, before.id)
    after = replace(before, key=key, value=value, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after, call.vault)
    _changed(call, application, "variable.updated", after.id)
    return after


def remove(call: Call, slug: str, variable_id: int) -> None:
    """Remove a variable."""
    call, application = applications.require(call, slug, Right.CONFIGURE)
    variable = _find(call, application, variable_id)
    _require_own(variable)
    store.delete(call.tx, call.account_id, variable.id)
    _changed(call, application, "variable.removed", variable.id)


# For other slices and jobs, with the call of the application's account.


def environment(call: Call, application_id: int) -> dict[str, str]:
    """All variables with their values: for building and running."""
    return {each.key: each.value for each in store.of_application(call.tx, call.account_id, application_id, call.vault)}


def put_of_addon(call: Call, application: Application, addon_id: int, values: Mapping[str, str]) -> None:
    """What an add-on sets, in place of what it had set. A key that somebody else has set stays theirs."""
    store.delete_of_addon(call.tx, call.account_id, application.id, addon_id)
    for key, value in values.items():
        if store.by_key(call.tx, call.account_id, application.id, check_key(key), call.vault) is None:
            _insert(call, application, key, check_value(value), addon_id)
    deploys.refresh(call, application.id)


def remove_of_addon(call: Call, application_id: int, addon_id: int) -> None:
    """Remove what an add-on that goes had set."""
    store.delete_of_addon(call.tx, call.account_id, application_id, addon_id)
    deploys.refresh(call, application_id)


def remove_all(call: Call, application_id: int) -> None:
    """Remove the variables of an application that goes."""
    store.delete_of_application(call.tx, call.account_id, application_id)


def _insert(call: Call, application: Application, key: str, value: str, addon_id: int | None) -> Variable:
    variable = Variable(
        account_id=call.account_id,
        id=next_number(call, "variables"),
        application_id=application.id,
        key=key,
        value=value,
        addon_id=addon_id,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, variable, call.vault)
    _changed(call, application, "variable.added", variable.id)
    return variable


def _changed(call: Call, application: Application, type_: str, variable_id: int) -> None:
    tell(call, type_, application.id, variable_id=variable_id)
    deploys.refresh(call, application.id)


def _find(call: Call, application: Application, variable_id: int) -> Variable:
    found = store.find(call.tx, call.account_id, application.id, variable_id, call.vault)
    if found is None:
        raise Missing("Not Found")
    return found


def _require_own(variable: Variable) -> None:
    if variable.addon_id is not None:
        raise Denied("This variable belongs to an add-on and cannot be changed.")


def _require_free(call: Call, application: Application, key: str, but_id: int | None) -> None:
    other = store.by_key(call.tx, call.account_id, application.id, key, call.vault)
    if other is not None and other.id != but_id:
        raise Conflict("There is a variable with this key already.", code="variable_exists", field="key")
