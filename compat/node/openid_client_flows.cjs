// openid-client 5.7.1 and 6.9.0, which share no line.

const assert = require("node:assert");
const { pathToFileURL } = require("node:url");
const { answerQuestions, visit } = require("./answering.cjs");

/// An application's settings, and its issuer. A tenant's issuer has its id, and version 6 takes no other name for it.
function registered(ask) {
  const { application, tenant } = ask.question;
  return { ...ask[application], issuer: `${ask.url}/${tenant ?? ask.tenantId}/v2.0` };
}

answerQuestions({
  "openid-client-5": async (ask) => {
    const { Issuer, generators } = require("openid-client-5");
    const { id, secret, redirectUri, issuer } = registered(ask);
    const { Client } = await Issuer.discover(issuer);
    const client = new Client({
      client_id: id,
      client_secret: secret,
      token_endpoint_auth_method: secret ? "client_secret_basic" : "none",
      redirect_uris: [redirectUri],
      response_types: ["code"],
    });
    const [codeVerifier, state, nonce] = [generators.codeVerifier(), generators.state(), generators.nonce()];
    const page = client.authorizationUrl({
      scope: ask.question.scope,
      state,
      nonce,
      code_challenge: generators.codeChallenge(codeVerifier),
      code_challenge_method: "S256",
    });
    const answer = client.callbackParams(await visit(ask, page, { redirectUri }));
    const checks = { code_verifier: codeVerifier, state, nonce, response_type: "code" };
    const signedIn = await client.callback(redirectUri, answer, checks);
    return {
      user: signedIn.claims().preferred_username,
      signedIn: signedIn.access_token,
      // Given the tokens and not the text, it compares `sub` with that of the id_token.
      ...(ask.question.userInfo && { userInfo: await client.userinfo(signedIn) }),
      same: (await client.refresh(signedIn)).access_token,
      other: (await client.refresh(signedIn, { exchangeBody: { scope: ask.question.other } })).access_token,
    };
  },

  "openid-client-6": async (ask) => {
    const client = await import(pathToFileURL(require.resolve("openid-client-6")));
    const { id, secret, redirectUri: registeredUri, issuer } = registered(ask);
    // It redeems the code with the address that it came to, as URLs are written.
    const redirectUri = new URL(registeredUri).href;
    const authentication = secret ? client.ClientSecretPost(secret) : client.None();
    const config = await client.discovery(new URL(issuer), id, undefined, authentication);
    const checks = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
      idTokenExpected: true,
    };
    // It leaves the signatures of what came over TLS alone, unless it is told otherwise.
    client.enableNonRepudiationChecks(config);
    const page = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: ask.question.scope,
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: "S256",
    });
    const answer = new URL(await visit(ask, page.href, { redirectUri }));
    const signedIn = await client.authorizationCodeGrant(config, answer, checks);
    const claims = signedIn.claims();
    const refresh = async (parameters) => {
      const refreshed = await client.refreshTokenGrant(config, signedIn.refresh_token, parameters);
      assert.equal(refreshed.claims()?.sub ?? claims.sub, claims.sub);
      return refreshed.access_token;
    };
    return {
      user: claims.preferred_username,
      signedIn: signedIn.access_token,
      ...(ask.question.userInfo && {
        userInfo: await client.fetchUserInfo(config, signedIn.access_token, claims.sub),
      }),
      same: await refresh(),
      other: await refresh({ scope: ask.question.other }),
    };
  },
});
