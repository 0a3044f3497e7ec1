"""Uses the client that openapi-python-client generated: `deskless_client`."""

import os

from deskless_client import AuthenticatedClient
from deskless_client.api.bulk_actions import create_bulk_action
from deskless_client.api.conversations import (
    create_conversation,
    get_conversation,
    list_conversations,
    update_conversation,
)
from deskless_client.api.messages import create_message, list_messages
from deskless_client.models import (
    ConversationFilter,
    ConversationListResponse,
    ConversationResponse,
    ConversationWithMessagesResponse,
    CreateBulkActionRequest,
    CreateBulkActionRequestAction,
    CreateConversationRequest,
    CreateMessageRequest,
    CustomerRequest,
    MessageListResponse,
    MessageResponse,
    Problem,
    Status,
    UpdateConversationRequest,
)

UNKNOWN = "01900000-0000-7000-8000-000000000001"

client = AuthenticatedClient(base_url=os.environ["DESKLESS_URL"], token=os.environ["DESKLESS_API_KEY"])

request = CreateConversationRequest(subject="Where is my order?", customer=CustomerRequest(id="cus_python"))
created = create_conversation.sync(client=client, body=request)
assert isinstance(created, ConversationResponse), created
conversation = created.conversation
assert conversation.status == Status.OPEN and conversation.subject == "Where is my order?"

added = create_message.sync(conversation.id, client=client, body=CreateMessageRequest(body="Hello"))
assert isinstance(added, MessageResponse), added
thread = list_messages.sync(conversation.id, client=client)
assert isinstance(thread, MessageListResponse), thread
assert [message.id for message in thread.messages] == [added.message.id]

page = list_conversations.sync(client=client, customer_id="cus_python")
assert isinstance(page, ConversationListResponse), page
assert [listed.id for listed in page.conversations] == [conversation.id]

update = UpdateConversationRequest(status=Status.SOLVED, tags=["a"])
updated = update_conversation.sync(conversation.id, client=client, body=update)
assert isinstance(updated, ConversationResponse), updated
assert updated.conversation.status == Status.SOLVED and updated.conversation.tags == ["a"]
found = get_conversation.sync(conversation.id, client=client)
assert isinstance(found, ConversationWithMessagesResponse) and found.conversation.closed_at is not None, found

action = CreateBulkActionRequest(
    action=CreateBulkActionRequestAction.TAG, add=["b"], filter_=ConversationFilter(status=Status.SOLVED)
)
started = create_bulk_action.sync_detailed(client=client, body=action)
assert started.status_code == 202, started

missing = get_conversation.sync_detailed(UNKNOWN, client=client)
assert missing.status_code == 404 and isinstance(missing.parsed, Problem), missing
assert missing.parsed.code == "not_found" and missing.parsed.request_id
print("ok")
