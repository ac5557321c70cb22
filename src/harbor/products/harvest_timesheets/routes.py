"""Everything Harvest answers."""

from __future__ import annotations

from harbor.kernel.http.routes import Route
from harbor.products.harvest_timesheets.access import api as access
from harbor.products.harvest_timesheets.clients import api as clients
from harbor.products.harvest_timesheets.company import api as company
from harbor.products.harvest_timesheets.contacts import api as contacts
from harbor.products.harvest_timesheets.estimates import api as estimates
from harbor.products.harvest_timesheets.estimates import messages_api as estimate_messages
from harbor.products.harvest_timesheets.expense_categories import api as expense_categories
from harbor.products.harvest_timesheets.expenses import api as expenses
from harbor.products.harvest_timesheets.expenses import receipts_api as receipts
from harbor.products.harvest_timesheets.exporting import api as exporting
from harbor.products.harvest_timesheets.importing import api as importing
from harbor.products.harvest_timesheets.importing import csv_api as csv_imports
from harbor.products.harvest_timesheets.invoices import api as invoices
from harbor.products.harvest_timesheets.invoices import messages_api as invoice_messages
from harbor.products.harvest_timesheets.invoices import payments_api as invoice_payments
from harbor.products.harvest_timesheets.item_categories import api as item_categories
from harbor.products.harvest_timesheets.oauth import api as oauth
from harbor.products.harvest_timesheets.project_assignments import api as project_assignments
from harbor.products.harvest_timesheets.projects import api as projects
from harbor.products.harvest_timesheets.public_pages import api as public_pages
from harbor.products.harvest_timesheets.rates import api as rates
from harbor.products.harvest_timesheets.reports import api as reports
from harbor.products.harvest_timesheets.roles import api as roles
from harbor.products.harvest_timesheets.task_assignments import api as task_assignments
from harbor.products.harvest_timesheets.tasks import api as tasks
from harbor.products.harvest_timesheets.time_entries import api as time_entries
from harbor.products.harvest_timesheets.time_entries import approval_api as approval
from harbor.products.harvest_timesheets.user_assignments import api as user_assignments
from harbor.products.harvest_timesheets.users import api as users
from harbor.products.harvest_timesheets.users import teammates_api as teammates

ROUTES: tuple[Route, ...] = (
    *access.ROUTES,
    *oauth.ROUTES,
    *company.ROUTES,
    *clients.ROUTES,
    *contacts.ROUTES,
    *tasks.ROUTES,
    *users.ROUTES,
    *rates.ROUTES,
    *teammates.ROUTES,
    *roles.ROUTES,
    *projects.ROUTES,
    *user_assignments.ROUTES,
    *task_assignments.ROUTES,
    *project_assignments.ROUTES,
    *time_entries.ROUTES,
    *approval.ROUTES,
    *expense_categories.ROUTES,
    *expenses.ROUTES,
    *receipts.ROUTES,
    *reports.ROUTES,
    *item_categories.ROUTES,
    *invoices.ROUTES,
    *invoice_messages.ROUTES,
    *invoice_payments.ROUTES,
    *estimates.ROUTES,
    *estimate_messages.ROUTES,
    *public_pages.ROUTES,
    *importing.ROUTES,
    *csv_imports.ROUTES,
    *exporting.ROUTES,
)
