"""Writes the cases beside this file by making each call with MSAL Python: see README.md."""

import base64
import copy
import json
import pathlib
import shutil
import time
from urllib.parse import parse_qsl

import msal

HERE = pathlib.Path(__file__).parent
T0 = 1_700_000_000
# Too late for a token of an hour to be used, and too early for MSAL Python to throw it away.
EXPIRING = 3400
HOST = "login.microsoftonline.com"
TENANT = "c0ffee00-0001-4000-8000-000000000000"
HOME = "c0ffee00-0002-4000-8000-000000000000"
DESKTOP = "00c0ffee-0000-4000-8000-000000000001"
WEB = "00c0ffee-0000-4000-8000-000000000002"
MAIL = "00c0ffee-0000-4000-8000-000000000003"
FILES = "00c0ffee-0000-4000-8000-000000000004"
ALICE = "aa905949-a2b8-4e0a-8aea-b32e53ccdb41"
GRAPH = "https://graph.microsoft.com/.default"
GRANTED = "openid profile email https://graph.microsoft.com/User.Read " + GRAPH
HEADERS = ["x-client-current-telemetry", "x-client-last-telemetry", "x-anchormailbox", "accept"]

now = T0
time.time = lambda: now


def encode(value):
    text = json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def id_token(client, tenant=TENANT):
    claims = {
        "aud": client,
        "iss": f"https://{HOST}/{tenant}/v2.0",
        "iat": T0,
        "exp": T0 + 3600,
        "name": "Alice \u00c5dams",
        "oid": ALICE,
        "preferred_username": "alice@contoso.example",
        "sub": "subject-of-alice",
        "tid": tenant,
        "ver": "2.0",
    }
    return ".".join([encode({"typ": "JWT", "alg": "RS256"}), encode(claims), "c2ln"])


def tokens(number, client, **members):
    answer = {
        "token_type": "Bearer",
        "scope": GRANTED,
        "expires_in": 3599,
        "ext_expires_in": 3599,
        "access_token": f"made-up-access-token-{number}",
        "refresh_token": f"made-up-refresh-token-{number}",
        "id_token": id_token(client),
        "client_info": encode({"uid": ALICE, "utid": TENANT}),
    }
    answer.update(members)
    return {"status": 200, "body": {name: value for name, value in answer.items() if value is not None}}


def refused(code, suberror):
    return {
        "status": 400,
        "body": {
            "error": "invalid_grant",
            "error_description": f"AADSTS{code}: Made up.",
            "error_codes": [code],
            "suberror": suberror,
            "correlation_id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        },
    }


class Answer:
    def __init__(self, status, body):
        self.status_code, self.text, self.headers = status, json.dumps(body), {}


class Platform:
    """Answers discovery as Entra does, and token requests from a list."""

    def __init__(self, answers):
        self.answers, self.exchange = list(answers), []

    def get(self, url, **_):
        if "discovery/instance" in url:
            aliases = [HOST, "login.windows.net", "login.microsoft.com", "sts.windows.net"]
            return Answer(200, {"metadata": [{"aliases": aliases}]})
        tenant = url.split("/v2.0")[0]
        return Answer(200, {
            "issuer": f"{tenant}/v2.0",
            "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
            "token_endpoint": f"{tenant}/oauth2/v2.0/token",
        })

    def post(self, url, data=None, headers=None, **_):
        form = dict(parse_qsl(data)) if isinstance(data, str) else dict(data)
        sent = {name.lower(): value for name, value in headers.items()}
        answer = self.answers.pop(0)
        self.exchange.append({
            "request": {
                "url": url,
                "headers": {name: sent[name] for name in HEADERS if name in sent},
                "form": {name: str(value) for name, value in form.items()},
            },
            "answer": answer,
        })
        return Answer(answer["status"], answer["body"])

    def close(self):
        pass


def application(call, cache, platform):
    kind = msal.ConfidentialClientApplication if "client_secret" in call else msal.PublicClientApplication
    return kind(
        call["client_id"],
        client_credential=call.get("client_secret"),
        authority=call["authority"],
        token_cache=cache,
        http_client=platform,
    )


def make(call, text, answers):
    """Makes a call with MSAL Python on the cache `text`; gives the exchange, the result and the cache afterwards."""
    global now
    now = call["now"]
    cache = msal.SerializableTokenCache()
    if text is not None:
        cache.deserialize(text)
    platform = Platform(answers)
    app = application(call, cache, platform)
    if "refresh_token" in call:
        outcome = app.acquire_token_by_refresh_token(call["refresh_token"], call["scopes"])
    else:
        [account] = app.get_accounts()
        assert account["home_account_id"] == call["home_account_id"]
        outcome = app.acquire_token_silent_with_error(call["scopes"], account)
    return platform.exchange, result(outcome), cache.serialize()


def result(outcome):
    if "error" in outcome:
        return {"error": outcome["error"], "suberror": outcome.get("suberror")}
    return {
        "access_token": outcome["access_token"],
        "token_source": outcome["token_source"],
        "expires_on": now + outcome["expires_in"],
    }


def write(name, call, before, answers, differs=None, **expected):
    """Writes a case. `differs` turns the cache before and the exchange into the cache that this library leaves."""
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    exchange, got, after = make(call, before, copy.deepcopy(answers))
    if differs:
        after = json.dumps(differs(json.loads(before) if before else json.loads(after), exchange), indent=4)
    is_pythons = not differs and expected.pop("bytes", True)
    documents = {"call": {**call, "bytes": is_pythons}, "exchange": exchange, "result": {**got, **expected}}
    for document, value in documents.items():
        (folder / f"{document}.json").write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    if before is not None:
        (folder / "cache-before.json").write_text(before)
    (folder / "cache-after.json").write_text(after)


def by_refresh_token(client, tenant=TENANT, **more):
    return {
        "now": T0,
        "client_id": client,
        "authority": f"https://{HOST}/{tenant}",
        "refresh_token": "made-up-refresh-token-of-adal",
        "scopes": [GRAPH],
        **more,
    }


def silent(client, after, tenant=TENANT, home=TENANT, scopes=(GRAPH,)):
    return {
        "now": T0 + after,
        "client_id": client,
        "authority": f"https://{HOST}/{tenant}",
        "home_account_id": f"{ALICE}.{home}",
        "scopes": list(scopes),
    }


def signed_in(client, *answers, **more):
    """The cache of MSAL Python after a migrated sign-in."""
    return make(by_refresh_token(client, **more), None, answers or [tokens(1, client)])[2]


def renewed_in_place(before, exchange):
    """An entry that another SDK keyed is renewed where it stands, or replaced; MSAL Python would add a second one."""
    answer = exchange[-1]["answer"]["body"]
    environment = "login.windows.net"
    home, client = f"{ALICE}.{TENANT}", DESKTOP
    [refresh_token] = before["RefreshToken"].values()
    refresh_token["secret"] = answer["refresh_token"]
    refresh_token["last_modification_time"] = str(now)
    common = {"home_account_id": home, "environment": environment, "client_id": client, "realm": TENANT}
    target = " ".join(sorted(answer["scope"].split()))
    key = f"{home}-{environment}-accesstoken-{client}-{TENANT}-{target}".lower()
    before["AccessToken"][key] = {
        "credential_type": "AccessToken",
        "secret": answer["access_token"],
        **common,
        "target": target,
        "token_type": "Bearer",
        "cached_at": str(now),
        "expires_on": str(now + 3599),
        "extended_expires_on": str(now + 3599),
    }
    key = f"{home}-{environment}-idtoken-{client}-{TENANT}-".lower()
    before["IdToken"] = {key: {"credential_type": "IdToken", "secret": answer["id_token"], **common}}
    key = f"appmetadata-{environment}-{client}"
    before["AppMetadata"][key] = {"client_id": client, "environment": environment}
    return before


def keeps_the_redeemed_one(after, exchange):
    """A refresh token that is not replaced is kept; MSAL Python would forget it."""
    home, sent = f"{ALICE}.{TENANT}", exchange[-1]["request"]["form"]
    target = " ".join(sorted(GRANTED.split()))
    key = f"{home}-{HOST}-refreshtoken-{DESKTOP}--{target}".lower()
    after["RefreshToken"] = {key: {
        "credential_type": "RefreshToken",
        "secret": sent["refresh_token"],
        "home_account_id": home,
        "environment": HOST,
        "client_id": DESKTOP,
        "target": target,
        "last_modification_time": str(now),
    }}
    return after


def remembers_the_family(before, exchange):
    """An answer without `foci` does not take the family away; MSAL Python would write the client out of it."""
    _, _, after = make(silent(MAIL, EXPIRING), json.dumps(before), [tokens(2, MAIL)])
    after = json.loads(after)
    after["AppMetadata"][f"appmetadata-{HOST}-{MAIL}"]["family_id"] = "1"
    return after


def node():
    """A cache as MSAL Node writes it: other keys, the preferred cache host, no `last_modification_time`."""
    home, environment = f"{ALICE}.{TENANT}", "login.windows.net"
    common = {"home_account_id": home, "environment": environment}
    target = "User.Read profile openid email"
    profile = {"tenantId": TENANT, "localAccountId": ALICE, "name": "Alice \u00c5dams",
               "username": "alice@contoso.example", "isHomeTenant": True}
    account = {**common, "realm": TENANT, "local_account_id": ALICE, "username": "alice@contoso.example",
               "authority_type": "MSSTS", "name": "Alice \u00c5dams",
               "client_info": encode({"uid": ALICE, "utid": TENANT}), "tenantProfiles": [json.dumps(profile)]}
    access_token = {**common, "credential_type": "AccessToken", "client_id": DESKTOP,
                    "secret": "made-up-access-token-of-node", "realm": TENANT, "target": target,
                    "cached_at": str(T0), "expires_on": str(T0 + 3599), "extended_expires_on": str(T0 + 3599),
                    "token_type": "Bearer"}
    id_token_entry = {**common, "credential_type": "IdToken", "client_id": DESKTOP,
                      "secret": id_token(DESKTOP), "realm": TENANT}
    refresh_token = {**common, "credential_type": "RefreshToken", "client_id": DESKTOP,
                     "secret": "made-up-refresh-token-of-node"}
    return json.dumps({
        "Account": {f"{home}-{environment}-{TENANT}": account},
        "IdToken": {f"{home}-{environment}-idtoken-{DESKTOP}-{TENANT}---": id_token_entry},
        "AccessToken": {f"{home}-{environment}-accesstoken-{DESKTOP}-{TENANT}-{target.lower()}--": access_token},
        "RefreshToken": {f"{home}-{environment}-refreshtoken-{DESKTOP}----": refresh_token},
        "AppMetadata": {},
    }, separators=(",", ":"), ensure_ascii=False)


def main():
    write("by-refresh-token", by_refresh_token(DESKTOP), None, [tokens(1, DESKTOP)])
    write("by-refresh-token-common", by_refresh_token(DESKTOP, "common"), None, [tokens(1, DESKTOP)])
    write("by-refresh-token-confidential", by_refresh_token(WEB, client_secret="made-up-secret"), None,
          [tokens(1, WEB)])
    write("by-refresh-token-kept", by_refresh_token(DESKTOP), None,
          [tokens(1, DESKTOP, refresh_token=None)], keeps_the_redeemed_one)
    write("by-refresh-token-again", by_refresh_token(DESKTOP, refresh_token="made-up-refresh-token-1"),
          signed_in(DESKTOP), [tokens(2, DESKTOP)])
    write("by-refresh-token-refused", by_refresh_token(DESKTOP), signed_in(DESKTOP), [refused(700082, "bad_token")])
    write("silent-hit", silent(DESKTOP, 60), signed_in(DESKTOP), [])
    write("silent-hit-for-part-of-the-scopes",
          silent(DESKTOP, 60, scopes=["https://graph.microsoft.com/User.Read"]), signed_in(DESKTOP), [])
    write("silent-renewal", silent(DESKTOP, EXPIRING), signed_in(DESKTOP), [tokens(2, DESKTOP)])
    write("silent-renewal-confidential", {**silent(WEB, EXPIRING), "client_secret": "made-up-secret"},
          signed_in(WEB, client_secret="made-up-secret"), [tokens(2, WEB)])
    write("silent-renewal-without-a-new-refresh-token", silent(DESKTOP, EXPIRING), signed_in(DESKTOP),
          [tokens(2, DESKTOP, refresh_token=None)])
    write("silent-renewal-refused", silent(DESKTOP, EXPIRING), signed_in(DESKTOP), [refused(50173, "bad_token")])
    write("silent-aging-refused", silent(DESKTOP, 2000),
          signed_in(DESKTOP, tokens(1, DESKTOP, refresh_in=1800)), [refused(50173, "bad_token")])
    write("silent-other-resource", silent(DESKTOP, 60, scopes=["https://vault.azure.net/.default"]),
          signed_in(DESKTOP), [tokens(2, DESKTOP, scope="https://vault.azure.net/.default")])
    write("family-member", silent(FILES, 60), signed_in(MAIL, tokens(1, MAIL, foci="1")),
          [tokens(2, FILES, foci="1")])
    write("family-not-mentioned-again", silent(MAIL, EXPIRING), signed_in(MAIL, tokens(1, MAIL, foci="1")),
          [tokens(2, MAIL)], remembers_the_family)
    write("node-hit", silent(DESKTOP, 60, scopes=["User.Read"]), node(), [], bytes=False)
    write("node-renewal", silent(DESKTOP, EXPIRING), node(), [tokens(2, DESKTOP)], renewed_in_place)


main()
