"""Harper, as its examinations meet it: each operation with a request that is right, in the order in which they can be asked.

The others are examinations of routes by their paths and types. Harper is one path, its bodies have no declared types, and
who may is a matter of roles: so it has examinations of its own, over every operation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Body = Mapping[str, Any]
PASSWORD: Final = "birch-bark-9"
SSH_KEY: Final = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
_DOG: Final = {"database": "dev", "table": "dog"}
_PERMISSION: Final = {"super_user": False, "operations": ["read_only"]}
_CONDITION: Final = {"attribute": "name", "comparator": "starts_with", "value": "P"}


def certificate(name: str = "tables.test") -> tuple[str, str]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3_650))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(pem).decode(), private.decode()


_PEM, _KEY = certificate()
_S3: Final = {
    "aws_access_key_id": "a",
    "aws_secret_access_key": "b",
    "bucket": "dogs",
    "key": "d.csv",
    "region": "eu-west-1",
}

# The story of one account. A value that begins with $ is what an earlier answer held under that name.
STORY: Final[tuple[tuple[str, Body], ...]] = (
    ("create_database", {"database": "dev"}),
    ("create_table", {**_DOG, "primary_key": "id"}),
    ("insert", {**_DOG, "records": [{"id": 1, "name": "Penny", "age": 5}, {"id": 2, "name": "Rex"}]}),
    ("update", {**_DOG, "records": [{"id": 2, "age": 3}]}),
    ("upsert", {**_DOG, "records": [{"id": 3, "name": "Kato"}]}),
    ("put", {**_DOG, "records": [{"id": 3, "name": "Mo"}]}),
    ("revert", {**_DOG, "txn_time": "$txn_time"}),
    ("create_attribute", {**_DOG, "attribute": "chip", "indexed": False}),
    ("alter_attribute", {**_DOG, "attribute": "chip", "indexed": True}),
    ("alter_table", {**_DOG, "audit": True}),
    ("search_by_id", {**_DOG, "ids": [1], "get_attributes": ["name"]}),
    ("search_by_value", {**_DOG, "attribute": "name", "value": "P*"}),
    ("search_by_conditions", {**_DOG, "conditions": [_CONDITION]}),
    ("sql", {"sql": "SELECT name FROM dev.dog WHERE age > 3"}),
    ("explain", {"query": {"operation": "sql", "sql": "SELECT name FROM dev.dog"}}),
    ("batch", {"operations": [{"operation": "insert", **_DOG, "records": [{"id": 4}]}]}),
    ("changes", _DOG),
    ("describe_all", {}),
    ("describe_database", {"database": "dev"}),
    ("describe_table", _DOG),
    ("read_audit_log", _DOG),
    ("read_transaction_log", _DOG),
    ("csv_data_load", {**_DOG, "data": "id,name\n5,Ida\n"}),
    ("csv_file_load", {**_DOG, "file_path": "dogs.csv"}),
    ("csv_url_load", {**_DOG, "csv_url": "http://127.0.0.1:1/dogs.csv"}),
    ("import_from_s3", {**_DOG, "s3": _S3}),
    ("export_local", {"format": "json", "path": ".", "search_operation": {"operation": "sql", "sql": "SELECT 1"}}),
    ("export_to_s3", {"format": "json", "s3": {}, "search_operation": {"operation": "sql", "sql": "SELECT 1"}}),
    ("get_job", {"id": "$job_id"}),
    ("search_jobs_by_start_date", {"from_date": "2020-01-01", "to_date": "2100-01-01"}),
    ("delete_records_before", {**_DOG, "date": "2020-01-01"}),
    ("delete_audit_logs_before", {**_DOG, "timestamp": 1}),
    ("delete_transaction_logs_before", {**_DOG, "timestamp": 1}),
    ("cleanup_orphan_blobs", {"database": "dev"}),
    ("add_role", {"role": "walker", "permission": _PERMISSION}),
    ("alter_role", {"id": "walker", "role": "walker", "permission": _PERMISSION}),
    ("list_roles", {}),
    ("add_user", {"role": "walker", "username": "una", "password": PASSWORD, "active": True}),
    ("alter_user", {"username": "una", "active": False}),
    ("list_users", {}),
    ("user_info", {}),
    ("explain_permission", {"for_operation": "insert", **_DOG}),
    ("create_authentication_tokens", {"username": "$owner", "password": "$password"}),
    ("refresh_operation_token", {"refresh_token": "$refresh_token"}),
    ("login", {"username": "$owner", "password": "$password"}),
    ("logout", {}),
    ("drop_user", {"username": "una"}),
    ("drop_role", {"id": "walker"}),
    ("get_configuration", {}),
    ("set_configuration", {"logging_auditLog": True}),
    ("restart", {}),
    ("restart_service", {"service": "http"}),
    ("system_information", {}),
    ("set_status", {"id": "availability", "status": "Available"}),
    ("get_status", {"id": "availability"}),
    ("clear_status", {"id": "availability"}),
    ("read_log", {"limit": 5}),
    ("get_analytics", {"metric": "table-size"}),
    ("list_metrics", {}),
    ("describe_metric", {"metric": "table-size"}),
    ("registration_info", {}),
    ("get_fingerprint", {}),
    ("set_license", {"key": "k", "company": "c"}),
    ("install_usage_license", {"license": "a.b.c"}),
    ("get_usage_licenses", {}),
    ("add_component", {"project": "shelf"}),
    ("set_component_file", {"project": "shelf", "file": "conf.yaml", "payload": "rest: true"}),
    ("get_component_file", {"project": "shelf", "file": "conf.yaml"}),
    ("get_components", {}),
    ("package_component", {"project": "shelf"}),
    ("deploy_component", {"project": "shelf", "payload": "$payload"}),
    ("install_node_modules", {"projects": ["shelf"]}),
    ("audit_node_modules", {"projects": ["shelf"]}),
    ("list_deployments", {}),
    ("get_deployment", {"deployment_id": "$deployment_id"}),
    ("get_deployment_payload", {"deployment_id": "$deployment_id"}),
    ("delete_deployment_payload", {"deployment_id": "$deployment_id"}),
    ("drop_component", {"project": "shelf"}),
    ("custom_functions_status", {}),
    ("add_custom_function_project", {"project": "desk"}),
    ("set_custom_function", {"project": "desk", "type": "routes", "file": "main", "function_content": "// none"}),
    ("get_custom_function", {"project": "desk", "type": "routes", "file": "main"}),
    ("get_custom_functions", {}),
    ("package_custom_function_project", {"project": "desk"}),
    ("deploy_custom_function_project", {"project": "desk", "payload": "$payload"}),
    ("drop_custom_function", {"project": "desk", "type": "routes", "file": "main"}),
    ("drop_custom_function_project", {"project": "desk"}),
    ("add_ssh_key", {"name": "forge", "key": SSH_KEY, "host": "forge.test", "hostname": "forge.test"}),
    ("get_ssh_key", {"name": "forge"}),
    ("update_ssh_key", {"name": "forge", "key": SSH_KEY}),
    ("list_ssh_keys", {}),
    ("set_ssh_known_hosts", {"known_hosts": "forge.test ssh-ed25519 AAAA"}),
    ("get_ssh_known_hosts", {}),
    ("delete_ssh_key", {"name": "forge"}),
    ("get_secrets_public_key", {}),
    ("set_secret", {"name": "API_KEY", "value": "s3cret"}),
    ("grant_secret", {"name": "API_KEY", "component": "shelf"}),
    ("revoke_secret", {"name": "API_KEY", "component": "shelf"}),
    ("list_secrets", {}),
    ("delete_secret", {"name": "API_KEY"}),
    ("add_certificate", {"name": "tables", "certificate": _PEM, "private_key": _KEY, "is_authority": False}),
    ("list_certificates", {}),
    ("create_csr", {}),
    ("sign_certificate", {"csr": "$pem"}),
    ("get_key", {"name": "tables"}),
    ("remove_certificate", {"name": "tables"}),
    ("get_backup", {"database": "dev"}),
    ("create_backup", {"database": "dev"}),
    ("list_backups", {"database": "dev"}),
    ("verify_backup", {"database": "dev", "backup_id": 1}),
    ("restore_backup", {"database": "dev", "backup_id": 1, "force": True}),
    ("delete_backup", {"database": "dev", "backup_id": 1}),
    ("purge_backups", {"database": "dev", "keep_count": 1}),
    ("add_node", {"hostname": "n2.test"}),
    ("set_node", {"hostname": "n2.test"}),
    ("update_node", {"hostname": "n2.test"}),
    ("cluster_status", {}),
    ("remove_node", {"hostname": "n2.test"}),
    ("configure_cluster", {"connections": [{"hostname": "n3.test"}]}),
    ("cluster_set_routes", {"routes": [{"host": "n2.test", "port": 9932}]}),
    ("cluster_get_routes", {}),
    ("cluster_delete_routes", {"routes": [{"host": "n2.test", "port": 9932}]}),
    ("set_node_replication", {}),
    ("cluster_network", {}),
    ("purge_stream", {**_DOG}),
    ("add_waf_rule", {"rule": {"id": "r1", "match": {"path": "/x"}, "action": "deny"}}),
    ("alter_waf_rule", {"id": "r1", "action": "log"}),
    ("list_waf_rules", {}),
    ("set_waf_mode", {"mode": "monitor"}),
    ("drop_waf_rule", {"id": "r1"}),
    ("delete", {**_DOG, "ids": [4]}),
    ("drop_attribute", {**_DOG, "attribute": "chip"}),
    ("drop_table", _DOG),
    ("drop_database", {"database": "dev"}),
)  # fmt: skip

# What is refused although it is asked rightly: what is not there to be had, and what belongs to older versions.
REFUSED: Final[Mapping[str, str]] = {
    "csv_file_load": "no_file",
    "csv_url_load": "load_failed",
    "logout": "no_session",
    "set_license": "license_refused",
    "install_usage_license": "license_refused",
    "get_key": "key_denied",
    "set_node_replication": "not_available",
    "cluster_network": "not_available",
    "purge_stream": "not_available",
}
# What anybody with a credential may ask, whatever their role says; it shows what the role shows.
OPEN: Final = frozenset(
    {
        *("user_info", "explain_permission", "describe_all", "get_analytics", "list_metrics", "describe_metric"),
        *("registration_info", "get_job"),
    }
)
WITHOUT_CREDENTIAL: Final = frozenset({"create_authentication_tokens", "refresh_operation_token", "login", "logout"})
# Answers that say how it is now, and are otherwise a moment later.
OF_THE_MOMENT: Final = frozenset({"system_information", "read_log", "package_component", "get_backup"})
# What is put there again after the story, so that there is something to be hidden.
FURNITURE: Final = (
    *("create_database", "create_table", "insert", "csv_data_load", "add_role", "add_user", "set_status"),
    *("add_component", "set_component_file", "package_component", "deploy_component", "add_custom_function_project"),
    *("set_custom_function", "add_ssh_key", "set_ssh_known_hosts", "set_secret", "add_certificate", "create_backup"),
    *("add_node", "cluster_set_routes", "add_waf_rule"),
)
# Names of the story, and names like them that nobody has.
NEVER: Final[Mapping[str, str]] = {
    "dev": "vex",
    "dog": "dug",
    "walker": "wolker",
    "una": "uno",
    "shelf": "shulf",
    "desk": "dusk",
    "forge": "furge",
    "API_KEY": "API_KAY",
    "tables": "tobles",
    "n2.test": "n4.test",
    "n3.test": "n5.test",
    "r1": "r2",
}


def never(value: Any) -> Any:
    """A body about what never was."""
    if isinstance(value, dict):
        return {name: never(each) for name, each in value.items()}
    if isinstance(value, list):
        return [never(each) for each in value]
    if isinstance(value, str) and len(value) < 100:
        return _WORD.sub(lambda word: NEVER[word[0]], value)
    return value


_WORD: Final = re.compile(rf"\b(?:{'|'.join(map(re.escape, NEVER))})\b")
