// @azure/msal-node 7.2.1.

const assert = require("node:assert");
const {
  ConfidentialClientApplication,
  CryptoProvider,
  PublicClientApplication,
} = require("@azure/msal-node");
const { answerQuestions, visit } = require("./answering.cjs");

const SCOPES = ["https://graph.microsoft.com/.default"];

/// On its defaults it is told the tenant at most.
function auth(ask, clientId, tenant) {
  if (ask.defaults) {
    return tenant ? { clientId, authority: `${ask.url}/${tenant}` } : { clientId };
  }
  return { clientId, authority: `${ask.url}/${tenant ?? ask.tenant}`, knownAuthorities: [ask.host] };
}

function publicApp(ask) {
  return new PublicClientApplication({ auth: auth(ask, ask.desktop.id) });
}

function confidentialApp(ask) {
  const settings = auth(ask, ask.web.id, ask.tenant);
  return new ConfidentialClientApplication({ auth: { ...settings, clientSecret: ask.web.secret } });
}

function described({ accessToken, account }) {
  return { access_token: accessToken, user: account?.username ?? null };
}

const flows = {
  "wrong-secret": async (ask) => {
    const app = confidentialApp({ ...ask, web: { ...ask.web, secret: "wrong" } });
    return refused(app.acquireTokenByClientCredential({ scopes: SCOPES }));
  },

  "wrong-password": async (ask) => {
    const app = new PublicClientApplication({ auth: auth(ask, ask.desktop.id, ask.tenant) });
    return refused(app.acquireTokenByUsernamePassword({ username: ask.user, password: "wrong", scopes: SCOPES }));
  },

  "made-up-refresh-token": async (ask) =>
    refused(publicApp(ask).acquireTokenByRefreshToken({ refreshToken: "made up", scopes: SCOPES })),

  "wrong-verifier": async (ask) => {
    const app = publicApp(ask);
    const request = await signedInAtPage(ask, app, ask.desktop.redirectUri);
    return refused(app.acquireTokenByCode({ ...request, codeVerifier: "x".repeat(43) }));
  },

  "spent-code": async (ask) => {
    const app = publicApp(ask);
    const request = await signedInAtPage(ask, app, ask.desktop.redirectUri);
    await app.acquireTokenByCode(request);
    return refused(app.acquireTokenByCode(request));
  },

  "authorization-code": async (ask) => described(await codeFlow(ask, publicApp(ask), ask.desktop.redirectUri)),

  "authorization-code-confidential": async (ask) =>
    described(await codeFlow(ask, confidentialApp(ask), ask.web.redirectUri)),

  // Opens the browser and listens on a port of its own, for a form.
  interactive: async (ask) => {
    const openBrowser = async (page) => void visit(ask, page);
    return described(await publicApp(ask).acquireTokenInteractive({ scopes: SCOPES, openBrowser }));
  },

  silent: async (ask) => {
    const app = publicApp(ask);
    const first = await codeFlow(ask, app, ask.desktop.redirectUri);
    const second = await app.acquireTokenSilent({ account: first.account, scopes: SCOPES });
    assert.deepEqual([second.fromCache, second.accessToken], [true, first.accessToken]);
    return described(second);
  },

  refresh: async (ask) => {
    const app = publicApp(ask);
    const first = await codeFlow(ask, app, ask.desktop.redirectUri);
    const second = await app.acquireTokenSilent({ account: first.account, scopes: SCOPES, forceRefresh: true });
    assert.notEqual(second.accessToken, first.accessToken);
    return described(second);
  },

  "another-resource": async (ask) => {
    const app = publicApp(ask);
    const { account } = await codeFlow(ask, app, ask.desktop.redirectUri);
    const scopes = ["https://management.core.windows.net//.default"];
    return described(await app.acquireTokenSilent({ account, scopes }));
  },

  "refresh-token-of-another-library": async (ask) => {
    const old = publicApp(ask);
    await codeFlow(ask, old, ask.desktop.redirectUri);
    const [{ secret }] = Object.values(JSON.parse(old.getTokenCache().serialize()).RefreshToken);
    const app = publicApp(ask);
    const result = await app.acquireTokenByRefreshToken({ refreshToken: secret, scopes: SCOPES, forceCache: true });
    const [account] = await app.getTokenCache().getAllAccounts();
    return { access_token: result.accessToken, user: account.username };
  },

  "sign-out": async (ask) => {
    const app = publicApp(ask);
    const first = await codeFlow(ask, app, ask.desktop.redirectUri);
    await app.getTokenCache().removeAccount(first.account);
    assert.deepEqual(await app.getTokenCache().getAllAccounts(), []);
    return { access_token: first.accessToken, user: null };
  },

  "device-code": async (ask) => {
    let person;
    const deviceCodeCallback = ({ message, userCode, verificationUri }) => {
      assert.ok(message.includes(userCode));
      person = visit(ask, verificationUri, { userCode });
    };
    const result = await publicApp(ask).acquireTokenByDeviceCode({ scopes: SCOPES, deviceCodeCallback });
    await person;
    return described(result);
  },

  password: async (ask) => {
    const app = new PublicClientApplication({ auth: auth(ask, ask.desktop.id, ask.tenant) });
    const { user: username, password } = ask;
    return described(await app.acquireTokenByUsernamePassword({ username, password, scopes: SCOPES }));
  },

  "client-secret": async (ask) =>
    described(await confidentialApp(ask).acquireTokenByClientCredential({ scopes: SCOPES })),

  "client-certificate": async (ask) => described(await byCertificate(ask, {})),

  "client-certificate-by-issuer": async (ask) => described(await byCertificate(ask, { x5c: ask.daemon.certificate })),

  "on-behalf-of": async (ask) => {
    const scopes = [`${ask.web.api}/.default`];
    const { accessToken } = await codeFlow(ask, publicApp(ask), ask.desktop.redirectUri, scopes);
    const app = confidentialApp(ask);
    return described(await app.acquireTokenOnBehalfOf({ oboAssertion: accessToken, scopes: SCOPES }));
  },
};

async function codeFlow(ask, app, redirectUri, scopes = SCOPES) {
  return app.acquireTokenByCode(await signedInAtPage(ask, app, redirectUri, scopes));
}

/// The request that redeems the code of a sign-in, with PKCE.
async function signedInAtPage(ask, app, redirectUri, scopes = SCOPES) {
  const { challenge, verifier } = await new CryptoProvider().generatePkceCodes();
  const request = { scopes, redirectUri };
  const page = await app.getAuthCodeUrl({ ...request, codeChallenge: challenge, codeChallengeMethod: "S256", responseMode: "query" });
  const redirect = new URL(await visit(ask, page, { redirectUri }));
  return { ...request, code: redirect.searchParams.get("code"), codeVerifier: verifier };
}

/// What a server says against an attempt.
async function refused(attempt) {
  try {
    await attempt;
  } catch (error) {
    return { error: error.errorCode };
  }
  throw new Error("nobody objected");
}

function byCertificate(ask, more) {
  const { id, key: privateKey, thumbprintSha256 } = ask.daemon;
  const settings = auth(ask, id, ask.tenant);
  const clientCertificate = { privateKey, thumbprintSha256, ...more };
  const app = new ConfidentialClientApplication({ auth: { ...settings, clientCertificate } });
  return app.acquireTokenByClientCredential({ scopes: SCOPES });
}

answerQuestions(flows);
