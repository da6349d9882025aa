"""What Schemathesis has to know of this service: see docs/testing.md."""

import atexit
import json
import os

import schemathesis
from schemathesis.specs.openapi.checks import (
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
)

# Refusals that depend on what is stored, which no description of a field can say.
DEPENDENT = {"CURSOR_INVALID", "IDEMPOTENCY_KEY_REUSED", "VERSION_CONFLICT"}

answers = []


@schemathesis.serializer("application/x-ndjson", "application/ndjson", "application/jsonl")
def lines(context, value):
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else str(value).encode()


@schemathesis.check
def accepts_what_is_described(ctx, response, case):
    if code_of(response) not in DEPENDENT:
        positive_data_acceptance(ctx, response, case)


@schemathesis.check
def refuses_what_is_not_described(ctx, response, case):
    if code_of(response) not in DEPENDENT:
        negative_data_rejection(ctx, response, case)


@schemathesis.check
def requires_headers(ctx, response, case):
    if response.status_code != 428:
        missing_required_header(ctx, response, case)


@schemathesis.hook
def after_call(context, case, response):
    answers.append(
        {
            "method": response.request.method,
            "path": case.path,
            "status": response.status_code,
            "isDocumented": is_documented(case, response),
            "elapsedMs": response.elapsed * 1_000,
        }
    )


@atexit.register
def write_answers():
    path = os.environ.get("FUZZ_ANSWERS")
    if path:
        with open(path, "w") as file:
            json.dump(answers, file)


def is_documented(case, response):
    """Stricter than the check of Schemathesis, which lets some of its own attacks pass."""
    item = case.operation.schema.raw_schema["paths"][case.path]
    operation = item.get(response.request.method.lower())
    if operation is None:
        return response.status_code == 405
    return str(response.status_code) in operation["responses"]


def code_of(response):
    if "problem+json" not in response.headers.get("content-type", [""])[0]:
        return None
    return response.json().get("code")
