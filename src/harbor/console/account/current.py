"""The person who is signed in, and whether the current password is the one that was typed."""

from __future__ import annotations

from harbor.kernel.errors import Invalid, Unauthenticated
from harbor.kernel.http.request import Request
from harbor.kernel.http.services import Services
from harbor.kernel.identity import sign_in
from harbor.kernel.identity.sessions import SignedIn


def signed_in(request: Request) -> SignedIn:
    """Who sends this, as the present transaction sees it."""
    found: SignedIn | None = request.signed_in
    assert found is not None, request.route_name
    return found


async def check_current_password(request: Request, services: Services, password: str) -> str:
    """The stored hash of the current password. Raises `Invalid` if it is another, and `Limited` after ten of those.

    Whoever sits down at somebody's open browser has no more guesses than a stranger at the form for signing in.
    """
    try:
        verified = await sign_in.verify(
            services.database,
            services.tools["passwords"],
            services.tools["sign_in_throttle"],
            email=signed_in(request).person.email,
            password=password,
            address=request.client,
            now=services.clock.now(),
        )
    except Unauthenticated:
        raise Invalid("This is not your current password.", code="password_wrong", field="current") from None
    return verified.password_hash
