"""What a screen says that can be typed, and whether somebody has typed it."""

import re
import shlex

#: Words in capitals stand for what only the reader knows.
PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]+\b|\bN\b|\bA=B\b")
#: Values of options that are written in small letters.
WORDS = "failed|in-doubt|missing|needs-user|quarantined|retryable|user|token|csv|html|json|text|tab|single-use|reusable"
VALUE = rf"'[^']*'|https://\S+|[\w./*-]+=[\w./'-]+|[A-Z][A-Z_]*\b|(?:{WORDS})\b"
OPTION = re.compile(rf"(?<![\w-])--[a-z][a-z-]*(?:[ =](?:{VALUE}))?")
ARGUMENT = rf"[\w./{{}}'-]*[./][\w./{{}}'-]*|[A-Z][A-Z_]*\b|--limit \d+|--[a-z-]+(?: (?:{VALUE}))?"
COMMAND = re.compile(rf"\bmsal (?:migrate|sources) [a-z]+(?: (?:{ARGUMENT}))*")
EACH_TIME = re.compile(r" --(?:retry|release) \S+")


def typable(screen):
    """The commands and options that a text tells of."""
    screen = re.sub(r"(?m)^Usage: .*$", "", screen)
    # Lines that go on in the next one.
    text = " ".join(screen.split())
    quoted = set(re.findall(r"`((?:msal|iconv) [^`]+)`", text))
    commands = set(COMMAND.findall(text))
    # What stands in a command is typed with it.
    found = quoted | commands | set(OPTION.findall(COMMAND.sub("", text)))
    # Two messages that follow each other may read as an option and its value: a URL is that of one option only.
    found = {each for each in found if not re.match(r"--(?!authority)[a-z-]+ https://", each)}
    return {each.rstrip(".,;:") for each in found}


class Hints:
    """Everything that was told, and what was typed of it."""

    def __init__(self):
        self._told = {}
        self._typed = []

    def tell(self, line, screen):
        """`line` was typed, and answered with this screen."""
        for hint in typable(screen):
            self._told.setdefault(hint, line)
            # What repeats the command with something more is to lose nothing but what is decided each time.
            is_same = hint.split()[:4] == line.split()[:4]
            lost = set(shlex.split(EACH_TIME.sub("", line))) - set(shlex.split(hint))
            assert not (is_same and lost), f"$ {line}\n{hint} is without {lost}"

    def typed(self, line):
        self._typed.append(line)

    def untyped(self):
        """What nobody has typed, with the command that told of it."""
        return {hint: line for hint, line in self._told.items() if not self._is_typed(hint, line)}

    def told(self, pattern):
        """The words of one hint, as they stood on the screen."""
        found = [each for each in self._told if re.fullmatch(pattern, each)]
        assert len(found) == 1, f"{pattern}: {found}, of {sorted(self._told)}"
        return found[0]

    def _is_typed(self, hint, line):
        words = shlex.split(hint)
        if words[0] != "msal":
            return any(_is_in(hint, typed) for typed in self._typed)
        # What the hint adds to the command that told of it.
        added = [word for word in words[3:] if word not in shlex.split(line)]
        return any(
            shlex.split(typed)[:3] == words[:3] and all(_is_in(shlex.quote(word), typed) for word in added)
            for typed in self._typed
        )


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
