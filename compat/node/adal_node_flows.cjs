// adal-node 0.2.4, in an application that keeps what it gets in a file, as Microsoft's own sample did.

const adal = require("adal-node");
const { answerQuestions, visit } = require("./answering.cjs");

answerQuestions({
  /// The entries of the library's cache, after sign-ins with passwords.
  cached: async (ask) => {
    const cache = new adal.MemoryCache();
    const { resource, users } = ask.question;
    for (const [tenant, names] of Object.entries(users)) {
      const context = new adal.AuthenticationContext(`${ask.url}/${tenant}`, true, cache);
      for (const name of names) {
        await called((done) =>
          context.acquireTokenWithUsernamePassword(resource, name, ask.password, ask.desktop.id, done),
        );
      }
    }
    return JSON.stringify(cache._entries);
  },
  /// What an application stores by itself after a sign-in at the browser: the library caches nothing of it.
  response: async (ask) => {
    const cache = new adal.MemoryCache();
    const authority = `${ask.url}/${ask.question.tenant}`;
    const { id, redirectUri } = ask.desktop;
    const { person, resource } = ask.question;
    const query = new URLSearchParams({ client_id: id, response_type: "code", redirect_uri: redirectUri, resource });
    const answer = new URL(await visit({ ...ask, user: person }, `${authority}/oauth2/authorize?${query}`, { redirectUri }));
    const context = new adal.AuthenticationContext(authority, true, cache);
    const code = answer.searchParams.get("code");
    const response = await called((done) =>
      context.acquireTokenWithAuthorizationCode(code, redirectUri, resource, id, null, done),
    );
    if (cache._entries.length !== 0) throw new Error("the library has cached it after all");
    return JSON.stringify(response);
  },
});

function called(call) {
  return new Promise((done, failed) => call((error, response) => (error ? failed(error) : done(response))));
}
