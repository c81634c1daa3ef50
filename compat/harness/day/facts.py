"""What must become of each kind of row: written from how the row was made, and not from what the command prints."""

from dataclasses import dataclass

from ..directory import CONTOSO, DESKTOP, FABRIKAM, PASSWORD, TENANT_IDS, WEB

#: A client that one of the tenants does not have until an administrator adds it.
GONE = "00c0ffee-0000-4000-8000-0000000000aa"
#: Azure CLI, whose tokens nobody else can use.
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
NO_TENANT = "closed-down.example"


@dataclass(frozen=True)
class Fate:
    """What becomes of a row, who is to do something about it, and words that tell what."""

    becomes: str
    who: str = "nobody"
    says: tuple = ()
    #: What the server answers, or why the row is skipped.
    code: str = ""
    #: Words that tell why a row is skipped.
    why: str = ""


def user(code, *says):
    return Fate("needs_user", "user", says, code)


def administrator(code, *says):
    return Fate("needs_user", "administrator", says, code)


def failed(code, *says):
    return Fate("failed", "operator", says, code)


def skipped(code, who, why, *says):
    return Fate("skipped", who, says, code, why)


MIGRATED = Fate("migrated", says=("nothing",))

FATES = {
    "sound": MIGRATED,
    "confidential": MIGRATED,
    "capitals": MIGRATED,
    "guest": MIGRATED,
    "no-guest": MIGRATED,
    "no-tenant-named": MIGRATED,
    "expired": user("AADSTS700082", "expired", "sign in to the application again"),
    "revoked": user("AADSTS50173", "revoked", "sign in to the application again"),
    "password-changed": user("AADSTS50173", "password was changed", "sign in to the application again"),
    "cut-off": user("AADSTS9002313", "not a whole one", "sign in to the application again"),
    "of-another-client": user("AADSTS70000", "sign in to the application again"),
    "second-factor": user("AADSTS50076", "sign in to the application again", "second factor"),
    "enrolment": user("AADSTS50079", "set up a second factor", "sign in to the application again"),
    "disabled": administrator("AADSTS50057", "disabled", "have it enabled", "sign in to the application again"),
    "blocked": administrator("AADSTS53003", "Conditional Access", "look at the sign-in log"),
    "device": administrator("AADSTS53000", "Conditional Access", "device that the company manages"),
    "consent": administrator("AADSTS65001", "consent to the application"),
    "superseded": Fate("superseded", says=("nothing", "another token of this application"), code="AADSTS50173"),
    "of-another-person": Fate("quarantined", "operator", ("another user's", "--release ROW"), "user_mismatch"),
    "unknown-client": failed("AADSTS700016", "application is not in this directory", "--client-id"),
    "no-such-tenant": failed("AADSTS90002", "no such tenant", "correct"),
    "empty": skipped("no_refresh_token", "nobody", "no refresh token", "nothing to migrate"),
    "encrypted": skipped("undecryptable", "operator", "encrypted", "decrypt"),
    "no-client": skipped("no_client_id", "operator", "which client", "name the client with --client-id"),
    "azure-cli": skipped("first_party_client", "operator", "program of somebody else's", "only that program"),
    "no-tenant-at-all": skipped("invalid_authority", "operator", "tenant", "correct the row"),
    "too-short": skipped("malformed", "operator", "fewer columns", "correct the row"),
    "too-long": skipped("malformed", "operator", "more or fewer columns", "correct the row"),
    "not-utf-8": skipped("malformed", "operator", "not UTF-8", "correct the row"),
    "endless": skipped("malformed", "operator", "too long", "correct the row"),
}

ROWS = 5000

#: How many of each kind there are; the rest is sound.
MANY = {
    "confidential": 700,
    "capitals": 60,
    "guest": 20,
    "no-guest": 10,
    "no-tenant-named": 20,
    "expired": 60,
    "revoked": 60,
    "password-changed": 25,
    "cut-off": 20,
    "of-another-client": 10,
    "second-factor": 30,
    "enrolment": 10,
    "disabled": 30,
    "blocked": 15,
    "device": 15,
    "consent": 15,
    "superseded": 15,
    "of-another-person": 12,
    "unknown-client": 80,
    "no-such-tenant": 8,
    "empty": 40,
    "encrypted": 10,
    "no-client": 10,
    "azure-cli": 10,
    "no-tenant-at-all": 5,
    "too-short": 6,
    "too-long": 6,
    "not-utf-8": 3,
    "endless": 1,
}
#: Rows that repeat the token of a sound one.
REPEATED = 150

#: Whose names say what is wrong with them: a policy of the tenant, or an administrator.
POLICIES = {
    "second-factor": "mfa",
    "enrolment": "mfa-enrolment",
    "blocked": "block",
    "device": "compliant-device",
    "consent": "consent",
}


def special(kind, number):
    return f"{kind}{number}@{CONTOSO}"


def directory(certificate):
    """The emulator's configuration; the web application has a certificate as well."""
    specials = [special(kind, number) for kind in [*POLICIES, "disabled"] for number in range(1, MANY[kind] + 1)]
    return "\n".join(
        [
            *['[tokens]', 'signatures = "cheap"', "seed = 13", "audit_capacity = 100000"],
            *["[server]", "admin_port = 0", "latency_ms = 5"],
            *tenant(FABRIKAM),
            *tenant(CONTOSO),
            *[f'[[tenant.user]]\nupn = "{upn}"\npassword = "{PASSWORD}"' for upn in specials],
            *[f'[[tenant.guest]]\nupn = "user{n}@{FABRIKAM}"' for n in range(1, MANY["guest"] + 1)],
            *[f'[[tenant.policy]]\nrequires = "{rule}"\nusers = ["{kind}*@*"]' for kind, rule in POLICIES.items()],
            f'[[app]]\nclient_id = "{DESKTOP.id}"\nredirects = [{{ uri = "http://localhost" }}]',
            f"""[[app]]\nclient_id = "{WEB.id}"\nsecrets = ["{WEB.secret}"]\ncertificates = ['''{certificate}''']""",
            f'[[app]]\nclient_id = "{GONE}"\nsingle_tenant = "{FABRIKAM}"',
        ]
    )


def tenant(domain):
    name = domain.split(".")[0]
    return [
        *["[[tenant]]", f'domain = "{domain}"', f'id = "{TENANT_IDS[domain]}"'],
        f'aliases = ["{name}.onmicrosoft.com"]',
        f'users = {{ pattern = "user{{n}}@{domain}", count = 1000000, password = "{PASSWORD}" }}',
    ]
