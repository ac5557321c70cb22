"""What administrators and reviewers should look at: checks whose provider is silent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.http.page import Alert
from harbor.products.harbour_agreements.engine.silence import still_silent
from harbor.products.harbour_agreements.pages import places

_SHOWN: Final = 3


def silent(call: Call) -> Sequence[Alert]:
    """A few checks that nobody reported about for longer than was promised."""
    if not call.principal.has_scope(places.READ):
        return ()
    environment = call.principal.environment.value
    return [
        Alert(
            "A verification has waited longer than its provider promised.",
            f"{places.path_of(environment, 'verifications', id_)}",
        )
        for id_ in still_silent(call, _SHOWN)
    ]
