// Loads a token cache, lists its accounts, and gets a token silently for each account of the tenant.
// Reads a question from stdin and prints the answer, both JSON; see harness/node_app.py.

const fs = require("node:fs");

async function main() {
  const ask = JSON.parse(fs.readFileSync(0, "utf8"));
  const { ConfidentialClientApplication, PublicClientApplication } = require(ask.library);
  const auth = { clientId: ask.clientId, authority: ask.authority, knownAuthorities: [ask.knownAuthority] };
  const app = ask.clientSecret
    ? new ConfidentialClientApplication({ auth: { ...auth, clientSecret: ask.clientSecret } })
    : new PublicClientApplication({ auth });
  const cache = app.getTokenCache();
  cache.deserialize(fs.readFileSync(ask.cache, "utf8"));

  const accounts = await cache.getAllAccounts();
  const tenant = ask.authority.split("/").pop();
  const results = {};
  for (const account of accounts.filter((account) => account.username.endsWith(`@${tenant}`))) {
    results[account.username] = await silent(app, account, ask);
  }
  if (ask.save) {
    fs.writeFileSync(ask.cache, cache.serialize());
  }
  console.log(JSON.stringify({ accounts, results }));
}

async function silent(app, account, ask) {
  try {
    const request = { account, scopes: [ask.scope], forceRefresh: ask.forceRefresh };
    const { accessToken, fromCache } = await app.acquireTokenSilent(request);
    return { accessToken, fromCache };
  } catch (error) {
    return { error: `${error.errorCode}: ${error.errorMessage}` };
  }
}

main().catch((error) => {
  console.error(error.stack);
  process.exit(1);
});
