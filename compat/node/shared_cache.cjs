// @azure/msal-node 7.2.1 on its defaults, which fills a cache by each of its flows, or uses one that somebody else has
// filled. Its requests for Microsoft's host go to a port of this machine, and are counted.

const assert = require("node:assert");
const https = require("node:https");
const { ConfidentialClientApplication, CryptoProvider, PublicClientApplication } = require("@azure/msal-node");
const { answerQuestions, visit, visitSync } = require("./answering.cjs");

const HOST = "login.microsoftonline.com";

/// What the library sends its requests with, to a port of this machine.
class Network {
  posted = [];

  constructor(port) {
    this.port = port;
  }

  sendGetRequestAsync(url, options) {
    return this.send("GET", url, options);
  }

  sendPostRequestAsync(url, options) {
    this.posted.push(new URL(url).pathname);
    return this.send("POST", url, options);
  }

  send(method, url, { headers = {}, body } = {}) {
    const { host, pathname, search } = new URL(url);
    const request = { method, host: "localhost", port: this.port, path: pathname + search, headers: { ...headers, host }, servername: HOST };
    return new Promise((done, failed) => {
      const sent = https.request(request, async (answer) => {
        const chunks = [];
        for await (const chunk of answer) {
          chunks.push(chunk);
        }
        done({ status: answer.statusCode, headers: answer.headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
      });
      sent.on("error", failed);
      sent.end(body);
    });
  }
}

function application(ask) {
  const { client, authority, cache, port } = ask.question;
  const networkClient = new Network(port);
  const settings = { auth: { clientId: client.id, authority }, system: { networkClient } };
  if (client.secret) {
    settings.auth.clientSecret = client.secret;
  }
  if (client.certificate) {
    settings.auth.clientCertificate = client.certificate;
  }
  const confidential = client.secret || client.certificate;
  const app = new (confidential ? ConfidentialClientApplication : PublicClientApplication)(settings);
  if (cache) {
    app.getTokenCache().deserialize(cache);
  }
  return { app, networkClient };
}

const FILL = {
  async code(ask, app) {
    const { scopes, redirectUri } = ask.question;
    const { challenge, verifier } = await new CryptoProvider().generatePkceCodes();
    const asked = { scopes, redirectUri, codeChallenge: challenge, codeChallengeMethod: "S256", responseMode: "query", loginHint: ask.user };
    const end = new URL(await visit(ask, await app.getAuthCodeUrl(asked), { redirectUri }));
    return app.acquireTokenByCode({ scopes, redirectUri, code: end.searchParams.get("code"), codeVerifier: verifier });
  },

  interactive: (ask, app) =>
    app.acquireTokenInteractive({ scopes: ask.question.scopes, loginHint: ask.user, openBrowser: async (page) => void visit(ask, page) }),

  device(ask, app) {
    // Before the library asks for the first time: between two times it waits for five seconds.
    const deviceCodeCallback = ({ userCode, verificationUri }) => visitSync(ask, verificationUri, { userCode });
    return app.acquireTokenByDeviceCode({ scopes: ask.question.scopes, deviceCodeCallback });
  },

  password: (ask, app) =>
    app.acquireTokenByUsernamePassword({ username: ask.user, password: ask.password, scopes: ask.question.scopes }),

  "refresh-token": (ask, app) =>
    app.acquireTokenByRefreshToken({ refreshToken: ask.question.refreshToken, scopes: ask.question.scopes, forceCache: true }),

  client: (ask, app) => app.acquireTokenByClientCredential({ scopes: ask.question.scopes }),

  "on-behalf-of": (ask, app) =>
    app.acquireTokenOnBehalfOf({ oboAssertion: ask.question.assertion, scopes: ask.question.scopes }),
};

const USE = {
  async silent(ask, app) {
    const [account, ...others] = await app.getTokenCache().getAllAccounts();
    assert.deepEqual(others, []);
    return app.acquireTokenSilent({ account, scopes: ask.question.scopes });
  },
  client: FILL.client,
  "on-behalf-of": FILL["on-behalf-of"],
};

answerQuestions({
  async fill(ask) {
    const { app } = application(ask);
    const { accessToken } = await FILL[ask.question.by](ask, app);
    return { token: accessToken, cache: app.getTokenCache().serialize() };
  },

  async use(ask) {
    const { app, networkClient } = application(ask);
    const { accessToken, fromCache } = await USE[ask.question.by](ask, app);
    return { token: accessToken, cached: fromCache, posted: networkClient.posted };
  },
});
