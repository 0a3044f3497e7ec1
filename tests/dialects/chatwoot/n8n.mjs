// The requests of @devlikeapro/n8n-nodes-chatwoot, sent as n8n sends them: from the routing of the node's properties, with the
// default of every parameter that is not given.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { N8NPropertiesBuilder } = require("@devlikeapro/n8n-openapi-node");
const folder = "@devlikeapro/n8n-nodes-chatwoot/dist";
const properties = new N8NPropertiesBuilder(require(`${folder}/nodes/ChatWoot/openapi.json`), {}).build();
const { ChatWootApi } = require(`${folder}/credentials/ChatWootApi.credentials.js`);
const { BASE_URL, OUR_URL, API_KEY } = process.env;

const credentials = { url: BASE_URL, accessToken: API_KEY };
const keyHeaders = Object.fromEntries(
  Object.entries(new ChatWootApi().authenticate.properties.headers).map(([name, text]) => [name, evaluate(text, { $credentials: credentials })]),
);

// An expression of n8n: a text that begins with `=` and has JavaScript in `{{ }}`. One expression alone keeps the type of its value.
function evaluate(text, scope) {
  if (typeof text !== "string" || !text.startsWith("=")) return text;
  const run = (code) => new Function(...Object.keys(scope), `return (${code})`)(...Object.values(scope));
  const alone = text.match(/^=\{\{([^{}]*)\}\}$/);
  return alone ? run(alone[1]) : text.slice(1).replace(/\{\{(.*?)\}\}/g, (_, code) => String(run(code)));
}

async function call(resource, operation, given) {
  const isShown = (property) => {
    const shown = property.displayOptions?.show ?? {};
    return shown.resource?.includes(resource) && (!shown.operation || shown.operation.includes(operation));
  };
  const option = properties.filter((property) => property.name === "operation" && property.type === "options" && isShown(property))
    .flatMap((property) => property.options).find((option) => option.value === operation);
  assert.ok(option, `${resource}: ${operation}`);
  const fields = properties.filter((property) => isShown(property) && !["operation"].includes(property.name));
  const $parameter = Object.fromEntries(fields.map((field) => [field.name, field.name in given ? given[field.name] : field.default]));
  for (const name of Object.keys(given)) assert.ok(name in $parameter, `${operation} has no ${name}`);
  const url = new URL(BASE_URL + evaluate(option.routing.request.url, { $parameter }));
  const body = {};
  for (const field of fields.filter((field) => field.routing?.send)) {
    const value = evaluate(field.routing.send.value, { $value: $parameter[field.name] });
    if (field.routing.send.type === "query") url.searchParams.set(field.routing.send.property, value);
    else body[field.routing.send.property] = value;
  }
  const { method } = option.routing.request;
  const answer = await fetch(url, {
    method,
    headers: { ...keyHeaders, accept: "application/json", "content-type": "application/json" },
    body: method === "GET" || Object.keys(body).length === 0 ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${resource}, ${operation}: ${method} ${url} ${JSON.stringify(body)}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

async function ours(path, body) {
  const headers = { "x-api-key": API_KEY, "content-type": "application/json" };
  const answer = await fetch(`${OUR_URL}/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

await ours("inboxes", { name: "Support", channel: "api" });
await ours("members", { name: "Grace", email: "grace@example.com", role: "agent" });
const account_id = 1;

// What the credential's test asks.
assert.ok((await fetch(`${BASE_URL}${new ChatWootApi().test.request.url}`)).ok);

const [inbox] = (await call("Inboxes", "List All Inboxes", { account_id })).payload;
assert.equal((await call("Inboxes", "Get Inbox", { account_id, id: inbox.id })).name, "Support");
const [agent] = await call("Agents", "Get Account Agents", { account_id });

const { contact } = (await call("Contacts", "Contact Create", { account_id, inbox_id: inbox.id, name: "Ada", email: "ada@example.com", phone_number: "+4930123456" })).payload;
const id = contact.id;
assert.equal((await call("Contacts", "Contact Details", { account_id, id })).payload.email, "ada@example.com");
await call("Contacts", "Contact Update", { account_id, id, name: "Ada L.", email: "ada@example.com", custom_attributes: '{"plan":"pro"}' });
assert.equal((await call("Contacts", "Contact List", { account_id })).payload[0].name, "Ada L.");
assert.equal((await call("Contacts", "Contact Search", { account_id, q: "ada@example.com" })).payload.length, 1);
const payload = '[{"attribute_key":"email","filter_operator":"equal_to","values":["ada@example.com"],"query_operator":null}]';
assert.equal((await call("Contacts", "Contact Filter", { account_id, payload })).payload.length, 1);
const [{ source_id }] = (await call("Contact", "Contactable Inboxes Get", { account_id, id })).payload;
await call("Contact", "Contact Inbox Creation", { account_id, id, inbox_id: inbox.id });

const conversation = await call("Conversations", "New Conversation", { account_id, source_id, inbox_id: String(inbox.id), contact_id: id, message: '{"content":"Hello"}' });
const conversation_id = conversation.id;
assert.equal((await call("Contacts", "Contact Conversations", { account_id, id })).payload[0].id, conversation_id);
assert.equal((await call("Conversations", "Get Details Of A Conversation", { account_id, conversation_id })).messages[0].content, "Hello");
assert.equal((await call("Conversations", "Conversation List", { account_id })).data.payload.length, 1);
assert.equal((await call("Conversations", "Conversation List Meta", { account_id })).meta.all_count, 1);
const open = '[{"attribute_key":"status","filter_operator":"equal_to","values":["open"],"query_operator":null}]';
assert.equal((await call("Conversations", "Conversation Filter", { account_id, payload: open })).payload.length, 1);

const message = await call("Messages", "Create A New Message In A Conversation", { account_id, conversation_id, content: "How can I help?", private: false });
assert.equal(message.private, false);
await call("Messages", "Create A New Message In A Conversation", { account_id, conversation_id, content: "My order", message_type: "incoming", private: false });
assert.equal((await call("Messages", "List All Messages", { account_id, conversation_id })).payload.length, 3);
await call("Messages", "Delete A Message", { account_id, conversation_id, message_id: message.id });

assert.equal((await call("Conversation Assignment", "Assign A Conversation", { account_id, conversation_id, assignee_id: agent.id })).name, "Grace");
await call("Conversation Labels", "Conversation Add Labels", { account_id, conversation_id, labels: '["vip"]' });
assert.deepEqual((await call("Conversation Labels", "List All Labels Of A Conversation", { account_id, conversation_id })).payload, ["vip"]);
await call("Conversations", "Toggle Priority Of A Conversation", { account_id, conversation_id, priority: "urgent" });
assert.equal((await call("Conversations", "Toggle Status Of A Conversation", { account_id, conversation_id, status: "resolved" })).payload.current_status, "resolved");
const after = await call("Conversations", "Get Details Of A Conversation", { account_id, conversation_id });
assert.deepEqual([after.priority, after.status, after.labels], ["urgent", "resolved", ["vip"]]);

const inbox_identifier = inbox.inbox_identifier;
const visitor = await call("Contacts API", "Create A Contact", { inbox_identifier, name: "Bob" });
const contact_identifier = visitor.source_id;
await call("Contacts API", "Get Details Of A Contact", { inbox_identifier, contact_identifier });
await call("Contacts API", "Update A Contact", { inbox_identifier, contact_identifier, name: "Bobby" });
const theirs = await call("Conversations API", "Create A Conversation", { inbox_identifier, contact_identifier });
await call("Messages API", "Create A Message", { inbox_identifier, contact_identifier, conversation_id: theirs.id, content: "Hi" });
assert.equal((await call("Messages API", "List All Converation Messages", { inbox_identifier, contact_identifier, conversation_id: theirs.id }))[0].content, "Hi");
assert.equal((await call("Conversations API", "List All Contact Conversations", { inbox_identifier, contact_identifier })).length, 1);

await call("Contacts", "Contact Delete", { account_id, id });
console.log("ok");
