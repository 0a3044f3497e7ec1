// A support team's day with Intercom's own SDK: a contact writes, admins answer, snooze, close, search and delete.

import assert from "node:assert/strict";
import { Intercom, IntercomClient, IntercomError } from "intercom-client";

const { BASE_URL, OUR_URL, API_KEY } = process.env;
const client = new IntercomClient({ baseUrl: BASE_URL, token: API_KEY, maxRetries: 0 });
const ours = async (method, path, body) => {
    const headers = { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" };
    const answer = await fetch(`${OUR_URL}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer.status === 204 ? null : answer.json();
};
const later = Math.floor(Date.now() / 1000) + 3_000_000_000;

// Admins are our members.
const { member } = await ours("POST", "/members", { name: "Grace Hopper", email: "grace@example.com", role: "admin" });
const me = await client.admins.identify();
assert.equal(me.id, member.id);
assert.equal(me.email, "grace@example.com");
const admins = await client.admins.list();
assert.deepEqual(admins.admins.map((admin) => admin.name), ["Grace Hopper"]);
assert.equal((await client.admins.find({ admin_id: member.id })).name, "Grace Hopper");

// Contacts are our customers.
const contact = await client.contacts.create({
    external_id: "cus_42",
    email: "ada@example.com",
    name: "Ada Lovelace",
    custom_attributes: { plan: "pro", seats: 3 },
});
assert.equal(contact.type, "contact");
assert.equal(contact.role, "user");
assert.deepEqual(contact.custom_attributes, { plan: "pro", seats: 3 });
const updated = await client.contacts.update({
    contact_id: contact.id,
    phone: "+44 20 7946 0000",
    custom_attributes: { seats: 4 },
});
assert.deepEqual([updated.phone, updated.custom_attributes], ["+44 20 7946 0000", { plan: "pro", seats: 4 }]);
assert.equal((await client.contacts.find({ contact_id: contact.id })).name, "Ada Lovelace");
assert.equal((await client.contacts.showContactByExternalId({ external_id: "cus_42" })).id, contact.id);
const byEmail = await client.contacts.search({
    query: { field: "email", operator: "=", value: "ADA@example.com" },
    pagination: { per_page: 5 },
});
assert.deepEqual(byEmail.data.map((found) => found.id), [contact.id]);

// The contact writes.
const message = await client.conversations.create({ from: { type: "user", id: contact.id }, body: "I cannot log in" });
assert.equal(message.type, "user_message");
assert.equal(message.body, "I cannot log in");
const id = message.conversation_id;
const opened = await client.conversations.find({ conversation_id: id });
assert.equal(opened.source.body, "<p>I cannot log in</p>");
assert.equal(opened.source.author.name, "Ada Lovelace");
assert.deepEqual([opened.state, opened.open, opened.read], ["open", true, false]);
assert.deepEqual(opened.contacts.contacts.map((one) => one.id), [contact.id]);
assert.ok(opened.waiting_since >= opened.created_at);

// An admin answers, and leaves a note. A person answers with our own API.
const reply = (body) => client.conversations.reply({ conversation_id: id, body });
const answered = await reply({
    message_type: "comment",
    type: "admin",
    admin_id: me.id,
    body: "<p>Which <b>browser</b>?</p><p>1 &lt; 2</p>",
});
assert.equal(answered.conversation_parts.conversation_parts.at(-1).body, "<p>Which browser?</p><p>1 &lt; 2</p>");
assert.equal(answered.waiting_since, null);
const noted = await reply({ message_type: "note", type: "admin", admin_id: me.id, body: "A known bug" });
assert.deepEqual(
    noted.conversation_parts.conversation_parts.map((part) => [part.part_type, part.author.type, part.author.id]),
    [["comment", "admin", me.id], ["note", "admin", me.id]],
);
await ours("POST", `/conversations/${id}/messages`, {
    role: "assistant",
    body: "Try another one",
    sender: { id: me.id, name: "Grace Hopper" },
});
const plain = await client.conversations.find({ conversation_id: id, display_as: "plaintext" });
assert.equal(plain.source.body, "I cannot log in");
assert.deepEqual(
    plain.conversation_parts.conversation_parts.map((part) => part.body),
    ["Which browser?\n\n1 < 2", "A known bug", "Try another one"],
);
const thread = await ours("GET", `/conversations/${id}/messages`);
assert.deepEqual(
    thread.messages.map((one) => [one.role, one.type, one.body]),
    [
        ["user", "reply", "I cannot log in"],
        ["assistant", "reply", "Which browser?\n\n1 < 2"],
        ["assistant", "note", "A known bug"],
        ["assistant", "reply", "Try another one"],
    ],
);

// Close with a last word; the contact's answer opens the conversation again.
const manage = (body) => client.conversations.manage({ conversation_id: id, body });
const closed = await manage({ message_type: "close", type: "admin", admin_id: me.id, body: "Goodbye" });
assert.deepEqual([closed.state, closed.open], ["closed", false]);
assert.equal(closed.conversation_parts.conversation_parts.at(-1).part_type, "close");
const reopened = await reply({ message_type: "comment", type: "user", intercom_user_id: contact.id, body: "Firefox" });
assert.deepEqual([reopened.state, reopened.open], ["open", true]);

// Tags, assignment, snooze, update.
const tag = await client.tags.create({ name: "login" });
assert.equal((await client.tags.find({ tag_id: tag.id })).name, "login");
const tagged = await client.tags.tagConversation({ conversation_id: id, id: tag.id, admin_id: me.id });
assert.deepEqual([tagged.id, tagged.name, tagged.applied_by.id], [tag.id, "login", me.id]);
assert.deepEqual((await client.tags.list()).data.map((one) => one.name), ["login"]);
const assigned = await manage({ message_type: "assignment", type: "admin", admin_id: me.id, assignee_id: me.id });
assert.equal(assigned.admin_assignee_id, me.id);
assert.deepEqual(assigned.teammates.admins.map((one) => one.id), [me.id]);
const snoozed = await manage({ message_type: "snoozed", admin_id: me.id, snoozed_until: later });
assert.deepEqual([snoozed.state, snoozed.open, snoozed.snoozed_until], ["snoozed", true, later]);
const titled = await client.conversations.update({
    conversation_id: id,
    read: true,
    title: "Login with Firefox",
    custom_attributes: { issue_type: "Bug" },
});
assert.deepEqual([titled.title, titled.read, titled.custom_attributes], ["Login with Firefox", true, { issue_type: "Bug" }]);

// Search.
const search = async (query) => {
    const page = await client.conversations.search({ query, pagination: { per_page: 10 } });
    return page.data.map((found) => found.id);
};
assert.deepEqual(await search({ field: "state", operator: "=", value: "snoozed" }), [id]);
assert.deepEqual(await search({ field: "state", operator: "=", value: "open" }), []);
assert.deepEqual(
    await search({
        operator: "AND",
        value: [
            { field: "tag_ids", operator: "IN", value: [tag.id] },
            { field: "contact_ids", operator: "=", value: contact.id },
            { operator: "OR", value: [
                { field: "admin_assignee_id", operator: "=", value: me.id },
                { field: "admin_assignee_id", operator: "=", value: 0 },
            ] },
        ],
    }),
    [id],
);
const ended = await manage({ message_type: "open", admin_id: me.id });
assert.deepEqual([ended.state, ended.snoozed_until], ["open", null]);
const untagged = await client.tags.untagConversation({ conversation_id: id, tag_id: tag.id, admin_id: me.id });
assert.equal(untagged.name, "login");

// Pages: the SDK follows the cursors.
for (let number = 0; number < 6; number += 1) {
    await client.conversations.create({ from: { type: "contact", id: contact.id }, body: `Question ${number}` });
}
const seen = [];
for await (const conversation of await client.conversations.list({ per_page: 3 })) seen.push(conversation.id);
assert.equal(seen.length, 7);
assert.equal(new Set(seen).size, 7);
const firstPage = await client.conversations.list({ per_page: 3 });
assert.equal(firstPage.response.total_count, 7);
assert.deepEqual([firstPage.response.pages.page, firstPage.response.pages.total_pages], [1, 3]);

// Redact a message.
const parts = (await client.conversations.find({ conversation_id: id })).conversation_parts;
const redacted = await client.conversations.redactConversationPart({
    type: "conversation_part",
    conversation_id: id,
    conversation_part_id: parts.conversation_parts[0].id,
});
assert.equal(redacted.conversation_parts.total_count, parts.total_count - 1);

// Errors are the SDK's classes.
const fails = async (call, type, status, code) => {
    const error = await call().then(() => assert.fail("it succeeded"), (error) => error);
    assert.ok(error instanceof type, `${error}`);
    assert.equal(error.statusCode, status);
    assert.equal(error.body.type, "error.list");
    assert.ok(error.body.request_id);
    assert.equal(error.body.errors[0].code, code);
    return error.body.errors[0];
};
const stranger = new IntercomClient({ baseUrl: BASE_URL, token: "dk_wrong", maxRetries: 0 });
await fails(() => stranger.contacts.find({ contact_id: contact.id }), Intercom.UnauthorizedError, 401, "unauthorized");
await fails(() => client.conversations.find({ conversation_id: "1" }), Intercom.NotFoundError, 404, "not_found");
const nobody = await fails(
    () => client.conversations.create({ from: { type: "user", id: "nobody" }, body: "Hi" }),
    Intercom.NotFoundError,
    404,
    "not_found",
);
assert.equal(nobody.message, "User Not Found");
const unknown = await fails(
    () => client.conversations.search({ query: { field: "source.body", operator: "~", value: "log" } }),
    IntercomError,
    400,
    "parameter_invalid",
);
assert.equal(unknown.field, "source.body");
await fails(() => client.contacts.create({ external_id: "cus_42" }), IntercomError, 409, "conflict");
await fails(
    () => client.conversations.convertToTicket({ conversation_id: id, ticket_type_id: "1" }),
    IntercomError,
    404,
    "not_found",
);

// Delete.
const deleted = await client.conversations.deleteConversation({ conversation_id: id });
assert.deepEqual([deleted.id, deleted.object, deleted.deleted], [id, "conversation", true]);
await fails(() => client.conversations.find({ conversation_id: id }), Intercom.NotFoundError, 404, "not_found");
const archived = await client.contacts.archive({ contact_id: contact.id });
assert.equal(archived.archived, true);
assert.deepEqual((await client.contacts.list()).data, []);
assert.equal((await client.contacts.unarchive({ contact_id: contact.id })).archived, false);
const gone = await client.contacts.delete({ contact_id: contact.id });
assert.deepEqual([gone.id, gone.deleted], [contact.id, true]);

console.log("ok");
