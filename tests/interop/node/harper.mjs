// Two clients of Harper from npm, each through every call that it has and Harbor answers. The address is all that is ours.
// Reads {url, username, password, csv_url, bucket} from standard input; writes {client: [[call, answer], ...]}.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { Client } = require("harperive");
const { HarperDBConnect } = require("harperdb-connect");
const given = JSON.parse(readFileSync(0, "utf8"));
const JOB_WAITS_MAX = 200;

async function harperive() {
  const pair = { username: given.username, password: given.password };
  const client = new Client({ harperHost: given.url, ...pair, schema: "kennel" });
  const told = [];
  const call = async (name, ...words) => {
    const { statusCode, data } = await client[name](...words);
    told.push([name, statusCode, data]);
    return data;
  };
  const dogs = { table: "dog" };
  const ended = async ({ message }) => {
    // As the clients' guides show: the id is the fifth word.
    for (let waits = 0; waits < JOB_WAITS_MAX; waits += 1) {
      const [job] = (await client.getJobDetails({ jobId: message.split(" ")[4] })).data;
      if (["COMPLETE", "ERROR"].includes(job.status)) return told.push(["job", 200, job.message]);
      await new Promise((wake) => setTimeout(wake, 20));
    }
    return told.push(["job", 0, "it does not end"]);
  };

  await call("authorize");
  await call("createSchema", { schema: "kennel" });
  await call("createTable", { ...dogs, hashAttribute: "id" });
  await call("insert", { ...dogs, records: [{ id: 1, name: "Penny", age: 5 }, { id: 2, name: "Rex" }, { id: 3, name: "Kato" }] });
  await call("update", { ...dogs, records: [{ id: 2, age: 3 }] });
  await call("upsert", { ...dogs, records: [{ id: 3, age: 9 }, { id: 4, name: "Harper" }] });
  await call("searchByHash", { ...dogs, hashValues: [2, 1], attributes: ["id", "name", "age"] });
  await call("searchByValue", { ...dogs, searchAttribute: "name", searchValue: "*a*", attributes: ["name"] });
  await call("query", "SELECT COUNT(*) AS n, MAX(age) AS oldest FROM kennel.dog");
  await call("delete", { ...dogs, hashValues: [4, 99] });
  await ended(await call("csvDataLoad", { ...dogs, data: "id,name,age\n5,Ünal,1\n6,Ida,2\n" }));
  await ended(await call("csvUrlLoad", { ...dogs, action: "upsert", url: given.csv_url }));
  const s3 = { awsAccessKeyId: "key", awsSecretAccessKey: "secret", bucket: given.bucket, key: "dogs" };
  await call("exportToS3", { operation: "sql", sql: "SELECT id FROM kennel.dog" }, s3);
  const blank = await client.importFromS3(dogs, { ...s3, key: "dogs.csv" }).catch((error) => error);
  told.push(["no region", 200, { error: blank.error }]);
  await call("executeOperation", { operation: "create_attribute", schema: "kennel", ...dogs, attribute: "chip" });
  await call("dropAttribute", { ...dogs, attribute: "chip" });
  await call("describeTable", dogs);
  await call("describeSchema", {});
  await call("describeAll");
  const permission = { super_user: false, kennel: { tables: { dog: { read: true, insert: false, update: false, delete: false, attribute_permissions: [] } } } };
  const role = await call("addRole", { roleName: "walker", permission });
  await call("alterRole", { roleId: role.id, roleName: "sitter", permission });
  await call("listRoles");
  await call("addUser", { role: "sitter", username: "una", password: "birch-9", active: true });
  await call("alterUser", { username: "una", role: "sitter", password: "birch-10", active: true });
  await call("userInfo");
  await call("listUsers");
  const tokens = await call("createAuthenticationTokens", pair);
  const bearer = new Client({ harperHost: given.url, token: tokens.operation_token });
  told.push(["with a token", 200, (await bearer.userInfo()).data.username]);
  told.push(["refreshOperationToken", 200, (await bearer.refreshOperationToken({ token: tokens.refresh_token })).data]);
  await call("readTransactionLog", { schema: "kennel", ...dogs });
  await call("readTransactionLogByTimestamp", { schema: "kennel", ...dogs, searchValues: [0] });
  await call("readTransactionLogByUsername", { schema: "kennel", ...dogs, searchValues: [given.username] });
  await call("readTransactionLogByHashValue", { schema: "kennel", ...dogs, searchValues: [1] });
  await call("readLog", { limit: 5, start: 0 });
  await call("systemInformation");
  await call("getJobsByDate", { from: "2020-01-01", until: "2100-01-01" });
  await ended(await call("deleteFilesBefore", { date: "2020-01-01", schema: "kennel", ...dogs }));
  await ended(await call("deleteTransactionLogsBefore", { schema: "kennel", ...dogs, timestamp: 1 }));
  const stranger = new Client({ harperHost: given.url, username: "una", password: "birch-10", schema: "kennel" });
  told.push(["as una", 200, (await stranger.query("SELECT name FROM kennel.dog WHERE id = 1")).data]);
  const refused = await stranger.insert({ ...dogs, records: [{ id: 7 }] }).catch((error) => error);
  told.push(["refused", refused.statusCode, refused]);
  await call("dropUser", { username: "una" });
  await call("dropRole", { roleId: role.id });
  await new Promise((done) => client.describeSchema({}, (error, answer) => done(told.push(["with a callback", 200, Object.keys(answer.data)]))));
  await call("dropTable", dogs);
  await call("dropSchema", { schema: "kennel" });
  return told;
}

async function connect() {
  const told = [];
  const client = await new HarperDBConnect(given.username, given.password, given.url);
  client.setDefaultOptions({ method: "POST", json: true, headers: { "content-type": "application/json" } });
  for (const body of [
    { operation: "create_schema", schema: "cattery" },
    { operation: "create_table", schema: "cattery", table: "cat", hash_attribute: "id" },
    { operation: "insert", schema: "cattery", table: "cat", records: [{ id: "a", name: "Minka" }] },
    { operation: "sql", sql: "SELECT id, name FROM cattery.cat" },
    { operation: "drop_schema", schema: "cattery" },
  ]) told.push([body.operation, 200, await client.request(body)]);
  const refused = await client.request({ operation: "describe_schema", schema: "cattery" }).catch((error) => error);
  told.push(["refused", refused.statusCode, refused.error]);
  const nobody = await new HarperDBConnect(given.username, "wrong", given.url).catch((error) => String(error));
  told.push(["with a wrong password", 401, nobody]);
  return told;
}

console.log(JSON.stringify({ harperive: await harperive(), connect: await connect() }));
