"""`harbor rotate-key`: a new master key, and everything sealed with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import click

from harbor.cli.backup_remote import progress
from harbor.cli.options import Session, with_session
from harbor.cli.output import Failure

if TYPE_CHECKING:
    from harbor_sdk.models.admin import KeyRotation

_OPEN: Final = frozenset({"queued", "running"})
_LOOK_S_MIN: Final = 0.1
_LOOK_S_MAX: Final = 2.0


@click.command("rotate-key")
@click.option("--no-wait", is_flag=True, help="Start it and do not wait for its end.")
@with_session(admin=True)
def rotate_key(session: Session, *, no_wait: bool) -> None:
    """Make a new master key and seal all secrets with it, while the server works. Then the old keys go.

    It runs on the server, and goes on there when this program ends. A second call watches the one under way. With
    PostgreSQL it takes a minute longer, in which all processes come to know the new key.

    \b
    Example:
      harbor rotate-key
    """
    rotation = session.harbor.admin.key_rotation.start()
    if not no_wait:
        rotation = _awaited(session, rotation)
    if rotation.state not in ("done", *_OPEN):
        raise Failure(
            rotation.error or f"The rotation is {rotation.state}.",
            hint="Nothing is lost: all keys are still in the file. Mend what is named and run it again.",
            code="rotation_failed",
            facts={"id": rotation.id, "state": rotation.state},
        )
    session.out.record(rotation.to_dict())
    if rotation.state == "done":
        session.out.note(
            "Copy instance.key to its safe place again. Backups from before need the copies of their time."
        )
    if rotation.unreadable:
        session.out.note(f"{rotation.unreadable} sealed values could not be opened with any key, before or after.")


def _awaited(session: Session, rotation: KeyRotation) -> KeyRotation:
    shown = 0
    wait_s = _LOOK_S_MIN
    session.out.note("The server seals everything again; this may be interrupted and goes on there.")
    with progress(session.out, "sealing", rotation.total, in_bytes=False) as moved:
        while rotation.state in _OPEN:
            time.sleep(wait_s)
            wait_s = min(_LOOK_S_MAX, wait_s * 1.5)
            rotation = session.harbor.admin.key_rotation.retrieve()
            done = rotation.done or 0
            moved(done - shown)
            shown = done
    return rotation
