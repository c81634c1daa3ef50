"""Five thousand rows as somebody's database has them, and what is true of each."""

import csv
import io
import random
from dataclasses import dataclass

from ..directory import CONTOSO, DESKTOP, FABRIKAM, TENANT_IDS, WEB
from .facts import AZURE_CLI, FATES, GONE, MANY, NO_TENANT, POLICIES, REPEATED, ROWS, special

#: The columns, in the language of whoever made the table.
HEADER = ["Nr", "E-Mail", "Mandant", "App ID", "RT (Entra)", "Bemerkung"]


@dataclass
class Row:
    kind: str
    #: As the file has them.
    user: str
    tenant: str
    client: str
    token: str = ""
    #: Whose token it is in truth.
    owner: str = ""
    #: Whether the same token stands in an earlier row.
    is_repeated: bool = False
    line: int = 0

    @property
    def fate(self):
        return FATES[self.kind]

    @property
    def signs_in_at(self):
        """The tenant where an application finds what became of the row."""
        if self.kind in ["no-tenant-named", "no-guest"]:
            return "organizations"
        is_at_fabrikam = self.tenant == TENANT_IDS[FABRIKAM] or self.tenant.startswith("fabrikam.")
        return TENANT_IDS[FABRIKAM if is_at_fabrikam else CONTOSO]

    @property
    def is_readable(self):
        """Whether it is known where its cells are."""
        return self.kind not in ["too-short", "too-long", "not-utf-8"]

    @property
    def is_sent(self):
        return self.fate.becomes != "skipped" and not self.is_repeated


class Rows:
    """The rows in the order of their file."""

    def __init__(self, administration):
        self._administration = administration
        self._random = random.Random(13)
        self._people = {CONTOSO: 1000, FABRIKAM: 1000}
        self.rows = self._make()
        self._random.shuffle(self.rows)
        self._note_repeated()

    def _make(self):
        rows = [row for kind, count in MANY.items() for number in range(1, count + 1) for row in self._of(kind, number)]
        sound = [self._sound(number) for number in range(ROWS - len(rows) - REPEATED)]
        rows += sound
        self._issue(rows)
        return rows + [Row("sound", row.user, row.tenant, row.client, row.token, row.owner) for row in sound[:REPEATED]]

    def _person(self, tenant):
        self._people[tenant] += 1
        return f"user{self._people[tenant]}@{tenant}"

    def _sound(self, number):
        tenant = FABRIKAM if number % 3 == 0 else CONTOSO
        names = [tenant, TENANT_IDS[tenant], f"{tenant.split('.')[0]}.onmicrosoft.com"]
        person = self._person(tenant)
        return Row("sound", person, names[number % 7 % 3], DESKTOP.id, owner=person)

    def _of(self, kind, number):
        """The rows of one kind: one, but for those that are about two."""
        person = special(kind, number) if kind in [*POLICIES, "disabled"] else self._person(CONTOSO)
        row = Row(kind, person, CONTOSO, DESKTOP.id, owner=person)
        match kind:
            case "confidential":
                row.client = WEB.id
            case "capitals":
                row.user, row.tenant, row.client = person.upper(), CONTOSO.title(), DESKTOP.id.upper()
            case "guest":
                row.user = row.owner = f"user{number}@{FABRIKAM}"
            case "no-guest":
                row.user = row.owner = self._person(FABRIKAM)
            case "no-tenant-named":
                row.tenant = ""
            case "no-such-tenant":
                row.tenant = NO_TENANT
            case "no-tenant-at-all":
                row.tenant = "see above!"
            case "superseded":
                return [row, Row("sound", person, CONTOSO, DESKTOP.id, owner=person)]
            case "of-another-person":
                row.owner = self._person(CONTOSO)
            case "no-client":
                row.client = ""
            case "unknown-client":
                row.client = GONE
        return [row]

    def _issue(self, rows):
        old = [row for row in rows if row.kind == "expired"]
        self._administration.long_ago()
        self._give(old)
        self._administration.today()
        self._give([row for row in rows if row.kind not in ["expired", "empty", "encrypted", "endless"]])
        for row in rows:
            self._spoil(row)

    def _give(self, rows):
        to = [row.client if row.client in [WEB.id, GONE] else DESKTOP.id for row in rows]
        tokens = self._administration.tokens([(row.owner, client) for row, client in zip(rows, to, strict=True)])
        for row, token in zip(rows, tokens, strict=True):
            row.token = token

    def _spoil(self, row):
        """Makes the row what it is."""
        match row.kind:
            case "revoked" | "superseded":
                self._administration.revoke(row.token)
            case "password-changed":
                self._administration.change_password(row.owner)
            case "disabled":
                self._administration.enable(row.owner, False)
            case "cut-off":
                row.token = row.token[:700]
            case "of-another-client":
                # It was written down for the wrong one of two applications, which is not this token's.
                row.client = WEB.id
            case "azure-cli":
                row.client = AZURE_CLI
            case "encrypted":
                row.token = f"gAAAAAB{row.owner.encode().hex():k<180}"
            case "endless":
                row.token = "1.A" + "x" * 70_000

    def _note_repeated(self):
        seen = set()
        for row in self.rows:
            if row.token:
                row.is_repeated = row.token in seen
                seen.add(row.token)

    def write(self, path):
        """Writes the table, and notes at which line each row begins."""
        out, line = b"\xef\xbb\xbf" + _line(HEADER), 2
        parts = [out]
        for number, row in enumerate(self.rows):
            row.line = line
            text = self._text(number, row)
            parts.append(text)
            line += text.count(b"\n")
        path.write_bytes(b"".join(parts))
        path.chmod(0o600)

    def _text(self, number, row):
        note = ["", "called, \"soon\"", "moved\nto Rome,\n\nsays HR", "naïve – ☂"][number % 4]
        cells = [str(number + 1), row.user, row.tenant, row.client, row.token, note]
        match row.kind:
            case "too-short":
                return _line(cells[:4])
            case "too-long":
                return _line([*cells, "one", "more"])
            case "not-utf-8":
                return _line([*cells[:5], "caf\u00e9"]).replace("é".encode(), b"\xe9")
        return _line(cells)

    def of(self, *kinds):
        return [row for row in self.first if row.kind in kinds]

    @property
    def first(self):
        """The rows of which each token has one."""
        return [row for row in self.rows if not row.is_repeated]

    @property
    def sent(self):
        """Rows of which a token is to be sent."""
        return [row for row in self.rows if row.is_sent]

    def becoming(self, what):
        return [row for row in self.first if row.fate.becomes == what]


def _line(cells):
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode()
