"""Resources of the API under test. Their ids replace random ones, so that requests reach the handlers."""

import json
import os
import urllib.request

BASE = os.environ["DESKLESS_URL"] + "/api/v1"
KEY = os.environ["DESKLESS_API_KEY"]

STAGES = [{"name": "New"}]
NOTE = [{"action": "note", "body": "Hello"}]
# Path parameter: the path that creates the resource, its name in the response, the body.
RECIPES = {
    "conversationId": (
        "conversations",
        "conversation",
        {"subject": "Hello", "customer": {"id": "cus_fuzz"}, "message": {"body": "Hello"}},
    ),
    # A conversation whose messages can be transformed.
    "chatId": (
        "conversations",
        "conversation",
        {"subject": "Hello", "channel": "web", "customer": {"id": "cus_fuzz"}, "message": {"body": "Hello"}},
    ),
    "inboxId": ("inboxes", "inbox", {"name": "Inbox", "channel": "api"}),
    "memberId": ("members", "member", {"name": "Member", "email": "{n}@example.com"}),
    "assistantId": ("assistants", "assistant", {"name": "Assistant"}),
    "pipelineId": ("pipelines", "pipeline", {"name": "Pipeline", "stages": STAGES}),
    "viewId": ("views", "view", {"name": "View", "filter": {"status": "open"}}),
    "predefinedMessageId": ("predefined-messages", "predefinedMessage", {"title": "Hello", "content": "Hello"}),
    "keyId": ("api-keys", "apiKey", {"name": "Key", "scopes": ["read:files"]}),
    "automationId": ("automations", "automation", {"name": "Notes", "trigger": "manual", "actions": NOTE}),
    "customerId": ("customers", "customer", {"id": "cus_fuzz_{n}", "name": "Ada"}),
    "bulkActionId": ("bulk-actions", "bulkAction", {"action": "tag", "add": ["a"], "filter": {"status": "solved"}}),
    "fileId": (
        "files/sign",
        "file",
        {"fileName": "a.txt", "contentType": "text/plain", "size": 5, "conversationId": None},
    ),
}

kept = {}
created = 0


def post(path, body):
    """Sends a POST, and returns the response."""
    request = urllib.request.Request(
        f"{BASE}/{path}",
        data=json.dumps(body).encode(),
        # The header tells the test not to count the request.
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", "X-Setup": "1"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def fresh(parameter, others=None):
    """Creates a resource for a path parameter, and returns its id. `others` has the ids of its parents."""
    global created
    created += 1
    if parameter == "messageId":
        return post(f"conversations/{others['conversationId']}/messages", {"body": "Hello"})["message"]["id"]
    if parameter == "executionId":
        body = {"conversationId": get("conversationId")}
        return post(f"automations/{others['automationId']}/executions", body)["execution"]["id"]
    path, name, body = RECIPES[parameter]
    body = json.loads(json.dumps(body).replace("{n}", str(created)))
    made = post(path, body)
    if parameter == "fileId" and "registered" not in kept:
        # Only a file that was uploaded can be registered and attached. The test has uploaded one.
        kept["registered"] = os.environ["DESKLESS_FILE_ID"]
    if parameter == "pipelineId":
        kept["stages"] = {**kept.get("stages", {}), made[name]["id"]: made[name]["stages"][0]["id"]}
    return made[name]["id"]


def get(parameter):
    """Returns the id of a resource that no request deletes."""
    if parameter not in kept:
        kept[parameter] = fresh(parameter, kept)
    return kept[parameter]


def for_path(names, deletes):
    """Returns ids for the path parameters. The last one is a new resource if the request deletes it."""
    ids = {}
    for position, name in enumerate(names):
        is_last = position == len(names) - 1
        if name not in RECIPES and name not in ("messageId", "executionId"):
            continue
        if deletes and is_last:
            ids[name] = fresh(name, {**kept, **ids})
        elif name in ("messageId", "executionId"):
            parent = "conversationId" if name == "messageId" else "automationId"
            get(parent)
            ids[name] = get(name)
        elif name == "fileId":
            ids[name] = os.environ["DESKLESS_FILE_ID"]
        else:
            ids[name] = get(name)
    return ids


def stage_of(pipeline):
    """Returns a stage of a pipeline."""
    return kept["stages"][pipeline]
