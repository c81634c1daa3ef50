"""A person at a browser without script: reads the pages of a sign-in, fills their forms and presses the button.

Knows no server. As a program it opens the URL it is given, as `BROWSER` wants it; given the address of a client that
does not listen too, it prints what was sent there. Who it is it reads from the variables `PERSON_NAME` and
`PERSON_PASSWORD`, and the code of a device from `PERSON_CODE`.
"""

import os
import sys
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

#: More pages than any sign-in has.
PATIENCE = 12


class Person:
    """Somebody with a name, a password and, when a device shows one, a code to enter."""

    def __init__(self, name, password, proxy=None, ca=None):
        self._browser = requests.Session()
        self._browser.headers["Accept"] = "text/html"
        if proxy:
            self._browser.proxies["https"] = proxy
        if ca:
            self._browser.verify = str(ca)
        self._answers = {"username": name, "login": name, "password": password}

    def enter(self, url, user_code):
        """Enters the code of a device, and signs in there."""
        self._answers["user_code"] = user_code
        return self.visit(url)

    def visit(self, url, redirect_uri=None):
        """Follows the pages to their end and returns its URL: a page without a form, or the client's address.

        `redirect_uri` is one that nobody listens at.
        """
        url, _ = self.answer(url, redirect_uri)
        return url

    def answer(self, url, redirect_uri=None):
        """As `visit`, with the form that the browser would post to the client, if it would post one."""
        method, form = "GET", None
        for _ in range(PATIENCE):
            if redirect_uri and url.startswith(redirect_uri):
                return url, form
            answer = self._browser.request(method, url, data=form, allow_redirects=False, timeout=30)
            if answer.is_redirect:
                method, form, url = "GET", None, urljoin(url, answer.headers["Location"])
                continue
            page = Page(answer.text)
            if page.action is None or urlsplit(url).scheme == "http":
                return url, None
            method, form, url = "POST", page.filled(self._answers), urljoin(url, page.action)
        raise RuntimeError(f"the sign-in does not end: {urlsplit(url)._replace(query='').geturl()}")


class Page(HTMLParser):
    """The first form of a page, and the button that Enter presses: the form's first."""

    def __init__(self, html):
        super().__init__()
        self.action = None
        self._fields = {}
        self._inside = self._seen = self._pressed = False
        self.feed(html)

    def filled(self, answers):
        return {name: answers.get(name, value) for name, value in self._fields.items()}

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and not self._seen:
            self._inside = self._seen = True
            self.action = attributes.get("action", "")
        elif tag in ["input", "button"] and self._inside and attributes.get("name"):
            self._take(tag, attributes)

    def handle_endtag(self, tag):
        if tag == "form":
            self._inside = False

    def _take(self, tag, attributes):
        if tag == "button" and self._pressed:
            return
        self._pressed |= tag == "button"
        self._fields[attributes["name"]] = attributes.get("value") or ""


def main(page, redirect_uri=None):
    person = Person(os.environ["PERSON_NAME"], os.environ["PERSON_PASSWORD"])
    code = os.environ.get("PERSON_CODE")
    end = person.enter(page, code) if code else person.visit(page, redirect_uri)
    if redirect_uri:
        print(end)


if __name__ == "__main__":
    main(*sys.argv[1:])
