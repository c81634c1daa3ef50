"""What MSAL Python and our library do differently, each with its reason. There is nothing else."""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Listed:
    """A difference: in which cases, of what, which; `*` in a value stands for any text, and `None` for nothing."""

    cases: str
    of: str
    which: str
    theirs: str | None
    ours: str | None
    reason: str

    def applies(self, case, both):
        return self.of in both and any(fnmatchcase(case, pattern) for pattern in self.cases.split())

    def is_it(self, theirs, ours):
        return matches(theirs, self.theirs) and matches(ours, self.ours)


def matches(value, pattern):
    return value is pattern if None in [value, pattern] else fnmatchcase(value, pattern.replace("[", "[[]"))


def unlisted(case, found, both, rows):
    """What is found and not listed, and what is listed and not found."""
    rows = [row for row in rows if row.applies(case, both)]
    known = lambda of, which, pair: any((row.of, row.which) == (of, which) and row.is_it(*pair) for row in rows)
    new = [(*key, *pair) for key, pairs in found.items() for pair in pairs if not known(*key, pair)]
    gone = [row for row in rows if not any(row.is_it(*pair) for pair in found.get((row.of, row.which), []))]
    return new, gone


LISTED = []
