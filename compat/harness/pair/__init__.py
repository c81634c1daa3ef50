"""One case through MSAL Python and through our library, and what differs."""

from .differences import differences
from .listed import LISTED, unlisted
from .ours import Ours
from .theirs import Theirs


class Pair:
    """Runs a case through both, each with a cache of its own."""

    def __init__(self, world, folder):
        self._world = world
        self._folder = folder

    def __call__(self, name, case, settings, gives=None):
        """`gives` is what our library's calls give, where it is not tokens each time: the server's error, or the kind of ours."""
        transcripts = {}
        for library in [Theirs, Ours]:
            self._world.calm()
            self._world.recorder.take()
            cache = self._folder / f"{name}-{library.__name__.lower()}.json"
            side = library(self._world, settings, cache)
            try:
                case(side)
            finally:
                transcripts[library] = side.ended()
        found, both = differences(transcripts[Theirs], transcripts[Ours])
        new, gone = unlisted(name, found, both, LISTED)
        assert (new, gone) == ([], []), "\n".join(
            [f"not listed: {of} | {which} | theirs {theirs} | ours {ours}" for of, which, theirs, ours in sorted(new, key=str)]
            + [f"listed, and not so: {row}" for row in gone]
        )
        outcomes = [outcome(result) for result in transcripts[Ours].results]
        assert outcomes == (gives or ["tokens"] * len(outcomes)), outcomes


def outcome(result):
    return "tokens" if "access_token" in result else result["error"] or result["kind"]
