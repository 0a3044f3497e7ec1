// The SDK of OpenAI for Node: conversations and their items.

import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({ apiKey: process.env.API_KEY, baseURL: `${process.env.BASE_URL}/v1` });
const message = (text) => ({ type: "message", role: "user", content: [{ type: "input_text", text }] });

const conversation = await client.conversations.create({ metadata: { topic: "demo" }, items: [message("0")] });
assert.equal(conversation.object, "conversation");
assert.deepEqual(await client.conversations.retrieve(conversation.id), conversation);

let number = 1;
for (let call = 0; call < 50; call++) {
  const items = Array.from({ length: call === 49 ? 19 : 20 }, () => message(String(number++)));
  const list = await client.conversations.items.create(conversation.id, { items, include: ["message.output_text.logprobs"] });
  assert.equal(list.data.length, items.length);
  assert.equal(list.first_id, list.data[0].id);
}
assert.equal(number, 1000);

for (const order of ["asc", "desc"]) {
  const started = performance.now();
  const texts = [];
  for await (const item of client.conversations.items.list(conversation.id, { order, limit: 100 })) {
    texts.push(Number(item.content[0].text));
  }
  const expected = Array.from({ length: 1000 }, (_, i) => (order === "asc" ? i : 999 - i));
  assert.deepEqual(texts, expected);
  console.log(`1,000 items, ${order}: ${Math.round(performance.now() - started)} ms`);
}

const first = await client.conversations.items.list(conversation.id);
assert.equal(first.data.length, 20);
assert.ok(first.has_more && first.hasNextPage());

const call = { type: "function_call", call_id: "call_1", name: "weather", arguments: "{}" };
const output = { type: "function_call_output", call_id: "call_1", output: "Rain" };
const added = await client.conversations.items.create(conversation.id, { items: [call, output] });
const inPlace = { conversation_id: conversation.id };
const found = await client.conversations.items.retrieve(added.data[0].id, { ...inPlace, include: ["file_search_call.results"] });
assert.deepEqual(found, added.data[0]);
assert.equal(found.status, "completed");
const after = await client.conversations.items.delete(found.id, inPlace);
assert.deepEqual(after, conversation);
await assert.rejects(client.conversations.items.retrieve(found.id, inPlace), OpenAI.NotFoundError);

const updated = await client.conversations.update(conversation.id, { metadata: { topic: "other" } });
assert.deepEqual(updated.metadata, { topic: "other" });

// A person answers through our own API.
const digits = conversation.id.slice("conv_".length);
const uuid = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
const answer = await fetch(`${process.env.OUR_URL}/api/v1/conversations/${uuid}/messages`, {
  method: "POST",
  headers: { authorization: `Bearer ${process.env.API_KEY}`, "content-type": "application/json" },
  body: JSON.stringify({ role: "assistant", body: "Ada here." }),
});
assert.equal(answer.status, 201);
const newest = await client.conversations.items.list(conversation.id, { limit: 1 });
assert.equal(newest.data[0].role, "assistant");
assert.equal(newest.data[0].content[0].text, "Ada here.");

// With an idempotency header, a retry has no second effect.
const safe = new OpenAI({ apiKey: process.env.API_KEY, baseURL: `${process.env.BASE_URL}/v1` });
safe.idempotencyHeader = "Idempotency-Key";
const options = { idempotencyKey: "flow-mjs-1" };
const once = await safe.conversations.create({ items: [message("once")] }, options);
const again = await safe.conversations.create({ items: [message("once")] }, options);
assert.equal(again.id, once.id);

const refused = (promise, kind, check) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof kind, String(error));
    check?.(error);
    return true;
  });
await refused(client.conversations.create({ metadata: { k: "x".repeat(513) } }), OpenAI.BadRequestError, (error) => {
  assert.equal(error.param, "metadata.k");
  assert.equal(error.code, "string_above_max_length");
  assert.equal(error.type, "invalid_request_error");
});
const many = { items: Array.from({ length: 21 }, () => message("a")) };
await refused(client.conversations.items.create(conversation.id, many), OpenAI.BadRequestError);
const stranger = new OpenAI({ apiKey: "sk-wrong", baseURL: `${process.env.BASE_URL}/v1` });
await refused(stranger.conversations.retrieve(conversation.id), OpenAI.AuthenticationError, (error) => {
  assert.equal(error.code, "invalid_api_key");
});
await refused(client.conversations.retrieve("conv_123"), OpenAI.NotFoundError);

const deleted = await client.conversations.delete(conversation.id);
assert.deepEqual(deleted, { id: conversation.id, object: "conversation.deleted", deleted: true });
await refused(client.conversations.retrieve(conversation.id), OpenAI.NotFoundError);
await refused(client.conversations.items.list(conversation.id), OpenAI.NotFoundError);
console.log("ok");
