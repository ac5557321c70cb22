"""How an account begins: its company, the first administrator with a token, and what a new account is seeded with.

Source: docs/products/harvest.md#new-accounts.
"""

from __future__ import annotations

from dataclasses import dataclass

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Denied
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.people_model import Person, Role
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import NAME_LENGTH_MAX, Company
from harbor.products.harvest_timesheets.expense_categories import service as expense_categories
from harbor.products.harvest_timesheets.item_categories import service as item_categories
from harbor.products.harvest_timesheets.tasks import service as tasks
from harbor.products.harvest_timesheets.users import service as users
from harbor.products.harvest_timesheets.users.model import User
from harbor.products.harvest_timesheets.zones import DEFAULT

# Numbers of accounts are the installation's.
_INSTALLATION = "harvest"
# Name, billable by default, joins each new project.
_TASKS = (
    ("Design", True, True),
    ("Programming", True, True),
    ("Marketing", True, True),
    ("Project Management", True, True),
    ("Business Development", False, True),
    ("Vacation", False, False),
)
_EXPENSE_CATEGORIES = ("Entertainment", "Meals", "Lodging", "Transportation")
_MILE_E4 = 5_350


@dataclass(frozen=True, slots=True)
class Opened:
    """A new account of Harvest. `token` is the administrator's personal access token, shown this once."""

    company: Company
    administrator: User
    token: str


def open_account(
    call: Call,
    *,
    name: str,
    first_name: str,
    last_name: str,
    email: str,
    person_id: str | None = None,
    currency: str = "USD",
    timezone: str = DEFAULT,
) -> Opened:
    """Set Harvest up in the account of the call, for a person who becomes its administrator."""
    made, administrator = _begin(
        call,
        name=name,
        first_name=first_name,
        last_name=last_name,
        email=email,
        person_id=person_id,
        currency=currency,
        timezone=timezone,
    )
    _, token = access.mint(call, user_id=administrator.id, name="First token")
    return Opened(made, administrator, token)


def open_for(call: Call, person: Person) -> Company:
    """Set Harvest up in an account that has none, for an owner of its organization; they make tokens themselves.

    Installations that are older than Harvest have such accounts, and so has every sandbox. Raises `Denied` and `Conflict`.
    """
    if person.role is not Role.OWNER or person.organization_id != call.principal.organization_id:
        raise Denied("Only an owner of the organization opens Harvest.")
    call.tx.lock("harvest.opening", call.account_id)
    if company.is_set_up(call):
        raise Conflict("Harvest is set up here already.")
    organization = identity.organization(call.tx, person.organization_id)
    assert organization is not None, person.organization_id
    first, _, last = person.name.strip().rpartition(" ")
    made, _ = _begin(
        call,
        name=organization.name[:NAME_LENGTH_MAX],
        first_name=(first or last or person.email.partition("@")[0])[:NAME_LENGTH_MAX],
        last_name=(last if first else "–")[:NAME_LENGTH_MAX],
        email=person.email,
        person_id=person.id,
    )
    return made


def _begin(
    call: Call,
    *,
    name: str,
    first_name: str,
    last_name: str,
    email: str,
    person_id: str | None,
    currency: str = "USD",
    timezone: str = DEFAULT,
) -> tuple[Company, User]:
    number = identity.next_serial(call.tx, _INSTALLATION, "harvest_accounts")
    made = company.add(call, number=number, name=name, currency=currency, timezone=timezone)
    administrator = users.add(
        call,
        users.NewUser(
            first_name=first_name,
            last_name=last_name,
            email=email,
            person_id=person_id,
            has_access_to_all_future_projects=True,
            billable_rate_e4=None,
            cost_rate_e4=None,
            access_roles=(AccessRole.ADMINISTRATOR.value,),
        ),
        invites=False,
    )
    for task, billable, is_default in _TASKS:
        tasks.add(call, name=task, billable_by_default=billable, default_hourly_rate_e4=None, is_default=is_default)
    item_categories.seed(call)
    for category in _EXPENSE_CATEGORIES:
        expense_categories.add(call, name=category)
    expense_categories.add(call, name="Mileage", unit_name="mile", unit_price_e4=_MILE_E4)
    return made, administrator
