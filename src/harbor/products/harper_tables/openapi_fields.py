"""The fields of every operation, for the document that describes the API.

A field is `name`, `name:type`, or either with `!` after the name where it is required; `a|b` are two names of one field, the
newer first. Types are those of JSON, `any`, `strings`, `objects`, or words with `/` between them. A test compares what is
required here with what the operations say of an empty request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_DATABASE = "database|schema:string "
_TABLE = _DATABASE + "table!:string "
_EVERYWHERE = " replicated:boolean"
_WRITE = (
    _TABLE + "records!:objects timestamp:number expiresAt:number replicateTo:any replicatedConfirmation:integer"
    " full_record:boolean"
)
_PAGED = " page:object explain:boolean"
_PART = " limit:integer offset:integer reverse|desc:boolean sort:object" + _PAGED
_LOAD = _TABLE + "action:insert/update/upsert "
_PROJECT = "project!:string "
_FUNCTION = _PROJECT + "type!:routes/helpers file!:string"
_BACKUP = _DATABASE + "backup_id!:integer"
_NODE = "hostname|url:string verify_tls:boolean authorization:any subscriptions:objects start_time:any shard:any"

FIELDS: Final[Mapping[str, str]] = {
    # Databases and tables
    "describe_all": "exact_count:boolean skip_record_count:boolean include_computed:boolean",
    "describe_database": _DATABASE + "exact_count:boolean skip_record_count:boolean include_computed:boolean",
    "describe_table": _TABLE + "exact_count:boolean skip_record_count:boolean include_computed:boolean",
    "create_database": "database|schema!:string" + _EVERYWHERE,
    "drop_database": "database|schema!:string" + _EVERYWHERE,
    "create_table": _TABLE + "primary_key|hash_attribute!:string attributes:objects expiration:number audit:boolean"
    " residence:strings replicate:boolean sealed:boolean events:boolean" + _EVERYWHERE,
    "drop_table": _TABLE + _EVERYWHERE,
    "create_attribute": _TABLE + "attribute!:string indexed:boolean type:string" + _EVERYWHERE,
    "drop_attribute": _TABLE + "attribute!:string" + _EVERYWHERE,
    "cleanup_orphan_blobs": "database|schema!:string",
    "get_backup": _DATABASE + "table:string tables:strings include_audit:boolean gzip:boolean exclude_blobs:boolean",
    # Records
    "insert": _WRITE,
    "update": _WRITE,
    "upsert": _WRITE,
    "put": _WRITE,
    "delete": _TABLE + "ids|hash_values!:array",
    "search_by_id": _TABLE + "ids|hash_values!:array get_attributes!:array",
    "search_by_value": _TABLE
    + "attribute|search_attribute!:string value|search_value!:any get_attributes:array"
    + _PART,
    "search_by_conditions": _TABLE + "conditions!:objects operator:and/or get_attributes|select:array" + _PART,
    "sql": "sql:string" + _PAGED,
    # What goes beyond the original
    "alter_attribute": _TABLE + "attribute!:string indexed:boolean",
    "alter_table": _TABLE + "audit:boolean events:boolean",
    "batch": "operations!:objects dry_run:boolean",
    "changes": _TABLE + "since:number last_event_id:string",
    "explain": "query!:object",
    "explain_permission": _DATABASE
    + "for_operation!:string table:string attributes:strings username:string role:string",
    "revert": _TABLE + "txn_time!:number ids|hash_values:array overwrite:boolean dry_run:boolean",
    # Bulk work
    "csv_data_load": _LOAD + "data!:string",
    "csv_file_load": _LOAD + "file_path!:string",
    "csv_url_load": _LOAD + "csv_url!:string passthrough_headers:object",
    "import_from_s3": _LOAD + "s3!:object",
    "export_local": "format:json/csv path:string filename:string search_operation:object",
    "export_to_s3": "format:json/csv s3:object search_operation:object",
    "delete_records_before": _TABLE + "date!:string",
    "get_job": "id!:string",
    "search_jobs_by_start_date": "from_date:string to_date:string",
    # Users, roles, tokens
    "list_users": "",
    "user_info": "",
    "add_user": "username:string password:string role:string active:boolean",
    "alter_user": "username:string password:string role:string active:boolean",
    "drop_user": "username:string",
    "list_roles": "",
    "add_role": "role:string permission:object id:string",
    "alter_role": "id:string permission:object role:string",
    "drop_role": "id:string",
    "create_authentication_tokens": "username:string password:string expires_in:any role:any",
    "refresh_operation_token": "refresh_token!:string",
    "login": "username!:string password!:string",
    "logout": "",
    # Logs
    "read_log": "start:integer limit:integer level:notify/error/warn/info/debug/trace/fatal from:string until|to:string"
    " order:asc/desc filter:string log_name:string" + _EVERYWHERE,
    "read_audit_log": _DATABASE + "table:string search_type:timestamp/username/hash_value search_values:array"
    " limit:integer",
    "read_transaction_log": _DATABASE + "table:string from:number to:number search_type:timestamp/username/hash_value"
    " search_values:array limit:integer",
    "delete_audit_logs_before": _TABLE + "timestamp!:number",
    "delete_transaction_logs_before": _TABLE + "timestamp!:number",
    # Configuration and system
    "get_configuration": "",
    "set_configuration": "replicated:boolean",
    "restart": "",
    "restart_service": "service!:http/http_workers/custom_functions/harperdb" + _EVERYWHERE,
    "system_information": "attributes:strings",
    "set_status": "id:primary/maintenance/availability status!:string",
    "get_status": "id:primary/maintenance/availability",
    "clear_status": "id:primary/maintenance/availability",
    # Analytics
    "list_metrics": "metric_types:strings",
    "describe_metric": "metric!:string",
    "get_analytics": "metric!:string start_time:number end_time:number get_attributes:strings conditions:objects"
    " limit:integer",
    # Components
    "add_component": _PROJECT + "template:string install_command:string install_timeout:number" + _EVERYWHERE,
    "deploy_component": "project!:string package:string payload:string restart:any force:boolean"
    " install_command:string install_timeout:number install_allow_scripts:boolean urlPath:string host:string"
    " credentials:objects" + _EVERYWHERE,
    "package_component": _PROJECT + "skip_node_modules:boolean skip_symlinks:boolean",
    "drop_component": _PROJECT + "file:string restart:any" + _EVERYWHERE,
    "get_components": "",
    "get_component_file": _PROJECT + "file!:string encoding:string",
    "set_component_file": _PROJECT + "file!:string payload:string encoding:string" + _EVERYWHERE,
    "install_node_modules": "projects!:strings dry_run:boolean",
    "audit_node_modules": "projects!:strings",
    "list_deployments": "project:string status:string since:any until:any limit:integer offset:integer",
    "get_deployment": "deployment_id!:string",
    "get_deployment_payload": "deployment_id!:string",
    "delete_deployment_payload": "deployment_id!:string",
    # Custom functions
    "custom_functions_status": "",
    "get_custom_functions": "",
    "get_custom_function": _FUNCTION,
    "set_custom_function": _FUNCTION + " function_content!:string",
    "drop_custom_function": _FUNCTION,
    "add_custom_function_project": _PROJECT,
    "drop_custom_function_project": _PROJECT,
    "package_custom_function_project": _PROJECT + "skip_node_modules:boolean",
    "deploy_custom_function_project": _PROJECT + "payload!:string file:string",
    # SSH keys and secrets
    "add_ssh_key": "name!:string key:string generate:boolean host!:string hostname!:string known_hosts:string"
    + _EVERYWHERE,
    "get_ssh_key": "name!:string",
    "update_ssh_key": "name!:string key!:string" + _EVERYWHERE,
    "delete_ssh_key": "name!:string" + _EVERYWHERE,
    "list_ssh_keys": "",
    "set_ssh_known_hosts": "known_hosts!:string" + _EVERYWHERE,
    "get_ssh_known_hosts": "",
    "set_secret": "name!:string value:string envelope:string processEnv:boolean grants:strings metadata:object",
    "grant_secret": "name!:string component!:string",
    "revoke_secret": "name!:string component!:string",
    "list_secrets": "",
    "delete_secret": "name!:string",
    "get_secrets_public_key": "",
    # Certificates
    "add_certificate": "certificate!:string is_authority!:boolean name:string private_key:string hosts:strings"
    " uses:strings ciphers:string",
    "remove_certificate": "name!:string",
    "list_certificates": "",
    "create_csr": "",
    "sign_certificate": "csr!:string",
    "get_key": "name:string",
    # Clustering
    "add_node": _NODE,
    "update_node": _NODE,
    "remove_node": "hostname|url:string",
    "cluster_status": "",
    "configure_cluster": "connections!:objects",
    "cluster_set_routes": "routes!:array",
    "cluster_get_routes": "",
    "cluster_delete_routes": "routes!:array",
    "set_node_replication": "node_name:string subscriptions:objects",
    "cluster_network": "",
    "purge_stream": _DATABASE + "table:string",
    # Licences
    "registration_info": "",
    "install_usage_license": "license!:string",
    "get_usage_licenses": "region:string",
    "get_fingerprint": "",
    "set_license": "key!:string company!:string",
    # Backups
    "create_backup": _DATABASE,
    "list_backups": _DATABASE,
    "verify_backup": _BACKUP + " verify_checksum:boolean",
    "delete_backup": _BACKUP,
    "purge_backups": _DATABASE + "keep_count!:integer",
    "restore_backup": _DATABASE + "backup_id:integer",
    # Firewall
    "add_waf_rule": "rule!:object",
    "alter_waf_rule": "id!:string",
    "drop_waf_rule": "id!:string",
    "list_waf_rules": "",
    "set_waf_mode": "mode:enforce/monitor/off scoreThreshold:number",
}
