"""What a screen says that can be typed, and whether somebody has typed it."""

import re

#: Words in capitals stand for what only the reader knows.
PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]+\b|\bN\b|\bA=B\b")
#: Values of options that are written in small letters.
WORDS = "failed|in-doubt|needs-user|quarantined|user|token|csv|html|json|text|tab|single-use|reusable"
VALUE = rf"'[^']*'|https://\S+|[\w./*-]+=[\w./'-]+|[A-Z][A-Z_]*\b|(?:{WORDS})\b"
OPTION = re.compile(rf"(?<![\w-])--[a-z][a-z-]*(?:[ =](?:{VALUE}))?")
ARGUMENT = rf"[\w./{{}}'-]*[./][\w./{{}}'-]*|[A-Z][A-Z_]*\b|--[a-z-]+(?: (?:{VALUE}))?"
COMMAND = re.compile(rf"\bmsal (?:migrate|sources) [a-z]+(?: (?:{ARGUMENT}))*")


def typable(screen):
    """The commands and options that a text tells of."""
    screen = re.sub(r"(?m)^Usage: .*$", "", screen)
    # Lines that go on in the next one, which is indented.
    text = re.sub(r"\n +", " ", screen)
    quoted = set(re.findall(r"`(msal [^`]+)`", text))
    found = quoted | set(COMMAND.findall(text)) | set(OPTION.findall(text))
    return {each.rstrip(".,;:") for each in found}


class Hints:
    """Everything that was told, and what was typed of it."""

    def __init__(self):
        self._told = {}
        self._typed = []

    def tell(self, line, screen):
        """`line` was typed, and answered with this screen."""
        for each in typable(screen):
            self._told.setdefault(each, line)

    def typed(self, line):
        self._typed.append(line)

    def untyped(self):
        """What nobody has typed, with the command that told of it."""
        return {hint: line for hint, line in self._told.items() if not any(_is_in(hint, each) for each in self._typed)}

    def told(self, pattern):
        """The words of one hint, as they stood on the screen."""
        found = [each for each in self._told if re.fullmatch(pattern, each)]
        assert len(found) == 1, f"{pattern}: {found}, of {sorted(self._told)}"
        return found[0]


def filled(hint, **values):
    """The hint as it is typed: with what its placeholders stand for."""
    for name, value in values.items():
        hint, count = re.subn(rf"\b{name}\b", lambda _: value, hint)
        assert count == 1, f"{name} in {hint}"
    return hint


def _is_in(hint, line):
    parts = PLACEHOLDER.split(hint)
    pattern = r"(?:'[^']*'|[^\s=]+)".join(re.escape(part) for part in parts)
    return re.search(rf"(?<![\w-]){pattern}(?![\w-])", line) is not None
