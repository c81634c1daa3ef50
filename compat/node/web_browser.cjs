// A browser at an application that is a function from requests to responses.

const assert = require("node:assert");
const { visit } = require("./answering.cjs");

const HOME = "https://localhost";

/// A user goes to the page that `start` finds, signs in there, and comes back to the application.
async function signIn(ask, user, application, callback, start) {
  const browser = new Browser(application);
  const page = await start(browser);
  const redirectUri = HOME + callback;
  const answer = new URL(await visit({ ...ask, user }, page, { redirectUri }));
  const done = await browser.get(answer.pathname + answer.search);
  assert.equal(done.status, 302, await done.text());
  assert.match(done.headers.get("location"), /\/home$/);
}

/// One that keeps cookies.
class Browser {
  #application;
  #cookies = new Map();

  constructor(application) {
    this.#application = application;
  }

  get(path) {
    return this.#send(path, {});
  }

  post(path, body) {
    const headers = { "content-type": "application/json" };
    return this.#send(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  postForm(path, fields) {
    return this.#send(path, { method: "POST", body: new URLSearchParams(fields) });
  }

  async #send(path, settings) {
    const request = new Request(HOME + path, settings);
    request.headers.set("cookie", [...this.#cookies].map((cookie) => cookie.join("=")).join("; "));
    request.headers.set("origin", HOME);
    const response = await this.#application(request);
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      this.#cookies.set(name, value);
    }
    return response;
  }
}

module.exports = { signIn };
