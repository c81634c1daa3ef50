"""The application whose users were migrated: MSAL Python on the target."""

import json
from collections import defaultdict

from ..directory import GRAPH
from ..python_app import PythonApp

SCOPE = f"{GRAPH}/.default"
#: MSAL Python looks through the whole cache for each user, so that it gets the entries of so many users at once.
AT_ONCE = 100


class Program:
    """Takes the entries of the target as they are."""

    def __init__(self, emulator, target):
        self._emulator = emulator
        self._part = target.with_name("part.cache.json")
        self._kinds = json.loads(target.read_text())
        self._ids = {
            account["username"].casefold(): account["home_account_id"] for account in self._kinds["Account"].values()
        }

    def unanswered(self, rows, client, **options):
        """The owners of these rows for whom there is no token unless they are asked, each at their tenant."""
        by_tenant = defaultdict(list)
        for row in rows:
            by_tenant[row.signs_in_at].append(row.owner.casefold())
        groups = [
            (tenant, owners[start : start + AT_ONCE])
            for tenant, owners in by_tenant.items()
            for start in range(0, len(owners), AT_ONCE)
        ]
        return {owner for tenant, owners in groups for owner in self._unanswered(tenant, owners, client, options)}

    def _unanswered(self, tenant, owners, client, options):
        self._write_part({self._ids.get(owner) for owner in owners})
        app = PythonApp(self._emulator, client, self._part, tenant).app
        accounts = {account["username"].casefold(): account for account in app.get_accounts()}
        for owner in owners:
            account = accounts.get(owner)
            answer = account and app.acquire_token_silent_with_error([SCOPE], account, **options)
            if not answer or "access_token" not in answer:
                yield owner

    def _write_part(self, ids):
        part = {
            kind: {key: entry for key, entry in entries.items() if entry.get("home_account_id") in ids}
            for kind, entries in self._kinds.items()
        }
        self._part.write_text(json.dumps(part))
