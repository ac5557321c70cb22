// What the package shows: two module kinds, one version, and the methods of the documentation.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as sdk from '@harbor/sdk';
import { KEY } from '../loopback.mjs';

const require = createRequire(import.meta.url);

test('both module kinds show the same names', () => {
  const common = require('@harbor/sdk');

  assert.deepEqual(Object.keys(common).sort(), Object.keys(sdk).sort());
  assert.equal(typeof common.Harbor, 'function');
  assert.equal(typeof sdk.Harbor, 'function');
  assert.equal(new common.Harbor({ secretKey: KEY, host: 'https://h.test/v1' }).host, 'https://h.test');
});

test('the version is that of package.json, and there is nothing to install besides', () => {
  const manifest = require('@harbor/sdk/package.json');

  assert.equal(manifest.version, sdk.VERSION);
  assert.match(manifest.version, /^2\./);
  assert.equal(manifest.dependencies, undefined);
});

test('each namespace has its methods, as the README lists them', () => {
  const harbor = new sdk.Harbor({ secretKey: KEY, host: 'https://h.test' });
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, name, cell]) => [
    name,
    [...cell.matchAll(/`(\w+)`/g)].map((found) => found[1]).sort(),
  ]);
  const methods = (thing) => Object.getOwnPropertyNames(Object.getPrototypeOf(thing)).filter((it) => it !== 'constructor');

  assert.deepEqual(rows.map(([name]) => name).sort(), ['deliveries', 'events', 'webhooks', 'workspaces']);
  for (const [name, listed] of rows) {
    assert.deepEqual(listed, methods(harbor[name]).sort());
  }
  assert.equal(harbor.events.replay, undefined);
});
