"""How a program of this folder is asked: a line of JSON in, a line of JSON out, until its input ends."""

import contextlib
import json
import os
import sys
import threading
import traceback
import webbrowser

from harness.person import Person

SCOPE = "https://graph.microsoft.com/.default"


def answer_questions(flows):
    """Runs flows by name: functions from what is known of the server to what the library gave."""
    # Libraries that print must not print among the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = {"result": flows[question["flow"]](Ask(question))}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


@contextlib.contextmanager
def variables(**values):
    """Variables of the environment, for as long as a flow takes."""
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            del os.environ[name]


class Ask:
    """A question, and the person who signs in for it."""

    def __init__(self, question):
        self.question = question
        for name, value in question["server"].items():
            setattr(self, name, value)
        self.person = Person(self.user, self.password)
        webbrowser.register("person", None, Browser(self.person), preferred=True)

    def authority(self, tenant=None):
        return f"{self.url}/{tenant or self.tenant}"


class Browser(webbrowser.BaseBrowser):
    """What a library opens when it wants a person to sign in. The library waits for the answer meanwhile."""

    def __init__(self, person):
        super().__init__("person")
        self._person = person

    def open(self, url, new=0, autoraise=True):
        threading.Thread(target=self._person.visit, args=[url], daemon=True).start()
        return True
