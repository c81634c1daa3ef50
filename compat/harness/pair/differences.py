"""Two transcripts side by side: where they differ, once what is random is out of them."""

import json
import re
from collections import Counter, defaultdict
from urllib.parse import parse_qsl, urlsplit

import jwt

#: Endpoints by the end of their path.
KINDS = [
    ("/oauth2/v2.0/token", "token"),
    ("/oauth2/v2.0/devicecode", "device"),
    ("/op/token", "token"),
    ("/op/device/auth", "device"),
    ("/openid-configuration", "document"),
    ("/discovery/instance", "document"),
]
#: Parameters that are random or secret: what counts is that they are there.
RANDOM = {"assertion", "code", "code_challenge", "code_verifier", "device_code", "nonce", "refresh_token", "state"}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIMES = {"cached_at", "last_modification_time"}
ENDS = {"expires_on", "extended_expires_on", "refresh_on"}


def differences(theirs, ours):
    """`{(of what, which): {(theirs, ours)}}`, and of what both have something."""
    found = defaultdict(set)
    both = {"document"}

    def note(of, which, theirs, ours):
        if theirs != ours:
            found[of, which].add((text(theirs), text(ours)))

    their_requests, our_requests = by_kind(theirs), by_kind(ours)
    for kind in {*their_requests, *our_requests} - {"document"}:
        pairs = their_requests.get(kind, []), our_requests.get(kind, [])
        note(kind, "how many", *map(len, pairs))
        both |= {kind} if all(pairs) else set()
        for their_parts, our_parts in zip(*pairs):
            compare(note, kind, their_parts, our_parts)
    documents = [Counter(parts["url"].rsplit("/", 1)[-1] for parts in requests.get("document", [])) for requests in [their_requests, our_requests]]
    for name in {*documents[0], *documents[1]}:
        note("document", name, documents[0][name], documents[1][name])

    for their_result, our_result in zip(theirs.results, ours.results, strict=True):
        has = {"token" if "access_token" in result else "no token" for result in [their_result, our_result]}
        if len(has) > 1:
            note("result", "what", gist(their_result), gist(our_result))
            both |= {"result"}
            continue
        of = f"result with {has.pop()}"
        both |= {of}
        compare(note, of, their_result, our_result, without={"access_token", "kind"})
    for their_accounts, our_accounts in zip(theirs.accounts, ours.accounts, strict=True):
        both |= {"accounts"}
        note("accounts", "which", their_accounts, our_accounts)
    note("device", "waits", theirs.waits, ours.waits)
    compare_caches(note, both, theirs.cache, ours.cache)
    return dict(found), both


def gist(result):
    return "tokens" if "access_token" in result else result["said"] or result["error"]


def compare(note, of, theirs, ours, without=()):
    for name in {*theirs, *ours} - {*without}:
        note(of, name, theirs.get(name), ours.get(name))


def by_kind(transcript):
    """What each request is made of, in order, for each kind of endpoint."""
    requests = defaultdict(list)
    for request in transcript.requests:
        requests[kind_of(request.url)].append(parts_of(request))
    for page in transcript.pages:
        requests["page"].append({"url": bare(page), **parameters("query", parse_qsl(urlsplit(page).query, True))})
    return requests


def kind_of(url):
    path = urlsplit(url).path
    if "/userrealm/" in path.lower():
        return "realm"
    return next((kind for end, kind in KINDS if path.endswith(end)), path)


def parts_of(request):
    return {
        "method": request.method,
        "url": bare(request.url),
        **parameters("query", request.query),
        **parameters("form", request.form),
        **{f"header {name}": header(name, value) for name, value in request.headers.items()},
    }


def header(name, value):
    if name == "cookie":
        return sorted(cookie.split("=")[0].strip() for cookie in value.split(";"))
    return UUID.sub("a UUID", value)


def bare(url):
    return urlsplit(url)._replace(query="").geturl()


def parameters(where, pairs):
    """By name; one that comes twice is a list, and no other is."""
    values = defaultdict(list)
    for name, value in pairs:
        for part, meaning in meaning_of(name, value).items():
            values[f"{where} {part}"].append(meaning)
    return {name: values[0] if len(values) == 1 else values for name, values in values.items()}


def meaning_of(name, value):
    if name in RANDOM:
        return {name: "random"}
    if name == "claims":
        return {name: json.loads(value)}
    if name == "redirect_uri":
        return {name: re.sub(r"(http://localhost):\d+", r"\1:port", value)}
    if name == "client_assertion":
        return assertion(name, value)
    return {name: UUID.sub("a UUID", value) if name == "client-request-id" else value}


def assertion(name, value):
    header, claims = jwt.get_unverified_header(value), jwt.decode(value, options={"verify_signature": False})
    life = round(claims["exp"] - claims["iat"])
    parts = {f"header {part}": value for part, value in header.items()}
    for claim, value in claims.items():
        passing = claim in {"exp", "iat", "jti", "nbf"}
        parts[f"claim {claim}"] = type(value).__name__ if passing else value
    return {f"{name} {part}": value for part, value in {**parts, "life": life}.items()}


def compare_caches(note, both, theirs, ours):
    for section in {*theirs, *ours}:
        their_entries, our_entries = lasting(theirs.get(section, {})), lasting(ours.get(section, {}))
        note(f"cache {section}", "keys", sorted(their_entries), sorted(our_entries))
        for key in {*their_entries} & {*our_entries}:
            both.add(f"cache {section}")
            compare(note, f"cache {section}", their_entries[key], our_entries[key])


def lasting(entries):
    """Entries without what is random, and with times from when they were kept."""
    return {key: {name: meant(name, entry) for name in entry} for key, entry in entries.items()}


def meant(name, entry):
    value = entry[name]
    if name == "secret" or name == "user_assertion_hash":
        return "random"
    if name in TIMES:
        return f"a time as {type(value).__name__}"
    if name in ENDS:
        after = round((int(value) - int(entry["cached_at"])) / 60)
        return f"{type(value).__name__}, {after} minutes later"
    return value


def text(value):
    return value if value is None or isinstance(value, str) else json.dumps(value, sort_keys=True)
