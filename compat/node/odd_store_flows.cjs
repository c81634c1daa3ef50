// A program on @azure/msal-node that goes on with a cache which others have filled.

const fs = require("node:fs");
const { answerQuestions } = require("./answering.cjs");

const flows = {
  /// The accounts of these ids at an authority, and what MSAL gets for each without anybody's help.
  silent: async ({ question }) => {
    const { PublicClientApplication } = require(question.library);
    const { authority, scope } = question;
    const app = new PublicClientApplication({ auth: { clientId: question.client_id, authority } });
    const cache = app.getTokenCache();
    cache.deserialize(fs.readFileSync(question.cache, "utf8"));
    const found = [];
    for (const account of await cache.getAllAccounts()) {
      if (question.ids.includes(account.homeAccountId)) {
        const result = await silent(app, { account, authority, scopes: [scope] });
        found.push({ user: account.username, id: account.homeAccountId, ...result });
      }
    }
    return found;
  },
};

async function silent(app, request) {
  try {
    return { access_token: (await app.acquireTokenSilent(request)).accessToken };
  } catch (error) {
    return { error: `${error.errorCode}: ${error.errorMessage}` };
  }
}

answerQuestions(flows);
