// Asks the npm verifiers about deliveries. Standard input: a JSON list of {secret, headers, body}, header names in
// lower case and the body in base64. Standard output: a JSON list of {verifier: accepted}.

import { readFileSync } from "node:fs";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";

const VERIFIERS = {
  "npm standardwebhooks": ({ secret, headers, body }) => new StandardWebhook(secret).verify(body, headers),
  "npm svix": ({ secret, headers, body }) => new SvixWebhook(secret).verify(body, headers),
  "npm stripe": ({ secret, headers, body }) =>
    Stripe.webhooks.constructEvent(body, headers["harbor-signature"], secret),
};

function accepts(verify, delivery) {
  try {
    verify(delivery);
    return true;
  } catch {
    return false;
  }
}

function verdicts({ secret, headers, body }) {
  const delivery = { secret, headers, body: Buffer.from(body, "base64") };
  return Object.fromEntries(
    Object.entries(VERIFIERS).map(([name, verify]) => [name, accepts(verify, delivery)]),
  );
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(verdicts)));
