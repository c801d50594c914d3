# A client in Python: reads an attempt (refusal-clients.ts) from standard input, and writes its outcomes.
import json
import sys

import requests

attempt = json.load(sys.stdin)


def pieces(total):
    while total > 0:
        size = min(total, 65536)
        total -= size
        yield bytes(size)


def ask(n):
    session = requests.Session()
    size, fields = attempt["bytes"], attempt.get("fields")
    if fields is not None:
        body = {"data": fields, "files": {"file": ("image.bin", bytes(size))}}
    else:
        # Every other body in chunks.
        body = {"data": pieces(size) if n % 2 else bytes(size)}
    return session.request(attempt.get("method", "POST"), attempt["url"], headers=attempt["headers"], verify=attempt["ca"], timeout=60, **body)


outcomes = []
for n in range(attempt["tries"]):
    try:
        answer = ask(n)
        outcomes.append(str(answer.status_code) if "code" in answer.text.lower() else f"{answer.status_code} without a code")
    except Exception as error:
        outcomes.append(f"{type(error).__name__}: {error}")
json.dump(outcomes, sys.stdout)
