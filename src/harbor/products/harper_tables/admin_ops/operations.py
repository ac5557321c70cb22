"""All operations of administration."""

from __future__ import annotations

from harbor.products.harper_tables.admin_ops.access_keys.certificates_api import OPERATIONS as CERTIFICATES
from harbor.products.harper_tables.admin_ops.access_keys.secrets_api import OPERATIONS as SECRETS
from harbor.products.harper_tables.admin_ops.access_keys.ssh_api import OPERATIONS as SSH_KEYS
from harbor.products.harper_tables.admin_ops.analytics.api import OPERATIONS as ANALYTICS
from harbor.products.harper_tables.admin_ops.backups.api import OPERATIONS as BACKUPS
from harbor.products.harper_tables.admin_ops.cluster_api import OPERATIONS as CLUSTERING
from harbor.products.harper_tables.admin_ops.components.api import OPERATIONS as COMPONENTS
from harbor.products.harper_tables.admin_ops.components.deployments_api import OPERATIONS as DEPLOYMENTS
from harbor.products.harper_tables.admin_ops.components.functions_api import OPERATIONS as FUNCTIONS
from harbor.products.harper_tables.admin_ops.configuration.api import OPERATIONS as CONFIGURATION
from harbor.products.harper_tables.admin_ops.licensing.api import OPERATIONS as LICENSING
from harbor.products.harper_tables.admin_ops.system.api import OPERATIONS as SYSTEM
from harbor.products.harper_tables.admin_ops.system.audit_api import OPERATIONS as AUDIT
from harbor.products.harper_tables.admin_ops.system.log import OPERATIONS as LOG
from harbor.products.harper_tables.admin_ops.system.status import OPERATIONS as STATUS
from harbor.products.harper_tables.admin_ops.waf_api import OPERATIONS as FIREWALL

OPERATIONS = (
    *CONFIGURATION,
    *SYSTEM,
    *STATUS,
    *LOG,
    *AUDIT,
    *ANALYTICS,
    *COMPONENTS,
    *DEPLOYMENTS,
    *FUNCTIONS,
    *SSH_KEYS,
    *SECRETS,
    *CERTIFICATES,
    *BACKUPS,
    *CLUSTERING,
    *LICENSING,
    *FIREWALL,
)
