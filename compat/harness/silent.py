"""What MSAL Python makes of a cache that a migration wrote, in the network where Microsoft's names are a server's."""

from .odd_people import PERSON, TENANTS
from .python_app import claims

HOST = "https://login.microsoftonline.com"


def check_silent(server, cache, client, tenant, users, scope):
    """Whether each of these users gets a token of the tenant without anybody's help, and it is theirs."""
    people = [PERSON[user] for user in users]
    ids = [person.home_account_id for person in people]
    expected = [
        (person.name, person.home_account_id, person.object_id(tenant), TENANTS[tenant], client.id) for person in people
    ]
    assert sorted(silent(server, cache, client, TENANTS[tenant], ids, scope)) == sorted(expected)


def silent(server, cache, client, tenant, ids, scope):
    """For each account of these: its user and id, and of the token whose it is, of which tenant and for which program."""
    found = server.ask(
        "odd_store_flows",
        "silent",
        library=None,
        cache=str(cache),
        client_id=client.id,
        secret=client.secret,
        authority=f"{HOST}/{tenant}",
        scope=scope,
        ids=ids,
    )
    assert [each for each in found if "access_token" not in each] == []
    tokens = [(each["user"], each["id"], claims(each["access_token"])) for each in found]
    return [(user, account, token["oid"], token["tid"], token["appid"]) for user, account, token in tokens]
