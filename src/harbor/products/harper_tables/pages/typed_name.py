"""A name that is typed before what cannot be taken back. It is asked here too, so it holds without scripts."""

from __future__ import annotations

from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form


class TypedName(Form):
    """The name of what is to be removed."""

    confirm: str = ""


def check(form: TypedName, name: str) -> None:
    """Raise `Invalid` unless the name was typed."""
    if form.confirm != name:
        raise Invalid(f"Type {name} to confirm; nothing was removed.", code="not_confirmed", field="confirm")
