// MSAL Node on a cache that somebody else wrote, as text.

const { PublicClientApplication } = require("@azure/msal-node");
const { answerQuestions, visit } = require("./answering.cjs");

function application(ask) {
  const { authority, cache, clientId } = ask.question;
  const app = new PublicClientApplication({ auth: { clientId: clientId ?? ask.desktop.id, authority } });
  if (cache) {
    app.getTokenCache().deserialize(cache);
  }
  return app;
}

answerQuestions({
  "sign-in": async (ask) => {
    const app = application(ask);
    const { redirectUri } = ask.desktop;
    const request = { scopes: [ask.question.scope], redirectUri };
    const end = new URL(await visit(ask, await app.getAuthCodeUrl(request), { redirectUri }));
    await app.acquireTokenByCode({ ...request, code: end.searchParams.get("code") });
    return { cache: app.getTokenCache().serialize() };
  },

  // Whom the library lists, and what it gets for each; or for an account that it does not list.
  silent: async (ask) => {
    const app = application(ask);
    const { account, forceRefresh = false, scope } = ask.question;
    const accounts = account ? [account] : await app.getTokenCache().getAllAccounts();
    const results = {};
    for (const account of accounts) {
      try {
        const result = await app.acquireTokenSilent({ account, scopes: [scope], forceRefresh });
        results[account.username] = { token: result.accessToken, cached: result.fromCache, error: null };
      } catch (error) {
        results[account.username] = { token: null, cached: false, error: `${error.errorCode}: ${error.errorMessage}` };
      }
    }
    const listed = accounts.map(({ username, tenantId }) => ({ username, tenantId }));
    return { listed, results, cache: app.getTokenCache().serialize() };
  },
});
