"""Ask a live run how it is, for a supervisor: exit code 0 = well, 1 = not; a line says why.

    python health.py http://127.0.0.1:8080/health

Needs nothing but Python. A token, where the page asks for one, is taken from MM_WEB_TOKEN.
"""

import http.client
import json
import os
import sys
import urllib.error
import urllib.request

MOST_BYTES = 65_536
"""Of an answer."""


def ask(url: str, timeout_s: float = 5.0) -> tuple[bool, str]:
    """Say whether the run is well, and why not."""
    request = urllib.request.Request(url)
    if os.environ.get("MM_WEB_TOKEN"):
        request.add_header("Authorization", f"Bearer {os.environ['MM_WEB_TOKEN']}")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=timeout_s) as answer:
            return True, _said(answer.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return False, _said(error.read(MOST_BYTES))
    except (OSError, http.client.HTTPException) as error:
        return False, f"no answer: {error}"


def _said(body: bytes) -> str:
    try:
        content = json.loads(body)
        return str(content["trouble"] or content["state"])
    except (ValueError, TypeError, KeyError):
        return "an answer that is none of mm's"


if __name__ == "__main__":
    is_well, text = ask(sys.argv[1])
    print(text)
    sys.exit(0 if is_well else 1)
