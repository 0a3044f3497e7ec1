"""The SDK of OpenAI for Python: conversations and their items.

The second half sends the requests of the SDK's own tests, with ids that exist.
"""

import asyncio
import os
import time

from openai import (
    AsyncOpenAI,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    OpenAI,
)
from openai.pagination import AsyncConversationCursorPage, SyncConversationCursorPage
from openai.types.conversations import (
    Conversation,
    ConversationDeletedResource,
    ConversationItemList,
    Message,
)
from openai.types.responses import ResponseFunctionToolCallItem, ResponseReasoningItem

BASE_URL = os.environ["BASE_URL"] + "/v1"
API_KEY = os.environ["API_KEY"]
client = OpenAI(api_key=API_KEY, base_url=BASE_URL)


def message(text):
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def refused(kind, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as error:
        return error
    raise AssertionError(f"{call} did not raise {kind}")


def flow():
    conversation = client.conversations.create(metadata={"topic": "demo"}, items=[message("0")])
    assert isinstance(conversation, Conversation) and conversation.object == "conversation"
    assert client.conversations.retrieve(conversation.id) == conversation
    number = 1
    while number < 1000:
        count = min(20, 1000 - number)
        items = [message(str(number + i)) for i in range(count)]
        added = client.conversations.items.create(conversation.id, items=items)
        assert isinstance(added, ConversationItemList) and len(added.data) == count
        number += count
    for order in ["asc", "desc"]:
        started = time.monotonic()
        pages = client.conversations.items.list(conversation.id, order=order, limit=100)
        numbers = [int(item.content[0].text) for item in pages]
        expected = list(range(1000))
        assert numbers == (expected if order == "asc" else expected[::-1]), numbers
        print(f"1,000 items, {order}: {round((time.monotonic() - started) * 1000)} ms")

    call = {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"}
    thought = {"type": "reasoning", "id": "rs_own", "summary": [], "encrypted_content": "gAAA"}
    added = client.conversations.items.create(conversation.id, items=[thought, call])
    assert isinstance(added.data[0], ResponseReasoningItem) and added.data[0].id == "rs_own"
    assert isinstance(added.data[1], ResponseFunctionToolCallItem) and added.data[1].status == "completed"
    found = client.conversations.items.retrieve("rs_own", conversation_id=conversation.id)
    assert found == added.data[0]
    assert client.conversations.items.delete("rs_own", conversation_id=conversation.id) == conversation
    refused(NotFoundError, client.conversations.items.retrieve, "rs_own", conversation_id=conversation.id)

    updated = client.conversations.update(conversation.id, metadata={"topic": "other"})
    assert updated.metadata == {"topic": "other"}

    error = refused(BadRequestError, client.conversations.create, metadata={str(i): "v" for i in range(17)})
    assert (error.param, error.code) == ("metadata", "object_above_max_properties"), error
    assert error.type == "invalid_request_error"
    many = [message("a")] * 21
    refused(BadRequestError, client.conversations.items.create, conversation.id, items=many)
    stranger = OpenAI(api_key="sk-wrong", base_url=BASE_URL)
    refused(AuthenticationError, stranger.conversations.retrieve, conversation.id)
    refused(NotFoundError, client.conversations.retrieve, "conv_123")

    gone = client.conversations.delete(conversation.id)
    assert isinstance(gone, ConversationDeletedResource)
    assert (gone.id, gone.deleted, gone.object) == (conversation.id, True, "conversation.deleted")
    refused(NotFoundError, client.conversations.retrieve, conversation.id)


def requests_of_the_sdk_s_tests():
    items = [{"content": "string", "role": "user", "type": "message"}]
    conversations = client.conversations
    create = {"items": [{**items[0], "phase": "commentary"}], "metadata": {"foo": "string"}}
    assert isinstance(conversations.create(), Conversation)
    conversation = conversations.create(**create)
    assert conversation.metadata == {"foo": "string"}
    id = conversation.id
    assert conversations.with_raw_response.create().parse().object == "conversation"
    with conversations.with_streaming_response.create() as response:
        assert isinstance(response.parse(), Conversation)
    assert conversations.with_raw_response.retrieve(id).parse() == conversation
    assert conversations.update(conversation_id=id, metadata={"foo": "string"}) == conversation
    assert conversations.with_raw_response.update(conversation_id=id, metadata={"foo": "string"}).parse() == conversation
    for call in [conversations.retrieve, conversations.delete, conversations.items.list]:
        refused(ValueError, call, "")

    include = ["file_search_call.results"]
    added = conversations.items.create(conversation_id=id, items=items, include=include)
    assert isinstance(added, ConversationItemList)
    raw = conversations.items.with_raw_response.create(conversation_id=id, items=items)
    assert isinstance(raw.parse(), ConversationItemList)
    with conversations.items.with_streaming_response.create(conversation_id=id, items=items) as response:
        assert isinstance(response.parse(), ConversationItemList)
    item = added.data[0].id
    found = conversations.items.retrieve(item_id=item, conversation_id=id, include=include)
    assert isinstance(found, Message) and found.content[0].text == "string"
    listed = conversations.items.list(conversation_id=id, after=item, include=include, limit=1, order="asc")
    assert isinstance(listed, SyncConversationCursorPage) and len(listed.data) == 1 and listed.has_more
    assert len(list(listed)) == 2
    # The SDK's own test sends a limit of 0 to a mock. The service requires 1 to 100.
    refused(BadRequestError, conversations.items.list, conversation_id=id, limit=0)
    assert isinstance(conversations.items.delete(item_id=item, conversation_id=id), Conversation)
    refused(NotFoundError, conversations.items.with_raw_response.delete, item_id=item, conversation_id=id)
    assert conversations.with_raw_response.delete(id).parse().deleted


async def asynchronous():
    client = AsyncOpenAI(api_key=API_KEY, base_url=BASE_URL)
    conversation = await client.conversations.create(items=[message("a"), message("b")])
    page = await client.conversations.items.list(conversation.id, order="asc", limit=1)
    assert isinstance(page, AsyncConversationCursorPage)
    assert [item.content[0].text async for item in page] == ["a", "b"]
    await client.conversations.delete(conversation.id)


def idempotency():
    safe = OpenAI(api_key=API_KEY, base_url=BASE_URL)
    safe._idempotency_header = "Idempotency-Key"
    headers = {"Idempotency-Key": "flow-py-1"}
    once = client.conversations.create(items=[message("once")], extra_headers=headers)
    assert client.conversations.create(items=[message("once")], extra_headers=headers).id == once.id
    assert safe.conversations.create(items=[message("once")]).id != once.id


flow()
requests_of_the_sdk_s_tests()
asyncio.run(asynchronous())
idempotency()
print("ok")
