"""Before a provider is asked: is the wish for a check a good one, and who runs it?

Source: docs/products/harbour.md#start.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.mail.model import check_address
from harbor.products.harbour_agreements import ids
from harbor.products.harbour_agreements.engine.model import Agreed, Asked, Opened
from harbor.products.harbour_agreements.organizations import service as organizations
from harbor.products.harbour_agreements.providers.protocol import Applicant, Order
from harbor.products.harbour_agreements.providers.registry import Providers
from harbor.products.harbour_agreements.refusals import Problem, invalid
from harbor.products.harbour_agreements.text import plain
from harbor.products.harbour_agreements.verifications.catalogue import tier_of
from harbor.products.harbour_agreements.verifications.metadata import checked
from harbor.products.harbour_agreements.verifications.model import STARTABLE, Type

NAME_LENGTH_MAX = 200
_ADDRESSES_MAX = 20
_ADDRESS_FIELDS_MAX = 20
_LINK = re.compile(r"[A-Za-z0-9]{8}|[A-Za-z0-9]{21}")


def opened(call: Call, asked: Asked, providers: Providers) -> Opened:
    """A wish that may be fulfilled, with its id. Raises `Invalid` with each rule's own code."""
    if asked.type not in set(Type):
        raise invalid(
            Problem("verification_type", "enum", f"verification_type is one of {', '.join(Type)}.", asked.type[:100])
        )
    type_ = Type(asked.type)
    tier = tier_of(type_, asked.tier)
    if asked.consent is None:
        raise invalid(Problem("consent", "consent_required", "No check starts without the person's consent."))
    if asked.submit is False and type_ not in STARTABLE:
        raise invalid(Problem("submit", "custom", f"{type_} begins submitted; submit cannot be false."))
    if asked.agreement_link_id is not None and _LINK.fullmatch(asked.agreement_link_id) is None:
        message = "agreement_link_id has 21 or 8 letters and digits."
        raise invalid(Problem("agreement_link_id", "custom", message, asked.agreement_link_id[:100]))
    organization = organizations.of_account(call.tx, call.account_id)
    key = asked.provider or organization.provider_rules.get(type_) or providers.default
    provider = providers.find(call, key)
    if provider is None or (type_, tier) not in provider.capabilities():
        known = ", ".join(sorted(name for name, one in providers.by_key.items() if (type_, tier) in one.capabilities()))
        raise invalid(Problem("provider", "enum", f"This check is run by {known or 'no provider here'}.", key[:100]))
    order = Order(
        verification_id=ids.verification_id(call.new_id("vrf_")),
        account_id=call.account_id,
        type=type_,
        tier=tier,
        edition=organization.catalogue_edition or providers.edition,
        attempt=1,
        metadata=checked(asked.metadata),
    )
    return Opened(
        order=order,
        provider=provider,
        applicant=_applicant(asked.applicant),
        consent=_consent(asked.consent),
        agreement_link_id=asked.agreement_link_id,
        submission_id=asked.submission_id,
        submits=(type_ not in STARTABLE) if asked.submit is None else asked.submit,
    )


def _applicant(given: Applicant) -> Applicant:
    try:
        check_address(given.email, field="applicant.email")
    except Invalid as error:
        raise invalid(Problem("applicant.email", "email", error.message)) from None
    if given.date_of_birth is not None and not _is_date(given.date_of_birth):
        message = "applicant.date_of_birth is written YYYY-MM-DD."
        raise invalid(Problem("applicant.date_of_birth", "invalid_date_format", message, given.date_of_birth[:40]))
    if len(given.addresses) > _ADDRESSES_MAX or any(len(one) > _ADDRESS_FIELDS_MAX for one in given.addresses):
        raise invalid(Problem("applicant.addresses", "too_many", f"At most {_ADDRESSES_MAX} addresses fit."))
    return replace(
        given,
        first_name=_name(given.first_name, "applicant.first_name"),
        last_name=_name(given.last_name, "applicant.last_name"),
        phone=_text(given.phone, "applicant.phone"),
        ssn=_text(given.ssn, "applicant.ssn"),
        licence_number=_text(given.licence_number, "applicant.licence_number"),
        licence_state=_text(given.licence_state, "applicant.licence_state"),
        addresses=[
            {
                plain(name, f"applicant.addresses.{index}", length_max=NAME_LENGTH_MAX): plain(
                    value, f"applicant.addresses.{index}.{name[:40]}", length_max=NAME_LENGTH_MAX
                )
                for name, value in one.items()
            }
            for index, one in enumerate(given.addresses)
        ],
    )


def _consent(given: Agreed) -> Agreed:
    return replace(
        given,
        text_version=plain(given.text_version, "consent.text_version", length_max=100),
        language=plain(given.language, "consent.language", length_max=35),
        ip=plain(given.ip, "consent.ip", length_max=64),
        user_agent=plain(given.user_agent, "consent.user_agent", length_max=512),
        text_hash=_text(given.text_hash, "consent.text_hash"),
        signature_reference=_text(given.signature_reference, "consent.signature_reference"),
    )


def _name(value: str, path: str) -> str:
    name = plain(value, path, length_max=NAME_LENGTH_MAX).strip()
    if not name:
        raise invalid(Problem(path, "too_short", f"{path} is empty."))
    return name


def _text(value: str | None, path: str) -> str | None:
    return None if value is None else plain(value, path, length_max=NAME_LENGTH_MAX)


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
