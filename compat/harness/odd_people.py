"""People as the stores of real programs have them: renamed, guests, in capitals, of other clouds, with personal accounts."""

from dataclasses import dataclass

from .directory import GRAPH, PASSWORD

PUBLIC, GOVERNMENT, CHINA = "login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"
#: Older names of two of them, at which programs signed people in.
OLD_PUBLIC, OLD_CHINA = "login.windows.net", "login.chinacloudapi.cn"
CLOUDS = {PUBLIC: PUBLIC, OLD_PUBLIC: PUBLIC, GOVERNMENT: GOVERNMENT, CHINA: CHINA, OLD_CHINA: CHINA}
#: Microsoft Graph of each cloud.
GRAPHS = {
    PUBLIC: GRAPH,
    GOVERNMENT: "https://graph.microsoft.us",
    CHINA: "https://microsoftgraph.chinacloudapi.cn",
}

NORTHWIND, TAILSPIN, AGENCY, FOURTH = "northwind.example", "tailspin.example", "agency.example", "fourth.example"
PERSONAL = "outlook.example"
TENANTS = {
    NORTHWIND: "c0ffee00-0011-4000-8000-00000000a0b1",
    TAILSPIN: "c0ffee00-0012-4000-8000-00000000a0b2",
    AGENCY: "c0ffee00-0013-4000-8000-00000000a0b3",
    FOURTH: "c0ffee00-0014-4000-8000-00000000a0b4",
    # The tenant of all personal accounts.
    PERSONAL: "9188040d-6c67-4c5b-b112-36a304b66dad",
}


@dataclass(frozen=True)
class SignIn:
    """Where somebody signed in, as the program spelled it."""

    tenant: str
    host: str = PUBLIC
    #: Whether the program wrote its own client id in capitals.
    shouts: bool = False

    @property
    def authority(self):
        return f"https://{self.host}/{self.tenant}"


@dataclass(frozen=True)
class Person:
    """Somebody of the directory, by the name that they have today."""

    name: str
    sign_ins: tuple[SignIn, ...]
    #: The name in the store where it is another one.
    stored: str | None = None

    @property
    def cloud(self):
        return CLOUDS[self.sign_ins[0].host.lower()]

    @property
    def home(self):
        """The domain of the tenant that they are at home in."""
        return self.name.split("@")[1].lower()

    @property
    def is_personal(self):
        return self.home == PERSONAL

    @property
    def home_account_id(self):
        return f"{self.object_id()}.{TENANTS[self.home]}"

    @property
    def tenant(self):
        """Where they are asked for: the tenant that they are at home in, unless they signed in as a guest only."""
        at_home = [self.home, "common", "consumers", TENANTS[self.home]]
        is_guest = all(sign_in.tenant.lower() not in at_home for sign_in in self.sign_ins)
        return NORTHWIND if is_guest else self.home

    def object_id(self, tenant=None):
        """A GUID of their own in each tenant, with letters in it, which have two spellings."""
        return f"0dd0a11c-{PEOPLE.index(self):04x}-4000-8000-00000000{'aaaa' if tenant in [None, self.home] else 'bbbb'}"


def one(name, *tenants, stored=None, **more):
    """Somebody who signed in at these tenants, or else at home."""
    return Person(name, tuple(SignIn(tenant, **more) for tenant in tenants or [name.split("@")[1]]), stored)


PEOPLE = [
    one(f"plain@{NORTHWIND}"),
    one("In.Capitals@Northwind.Example"),
    one(
        f"stored-in-capitals@{NORTHWIND}",
        NORTHWIND.upper(),
        host="LOGIN.MicrosoftOnline.COM",
        stored="STORED-IN-CAPITALS@NORTHWIND.EXAMPLE",
    ),
    one(f"client-in-capitals@{NORTHWIND}", shouts=True),
    one(f"tenant-in-capitals@{NORTHWIND}", TENANTS[NORTHWIND].upper()),
    one(f"by-guid@{NORTHWIND}", TENANTS[NORTHWIND]),
    one(f"at-common@{NORTHWIND}", "common", TENANTS[NORTHWIND]),
    one(f"old-host@{NORTHWIND}", host=OLD_PUBLIC),
    one(f"renamed@{NORTHWIND}", stored=f"maiden.name@{NORTHWIND}"),
    one(f"bought@{TAILSPIN}", stored="bought@before.example"),
    one(f"home-and-guest@{TAILSPIN}", TAILSPIN, NORTHWIND),
    one(f"guest-and-home@{TAILSPIN}", NORTHWIND, TAILSPIN),
    one(f"common-guest-and-home@{TAILSPIN}", "common", TENANTS[NORTHWIND], TENANTS[TAILSPIN]),
    one(f"guest-only@{TAILSPIN}", NORTHWIND),
    one(f"external@{TAILSPIN}", NORTHWIND, stored=f"external_{TAILSPIN}#EXT#@Northwind.Example"),
    one(f"renamed-guest@{TAILSPIN}", TENANTS[NORTHWIND], TENANTS[TAILSPIN], stored=f"before@{TAILSPIN}"),
    one(f"official@{AGENCY}", host=GOVERNMENT),
    one(f"official-by-guid@{AGENCY}", TENANTS[AGENCY].upper(), host=GOVERNMENT),
    one(f"fourth@{FOURTH}", host=CHINA),
    one(f"fourth-at-old-host@{FOURTH}", host=OLD_CHINA),
    one(f"personal@{PERSONAL}", "consumers"),
    one(f"personal-guest@{PERSONAL}", NORTHWIND),
    one(f"personal-guest-by-guid@{PERSONAL}", TENANTS[NORTHWIND]),
]
PERSON = {person.name: person for person in PEOPLE}

#: Who signs in at an application, by the tenant that it is for: at home or as a guest, and somebody as both.
VISITORS = {
    NORTHWIND: [
        f"plain@{NORTHWIND}",
        "In.Capitals@Northwind.Example",
        f"guest-only@{TAILSPIN}",
        f"home-and-guest@{TAILSPIN}",
        f"personal-guest@{PERSONAL}",
    ],
    TAILSPIN: [f"home-and-guest@{TAILSPIN}"],
}
#: Those of them who can sign in with a password alone.
AT_HOME = {tenant: [name for name in names if PERSON[name].home == tenant] for tenant, names in VISITORS.items()}


def declarations():
    """The people, their tenants and APIs, for the emulator's configuration."""
    apis = [f'[[resource]]\nuri = "{uri}"\n' for uri in GRAPHS.values() if uri != GRAPH]
    return "".join([*map(tenant, TENANTS), *apis])


def tenant(domain):
    users = [
        f'[[tenant.user]]\nupn = "{person.name}"\npassword = "{PASSWORD}"\nobject_id = "{person.object_id()}"\n'
        for person in PEOPLE
        if person.home == domain
    ]
    guests = [
        f'[[tenant.guest]]\nupn = "{person.name}"\nobject_id = "{person.object_id(domain)}"\n'
        for person in PEOPLE
        if domain == NORTHWIND and person.home in [TAILSPIN, PERSONAL]
    ]
    return "".join([f'[[tenant]]\ndomain = "{domain}"\nid = "{TENANTS[domain]}"\n', *users, *guests])
