"""The mail that invites a new person."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.mail import outbox
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.users.model import User


def invite(call: Call, user: User, company: Company) -> None:
    """Queue the invitation; it goes out after the commit."""
    where = f"Sign in at {call.base_url} to begin." if call.base_url else "Sign in to begin."
    outbox.send(
        call.tx,
        call.account_id,
        user.email,
        f"You are invited to track time at {_one_line(company.name)}",
        f"Hello {user.first_name},\n\n{company.name} tracks time with Harbor, and you are on the team now.\n\n{where}\n",
        topic=f"harvest.invitation:{user.id}",
        mail_id=call.new_id("mail_"),
        about=f"user/{user.id}",
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:120]
