"""What MSAL Python and our library do differently, each with its reason. There is nothing else."""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Listed:
    """A difference: in which cases, of what, which; `*` in a value stands for any text, and `None` for nothing.

    Cases are patterns, and with `!` those that are left out.
    """

    cases: str
    of: str
    which: str
    theirs: str | None
    ours: str | None
    reason: str

    def applies(self, case, both):
        """What is listed for all cases is meant for those in which both sides have such a thing."""
        patterns = self.cases.split()
        without = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
        if any(fnmatchcase(case, pattern) for pattern in without):
            return False
        if patterns[0] == "*":
            return self.of in both
        return any(fnmatchcase(case, pattern) for pattern in patterns)

    def is_it(self, theirs, ours):
        return matches(theirs, self.theirs) and matches(ours, self.ours)


def matches(value, pattern):
    return value is pattern if None in [value, pattern] else fnmatchcase(value, pattern)


def unlisted(case, found, both, rows):
    """What is found and not listed, and what is listed and not found."""
    rows = [row for row in rows if row.applies(case, both)]
    known = lambda of, which, pair: any((row.of, row.which) == (of, which) and row.is_it(*pair) for row in rows)
    new = [(*key, *pair) for key, pairs in found.items() for pair in pairs if not known(*key, pair)]
    gone = [row for row in rows if not any(row.is_it(*pair) for pair in found.get((row.of, row.which), []))]
    return new, gone


#: What a client says of itself in every request to a server.
ITSELF = [
    Listed("* !oidc-*" if name == "cookie" else "*", of, f"header {name}", theirs, ours, reason)
    for of, name, theirs, ours, reason in [
        *[
            (of, name, theirs, None, reason)
            for of in ["token", "device", "realm"]
            for name, theirs, reason in [
                ("accept-encoding", "gzip, deflate", "answers are small; a decoder less that reads what strangers send"),
                ("cookie", "*", "theirs sends back what came with other answers; RFC 6749 knows no cookies here"),
                ("user-agent", "python-requests/*", "says nothing that x-client-sku does not"),
            ]
        ],
        *[
            (of, name, theirs, ours, "the library's own name and version")
            for of in ["token", "device"]
            for name, theirs, ours in [
                ("x-client-sku", "MSAL.Python", "MSAL.Rust"),
                ("x-client-ver", "1.39.0", "0.1.0"),
            ]
        ],
        ("device", "accept", "*/*", "application/json", "RFC 8628 §3.2: the answer is JSON, as a token endpoint's"),
    ]
]

BUILT_IN = "the endpoints of Microsoft's hosts are known; a document is read for the id of a tenant that is given by its domain"
NAMES = "theirs looks for accounts under other names of the cloud, and asks for those; ours knows them"

#: Where endpoints and the names of a cloud are looked up: how often.
DOCUMENTS = [
    Listed(cases, "document", name, theirs, ours, reason)
    for cases, name, theirs, ours, reason in [
        (
            "code-any-tenant code-common device-in-time password-capitals password-claims password-federated"
            " password-nobody password-nowhere password-right password-wrong silent-nobody",
            "openid-configuration",
            "1",
            "0",
            BUILT_IN,
        ),
        ("client-tenants", "openid-configuration", "3", "2", "theirs has an application for each tenant"),
        ("silent-guest-organizations", "openid-configuration", "3", "1", BUILT_IN),
        ("silent-guest-fabrikam.example", "openid-configuration", "3", "2", "theirs has an application for each tenant"),
        ("sign-out-guest", "openid-configuration", "2", "1", BUILT_IN),
        (
            "client-apis client-forgotten client-no-default client-unknown-resource client-wrong-secret"
            " code-nobody-asked device-blocked device-declined device-expired password-nobody password-nowhere"
            " password-second-factor password-wrong sign-out-guest sign-out-last silent-nobody silent-no-guest silent-policy-* silent-revoked"
            " silent-unknown-resource-*",
            "instance",
            "1",
            "0",
            NAMES,
        ),
    ]
]

ASSERTIONS = [
    Listed("*-certificate", "token", f"form client_assertion {part}", theirs, ours, reason)
    for part, theirs, ours, reason in [
        ("claim exp", "float", "int", "servers that read whole numbers refuse fractions of seconds"),
        ("claim iat", "float", "int", "servers that read whole numbers refuse fractions of seconds"),
        ("claim nbf", None, "int", "RFC 7519 §4.1.5: no use of it before that"),
        ("header x5t#S256", "*=", "*", "RFC 7515 §2: base64url has no padding"),
        ("header x5c", "*\\n*", "*", "RFC 7515 §4.1.6 with RFC 4648 §3.1: base64 has no line breaks"),
    ]
]

CODE = [
    Listed(
        "code-nobody-asked",
        "result with no token",
        "error_codes",
        None,
        "*",
        "the sign-in page sends its number in the text only; ours reads it there, and says what to do about it",
    ),
    Listed(
        "code-of-another-flow",
        "result with no token",
        "said",
        "ValueError: state mismatch: *",
        "the answer belongs to another sign-in: *",
        "an error as every other call has it, without the state, which is a secret",
    ),
    Listed(
        "interactive-query",
        "page",
        "query response_mode",
        "form_post",
        "query",
        "theirs can have a form only, which some servers cannot post",
    ),
]

SILENT = [
    Listed(
        "silent-hit silent-claims-* silent-forced-* silent-other-* sign-out refresh-token silent-guest-*"
        " client-apis client-capable client-certificate client-assertion client-claims client-expiring client-fallback"
        " client-forgotten client-forwarded-claims client-secret client-tenants oidc-client-* oidc-silent",
        "result with token",
        "scopes",
        None,
        "[[]*",
        "a token from the cache says what it is good for, as one from the server does",
    ),
    Listed(
        "silent-unknown-resource-*",
        "token",
        "how many",
        "2",
        "3",
        "theirs repeats a refusal for a minute without asking; with ours a consent that was given meanwhile counts at once",
    ),
    Listed(
        "silent-expired",
        "token",
        "header x-client-current-telemetry",
        "4|84,2|",
        "4|84,3|",
        "theirs throws an expired token away first, and then says that there was none; ours says that it had expired",
    ),
    Listed(
        "silent-fallback client-fallback",
        "result",
        "what",
        "MsalServiceError: HTTP Error: 503",
        "tokens",
        "a token that is still valid is given out when renewing it fails, as every other MSAL does",
    ),
    *[
        Listed(
            "refresh-token-capable",
            of,
            which,
            theirs,
            ours,
            "theirs forgets the client's capabilities in this call, so that the token cannot be revoked at once",
        )
        for of, which, theirs, ours in [
            ("token", "form claims", None, '*"CP1"*'),
            ("result with token", "about", "*", '*"xms_cc"*'),
            ("result with token", "expires_in", "60", "1440"),
            ("cache AccessToken", "expires_on", "str, 60 minutes later", "str, 1440 minutes later"),
            ("cache AccessToken", "extended_expires_on", "str, 60 minutes later", "str, 1440 minutes later"),
        ]
    ],
]

EXPIRED = "RFC 8628 §3.5: what is said to have expired need not be asked for once more"
DEVICE = [
    Listed("device-expired", "token", "how many", "7", "6", EXPIRED),
    Listed("device-expired", "result with no token", "error", "expired_token", None, EXPIRED),
    Listed("device-expired", "result with no token", "error_codes", "[[]70020]", None, EXPIRED),
    Listed("device-expired", "result with no token", "description", "AADSTS70020: *", None, EXPIRED),
    Listed("device-expired", "result with no token", "said", None, "the user must sign in: the code has expired *", EXPIRED),
]

FEDERATION = "ours asks no server but the authority's with a password; see the list of what is not there yet"
PASSWORD = [
    Listed("password-federated", of, which, theirs, ours, FEDERATION)
    for of, which, theirs, ours in [
        ("accounts", "which", '*"user1@adatum.example"*', "[[]]"),
        ("result", "what", "tokens", "the user must sign in: the user's domain is federated, *"),
        ("/adfs/services/trust/mex", "how many", "1", "0"),
        ("/adfs/services/trust/13/usernamemixed", "how many", "1", "0"),
        ("token", "how many", "1", "0"),
        *[
            (f"cache {section}", "keys", "[[]*", "[[]]")
            for section in ["AccessToken", "Account", "AppMetadata", "IdToken", "RefreshToken"]
        ],
    ]
]

ONCE = "RFC 7523 §3: a server may take each assertion once; theirs sends one several times, ours another one for each request"
ISSUER = "RFC 9207 §2.4: a server that names itself in its answers is not taken for another one, nor is one without a name"
OIDC = [
    Listed("oidc-client-certificate", "result", "what", "invalid_client", "tokens", ONCE),
    Listed("oidc-client-certificate", "cache AccessToken", "keys", "[[]*", "*management.core.windows.net*", ONCE),
    *[
        Listed("oidc-another-issuer oidc-no-issuer", of, which, theirs, ours, ISSUER)
        for of, which, theirs, ours in [
            ("result", "what", "tokens", "the answer comes from another issuer than the one that was asked; *"),
            ("token", "how many", "1", "0"),
            *[
                (f"cache {section}", "keys", "[[]*", "[[]]")
                for section in ["AccessToken", "Account", "AppMetadata", "IdToken", "RefreshToken"]
            ],
        ]
    ],
]

APART = "what was got for an assertion is found again by it alone, so that one cache can serve many users"
ON_BEHALF = [
    *[
        Listed("obo obo-again obo-claims obo-two-users", f"cache {section}", "keys", theirs, ours, APART)
        for section, theirs, ours in [
            ("AccessToken", "*-accesstoken-*", "*-atext-*"),
            ("IdToken", "*-idtoken-*", "[[]]"),
            ("RefreshToken", "*-refreshtoken-*", "[[]]"),
        ]
    ],
    *[
        Listed("obo-again", of, which, theirs, ours, "theirs has the assertion exchanged each time; ours finds the token by it")
        for of, which, theirs, ours in [
            ("token", "how many", "2", "1"),
            ("result with token", "token_source", "identity_provider", "cache"),
            ("result with token", "id_token_claims", "*", None),
        ]
    ],
    *[
        Listed(cases, "token", "header x-client-current-telemetry", "4|523,0|", ours, "ours looks into the cache, and says why it asks")
        for cases, ours in [("obo* !obo-claims", "4|523,2|"), ("obo-claims", "4|523,1|")]
    ],
]

CLASSIFIED = [
    Listed(
        "device-blocked obo-second-factor password-second-factor",
        "result with no token",
        "classification",
        None,
        "*",
        "theirs has MSAL's word for what the user has to do in silent calls only, ours in every error of the server",
    ),
]

LISTED = [*CLASSIFIED, *ITSELF, *DOCUMENTS, *ASSERTIONS, *CODE, *SILENT, *DEVICE, *PASSWORD, *ON_BEHALF, *OIDC]
