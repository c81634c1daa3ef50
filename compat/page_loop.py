"""The loop that Microsoft's page on migrating refresh tokens asks everybody to write, on MSAL Python.

`page_loop.py SOURCE AUTHORITY CA CLIENT-ID COUNT`: one token after the other, as the page says, through
`acquire_token_by_refresh_token`, since the private method that the page names no longer works. Prints the
seconds that the loop took.
"""

import json
import sys
import time

import msal


def main(source, authority, ca, client_id, count):
    cache = msal.SerializableTokenCache()
    app = msal.PublicClientApplication(
        client_id, authority=authority, instance_discovery=False, verify=ca, token_cache=cache
    )
    with open(source) as file:
        entries = json.load(file)[: int(count)]
    start = time.monotonic()
    for entry in entries:
        result = app.acquire_token_by_refresh_token(entry["refreshToken"], [entry["resource"] + "/.default"])
        if "error" in result:
            sys.exit(f"error: {result['error_description']}")
    print(time.monotonic() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
