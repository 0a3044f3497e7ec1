// Verifies the webhooks on standard input with the package `standardwebhooks`.

import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

interface Case {
  name: string;
  secret: string;
  headers: Record<string, string>;
  body: string;
  outcome: string;
}

function outcome({ secret, headers, body }: Case): string {
  try {
    return (new Webhook(secret).verify(Buffer.from(body), headers) as { type: string }).type;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return error.message;
    throw error;
  }
}

for (const one of JSON.parse(await text(process.stdin)) as Case[]) assert.equal(outcome(one), one.outcome, one.name);
console.log("ok");
