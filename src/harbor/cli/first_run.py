"""Setting up an installation: keys, tables, the operator's organization, its two accounts, the first person."""

from __future__ import annotations

from typing import Any

from harbor.app import appharbor, apply_schema, harbour, open_database
from harbor.kernel import instance_store as instance
from harbor.kernel.call import Call, Faculties
from harbor.kernel.clock import SystemClock, micros
from harbor.kernel.datadir import DataDir
from harbor.kernel.errors import StartRefused
from harbor.kernel.eventlog import store as eventlog
from harbor.kernel.eventlog.model import Positions
from harbor.kernel.identity import people, secrets
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Credential, CredentialKind, Environment, system
from harbor.kernel.identity.passwords import hash_password, initial_password
from harbor.kernel.identity.people_model import Role
from harbor.kernel.ids import IdMint
from harbor.kernel.settings import Settings
from harbor.kernel.storage.database import Tx
from harbor.kernel.vault import Vault
from harbor.kernel.webhooks.subscriptions.directory import Directory
from harbor.kernel.webhooks.view import Views
from harbor.kernel.workspaces import store as workspaces
from harbor.kernel.workspaces.model import Status, Workspace
from harbor.products.harbor_events.api_keys import service as api_keys
from harbor.products.harper_tables.access import users as harper_users
from harbor.products.harvest_timesheets.opening import open_account

FIRST_EMAIL = "admin@localhost.localdomain"
HARPER_USERNAME = "admin"


async def set_up(settings: Settings, *, is_production: bool) -> dict[str, Any]:
    """Make an installation in an empty data directory; returns what `init --json` prints. Raises `StartRefused`."""
    folder = DataDir(settings.data)
    folder.acquire()
    clock = SystemClock()
    database = open_database(settings, clock)
    try:
        await database.open()
        try:
            await apply_schema(database)
            if await database.read(lambda tx: instance.get(tx, instance.KEY_FINGERPRINT)) is not None:
                raise StartRefused(
                    f"{settings.data} is set up already; start it with `harbor serve --data {settings.data}`."
                )
            path = settings.key_file or folder.key
            vault = Vault.from_file(path) if path.exists() else Vault.create(path)
            ids = IdMint(lambda: micros(clock.now()) // 1000)
            positions = Positions()
            positions.start_after((await database.read(eventlog.largest))[0])
            faculties = Faculties(ids=ids, positions=positions, directory=Directory(), views=Views({}), vault=vault)
            password = initial_password()
            hashed = hash_password(password)
            mode = "production" if is_production else "development"
            harper_password = initial_password()
            harper_hash = hash_password(harper_password)
            made = await database.write(lambda tx: _write(tx, faculties, hashed, harper_hash, mode))
        finally:
            await database.close()
    finally:
        folder.release()
    made["console"] = {
        "url": settings.public_url or f"http://127.0.0.1:{settings.port}/",
        "email": FIRST_EMAIL,
        "password": password,
    }
    others = {product: made.pop(product) for product in ("harvest", "harbour", "appharbor")}
    return {
        "data_dir": str(settings.data),
        "mode": mode,
        "console": made.pop("console"),
        "harbor": made,
        "harper": {"username": HARPER_USERNAME, "password": harper_password},
        **others,
    }


def _write(tx: Tx, faculties: Faculties, hashed: str, harper_hash: str, mode: str) -> dict[str, Any]:
    new_id = faculties.ids.next
    organization_id = new_id("org_")
    identity.insert_organization(tx, organization_id, "My organization", is_operator=True)
    person = people.add(
        tx,
        new_id,
        organization_id=organization_id,
        email=FIRST_EMAIL,
        name="Administrator",
        role=Role.OWNER,
        password_hash=hashed,
    )
    made: dict[str, Any] = {}
    for environment in Environment:
        account = identity.Account(new_id("acc_"), organization_id, environment)
        identity.insert_account(tx, account)
        call = Call(tx, system(account.id, organization_id, environment), faculties)
        workspace = _default_workspace(call, environment)
        key = api_keys.mint(call, workspace, api_keys.Changes(name="First key"))
        made[environment.value] = {"workspace_id": workspace.id, "secret_key": key.secret}
        if environment is Environment.PRODUCTION:
            made["admin_key"] = _root_key(call, organization_id)
            harper_users.set_up(call, HARPER_USERNAME, harper_hash)
            made["harvest"] = _harvest_account(call, person.id)
            made["harbour"] = _harbour_account(call)
            made["appharbor"] = appharbor.open_account(call, person_id=person.id)
    instance.put(tx, instance.MODE, mode)
    instance.put(tx, instance.KEY_FINGERPRINT, faculties.vault.fingerprint)
    return made


def _harvest_account(call: Call, person_id: str) -> dict[str, Any]:
    opened = open_account(
        call,
        name="My organization",
        first_name="Harbor",
        last_name="Administrator",
        email=FIRST_EMAIL,
        person_id=person_id,
    )
    return {"account_id": opened.company.number, "access_token": opened.token}


def _harbour_account(call: Call) -> dict[str, Any]:
    opened = harbour.open_account(call)
    return {"organization_id": opened.organization_id, "api_key": opened.api_key}


def _default_workspace(call: Call, environment: Environment) -> Workspace:
    workspace = Workspace(
        id=call.new_id("ws_"),
        account_id=call.account_id,
        name=f"Default {environment.value}",
        status=Status.ACTIVE,
        suspension_reason=None,
        is_default=True,
        created_at=call.tx.now,
        updated_at=call.tx.now,
        suspended_at=None,
        purge_at=None,
    )
    workspaces.insert(call.tx, workspace)
    return workspace


def _root_key(call: Call, organization_id: str) -> str:
    secret = secrets.mint("hb_admin_")
    identity.insert_credential(
        call.tx,
        Credential(
            id=call.new_id("key_"),
            account_id=call.account_id,
            organization_id=organization_id,
            workspace_id=None,
            kind=CredentialKind.ROOT,
            digest=secrets.digest(secret),
            prefix=secret[:12],
            last4=secret[-4:],
            name="Admin key",
            scopes=None,
            rate_limit=None,
            allowed_cidrs=None,
            created_by="init",
            created_at=call.tx.now,
            expires_at=None,
            revoked_at=None,
            last_used_at=None,
        ),
    )
    return secret
