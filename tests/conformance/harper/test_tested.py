"""What Harper's public API test-suite asserts, in the words of the line that it was written for.

Rules that sound the same in both lines are in the transcripts, which are followed in both.
"""

from __future__ import annotations

import io
import tarfile
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import cbor2
import pytest
from tests.products.harper_tables.access.conftest import on_article
from tests.products.harper_tables.admin_ops.conftest import make_operator
from tests.products.harper_tables.conftest import Instance, open_instance

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.product import harper_operations

FIELDS = {"schema": "press", "table": "article"}


@pytest.fixture
async def v4(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Instance]:
    """An instance that sounds like v4."""
    async with open_instance(sqlite_database, clock, tmp_path, Compat.V4) as opened:
        yield opened


async def test_two_faults_of_a_search_by_hash_are_500(v4: Instance) -> None:
    await v4.table()

    async def search(**fields: Any) -> tuple[int, Any]:
        return await v4.refused("search_by_hash", **FIELDS, **fields)

    assert await search(hash_values="x", get_attributes=["*"]) == (500, "'hash_values' must be an array")
    assert await search(hash_values=[1], get_attributes="x") == (500, "'get_attributes' must be an array")
    assert await search(hash_values=[1]) == (400, "'get_attributes' is required")
    assert await search(get_attributes=["*"]) == (400, "'hash_values' is required")


async def test_sql_says_what_it_did_and_no_more(v4: Instance) -> None:
    await v4.table(records=[{"id": 1, "a": "x"}])

    async def sql(text: str) -> Any:
        return await v4.do("sql", sql=text)

    assert await v4.refused("sql", sql="SELECT * FROM orders") == (500, "schema not defined for table orders")
    assert await sql("SELECT 2 + 2") == [{"2 + 2": 4}]
    assert await sql("INSERT INTO press.article (id, b) VALUES (2, 3)") == {
        "message": "inserted 1 of 1 records",
        "inserted_hashes": [2],
        "skipped_hashes": [],
    }
    assert list(await sql("UPDATE press.article SET c = 1 WHERE id = 2")) == [
        "message",
        "update_hashes",
        "skipped_hashes",
    ]
    assert list(await sql("DELETE FROM press.article WHERE id = 2")) == [
        "message",
        "deleted_hashes",
        "skipped_hashes",
    ]
    joined = "SELECT x.id, y.id, z.id FROM press.article x JOIN press.article y ON x.id = y.id JOIN press.article z ON z.id = y.id"
    assert await sql(joined) == [{"id": 1, "id1": 1, "id2": 1}]


async def test_what_a_role_may_not_is_told_whole(v4: Instance) -> None:
    await v4.table(records=[{"id": 1, "title": "x", "fee": 2}])
    tor = await v4.user("tor", on_article("read", "insert", attributes={"title": "read"}))

    reply = await tor.ask("update", **FIELDS, records=[{"id": 1, "title": "y"}])
    assert (reply.status, reply.json()) == (
        403,
        {
            "error": "This operation is not authorized due to role restrictions and/or invalid database items",
            "unauthorized_access": [
                {
                    "schema": "press",
                    "table": "article",
                    "required_table_permissions": ["update"],
                    "required_attribute_permissions": [{"attribute_name": "title", "required_permissions": ["update"]}],
                }
            ],
            "invalid_schema_items": [],
        },
    )
    reply = await tor.ask(
        "sql", sql="SELECT fee FROM press.article JOIN press.draft ON press.article.id = press.draft.id"
    )
    assert (reply.status, reply.json()["unauthorized_access"]) == (403, [])
    assert "Table 'press.draft' does not exist" in reply.json()["invalid_schema_items"]
    for operation, function in (
        ("create_schema", "createSchema"),
        ("create_table", "createTable"),
        ("delete_files_before", "deleteFilesBefore"),
        ("drop_attribute", "dropAttribute"),
        ("drop_schema", "dropSchema"),
        ("drop_table", "dropTable"),
        ("export_local", "export_local"),
        ("get_configuration", "getConfiguration"),
        ("search_jobs_by_start_date", "handleGetJobsByStartDate"),
        ("list_users", "listUsersExternal"),
        ("system_information", "systemInformation"),
        ("read_transaction_log", "readTransactionLog"),
    ):
        reply = await tor.ask(operation)
        assert reply.status == 403, operation
        assert reply.json()["unauthorized_access"] == [f"Operation '{function}' is restricted to 'super_user' roles"]


async def test_a_refusal_of_a_load_is_the_message_of_its_job(v4: Instance) -> None:
    await v4.table()
    tor = await v4.user("tor", on_article("read"))

    started = await tor.do("csv_data_load", **FIELDS, action="insert", data="id\n1\n")
    assert started["message"].split(" ")[4] == started["job_id"]
    await v4.house.settle()

    (job,) = await tor.do("get_job", id=started["job_id"])
    assert job["status"] == "ERROR"
    assert job["message"]["unauthorized_access"][0]["required_table_permissions"] == ["insert"]


async def test_users_components_and_configuration(v4: Instance) -> None:
    await make_operator(v4)

    assert await v4.refused("alter_user", username="mira", role="") == (
        500,
        "If role is specified, it cannot be empty.",
    )
    refused = await v4.user("una", {"super_user": False})
    assert await refused.refused("create_authentication_tokens", role={"permission": {}}) == (
        403,
        "Only super_user can create a token with an inline role",
    )
    shown = await v4.do("get_configuration")
    for name in ("componentsRoot", "logging", "localStudio", "threads", "rootPath", "authentication"):
        assert name in shown
    assert shown["operationsApi"]["network"]["port"] == 9925
    assert await v4.refused("search_by_value", **FIELDS, search_attribute="a", search_value=1) == (
        404,
        "database 'press' does not exist",
    )
    await v4.table()
    assert await v4.refused("search_by_value", **FIELDS, search_attribute="a", search_value=1) == (
        400,
        "unknown attribute 'a'",
    )
    page = await refused.client.request("GET", "/api/openapi/rest")
    assert (page.status, page.json()) == (403, {"error": "Forbidden"})


NAMES = """
describe_all describe_schema describe_database describe_table create_schema create_database drop_schema drop_database
create_table drop_table create_attribute drop_attribute cleanup_orphan_blobs get_backup
insert update upsert put delete search_by_hash search_by_id search_by_value search_by_conditions search sql
csv_data_load csv_file_load csv_url_load import_from_s3 export_local export_to_s3 delete_records_before delete_files_before
get_job search_jobs_by_start_date
list_users user_info add_user alter_user drop_user list_roles add_role alter_role drop_role create_authentication_tokens
refresh_operation_token login logout
read_log read_transaction_log delete_transaction_logs_before read_audit_log delete_audit_logs_before
set_configuration get_configuration restart restart_service system_information set_status get_status clear_status
get_analytics list_metrics describe_metric
add_component deploy_component package_component drop_component get_components get_component_file set_component_file
install_node_modules audit_node_modules list_deployments get_deployment get_deployment_payload delete_deployment_payload
add_ssh_key get_ssh_key update_ssh_key delete_ssh_key list_ssh_keys set_ssh_known_hosts get_ssh_known_hosts
set_secret grant_secret revoke_secret list_secrets delete_secret get_secrets_public_key
add_certificate remove_certificate list_certificates create_csr sign_certificate get_key
add_node update_node set_node remove_node cluster_status configure_cluster cluster_set_routes cluster_get_routes
cluster_delete_routes set_node_replication cluster_network purge_stream
registration_info install_usage_license get_usage_licenses get_fingerprint set_license
create_backup list_backups verify_backup delete_backup purge_backups restore_backup
add_waf_rule alter_waf_rule drop_waf_rule list_waf_rules set_waf_mode
custom_functions_status get_custom_functions get_custom_function set_custom_function drop_custom_function
add_custom_function_project drop_custom_function_project package_custom_function_project deploy_custom_function_project
"""


@pytest.mark.parametrize("compat", list(Compat))
def test_every_documented_name_dispatches(compat: Compat) -> None:
    assert set(NAMES.split()) <= set(harper_operations(compat).names)


async def test_the_vendors_program_talks_in_cbor(v4: Instance) -> None:
    await make_operator(v4)
    await v4.table()

    async def talk(operation: str, **fields: Any) -> Any:
        body = cbor2.dumps({"operation": operation, **fields})
        reply = await v4.client.request(
            "POST", "/", body=body, media_type="application/cbor", headers={"Accept": "application/cbor"}
        )
        assert (reply.status, reply.headers["content-type"]) == (200, "application/cbor"), reply.body
        return cbor2.loads(reply.body)

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("conf.yaml")
        entry.size = len(content := b"rest: true\n")
        archive.addfile(entry, io.BytesIO(content))

    assert list(await talk("describe_all")) == ["press"]
    assert (await talk("get_configuration"))["operationsApi"]["network"]["port"] == 9925
    deployed = await talk("deploy_component", project="shelf", payload=packed.getvalue(), restart=True)
    assert deployed["message"] == "Successfully deployed: shelf, restarting HarperDB"
    found = await talk("package_component", project="shelf")
    with tarfile.open(fileobj=io.BytesIO(b64decode(found["payload"]))) as archive:
        assert any(name.endswith("conf.yaml") for name in archive.getnames())
