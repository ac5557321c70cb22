"""What a setting is: a field of the table with a form, a default and a sentence of help."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from harbor.kernel.settings.forms import Form

PREFIX: Final = "HARBOR_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting. `default` and `example` are texts as an operator would write them; None means not set."""

    word: str  # as in harbor.toml and as attribute of `Settings`
    group: str
    form: Form
    default: str | None
    help: str
    example: str
    is_secret: bool

    @property
    def name(self) -> str:
        """Its environment variable."""
        return f"{PREFIX}{self.word.upper()}"

    @property
    def flag(self) -> str:
        """Its flag, where a command has one for it."""
        return f"--{self.word.replace('_', '-')}"


def setting(
    group: str, form: Form, default: str | None, help_: str, *, example: str, is_secret: bool = False
) -> Any:  # a field of any type: the form gives the value that the annotation promises
    """A field that is a setting."""
    said = {"group": group, "form": form, "default": default, "help": help_, "example": example}
    return field(
        default_factory=lambda: None if default is None else form.read(default),
        repr=not is_secret,
        metadata={**said, "is_secret": is_secret},
    )


SERVER: Final = "Server"
OUTSIDE: Final = "To the outside"
DATABASE: Final = "Database"
LIMITS: Final = "Limits"
WEBHOOKS: Final = "Webhooks"
RETENTION: Final = "Retention"
MAIL: Final = "Mail"
PRODUCTS: Final = "Products"
LOG: Final = "Clock and log"
GROUPS: Final = (SERVER, OUTSIDE, DATABASE, LIMITS, WEBHOOKS, RETENTION, MAIL, PRODUCTS, LOG)
