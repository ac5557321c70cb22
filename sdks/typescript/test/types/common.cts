// The same package as a CommonJS program sees it.

import sdk = require('@harbor/sdk');

export const harbor: sdk.Harbor = new sdk.Harbor({ secretKey: 'hb_test_x' });
export const page: Promise<sdk.Page<sdk.HarborEvent>> = harbor.events.list({ workspaceId: 'ws_000001' });
export const version: string = sdk.VERSION;
