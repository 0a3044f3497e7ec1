"""What schemathesis cannot know from the schema."""

import schemathesis

TAGS = ("If-Match", "If-None-Match")


@schemathesis.hook
def filter_case(context, case):
    """Leaves out requests that count as good and are not; those that count as bad are all sent."""
    if case.meta is not None and case.meta.generation.mode == schemathesis.GenerationMode.POSITIVE:
        # A cursor is any text to a schema, but only ours are good.
        if "cursor" in (case.query or {}):
            return False
        # Where a header's pattern is beyond it, the coverage phase sends a "0" in its place.
        headers = case.headers or {}
        return not any(headers.get(name) == "0" for name in TAGS)
    return True
