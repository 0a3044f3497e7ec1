"""What schemathesis cannot know from the schema."""

import os

import schemathesis
from schemathesis.engine import observations

TAGS = ("If-Match", "If-None-Match")
# Any UUID to a schema, but only what is there and not archived can be chosen, and a stage only with its own pipeline.
REFERENCES = ("assigneeId", "assistantId", "inboxId", "pipelineId", "predefinedMessageId", "stageId", "upTo")

same_origin_path = observations._same_origin_path


def same_origin_path_of_any_text(value, origin):
    """It takes every text in an answer for a URL, and the pinned version ends with the first that only begins like one."""
    try:
        return same_origin_path(value, origin)
    except ValueError:
        return None


observations._same_origin_path = same_origin_path_of_any_text


@schemathesis.hook
def filter_case(context, case):
    """Leaves out requests that count as good and are not; those that count as bad are all sent."""
    # The key that all of this is sent with: revoked, it would end the run in 401s.
    key = (case.path_parameters or {}).get("keyId")
    if key == os.environ["DESKLESS_KEY_ID"] and case.operation.method.upper() in ("PATCH", "DELETE"):
        return False
    file = (case.path_parameters or {}).get("fileId")
    if file == os.environ["DESKLESS_FILE_ID"] and case.operation.method.upper() == "DELETE":
        return False
    if case.meta is not None and case.meta.generation.mode == schemathesis.GenerationMode.POSITIVE:
        # A cursor is any text to a schema, but only ours are good.
        if "cursor" in (case.query or {}):
            return False
        # A view is any UUID to a schema, but only this workspace's are good.
        if "viewId" in (case.query or {}):
            return False
        # A stage's id is any UUID to a schema, but only this pipeline's are good.
        body = case.body if isinstance(case.body, dict) else {}
        message = body.get("message") if isinstance(body.get("message"), dict) else {}
        if "/conversations" in case.operation.path and any(body.get(name) or message.get(name) for name in REFERENCES):
            return False
        if any(one.get("attachments") for one in (body, message)):
            return False
        if case.operation.path.endswith("/files/sign") and body.get("conversationId"):
            return False
        # A file is any UUID to a schema, but only this one is there: all that is left of such a request is its headers.
        if case.operation.path.endswith("/files") and "fileId" in body:
            body["fileId"] = os.environ["DESKLESS_FILE_ID"]
        # A predefined message has a file of the workspace's, of the kind that its type says.
        if "/predefined-messages" in case.operation.path and body.get("fileId"):
            return False
        # Braces in a content have a meaning of their own.
        if "/predefined-messages" in case.operation.path and "{{" in str(body.get("content")):
            return False
        if case.operation.path.endswith("/pipelines/{pipelineId}"):
            stages = body.get("stages")
            if isinstance(stages, list) and any(isinstance(stage, dict) and stage.get("id") for stage in stages):
                return False
        # A key's end is any time to a schema, but it has to lie ahead.
        if "/api-keys" in case.operation.path and body.get("expiresAt"):
            return False
        # Where a header's pattern is beyond it, the coverage phase sends a "0" in its place.
        headers = case.headers or {}
        return not any(headers.get(name) == "0" for name in TAGS)
    return True
