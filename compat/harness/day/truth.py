"""What was shown, compared with what is true."""

import csv
import io
import json
import re
from collections import Counter

#: The classes as people and as programs call them.
TITLES = {
    "migrated": "migrated",
    "need their user": "needs_user",
    "superseded": "superseded",
    "failed": "failed",
    "held back": "quarantined",
    "left to retry": "retryable",
    "in doubt": "in_doubt",
    "rows skipped": "skipped",
}


def counts(screen):
    """The counts that stand in a screen, by class."""
    lines = re.findall(rf"^ +([\d,]+) ({'|'.join(TITLES)})\b", screen, re.MULTILINE)
    return {TITLES[title]: number(count) for count, title in lines}


def number(text):
    return int(text.replace(",", ""))


def true_counts(rows):
    """How many tokens end in which class."""
    return dict(Counter(row.fate.becomes for row in rows.sent))


def check_counts(screen, rows, **more):
    shown = counts(screen)
    expected = {**true_counts(rows), **more}
    assert {name: count for name, count in shown.items() if count} == expected, screen


def skipped(screen):
    """The counts of skipped rows by reason."""
    _, _, table = screen.partition("\nskipped\n")
    lines = re.findall(r"^  ([\d,]+) (\w+)  ", table.split("\n\n")[0], re.MULTILINE)
    shown = Counter()
    for count, reason in lines:
        shown[reason] += number(count)
    return dict(shown)


def true_skipped(rows):
    return dict(Counter(row.fate.code for row in rows.becoming("skipped")))


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text)))


def page_lines(page):
    """The lines that a page in HTML shows, as (row, user, class, what to do, tenant, client, when)."""
    data = json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    shared = [[data["texts"][at] for at in data[name]] for name in ["class", "what", "tenant", "client"]]
    return list(zip(data["place"], data["user"], *shared, data["when"], strict=True))


def check_text(text, rows, file):
    """As `check_lines`, of a report for people: what a line says stands above it, and behind it."""
    found = {}
    for group in text.split("\n\n"):
        above, last = [], None
        for line in group.splitlines():
            if place := re.match(rf"    {re.escape(file)}:(\d+) ", line):
                assert int(place[1]) not in found, line
                found[int(place[1])] = last = [" ".join(above), line]
            elif last and line.startswith("     "):
                # It was too long for the terminal.
                last[1] += f" {line.strip()}"
            else:
                above.append(line.strip())
    assert set(found) == {row.line for row in rows}
    for row in rows:
        above, line = found[row.line]
        fate, all_of_it = row.fate, f"{above} {line}"
        assert above.startswith(f"{fate.becomes}  "), f"{row.kind}: {above}\n{line}"
        missing = [word for word in [*fate.says, fate.why, fate.code, *shown_in_text(row)] if word not in all_of_it]
        assert not missing, f"{row.kind}: {missing} in {above}\n{line}"


def shown_in_text(row):
    """What a report with names shows of the row itself."""
    return [row.user] if row.is_readable else []


def check_lines(lines, rows, file):
    """Each row has one line, which says what is true of it."""
    by_line = {row.line: row for row in rows}
    shown = Counter(int(line["row"].removeprefix(":")) for line in lines)
    assert shown == Counter(list(by_line)), f"missing {set(by_line) - set(shown)}, too many {set(shown) - set(by_line)}"
    wrong = []
    for line in lines:
        row = by_line[int(line["row"].removeprefix(":"))]
        wrong += [f"{row.kind} at {row.line}: {what}\n  {line}" for what in mistakes(line, row, file)]
    assert not wrong, f"{len(wrong)} lines are wrong:\n" + "\n".join(wrong[:10])


def mistakes(line, row, file):
    """What a line says that is not so."""
    fate, said = row.fate, line["what_to_do"]
    yield from [f"file {line['file']}"] * (line["file"] != file)
    yield from [f"class is {fate.becomes}"] * (line["class"] != fate.becomes)
    yield from [f"for {fate.who}"] * (line["who"] != fate.who)
    yield from [f"says nothing of {word!r}" for word in fate.says if word not in said]
    codes = [line["error"], *line["aadsts"].split(), ""]
    yield from [f"code is {fate.code}"] * (fate.code not in codes)
    yield from [f"does not explain {fate.why!r}"] * (fate.why not in line["explanation"])
    if row.is_readable:
        yield from [f"user is {row.user}"] * (not _is_same(line["user"], row.user))
    if row.is_readable and fate.becomes not in ["skipped", "migrated"]:
        yield from [f"tenant is {row.tenant}"] * (not _is_same(line["tenant"], row.tenant))
        yield from [f"client is {row.client}"] * (not _is_same(line["client_id"], row.client))


def _is_same(one, other):
    return one.casefold() == other.casefold()
