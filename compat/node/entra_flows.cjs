// What only Entra has, through @azure/msal-node on its defaults.

const {
  ConfidentialClientApplication,
  CryptoProvider,
  InteractionRequiredAuthError,
  PublicClientApplication,
} = require("@azure/msal-node");
const { answerQuestions, visit } = require("./answering.cjs");

const SCOPES = ["https://graph.microsoft.com/.default"];

answerQuestions({
  // Another kind of tenant, at its own host, which MSAL Node wants to be told is good. So is the host of the issuer
  // that an external tenant has, which is named by GUID whatever the authority's name is.
  "at-authority": async (ask) => {
    const { authority } = ask.question;
    const knownAuthorities = [new URL(authority).host, `${ask.tenantId}.ciamlogin.com`];
    const auth = { clientId: ask.desktop.id, authority, knownAuthorities };
    const { accessToken, account } = await signIn(ask, new PublicClientApplication({ auth }));
    return { access_token: accessToken, user: account.username };
  },

  // An agent acts as its own user account: its blueprint vouches for it, and it for its user.
  agent: async (ask) => {
    const exchange = ["api://AzureADTokenExchange/.default"];
    const authority = `${ask.url}/${ask.tenant}`;
    const { id: clientId, secret: clientSecret } = ask.web;
    const blueprint = new ConfidentialClientApplication({ auth: { clientId, clientSecret, authority } });
    const clientAssertion = async () => {
      const vouched = await blueprint.acquireTokenByClientCredential({ scopes: exchange, fmiPath: ask.question.agent });
      return vouched.accessToken;
    };
    const app = new ConfidentialClientApplication({ auth: { clientId: ask.question.agent, clientAssertion, authority } });
    const { accessToken: assertion } = await app.acquireTokenByClientCredential({ scopes: exchange });
    const request = { scopes: SCOPES, assertion, username: ask.user };
    const result = await app.acquireTokenByUserFederatedIdentityCredential(request);
    return { access_token: result.accessToken, user: result.account.username };
  },

  // A refresh for an API that asks more of its users than the sign-in did.
  "needs-more": async (ask) => {
    const app = new PublicClientApplication({ auth: { clientId: ask.desktop.id } });
    const { account } = await signIn(ask, app);
    try {
      await app.acquireTokenSilent({ account, scopes: [`${ask.question.resource}/.default`] });
    } catch (error) {
      const { errorCode, subError, errorNo } = error;
      return { error: errorCode, suberror: subError, error_codes: [Number(errorNo)], interaction: error instanceof InteractionRequiredAuthError };
    }
    throw new Error("nothing more was asked");
  },
});

async function signIn(ask, app) {
  const { challenge, verifier } = await new CryptoProvider().generatePkceCodes();
  const { redirectUri } = ask.desktop;
  const request = { scopes: SCOPES, redirectUri };
  const page = await app.getAuthCodeUrl({ ...request, codeChallenge: challenge, codeChallengeMethod: "S256", responseMode: "query" });
  const redirect = new URL(await visit(ask, page, { redirectUri }));
  return app.acquireTokenByCode({ ...request, code: redirect.searchParams.get("code"), codeVerifier: verifier });
}
