// A whole support case with @figuro/chatwoot-sdk.
import assert from "node:assert/strict";
import sdk from "@figuro/chatwoot-sdk";

const { BASE_URL, OUR_URL, API_KEY } = process.env;
const accountId = 1;
const chatwoot = new sdk.default({ config: { basePath: BASE_URL, token: API_KEY } });

async function ours(method, path, body) {
  const answer = await fetch(`${OUR_URL}/api/v1/${path}`, {
    method,
    headers: { "x-api-key": API_KEY, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.status === 204 ? undefined : answer.json();
}

await ours("POST", "inboxes", { name: "Website", channel: "web" });
await ours("POST", "members", { name: "Grace", email: "grace@example.com", role: "agent" });

// Inboxes and agents have whole numbers as ids.
const inboxes = (await chatwoot.inboxes.list({ accountId })).payload;
assert.equal(inboxes.length, 1);
assert.ok(Number.isSafeInteger(inboxes[0].id));
const inbox = await chatwoot.inboxes.get({ accountId, id: inboxes[0].id });
assert.equal(inbox.name, "Website");
assert.equal(inbox.channel_type, "Channel::WebWidget");
const [grace] = await chatwoot.agents.list({ accountId });
assert.equal(grace.email, "grace@example.com");
assert.ok(Number.isSafeInteger(grace.id));
assert.deepEqual(await chatwoot.teams.list({ accountId }), []);

// A contact.
const created = await chatwoot.contacts.create({
  accountId,
  data: { inbox_id: inbox.id, name: "Ada", email: "ada@example.com", phone_number: "+4930123456", identifier: "cus_ada", custom_attributes: { plan: "pro" } },
});
const contact = created.payload.contact;
assert.equal(contact.name, "Ada");
assert.equal(created.payload.contact_inbox.source_id, "cus_ada");
const inboxesOfContact = (await chatwoot.contact.getContactable({ accountId, id: contact.id })).payload;
assert.equal(inboxesOfContact[0].inbox.id, inbox.id);
assert.equal((await chatwoot.contact.create({ accountId, id: contact.id, data: { inbox_id: inbox.id } })).source_id, "cus_ada");
await chatwoot.contacts.update({ accountId, id: contact.id, data: { name: "Ada L.", custom_attributes: { vip: true } } });
const shown = (await chatwoot.contacts.get({ accountId, id: contact.id })).payload;
assert.equal(shown.name, "Ada L.");
assert.deepEqual(shown.custom_attributes, { plan: "pro", vip: true });
assert.equal((await chatwoot.contacts.list({ accountId })).meta.count, 1);
assert.equal((await chatwoot.contacts.search({ accountId, q: "ada@example.com" })).payload[0].id, contact.id);
const byEmail = [{ attribute_key: "email", filter_operator: "equal_to", values: ["ada@example.com"], query_operator: null }];
assert.equal((await chatwoot.contacts.filter({ accountId, payload: byEmail })).payload[0].id, contact.id);
await assert.rejects(
  chatwoot.contacts.create({ accountId, data: { inbox_id: inbox.id, email: "ada@example.com" } }),
  (error) => error.status === 422 && error.body.attributes[0] === "email",
);

// A conversation.
const conversation = await chatwoot.conversations.create({
  accountId,
  data: { source_id: "cus_ada", inbox_id: inbox.id, contact_id: contact.id, custom_attributes: { order: 7 } },
});
const conversationId = conversation.id;
assert.ok(Number.isSafeInteger(conversationId));
assert.equal(conversation.status, "open");
assert.equal(conversation.priority, null);
assert.equal(conversation.meta.sender.name, "Ada L.");
assert.equal(conversation.inbox_id, inbox.id);

// The SDK sends messages as multipart/form-data.
const incoming = await chatwoot.messages.create({ accountId, conversationId, data: { content: "true", message_type: "incoming" } });
assert.equal(incoming.content, "true");
assert.equal(incoming.message_type, 0);
assert.equal(incoming.sender.type, "contact");
const reply = await chatwoot.messages.create({ accountId, conversationId, data: { content: "Hello Ada, how can I help?" } });
assert.equal(reply.message_type, 1);
assert.equal(reply.conversation_id, conversationId);
const note = await chatwoot.messages.create({ accountId, conversationId, data: { content: "Is a VIP", private: true } });
assert.equal(note.private, true);

// Labels, assignment, status.
assert.deepEqual((await chatwoot.conversationLabels.add({ accountId, conversationId, data: { labels: ["vip", "billing"] } })).payload, ["vip", "billing"]);
assert.deepEqual((await chatwoot.conversationLabels.list({ accountId, conversationId })).payload, ["vip", "billing"]);
assert.equal((await chatwoot.conversationAssignment.assign({ accountId, conversationId, data: { assignee_id: grace.id } })).name, "Grace");
assert.equal((await chatwoot.conversations.get({ accountId, conversationId })).meta.assignee.id, grace.id);
const snoozed = await chatwoot.conversations.toggleStatus({ accountId, conversationId, data: { status: "snoozed" } });
assert.equal(snoozed.payload.current_status, "snoozed");
assert.equal((await chatwoot.conversations.list({ accountId })).data.payload.length, 0);
const pending = await chatwoot.conversations.toggleStatus({ accountId, conversationId, data: { status: "pending" } });
assert.deepEqual(pending.payload, { success: true, conversation_id: conversationId, current_status: "pending", snoozed_until: null });
assert.equal((await chatwoot.conversations.toggleStatus({ accountId, conversationId, data: { status: "open" } })).payload.current_status, "open");

// A person answers in our own API, and the SDK sees it.
await ours("POST", `conversations/${conversation.uuid}/messages`, { role: "assistant", body: "From our own API", sender: { name: "Grace" } });
const messages = (await chatwoot.messages.list({ accountId, conversationId })).payload;
assert.deepEqual(messages.map((message) => message.content), ["true", "Hello Ada, how can I help?", "Is a VIP", "From our own API"]);
assert.equal(messages[3].sender.name, "Grace");
const { messages: own } = await ours("GET", `conversations/${conversation.uuid}/messages`);
assert.deepEqual(own.map((message) => [message.role, message.type]), [["user", "reply"], ["assistant", "reply"], ["assistant", "note"], ["assistant", "reply"]]);

// Lists and filters.
const list = (await chatwoot.conversations.list({ accountId, inboxId: inbox.id, labels: ["vip"] })).data;
assert.equal(list.payload[0].id, conversationId);
assert.deepEqual(list.meta, { mine_count: 0, assigned_count: 1, unassigned_count: 0, all_count: 1 });
assert.deepEqual((await chatwoot.conversations.getMeta({ accountId })).meta, list.meta);
assert.equal((await chatwoot.conversations.list({ accountId, assigneeType: "unassigned" })).data.payload.length, 0);
const byAgent = [
  { attribute_key: "assignee_id", filter_operator: "equal_to", values: [String(grace.id)], query_operator: "AND" },
  { attribute_key: "status", filter_operator: "equal_to", values: ["open"], query_operator: null },
];
assert.equal((await chatwoot.conversations.filter({ accountId, payload: byAgent })).payload[0].id, conversationId);
assert.equal((await chatwoot.contacts.listConversations({ accountId, id: contact.id })).payload[0].id, conversationId);
await assert.rejects(chatwoot.conversations.list({ accountId, q: "help" }), (error) => error.status === 400 && error.body.error.includes("`q`"));

// Deletions.
const deleted = await chatwoot.messages.delete({ accountId, conversationId, messageId: note.id });
assert.equal(deleted.content_attributes.deleted, true);
assert.equal((await chatwoot.messages.list({ accountId, conversationId })).payload.length, 3);
await assert.rejects(chatwoot.messages.delete({ accountId, conversationId, messageId: note.id }), (error) => error.status === 404);
await chatwoot.contacts.delete({ accountId, id: contact.id });
await assert.rejects(chatwoot.contacts.get({ accountId, id: contact.id }), (error) => error.status === 404 && error.body.error === "Resource could not be found");

// The public endpoints of the API channel need the key too.
const inboxIdentifier = inbox.inbox_identifier;
const visitor = await chatwoot.client.contacts.create({ inboxIdentifier, data: { name: "Bob", email: "bob@example.com" } });
const contactIdentifier = visitor.source_id;
assert.equal((await chatwoot.client.contacts.get({ inboxIdentifier, contactIdentifier })).email, "bob@example.com");
assert.equal((await chatwoot.client.contacts.update({ inboxIdentifier, contactIdentifier, data: { name: "Bobby" } })).name, "Bobby");
const theirs = await chatwoot.client.conversations.create({ inboxIdentifier, contactIdentifier });
assert.equal((await chatwoot.client.conversations.list({ inboxIdentifier, contactIdentifier }))[0].id, theirs.id);
const asked = await chatwoot.client.messages.create({ inboxIdentifier, contactIdentifier, conversationId: theirs.id, data: { content: "Hi", echo_id: "e1" } });
assert.equal(asked.echo_id, "e1");
assert.equal(asked.message_type, 0);
await chatwoot.messages.create({ accountId, conversationId: theirs.id, data: { content: "Internal", private: true } });
await chatwoot.messages.create({ accountId, conversationId: theirs.id, data: { content: "Hello Bobby" } });
const visible = await chatwoot.client.messages.list({ inboxIdentifier, contactIdentifier, conversationId: theirs.id });
assert.deepEqual(visible.map((message) => message.content), ["Hi", "Hello Bobby"]);
const stranger = new sdk.default({ config: { basePath: BASE_URL } });
await assert.rejects(stranger.client.contacts.get({ inboxIdentifier, contactIdentifier }), (error) => error.status === 401);

console.log("ok");
