// The package beside the types of Node: its fetch, its headers, its buffers, its environment.

import { createServer, type IncomingMessage } from 'node:http';
import { constructWebhookEvent, Harbor, verifyWebhookSignature, type DeliveryEnvelope } from '@harbor/sdk';

export const harbor = new Harbor({ secretKey: process.env['HARBOR_SECRET_KEY'], fetch, logger: console });

export const server = createServer((request: IncomingMessage, response) => {
  const envelope: DeliveryEnvelope = constructWebhookEvent(Buffer.alloc(0), request.headers, ['a', 'b']);
  response.end(envelope.data.id);
});

export async function receive(request: Request, secret: string): Promise<boolean> {
  const payload = await request.text();
  constructWebhookEvent(payload, request.headers, secret);
  const { headers } = request;
  return verifyWebhookSignature({
    payload,
    signature: headers.get('harbor-signature'),
    timestamp: headers.get('harbor-timestamp'),
    secret,
  });
}
