"""Asks the exchange what a contract is: GET /instrument, with patience and within limits.

Knows HTTP; what the answer says is ``instrument``'s part. No keys, no proxies, no cookies.
"""

import json
import ssl
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import trio

from mm.api import DataError
from mm_bitmex.instrument import Listing, find_listing

if TYPE_CHECKING:
    import httpx

_TRIES: Final = 4
_FIRST_WAIT_S: Final = 0.5  # doubles each time, so 3.5 s in all
_LONGEST_WAIT_S: Final = 10.0  # of what a Retry-After may ask for
_AGAIN: Final = (408, 425, 429)
"""Statuses below 500 that ask for the same again (RFC 9110, 8470, 6585)."""


async def fetch_listing(
    rest_url: str, symbol: str, timeout_s: float, transport: "httpx.AsyncBaseTransport | None"
) -> Listing:
    """Fetch what the exchange lists about a contract.

    Args:
        rest_url: such as ``https://www.bitmex.com/api/v1``.
        symbol: of the contract.
        timeout_s: longest wait for an answer [s]; who is silent for so long is not asked again.
        transport: instead of the network.

    Raises:
        ConfigError: the exchange does not list it.
        DataError: there is no answer, or none that helps.
    """
    import httpx  # late: it takes a tenth of a second

    url = f"{rest_url.rstrip('/')}/instrument"
    # trust_env=False: the feed knows no proxies, so neither does this.
    client = httpx.AsyncClient(
        timeout=None,
        transport=transport,
        trust_env=False,
        verify=ssl.create_default_context() if transport is None else False,
    )
    reason = ""
    async with client:
        for attempt in range(_TRIES):
            wait_s = _FIRST_WAIT_S * 2**attempt
            try:
                with trio.fail_after(timeout_s):
                    answer = await client.get(url, params={"symbol": symbol, "count": 1})
            except trio.TooSlowError:
                reason = f"no answer within {timeout_s:g} s"
                break
            except httpx.HTTPError as exc:
                reason = str(exc) or type(exc).__name__
            else:
                if answer.status_code == 200:
                    return find_listing(_parsed(answer.text), symbol)
                reason = f"it answers {answer.status_code}"
                if answer.status_code < 500 and answer.status_code not in _AGAIN:
                    break
                wait_s = max(wait_s, _seconds(answer.headers.get("Retry-After")))
            if attempt + 1 < _TRIES:
                await trio.sleep(wait_s)
    raise DataError(
        f"{url}: the exchange does not tell what {symbol} is ({reason}); try later, check"
        " data.rest_url, or set [instrument] tick_size and lot_size"
    )


def _parsed(text: str) -> Any:
    """Parse JSON, keeping the digits of numbers; what is none is returned as it is."""
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return text


def _seconds(text: str | None) -> float:
    """Read Retry-After in its form of seconds; 0 for any other."""
    digits = text is not None and text.isascii() and text.isdigit()
    return min(float(text or 0), _LONGEST_WAIT_S) if digits else 0.0
