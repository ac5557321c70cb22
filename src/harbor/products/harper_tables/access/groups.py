"""Names that a role's list of operations may hold: operations under both spellings, and groups of them.

Source: docs/products/harper.md#roles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Pairs of names for one operation.
_TWINS = (
    ("search_by_id", "search_by_hash"),
    ("search_by_conditions", "search"),
    ("describe_database", "describe_schema"),
    ("create_database", "create_schema"),
    ("drop_database", "drop_schema"),
    ("delete_records_before", "delete_files_before"),
    ("add_node", "set_node"),
)
_OTHER_NAME = {one: other for pair in _TWINS for one, other in (pair, pair[::-1])}

_READ_ONLY = _words(
    "search search_by_conditions search_by_hash search_by_id search_by_value sql describe_all describe_schema"
    " describe_database describe_table user_info get_job get_analytics list_metrics describe_metric"
)
GROUPS: Mapping[str, frozenset[str]] = {
    "read_only": _READ_ONLY,
    "standard_user": _READ_ONLY
    | _words("insert update upsert put delete csv_data_load csv_file_load csv_url_load import_from_s3"),
    "admin_read": _words(
        "get_configuration read_log read_audit_log get_custom_functions get_custom_function get_components"
        " get_component_file"
    ),
    "agent": _words("agent_prompt get_agent_session list_agent_sessions cancel_agent_run approve_agent_action"),
}

# Every operation of the reference, whether or not this installation has it, and what we add to them.
_OTHERS = _words("""
    create_schema create_database drop_schema drop_database create_table drop_table create_attribute drop_attribute
    cleanup_orphan_blobs get_backup export_local export_to_s3 delete_records_before delete_files_before
    search_jobs_by_start_date list_users add_user alter_user drop_user list_roles add_role alter_role drop_role
    create_authentication_tokens refresh_operation_token login logout explain_permission read_transaction_log
    batch explain alter_table alter_attribute changes revert
    delete_transaction_logs_before delete_audit_logs_before set_configuration restart restart_service
    system_information set_status get_status clear_status add_component deploy_component package_component
    drop_component set_component_file install_node_modules audit_node_modules list_deployments get_deployment
    get_deployment_payload delete_deployment_payload add_ssh_key get_ssh_key update_ssh_key delete_ssh_key
    list_ssh_keys set_ssh_known_hosts get_ssh_known_hosts set_secret grant_secret revoke_secret list_secrets
    delete_secret get_secrets_public_key add_certificate remove_certificate list_certificates create_csr
    sign_certificate get_key add_node update_node set_node remove_node cluster_status configure_cluster
    cluster_set_routes cluster_get_routes cluster_delete_routes set_node_replication cluster_network purge_stream
    registration_info install_usage_license get_usage_licenses get_fingerprint set_license create_backup list_backups
    verify_backup delete_backup purge_backups restore_backup add_waf_rule alter_waf_rule drop_waf_rule list_waf_rules
    set_waf_mode custom_functions_status set_custom_function drop_custom_function add_custom_function_project
    drop_custom_function_project package_custom_function_project deploy_custom_function_project
    """)
NAMES = _OTHERS.union(*GROUPS.values())


def is_known(name: object) -> bool:
    """Whether a role's list may hold it."""
    return isinstance(name, str) and (name in GROUPS or name in NAMES)


def expanded(names: Iterable[str]) -> frozenset[str]:
    """The operations that a list allows, under every name they have."""
    found: set[str] = set()
    for name in names:
        found |= GROUPS.get(name) or {name}
    return frozenset(found | {_OTHER_NAME[name] for name in found if name in _OTHER_NAME})
