"""An application on @azure/msal-node with its cache in a file: `node/silent.cjs`."""

import json
import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / "node" / "silent.cjs"
# The package to require, by what `--sdk` calls its way to spell a cache.
LIBRARIES = {"node": "@azure/msal-node", "node3": "msal-node-3"}


def silent(emulator, client, path, tenant, scope, force_refresh=False, save=False, sdk="node"):
    """Lists the accounts of a cache and gets a token for each of one tenant, without any interaction.

    `save` writes the cache back. Returns `accounts`, all of them, and `results` by user name:
    `{"accessToken", "fromCache"}` or `{"error"}`.
    """
    question = {
        "library": LIBRARIES[sdk],
        "cache": str(path),
        "clientId": client.id,
        "clientSecret": client.secret,
        "authority": emulator.authority(tenant),
        "knownAuthority": emulator.host_and_port,
        "scope": scope,
        "forceRefresh": force_refresh,
        "save": save,
    }
    done = subprocess.run(
        ["node", str(SCRIPT)],
        input=json.dumps(question),
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(emulator.ca)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
