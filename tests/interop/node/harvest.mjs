// Three clients of Harvest from npm, each through every call that it has. The address is all that is ours.
// Reads {url, account_id, access_token} from standard input; writes {client: [[call, answer], ...]}.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Api = require("node-harvest-api");
const V2 = require("harvest-v2");
const { default: Harvest } = require("harvest");
const given = JSON.parse(readFileSync(0, "utf8"));
const DAY = "2026-03-02";
const LINE = { kind: "Service", unit_price: 100, quantity: 2 };
const PROJECT = { is_billable: true, bill_by: "Project", hourly_rate: 80, budget_by: "project", budget: 20 };
const RECIPIENTS = { recipients: [{ name: "Una", email: "una@example.com" }] };

// What a call is answered, with its name, in a list that the test reads.
function teller() {
  const told = [];
  const tell = async (name, answer) => {
    let said;
    try {
      said = await answer;
    } catch (error) {
      said = { refused: error.statusCode ?? String(error), body: error.error };
    }
    told.push([name, said]);
    return said;
  };
  return { told, tell };
}

async function nodeHarvestApi() {
  const { told, tell } = teller();
  const api = () => Object.assign(new Api(given.account_id, given.access_token, "Interop"), { url: `${given.url}/api/v2/` });
  // A shortcut of this client spoils its own path when it is used, so each gets a client of its own.
  const shortcut = (kind, name, id) => tell(`${kind}.${name}`, api()[kind][name](id));
  const client = api();
  const crud = async (wrapper, name, body, change) => {
    const made = await tell(`${name}.create`, wrapper().create(body));
    await tell(`${name}.find`, wrapper().find(made.id));
    await tell(`${name}.update`, wrapper().update(made.id, change));
    await tell(`${name}.all`, wrapper().all());
    return made;
  };

  await tell("company", client.company());
  await tell("users.me", client.users.me());
  const customer = await crud(() => client.clients, "clients", { name: "Api Customer" }, { address: "1 Quay" });
  await crud(() => client.contacts, "contacts", { client_id: customer.id, first_name: "Una" }, { title: "Ms" });
  const task = await crud(() => client.tasks, "tasks", { name: "Api Task" }, { default_hourly_rate: 50 });
  const project = await crud(() => client.projects, "projects", { client_id: customer.id, name: "Api Project", ...PROJECT }, { code: "AP" });
  const user = await crud(() => client.users, "users", { first_name: "Api", last_name: "User", email: "api@example.com" }, { telephone: "1" });
  await crud(() => client.roles, "roles", { name: "Api Role" }, { user_ids: [user.id] });
  const on = () => client.projects.pipe(project.id);
  await crud(() => on().user_assignments, "user_assignments", { user_id: user.id }, { budget: 3 });
  await crud(() => on().task_assignments, "task_assignments", { task_id: task.id }, { billable: true });
  await tell("project_assignments", client.users.pipe("me").project_assignments.all());
  const about = { project_id: project.id, task_id: task.id, spent_date: DAY };
  const timer = await crud(() => client.time_entries, "time_entries", about, { notes: "drawn" });
  await shortcut("time_entries", "stop", timer.id);
  await shortcut("time_entries", "restart", timer.id);
  await tell("time_entries.stop", api().time_entries.stop(timer.id));
  for (const hours of [1, 2]) await client.time_entries.create({ ...about, hours });
  await tell("time_entries.limit", client.time_entries.get({ limit: 2, project_id: project.id }));
  await tell("time_entries.raw", client.time_entries.raw({ project_id: project.id, per_page: 2 }));
  const kind = await crud(() => client.expense_categories, "expense_categories", { name: "Api Ferry" }, { unit_name: "trip" });
  await crud(() => client.expenses, "expenses", { ...about, expense_category_id: kind.id, total_cost: 13.59 }, { notes: "there" });
  await crud(() => client.invoice_item_categories, "invoice_item_categories", { name: "Api Item" }, { name: "Api Items" });
  await crud(() => client.estimate_item_categories, "estimate_item_categories", { name: "Api Item" }, { name: "Api Items" });
  const invoice = await crud(() => client.invoices, "invoices", { client_id: customer.id, line_items: [LINE] }, { subject: "March" });
  for (const name of ["sent", "draft", "sent", "close", "reopen"]) await shortcut("invoices", name, invoice.id);
  const bill = () => client.invoices.pipe(invoice.id);
  await tell("invoices.messages.create", bill().messages.create(RECIPIENTS));
  await tell("invoices.messages.get", bill().messages.get({ limit: 2 }));
  await tell("invoices.payments.create", bill().payments.create({ amount: 200 }));
  await tell("invoices.payments.all", bill().payments.all());
  const estimate = await crud(() => client.estimates, "estimates", { client_id: customer.id, line_items: [LINE] }, { notes: "ok?" });
  for (const name of ["send", "accept", "reopen", "decline"]) await shortcut("estimates", name, estimate.id);
  await tell("estimates.messages.create", client.estimates.pipe(estimate.id).messages.create(RECIPIENTS));
  await tell("estimates.messages.all", client.estimates.pipe(estimate.id).messages.all());
  await tell("refused", client.clients.create({ name: "" }));
  await tell("missing", client.clients.find(987654321));
  // It deletes without any header, and nobody answers that.
  await tell("delete", client.clients.delete(customer.id));
  return told;
}

async function harvestV2() {
  const { told, tell } = teller();
  const client = new V2({ access_token: given.access_token, scope: `harvest%3A${given.account_id}`, user_agent: "Interop" });
  for (const resource of Object.values(client)) {
    if (resource.baseUri) resource.baseUri = resource.baseUri.replace("https://api.harvestapp.com", given.url);
  }
  const same = (answer) => answer;
  const crud = async (name, body, change, ...parents) => {
    const made = await tell(`${name}.create`, client[name].create(...parents, body, same));
    if (client[name].retrieve) await tell(`${name}.retrieve`, client[name].retrieve(...parents, made.id, same));
    if (client[name].update) await tell(`${name}.update`, client[name].update(...parents, made.id, change, same));
    await tell(`${name}.list`, client[name].list(...parents, same));
    return made;
  };
  const gone = (name, ...ids) => tell(`${name}.delete`, client[name].delete(...ids, same));

  await tell("company.retrieve", client.company.retrieve(null, same));
  const customer = await crud("clients", { name: "V2 Customer" }, { currency: "EUR" });
  const contact = await crud("clientContacts", { client_id: customer.id, first_name: "Una" }, { last_name: "Quay" });
  const task = await crud("tasks", { name: "V2 Task" }, { is_default: false });
  const project = await crud("projects", { client_id: customer.id, name: "V2 Project", ...PROJECT }, { notes: "new" });
  const user = await crud("users", { first_name: "V", last_name: "Two", email: "v2@example.com" }, { is_contractor: true });
  const role = await crud("roles", { name: "V2 Role" }, { name: "V2 Roles" });
  const on = await crud("projectUserAssignments", { user_id: user.id }, { is_project_manager: true }, project.id);
  const use = await crud("projectTaskAssignments", { task_id: task.id }, { billable: true }, project.id);
  await crud("userBillableRates", { amount: 90 }, {}, user.id);
  await crud("userCostRates", { amount: 45, start_date: DAY }, {}, user.id);
  await tell("userProjectAssignments.list", client.userProjectAssignments.list(user.id, same));
  const about = { project_id: project.id, task_id: task.id, spent_date: DAY };
  const timer = await crud("timeEntries", about, { notes: "drawn" });
  await tell("timeEntries.running", client.timeEntries.listBy({ is_running: true }, same));
  await tell("timeEntries.stop", client.timeEntries.stop(timer.id, same));
  await tell("timeEntries.restart", client.timeEntries.restart(timer.id, same));
  const kind = await crud("expenseCategories", { name: "V2 Ferry" }, { unit_name: "trip", unit_price: 7.5 });
  const expense = await crud("expenses", { ...about, expense_category_id: kind.id, units: 2 }, { billable: false });
  const invoice = await crud("invoices", { client_id: customer.id, line_items: [LINE] }, { tax: 10 });
  await tell("invoiceLineItem.update", client.invoiceLineItem.update(invoice.id, { line_items: [LINE] }, same));
  await tell("invoices.listBy", client.invoices.listBy({ client_id: customer.id }, same));
  await crud("invoiceMessages", RECIPIENTS, {}, invoice.id);
  const payment = await crud("invoicePayments", { amount: 20 }, {}, invoice.id);
  const estimate = await crud("estimates", { client_id: customer.id, line_items: [LINE] }, { tax: 10 });
  await tell("estimateLineItem.update", client.estimateLineItem.update(estimate.id, { line_items: [LINE] }, same));
  const message = await crud("estimateMessages", RECIPIENTS, {}, estimate.id);
  const item = await crud("invoiceItemCategories", { name: "V2 Item" }, { name: "V2 Items" });
  const offer = await crud("estimateItemCategories", { name: "V2 Item" }, { name: "V2 Items" });
  await gone("estimateItemCategories", offer.id);
  await gone("invoiceItemCategories", item.id);
  await gone("estimateMessages", estimate.id, message.id);
  await gone("estimates", estimate.id);
  await gone("invoicePayments", invoice.id, payment.id);
  await gone("invoices", invoice.id);
  await gone("expenses", expense.id);
  await gone("expenseCategories", kind.id);
  await gone("timeEntries", timer.id);
  await gone("projectTaskAssignments", project.id, use.id);
  await gone("projectUserAssignments", project.id, on.id);
  await gone("roles", role.id);
  await gone("users", user.id);
  await gone("projects", project.id);
  await gone("tasks", task.id);
  await gone("clientContacts", contact.id);
  await gone("clients", customer.id);
  await tell("refused", client.clients.create({}, same));
  await tell("missing", client.clients.retrieve(customer.id, same));
  return told;
}

async function harvest() {
  const { told, tell } = teller();
  const auth = { accessToken: given.access_token, accountId: given.account_id };
  const client = new Harvest({ subdomain: "interop", userAgent: "Interop", auth });
  client.client.request = client.client.request.defaults({ baseUrl: given.url });
  const crud = async (name, body, change, ...parents) => {
    const made = await tell(`${name}.create`, client[name].create(...parents, body));
    if (client[name].get) await tell(`${name}.get`, client[name].get(...parents, made.id));
    if (client[name].update) await tell(`${name}.update`, client[name].update(...parents, made.id, change));
    await tell(`${name}.list`, client[name].list(...parents, { per_page: 3, page: 1 }));
    return made;
  };
  const gone = (name, ...ids) => tell(`${name}.delete`, client[name].delete(...ids));

  await tell("company.get", client.company.get());
  await tell("users.me", client.users.me());
  const customer = await crud("clients", { name: "Request Customer" }, { is_active: true });
  const contact = await crud("contacts", { client_id: customer.id, first_name: "Una" }, { fax: "2" });
  const task = await crud("tasks", { name: "Request Task" }, { name: "Request Tasks" });
  const project = await crud("projects", { client_id: customer.id, name: "Request Project", ...PROJECT }, { budget: 9.5 });
  const user = await crud("users", { first_name: "Re", last_name: "Quest", email: "rq@example.com" }, { weekly_capacity: 90000 });
  const role = await crud("roles", { name: "Request Role", user_ids: [user.id] }, { name: "Request Roles" });
  const on = await crud("userAssignments", { user_id: user.id }, { use_default_rates: false, hourly_rate: 5 }, project.id);
  const use = await crud("taskAssignments", { task_id: task.id, billable: true }, { hourly_rate: 7 }, project.id);
  await tell("projectAssignments.list", client.projectAssignments.list(user.id, {}));
  await tell("projectAssignments.me", client.projectAssignments.me());
  const about = { project_id: project.id, task_id: task.id, spent_date: DAY };
  const timer = await crud("timeEntries", about, { hours: 1.25 });
  await tell("timeEntries.stop", client.timeEntries.stop(timer.id));
  await tell("timeEntries.restart", client.timeEntries.restart(timer.id));
  await tell("timeEntries.again", client.timeEntries.stop(timer.id));
  const kind = await crud("expenseCategories", { name: "Request Ferry" }, { is_active: true });
  const expense = await crud("expenses", { ...about, expense_category_id: kind.id, total_cost: "4.20" }, { total_cost: 5 });
  const invoice = await crud("invoices", { client_id: customer.id, line_items: [LINE] }, { discount: 50 });
  for (const name of ["send", "draft", "send", "close", "reopen"]) await tell(`invoices.${name}`, client.invoices[name](invoice.id));
  await crud("invoiceMessages", RECIPIENTS, {}, invoice.id);
  const payment = await crud("invoicePayments", { amount: 100, paid_date: DAY }, {}, invoice.id);
  await tell("invoices.paid", client.invoices.get(invoice.id));
  const estimate = await crud("estimates", { client_id: customer.id, line_items: [LINE] }, { subject: "Offer" });
  for (const name of ["send", "accept", "reopen", "decline"]) await tell(`estimates.${name}`, client.estimates[name](estimate.id));
  const message = await crud("estimateMessages", RECIPIENTS, {}, estimate.id);
  const item = await crud("invoiceItemCategories", { name: "Request Item" }, { name: "Request Items" });
  const offer = await crud("estimateItemCategories", { name: "Request Item" }, { name: "Request Items" });
  await gone("estimateItemCategories", offer.id);
  await gone("invoiceItemCategories", item.id);
  await gone("estimateMessages", estimate.id, message.id);
  await gone("estimates", estimate.id);
  await gone("invoicePayments", invoice.id, payment.id);
  await gone("invoices", invoice.id);
  await gone("expenses", expense.id);
  await gone("expenseCategories", kind.id);
  await gone("timeEntries", timer.id);
  await gone("taskAssignments", project.id, use.id);
  await gone("userAssignments", project.id, on.id);
  await gone("roles", role.id);
  await gone("users", user.id);
  await gone("projects", project.id);
  await gone("tasks", task.id);
  await gone("contacts", contact.id);
  await gone("clients", customer.id);
  await tell("refused", client.clients.create({}));
  await tell("missing", client.clients.get(customer.id));
  return told;
}

console.log(JSON.stringify({ "node-harvest-api": await nodeHarvestApi(), "harvest-v2": await harvestV2(), harvest: await harvest() }));
