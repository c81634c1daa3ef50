// passport-azure-ad 4.3.5, in a web application that signs one person in.

const http = require("node:http");
const { Passport } = require("passport");
const { OIDCStrategy } = require("passport-azure-ad");
const { answerQuestions, visit } = require("./answering.cjs");

const STRATEGY = "azuread-openidconnect";

answerQuestions({
  v1: (ask) => signIn(ask, `${ask.url}/${ask.question.tenant}/.well-known/openid-configuration`, {}),
  "v1-resource": (ask) => {
    const { tenant, resource } = ask.question;
    return signIn(ask, `${ask.url}/${tenant}/.well-known/openid-configuration`, { resourceURL: resource });
  },
  v2: (ask) => signIn(ask, `${ask.url}/${ask.question.tenant}/v2.0/.well-known/openid-configuration`, {}),
});

async function signIn(ask, identityMetadata, options) {
  const { id: clientID, secret: clientSecret, redirectUri: redirectUrl } = ask.web;
  const strategy = new OIDCStrategy(
    {
      identityMetadata,
      clientID,
      clientSecret,
      redirectUrl,
      responseType: "code",
      responseMode: "query",
      scope: ["profile", "offline_access", "https://graph.microsoft.com/User.Read"],
      // Where a document is of many tenants, its issuers are theirs to list.
      validateIssuer: true,
      issuer: ask.question.issuer,
      loggingLevel: "error",
      loggingNoPII: true,
    },
    (iss, sub, profile, claims, accessToken, refreshToken, params, done) =>
      done(null, { id: sub, profile, claims, accessToken, refreshToken }),
  );
  const application = await serve(new Passport().use(STRATEGY, strategy), options);
  try {
    const sent = await fetch(`${application.url}/sign-in`, { redirect: "manual" });
    if (sent.status !== 302) throw new Error(await sent.text());
    const answer = new URL(await visit(ask, sent.headers.get("location"), { redirectUri: redirectUrl }));
    const signedIn = await fetch(`${application.url}/callback${answer.search}`);
    const text = await signedIn.text();
    if (!signedIn.ok) throw new Error(text);
    const { id, profile, claims, accessToken } = JSON.parse(text);
    return { sub: id, sub_of_id_token: claims.sub, user: profile.upn, oid: profile.oid, userInfo: profile._json, access_token: accessToken };
  } finally {
    application.close();
  }
}

/// The web application: everything it is asked goes to the strategy, which has one session.
async function serve(passport, options) {
  const session = {};
  const server = http.createServer((request, response) => {
    request.session = session;
    request.query = Object.fromEntries(new URL(request.url, "http://localhost").searchParams);
    const finish = (status, body) => response.writeHead(status).end(body);
    passport.authenticate(STRATEGY, { session: false, ...options }, (error, user, info) => {
      if (error || !user) finish(500, String(error?.stack ?? info));
      else finish(200, JSON.stringify(user));
    })(request, response, (error) => finish(500, String(error?.stack)));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
