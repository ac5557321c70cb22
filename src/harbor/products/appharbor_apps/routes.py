"""Everything AppHarbor answers."""

from __future__ import annotations

from harbor.kernel.http.routes import Route
from harbor.products.appharbor_apps.access.api import ROUTES as ACCESS
from harbor.products.appharbor_apps.applications.api import ROUTES as APPLICATIONS
from harbor.products.appharbor_apps.builds.api import ROUTES as BUILDS
from harbor.products.appharbor_apps.builds.hooks_api import ROUTES as PUSH_HOOKS
from harbor.products.appharbor_apps.collaborators.api import ROUTES as COLLABORATORS
from harbor.products.appharbor_apps.config_variables.api import ROUTES as VARIABLES
from harbor.products.appharbor_apps.deploys.api import ROUTES as RELEASES
from harbor.products.appharbor_apps.drains.api import ROUTES as DRAINS
from harbor.products.appharbor_apps.exceptions.api import ROUTES as EXCEPTIONS
from harbor.products.appharbor_apps.formation.api import ROUTES as FORMATION
from harbor.products.appharbor_apps.git.api import ROUTES as GIT
from harbor.products.appharbor_apps.hostnames.api import ROUTES as HOSTNAMES
from harbor.products.appharbor_apps.log_sessions.api import ROUTES as LOG_SESSIONS
from harbor.products.appharbor_apps.logs.api import ROUTES as LOGS
from harbor.products.appharbor_apps.oauth.api import ROUTES as OAUTH
from harbor.products.appharbor_apps.runs.api import ROUTES as RUNS
from harbor.products.appharbor_apps.service_hooks.api import ROUTES as SERVICE_HOOKS
from harbor.products.appharbor_apps.test_results.api import ROUTES as TESTS

ROUTES: tuple[Route, ...] = (
    *ACCESS,
    *OAUTH,
    *APPLICATIONS,
    *BUILDS,
    *PUSH_HOOKS,
    *TESTS,
    *COLLABORATORS,
    *VARIABLES,
    *HOSTNAMES,
    *SERVICE_HOOKS,
    *EXCEPTIONS,
    *DRAINS,
    *LOG_SESSIONS,
    *LOGS,
    *RELEASES,
    *FORMATION,
    *RUNS,
    *GIT,
)
