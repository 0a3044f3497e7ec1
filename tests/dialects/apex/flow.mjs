// Uses Feathers' REST client as a client of the service does.
import assert from 'node:assert/strict'
import { feathers } from '@feathersjs/feathers'
import rest from '@feathersjs/rest-client'

const { BASE_URL, OUR_URL, API_KEY } = process.env
const headers = { Authorization: `Bearer ${API_KEY}` }
const app = feathers().configure(rest(BASE_URL).fetch(fetch, { headers }))

// What a person does in our own API.
async function ours(method, path, body) {
  const response = await fetch(`${OUR_URL}/api/v1/${path}`, {
    method,
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  })
  assert.ok(response.ok, `${method} ${path}: ${response.status}`)
  return response.json()
}

async function fails(promise, name, code) {
  const error = await promise.then(() => assert.fail('it succeeded'), (error) => error)
  assert.equal(error.name, name, error.message)
  assert.equal(error.code, code)
  return error
}

const open = async (fields) =>
  (await ours('POST', 'conversations', { subject: 'Hi', customer: { id: 'cus_1', name: 'Ada' }, ...fields })).conversation
const whatsapp = await open({ channel: 'whatsapp', tags: ['vip'] })
const sms = await open({ channel: 'sms', status: 'waiting' })
const { member } = await ours('POST', 'members', { name: 'Grace', email: 'grace@example.com' })

// Find with filters, pages and selections.
const conversations = app.service('conversations')
// The clock of the test stands still, so the order of conversations is any.
const find = async (query) => (await conversations.find({ query })).data.map(({ id }) => id).sort()
const both = [sms.id, whatsapp.id].sort()
assert.deepEqual(await find({}), both)
assert.deepEqual(await find({ status: 'open', $sort: { created_at: 1 } }), both)
assert.deepEqual(await find({ channel: { $ne: 'sms' }, assigned_ai_assistant_id: null }), [whatsapp.id])
assert.deepEqual(await find({ tag_id: { $in: ['vip', 'new'] } }), [whatsapp.id])
const either = { $or: [{ channel: 'sms' }, { tag_id: 'vip' }], $limit: 1 }
assert.deepEqual([...(await find(either)), ...(await find({ ...either, $skip: 1 }))].sort(), both)
assert.deepEqual(await find({ created_at: { $gte: new Date(sms.createdAt) } }), both)
assert.deepEqual(await find({ created_at: { $gt: new Date(sms.createdAt) } }), [])
assert.deepEqual(await find({ unread_count: { $gt: 0 } }), [])
const page = await conversations.find({ query: { channel: 'sms', $limit: 1, $select: ['status'] } })
assert.deepEqual(page, { total: 1, limit: 1, skip: 0, data: [{ id: sms.id, status: 'open' }] })

// Get, patch and remove.
assert.equal((await conversations.get(whatsapp.id)).contact.name, 'Ada')
const patched = await conversations.patch(whatsapp.id, { assigned_user_id: member.id, status: 'closed' })
assert.deepEqual([patched.assigned_user.name, patched.status], ['Grace', 'closed'])
const removed = await conversations.remove((await open({ channel: 'sms' })).id)
assert.equal(removed.channel, 'sms')
await fails(conversations.get(removed.id), 'NotFound', 404)

// Messages: the customer writes, the client sends, and a person answers in our own API.
await ours('POST', `conversations/${sms.id}/messages`, { body: 'Where is my order?' })
const messages = app.service('conversation-messages-sms')
const sent = await messages.create({ conversation_id: sms.id, message_text: 'It is on its way.', message_type: 'text' })
await ours('POST', `conversations/${sms.id}/messages`, { role: 'assistant', body: 'Tomorrow.' })
const query = { conversation_id: sms.id, message_type: { $ne: 'reaction' }, $sort: { created_at: -1 }, $limit: 50 }
const thread = await messages.find({ query })
assert.deepEqual(thread.data.map(({ message_text }) => message_text), ['Tomorrow.', 'It is on its way.', 'Where is my order?'])
assert.deepEqual(await messages.get(sent._id), sent)
await fails(app.service('conversation-messages-whatsapp').get(sent._id), 'NotFound', 404)
assert.equal((await messages.remove(sent._id))._id, sent._id)
const outgoing = app.service('conversation-messages-transform-outgoing-whatsapp')
const note = await outgoing.create({ conversation_id: whatsapp.id, message_text: 'Call back', message_type: 'note' })
assert.equal(note.message_type, 'note')

// Sign, upload, register and send a file.
const signed = await app.service('s3-url-signing').create({ type: 'image/png', filename: 'a.png' })
const put = await fetch(signed.signedUrl, { method: 'PUT', headers: signed.headers, body: 'hello' })
assert.ok(put.ok, `PUT: ${put.status}`)
const file = await app.service('conversation-files').create({
  conversation_id: whatsapp.id,
  organization_id: patched.organization_id,
  file_name: 'a.png',
  file_type: 'image/png',
  file_size: 5,
  s3_key: signed.s3PathWithoutBucket,
  s3_path: signed.s3Path,
  file_category: 'image',
})
const media = await outgoing.create({
  conversation_id: whatsapp.id,
  message_text: 'Look',
  message_type: 'image',
  conversation_file_id: file._id,
  s3_path: signed.s3Path,
  file_size: 5,
})
assert.deepEqual([media.message_type, media.file_name], ['image', 'a.png'])

// Bulk actions.
const bulk = app.service('conversations-bulk-actions')
const byIds = await bulk.create({ action: 'assign', assigned_user_id: null, conversation_ids: [whatsapp.id, sms.id] })
assert.equal(byIds.processed_count, 2)
const byFilter = await bulk.create({ action: 'update_status', status: 'closed', filter: { status: 'open' } })
assert.equal(byFilter.processed_count, 1)
assert.deepEqual(await find({ status: 'open' }), [])

// Predefined messages.
const predefined = app.service('conversation-predefined-messages')
const made = await predefined.create({ title: 'Hello', content: 'Hello {{customer.name}}!', message_type: 'text' })
assert.deepEqual((await predefined.find({ query: { $sort: { title: 1 } } })).data, [made])
assert.equal((await predefined.patch(made.id, { title: 'Hi' })).title, 'Hi')
assert.equal((await predefined.get(made.id)).title, 'Hi')
await predefined.remove(made.id)
await fails(predefined.get(made.id), 'NotFound', 404)

// Executions.
const actions = [{ action: 'tag', add: ['run'] }]
const { automation } = await ours('POST', 'automations', { name: 'A', trigger: 'manual', actions })
const execution = await app.service('automations-executions').create({
  automation_id: automation.id,
  organization_id: patched.organization_id,
  conversation_id: sms.id,
  initial_payload: { conversation: patched, contact: patched.contact, messages: thread.data.reverse() },
})
assert.equal(execution.status, 'queued')

// Errors.
await fails(conversations.find({ query: { $limit: 51 } }), 'BadRequest', 400)
const unknown = await fails(conversations.find({ query: { stauts: 'open' } }), 'BadRequest', 400)
assert.match(unknown.message, /Did you mean `status`/)
await fails(conversations.create({}), 'MethodNotAllowed', 405)
const stranger = feathers().configure(rest(BASE_URL).fetch(fetch))
await fails(stranger.service('conversations').find(), 'NotAuthenticated', 401)

console.log('ok')
