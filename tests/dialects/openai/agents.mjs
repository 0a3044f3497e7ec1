// The session of OpenAI's agents' SDK that keeps its history in a conversation.

import assert from "node:assert/strict";
import OpenAI from "openai";
import { OpenAIConversationsSession, setTracingDisabled } from "@openai/agents";

setTracingDisabled(true);
const client = new OpenAI({ apiKey: process.env.API_KEY, baseURL: `${process.env.BASE_URL}/v1` });
const session = new OpenAIConversationsSession({ client });

const question = { type: "message", role: "user", content: "Weather in Cologne?" };
const thought = { type: "reasoning", id: "rs_0197f3a01b6a7e429f711b9a3f3d2a33", content: [], providerData: { encrypted_content: "gAAA" } };
const call = { type: "function_call", callId: "call_1", name: "weather", arguments: '{"city":"Cologne"}', status: "completed" };
const result = { type: "function_call_result", callId: "call_1", name: "weather", status: "completed", output: { type: "text", text: "Rain" } };
const answer = { type: "message", role: "assistant", status: "completed", content: [{ type: "output_text", text: "It rains." }] };

assert.deepEqual(await session.getItems(), []);
await session.addItems([question, thought, call, result, answer]);
const id = await session.getSessionId();
assert.match(id, /^conv_[0-9a-f]{32}$/);

const kinds = (items) => items.map((item) => item.type ?? item.role);
const items = await session.getItems();
assert.deepEqual(kinds(items), ["message", "reasoning", "function_call", "function_call_result", "message"]);
assert.equal(items[0].content[0].text, "Weather in Cologne?");
assert.equal(items[1].id, thought.id);
assert.equal(items[1].providerData?.encrypted_content ?? items[1].encrypted_content, "gAAA");
assert.equal(items[2].callId, "call_1");
assert.equal(items[4].content[0].text, "It rains.");
assert.deepEqual(kinds(await session.getItems(2)), ["function_call_result", "message"]);

// The newest items are taken back, and added again.
for (const kind of ["message", "function_call_result", "function_call", "reasoning"]) {
  assert.equal((await session.popItem()).type, kind);
}
assert.equal((await session.getItems()).length, 1);
await session.addItems([thought, call, result, answer]);
assert.deepEqual(kinds(await session.getItems()), kinds(items));

// Another session continues the conversation, and sees a person's answer.
const uuid = id.slice(5).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
const posted = await fetch(`${process.env.OUR_URL}/api/v1/conversations/${uuid}/messages`, {
  method: "POST",
  headers: { authorization: `Bearer ${process.env.API_KEY}`, "content-type": "application/json" },
  body: JSON.stringify({ role: "assistant", body: "Take an umbrella." }),
});
assert.equal(posted.status, 201);
const other = new OpenAIConversationsSession({ client, conversationId: id });
assert.equal((await other.getItems()).at(-1).content[0].text, "Take an umbrella.");
// The same reasoning item can be added to another conversation.
const copy = new OpenAIConversationsSession({ client });
await copy.addItems([question, thought]);
assert.equal((await copy.popItem()).id, thought.id);

await session.clearSession();
await assert.rejects(client.conversations.retrieve(id), OpenAI.NotFoundError);
console.log("ok");
