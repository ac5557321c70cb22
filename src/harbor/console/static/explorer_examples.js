// One call in three languages. Keys are never written into an example: it names the variable that holds one.

const INDENT = "    ";

/** Texts by language for what stands in the explorer's form. `names` says what the SDKs call the operation, if they do. */
export function examples(found, names, origin) {
  const body = parsed(found.body);
  return {
    cURL: curl(found, origin),
    Python: names.python && body.isObject ? pythonSdk(found, names.python, body.value, origin) : python(found, origin),
    TypeScript: names.typescript && body.isObject ? typescriptSdk(found, names.typescript, body.value, origin) : typescript(found, origin),
  };
}

function parsed(text) {
  if (text === null) return { isObject: true, value: {} };
  try {
    const value = JSON.parse(text);
    return { isObject: value !== null && typeof value === "object" && !Array.isArray(value), value };
  } catch {
    return { isObject: false, value: null };
  }
}

function address(found, origin) {
  const query = new URLSearchParams(found.query.map(({ name, value }) => [name, value])).toString();
  return origin + found.path + (query ? `?${query}` : "");
}

/** A word for a POSIX shell. */
export function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function curl(found, origin) {
  const lines = [`curl -X ${found.method} ${quoted(address(found, origin))}`, `-H "Authorization: Bearer $HARBOR_SECRET_KEY"`];
  for (const { name, value } of found.headers) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (found.body !== null) lines.push(`-H 'Content-Type: application/json'`, `--data-raw ${quoted(found.body)}`);
  return lines.join(" \\\n  ");
}

/** A value as Python writes it. */
export function pythonValue(value, indent = "") {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map((item) => pythonValue(item, indent)).join(", ")}]`;
  if (typeof value === "object") {
    const inner = indent + INDENT;
    const items = Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${pythonValue(item, inner)},`);
    return items.length ? `{\n${items.join("\n")}\n${indent}}` : "{}";
  }
  return JSON.stringify(value);
}

/** What a parameter's text means: numbers and booleans by its declared type. */
function typed({ value, type }) {
  if (/^(integer|number)/.test(type) && value.trim() !== "" && Number.isFinite(Number(value))) return Number(value);
  if (/^boolean/.test(type)) return value === "true";
  if (/^array/.test(type)) return [value];
  return value;
}

function named(found, body) {
  const values = Object.fromEntries(found.query.map((one) => [one.name, typed(one)]));
  return { ...values, ...body };
}

function pythonSdk(found, name, body, origin) {
  const once = found.headers.find((one) => one.name === "Idempotency-Key");
  const parts = found.parts.map((one) => JSON.stringify(one.value));
  const words = Object.entries(named(found, body)).map(([word, value]) => `${word}=${pythonValue(value, INDENT)}`);
  if (once) words.push(`idempotency_key=${JSON.stringify(once.value)}`);
  const call = [...parts, ...words];
  const inside = call.length ? `\n${call.map((one) => `${INDENT}${one},`).join("\n")}\n` : "";
  return `from harbor_sdk import Harbor\n\nharbor = Harbor(host=${JSON.stringify(origin)})  # the key is in HARBOR_SECRET_KEY\nprint(harbor.${name}(${inside}))\n`;
}

function python(found, origin) {
  const lines = ["import os", "", "import httpx", "", "reply = httpx.request(", `    "${found.method}",`, `    ${JSON.stringify(address(found, origin))},`];
  const headers = [["Authorization", null], ...found.headers.map(({ name, value }) => [name, value])];
  if (found.body !== null) headers.push(["Content-Type", "application/json"]);
  const shown = headers.map(([name, value]) =>
    value === null ? `"Authorization": f"Bearer {os.environ['HARBOR_SECRET_KEY']}"` : `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  lines.push(`    headers={${shown.join(", ")}},`);
  if (found.body !== null) lines.push(`    content=${JSON.stringify(found.body)},`);
  return `${[...lines, ")", "print(reply.status_code, reply.text)"].join("\n")}\n`;
}

function camel(name) {
  return name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}

function typescriptSdk(found, name, body, origin) {
  const once = found.headers.find((one) => one.name === "Idempotency-Key");
  const values = Object.fromEntries(Object.entries(named(found, body)).map(([word, value]) => [camel(word), value]));
  const call = found.parts.map((one) => JSON.stringify(one.value));
  if (Object.keys(values).length || once) call.push(JSON.stringify(values, null, 2));
  if (once) call.push(`{ idempotencyKey: ${JSON.stringify(once.value)} }`);
  return [
    `import { Harbor } from "@harbor/sdk";`, "",
    `const harbor = new Harbor({ secretKey: process.env.HARBOR_SECRET_KEY!, host: ${JSON.stringify(origin)} });`,
    `console.log(await harbor.${name}(${call.join(", ")}));`, "",
  ].join("\n");
}

function typescript(found, origin) {
  const headers = Object.fromEntries(found.headers.map(({ name, value }) => [name, value]));
  if (found.body !== null) headers["Content-Type"] = "application/json";
  const more = JSON.stringify(headers, null, 2).slice(1, -1).trim();
  return [
    `const reply = await fetch(${JSON.stringify(address(found, origin))}, {`,
    `  method: "${found.method}",`,
    `  headers: { Authorization: \`Bearer \${process.env.HARBOR_SECRET_KEY}\`${more ? `, ${more}` : ""} },`,
    ...(found.body === null ? [] : [`  body: ${JSON.stringify(found.body)},`]),
    `});`, `console.log(reply.status, await reply.text());`, "",
  ].join("\n");
}
