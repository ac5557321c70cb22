"""What people are written when they are given a link."""

from __future__ import annotations

from dataclasses import dataclass, field

from harbor.console import tokens
from harbor.kernel.call import Call
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.people_model import Person
from harbor.kernel.mail import outbox


@dataclass(frozen=True, slots=True)
class Occasion:
    """A link that somebody is given."""

    person: Person
    use: tokens.For
    link: str = field(repr=False)


def send(call: Call, occasion: Occasion) -> bool:
    """Put the mail into the outbox; False if the person had one of the kind in the present hour."""
    organization = identity.organization(call.tx, occasion.person.organization_id)
    assert organization is not None, occasion.person.organization_id
    # A name is somebody's words: it stands in one line, whatever is in it.
    name = " ".join(organization.name.split())
    days = tokens.LIFETIMES[occasion.use].days
    term = "one day" if days == 1 else f"{days} days"
    if occasion.use is tokens.For.JOIN:
        subject = f"Join {name} on Harbor"
        what = f"You are invited to {name} on Harbor. Choose your password here:"
    else:
        subject = "Another password for Harbor"
        what = f"An owner of {name} gave you a link to choose another password for Harbor:"
    text = f"{what}\n\n{occasion.link}\n\nThe link is good once, and for {term}. If this is not for you, do nothing.\n"
    mail = outbox.send(
        call.tx,
        call.account_id,
        occasion.person.email,
        subject,
        text,
        topic=f"console.{occasion.use}:{occasion.person.id}",
        mail_id=call.new_id("mail_"),
        about=occasion.person.id,
    )
    return mail is not None
