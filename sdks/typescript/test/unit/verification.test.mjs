// Whether a delivery is genuine. The vectors are those of docs/products/harbor.md#signatures.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { constructWebhookEvent, HarborError, verifyWebhookSignature } from '@harbor/sdk';

const SECRET = 'whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY';
const OTHER = 'whsec_GBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIB';
const TIMESTAMP = '1779710401';
const BODY =
  '{"id":"del_01j8z0c3v5m7k9q1r2s4t6w8xy","type":"event.created","created_at":"2026-05-25T12:00:01Z","data":{"id":"evt_01j8z0c3t4e6g8h0j2k4m6n8pq","type":"order.shipped","workspace_id":"ws_01j8yxw2v3t4s5r6q7p8n9m0k1","payload":{"city":"Zürich","n":1},"created_at":"2026-05-25T12:00:00Z"}}';
const BYTES = Buffer.from(BODY);
const HEX = '3d1d1993e35cdfd47d3e4e755b7459666d20b8fab42a9f21822f16ff6ac25704';
const SIGNATURE = `t=${TIMESTAMP},v1=${HEX}`;
const STANDARD = {
  'webhook-id': 'evt_01j8z0c3t4e6g8h0j2k4m6n8pq',
  'webhook-timestamp': TIMESTAMP,
  'webhook-signature': 'v1,LTkF7njhwCK2HBtRYw8sWtDMKWWj+rROc0b/yUKOCMQ=',
};
const HEADERS = { 'Harbor-Signature': SIGNATURE, 'Harbor-Timestamp': TIMESTAMP };
const GOOD = { payload: BYTES, signature: SIGNATURE, timestamp: TIMESTAMP, secret: SECRET };
const ZEROS = '0'.repeat(64);

/** Let it be `ageS` seconds after the vectors were signed. */
function at(t, ageS = 0) {
  t.mock.method(Date, 'now', () => (Number(TIMESTAMP) + ageS) * 1000);
}

const verifies = (change) => verifyWebhookSignature({ ...GOOD, ...change });
const digest = (body) => createHmac('sha256', SECRET).update(`${TIMESTAMP}.`).update(body).digest('hex');

test('the vector is what it says: 286 bytes, signed with the whole secret', () => {
  assert.equal(BYTES.length, 286);
  assert.equal(digest(BYTES), HEX);
});

test('a genuine delivery is accepted in each form of payload, signature, timestamp and secret', (t) => {
  at(t);

  for (const payload of [BODY, BYTES, new Uint8Array(BYTES)]) {
    for (const signature of [SIGNATURE, `v1=${HEX}`, HEX, ` ${SIGNATURE} `, `v1=${HEX}, t=${TIMESTAMP}`]) {
      for (const timestamp of [TIMESTAMP, Number(TIMESTAMP), ` ${TIMESTAMP}`]) {
        for (const secret of [SECRET, [SECRET], [OTHER, SECRET], ['', SECRET]]) {
          assert.equal(verifyWebhookSignature({ payload, signature, timestamp, secret }), true);
        }
      }
    }
  }
});

test('one v1 of several that fits is enough, and other versions are passed over', (t) => {
  at(t);

  assert.equal(verifies({ signature: `t=${TIMESTAMP},v1=${ZEROS},v1=${HEX}` }), true);
  assert.equal(verifies({ signature: `t=${TIMESTAMP},v0=${ZEROS},v1=${HEX},v2=a=b` }), true);
  assert.equal(verifies({ signature: `t=${TIMESTAMP},v0=${HEX}` }), false);
});

test('one other byte anywhere in the body is refused', (t) => {
  at(t);

  for (let index = 0; index < BYTES.length; index += 1) {
    const payload = Buffer.from(BYTES);
    payload[index] ^= 1;
    assert.equal(verifies({ payload }), false);
  }
});

test('one other digit anywhere in the signature, or character in the secret, is refused', (t) => {
  at(t);

  for (let index = 0; index < HEX.length; index += 1) {
    const other = HEX[index] === '0' ? '1' : '0';
    assert.equal(verifies({ signature: `v1=${HEX.slice(0, index)}${other}${HEX.slice(index + 1)}` }), false);
  }
  for (let index = 0; index < SECRET.length; index += 1) {
    assert.equal(verifies({ secret: `${SECRET.slice(0, index)}~${SECRET.slice(index + 1)}` }), false);
  }
});

test('a t that is not the timestamp is refused, as is another timestamp', (t) => {
  at(t);

  assert.equal(verifies({ signature: `t=1779710402,v1=${HEX}` }), false);
  assert.equal(verifies({ signature: `t=${TIMESTAMP},t=1779710402,v1=${HEX}` }), false);
  assert.equal(verifies({ timestamp: '1779710402' }), false);
  assert.equal(verifies({ timestamp: '1779710402', signature: HEX }), false);
});

for (const [ageS, expected] of [[0, true], [300, true], [301, false], [-300, true], [-301, false]]) {
  test(`${ageS} seconds after signing it is ${expected ? 'accepted' : 'refused'}`, (t) => {
    at(t, ageS);

    assert.equal(verifies({}), expected);
  });
}

test('the tolerance can be another one', (t) => {
  at(t, 400);

  assert.equal(verifies({ toleranceSeconds: 400 }), true);
  assert.equal(verifies({ toleranceSeconds: 10 }), false);
  assert.equal(verifies({ toleranceSeconds: undefined }), false);
  for (const toleranceSeconds of [NaN, -1, '1000', null]) {
    assert.equal(verifies({ toleranceSeconds }), false);
  }
});

test('what is empty or malformed is refused, and never throws', (t) => {
  at(t);
  const odd = [undefined, null, '', ' ', 0, NaN, 1e21, true, {}, [], [null], Symbol('x'), () => {}, '\ud800', new Date(NaN)];
  const signatures = ['t=', 'v1=', `t=${TIMESTAMP}`, ',', '=', `${SIGNATURE},`, `${SIGNATURE},x`, HEX.toUpperCase()];
  const long = [`v1=${HEX},`.repeat(60) + `v1=${HEX}`, `${HEX}\n${HEX}`, HEX.slice(1), `${HEX}0`, `v1=${HEX}0`];

  for (const field of ['payload', 'signature', 'timestamp', 'secret']) {
    for (const value of odd) {
      assert.equal(verifies({ [field]: value }), false, `${field}: ${String(value)}`);
    }
  }
  for (const signature of [...signatures, ...long]) {
    assert.equal(verifies({ signature }), false, signature);
  }
  for (const timestamp of ['-1', '1.5', '1e9', '0x6a', `${TIMESTAMP}x`, '١٧٧٩٧١٠٤٠١', '9'.repeat(400)]) {
    assert.equal(verifies({ timestamp }), false);
  }
  for (const input of odd) {
    assert.equal(verifyWebhookSignature(input), false);
  }
  assert.equal(verifyWebhookSignature(), false);
});

test('an empty secret accepts nobody, not even who signs with it', (t) => {
  at(t);
  const signature = createHmac('sha256', '').update(`${TIMESTAMP}.${BODY}`).digest('hex');

  for (const secret of ['', [''], []]) {
    assert.equal(verifies({ signature, secret }), false);
  }
});

test('constructWebhookEvent gives the envelope under the names of the wire', (t) => {
  at(t);

  for (const payload of [BODY, BYTES]) {
    assert.deepEqual(constructWebhookEvent(payload, HEADERS, SECRET), JSON.parse(BODY));
  }
});

test('headers come in each form that frameworks have', (t) => {
  at(t);
  const lower = { 'harbor-signature': SIGNATURE, 'harbor-timestamp': TIMESTAMP };
  const forms = [HEADERS, lower, { ...lower, cookie: ['a', 'b'], x: undefined }, new Headers(HEADERS), new Map(Object.entries(HEADERS))];

  for (const headers of [...forms, { 'HARBOR-SIGNATURE': [SIGNATURE], 'harbor-timestamp': TIMESTAMP }, Object.entries(lower)]) {
    assert.equal(constructWebhookEvent(BYTES, headers, SECRET).id, 'del_01j8z0c3v5m7k9q1r2s4t6w8xy');
  }
});

test('without Harbor\'s headers those of Standard Webhooks decide', (t) => {
  at(t);

  assert.equal(constructWebhookEvent(BYTES, STANDARD, SECRET).data.type, 'order.shipped');
  assert.equal(constructWebhookEvent(BODY, new Headers(STANDARD), [OTHER, SECRET]).data.type, 'order.shipped');
  const several = { ...STANDARD, 'webhook-signature': `v1a,xyz v1,${'A'.repeat(43)}= ${STANDARD['webhook-signature']}` };
  assert.equal(constructWebhookEvent(BYTES, several, SECRET).data.type, 'order.shipped');
});

const REFUSED = {
  'no headers': {},
  'no headers at all': undefined,
  'another event id': { ...STANDARD, 'webhook-id': 'evt_01j8z0c3t4e6g8h0j2k4m6n8pr' },
  'no event id': { ...STANDARD, 'webhook-id': '' },
  'another standard timestamp': { ...STANDARD, 'webhook-timestamp': '1779710402' },
  'another standard signature': { ...STANDARD, 'webhook-signature': `v1,${'A'.repeat(43)}=` },
  'a bad signature of Harbor beside a good standard one': { ...STANDARD, ...HEADERS, 'Harbor-Signature': ZEROS },
  'no timestamp of Harbor': { 'Harbor-Signature': SIGNATURE },
  'an empty signature': { ...HEADERS, 'Harbor-Signature': '' },
  'two signatures': { ...HEADERS, 'Harbor-Signature': [SIGNATURE, SIGNATURE] },
};
for (const [name, headers] of Object.entries(REFUSED)) {
  test(`constructWebhookEvent refuses ${name}`, (t) => {
    at(t);

    assert.throws(
      () => constructWebhookEvent(BYTES, headers, SECRET),
      (error) => error instanceof HarborError && error.code === 'webhook_signature_invalid',
    );
  });
}

test('constructWebhookEvent refuses a flipped byte, an old delivery, and secrets of no form', (t) => {
  at(t, 301);
  const refused = { code: 'webhook_signature_invalid' };

  assert.throws(() => constructWebhookEvent(BYTES, HEADERS, SECRET), refused);
  assert.throws(() => constructWebhookEvent(BYTES, STANDARD, SECRET), refused);
  assert.equal(constructWebhookEvent(BYTES, HEADERS, SECRET, { toleranceSeconds: 301 }).type, 'event.created');
  for (const secret of ['', 'whsec_', 'whsec_***', undefined, OTHER]) {
    assert.throws(() => constructWebhookEvent(BYTES, STANDARD, secret, { toleranceSeconds: 301 }), refused);
  }
});

test('a genuine body that is no envelope is an invalid response', (t) => {
  at(t);

  for (const body of ['not json', '[]', '{"id":"del_000001"}', 'null']) {
    const headers = { 'Harbor-Signature': digest(body), 'Harbor-Timestamp': TIMESTAMP };
    assert.throws(() => constructWebhookEvent(body, headers, SECRET), { code: 'invalid_response' });
  }
});
