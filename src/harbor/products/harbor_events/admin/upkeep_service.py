"""What reaches the machine itself: its backup, its master key, its disk. For the operator's root key alone."""

from __future__ import annotations

from harbor.kernel import instance_store as instance
from harbor.kernel.audit import store as audit
from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Missing
from harbor.kernel.identity import store as identity
from harbor.kernel.jobs.model import Job
from harbor.kernel.rotation import state as rotation


def require_operator(call: Call) -> None:
    """Raise `Denied` unless the caller has the root key of the organization that operates the installation."""
    organization = identity.organization(call.tx, call.principal.organization_id)
    if not call.principal.is_root or organization is None or not organization.is_operator:
        raise Denied("This needs the admin key that `harbor init` printed.", code="permission_denied")


def note_backup(call: Call, *, has_key: bool) -> None:
    """Write down that a backup is taken, and by whom."""
    require_operator(call)
    _note(call, "harbor.backup.taken", subject="with_key" if has_key else "without_key")


def start_rotation(call: Call) -> Job:
    """Begin to rotate the master key; the rotation that is under way where there is one."""
    require_operator(call)
    job = rotation.start(call.tx, call.new_id("job_"))
    _note(call, "harbor.key_rotation.started", subject=job.id)
    return job


def newest_rotation(call: Call) -> Job:
    """The latest rotation of the master key. Raises `Missing` if there was none in the last weeks."""
    require_operator(call)
    job = rotation.newest(call.tx)
    if job is None:
        raise Missing("The key was not rotated lately.", code="resource_not_found")
    return job


def mode(call: Call) -> str:
    """`development` or `production`, as `harbor init` wrote it."""
    require_operator(call)
    return instance.get(call.tx, instance.MODE) or "development"


def _note(call: Call, action: str, *, subject: str) -> None:
    audit.insert(
        call.tx,
        call.account_id,
        id_=call.new_id("aud_"),
        workspace_id=None,
        product="harbor",
        action=action,
        subject=subject,
        actor=call.principal.actor,
        request_id=call.request_id,
        event_id=None,
        before=None,
        after=None,
    )
