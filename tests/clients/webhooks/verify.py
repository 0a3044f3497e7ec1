"""Verifies the webhooks on standard input with the package `standardwebhooks`."""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

for case in json.load(sys.stdin):
    try:
        event = Webhook(case["secret"]).verify(case["body"].encode(), case["headers"])
        outcome = event["type"]
    except WebhookVerificationError as error:
        outcome = str(error)
    assert outcome == case["outcome"], (case["name"], outcome)
print("ok")
