"""`harbor status`: whether the server answers, and who one is to it."""

from __future__ import annotations

from typing import Any

import click

from harbor.cli.options import Session, with_session


@click.command()
@with_session(workspace=True)
def status(session: Session) -> None:
    """Show the server, the key and the workspace that the other commands would use.

    Ends with 0 when the server takes the key, with 3 when none answers.

    \b
    Example:
      harbor status --json
    """
    key = session.harbor.key.retrieve()
    workspace_id = session.named_workspace or key.workspace_id
    session.out.record(
        {
            "host": session.harbor.host,
            "key_id": key.id,
            "key_name": key.name,
            "scopes": "all" if key.scopes is None else list(key.scopes),
            "environment": key.environment,
            "expires_at": key.to_dict()["expires_at"],
            "workspace_id": workspace_id,
            **_workspace(session, workspace_id),
        }
    )


def _workspace(session: Session, workspace_id: str | None) -> dict[str, Any]:
    from harbor_sdk import PermissionDeniedError

    if workspace_id is None:
        return {"workspace_name": None, "workspace_status": None}
    try:
        workspace = session.harbor.workspaces.retrieve(workspace_id)
    except PermissionDeniedError:
        return {"workspace_name": None, "workspace_status": None}  # a restricted key need not read workspaces
    return {"workspace_name": workspace.name, "workspace_status": workspace.status}
