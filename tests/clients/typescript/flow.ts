// Uses the client that @hey-api/openapi-ts generated.
import assert from "node:assert/strict";
import process from "node:process";

import { client } from "./client/client.gen.js";
import {
  createBulkAction,
  createConversation,
  createMessage,
  getConversation,
  listConversations,
  listMessages,
  updateConversation,
} from "./client/sdk.gen.js";
import type { Conversation, Problem } from "./client/types.gen.js";

const unknown = "01900000-0000-7000-8000-000000000001";

client.setConfig({ baseUrl: process.env["DESKLESS_URL"]!, auth: () => process.env["DESKLESS_API_KEY"]! });

/** Returns the body. It is missing only for keys that cannot read what they wrote. */
function shown<T extends object>(body: T | void): T {
  assert.ok(body);
  return body as T;
}

const created = await createConversation({
  body: { subject: "Where is my order?", customer: { id: "cus_typescript" } },
  throwOnError: true,
});
const conversation: Conversation = shown(created.data).conversation;
assert.equal(conversation.status, "open");
const path = { conversationId: conversation.id };

const added = await createMessage({ path, body: { body: "Hello" }, throwOnError: true });
const thread = await listMessages({ path, throwOnError: true });
assert.deepEqual(thread.data.messages.map((message) => message.id), [shown(added.data).message.id]);

const page = await listConversations({ query: { customerId: "cus_typescript" }, throwOnError: true });
assert.deepEqual(page.data.conversations.map((listed) => listed.id), [conversation.id]);

const updated = await updateConversation({ path, body: { status: "solved", tags: ["a"] }, throwOnError: true });
assert.equal(shown(updated.data).conversation.status, "solved");
assert.deepEqual(shown(updated.data).conversation.tags, ["a"]);

const started = await createBulkAction({
  body: { action: "tag", add: ["b"], filter: { status: "solved" } },
  throwOnError: true,
});
assert.equal(started.response?.status, 202);

const missing = await getConversation({ path: { conversationId: unknown } });
assert.equal(missing.response?.status, 404);
const problem: Problem | undefined = missing.error;
assert.equal(problem?.code, "not_found");
assert.ok(problem?.requestId);
console.log("ok");
