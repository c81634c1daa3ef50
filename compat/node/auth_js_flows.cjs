// Auth.js: @auth/core 0.41.3 with its adapter for PostgreSQL.

const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { Auth } = require("@auth/core");
const { default: MicrosoftEntraID } = require("@auth/core/providers/microsoft-entra-id");
const { Pool } = require("pg");
const { answerQuestions } = require("./answering.cjs");
const { signIn } = require("./web_browser.cjs");

/// As the documentation of the adapter has it.
const TABLES = `
  CREATE TABLE verification_token (
    identifier TEXT NOT NULL, expires TIMESTAMPTZ NOT NULL, token TEXT NOT NULL, PRIMARY KEY (identifier, token));
  CREATE TABLE accounts (
    id SERIAL PRIMARY KEY, "userId" INTEGER NOT NULL, type VARCHAR(255) NOT NULL, provider VARCHAR(255) NOT NULL,
    "providerAccountId" VARCHAR(255) NOT NULL, refresh_token TEXT, access_token TEXT, expires_at BIGINT, id_token TEXT,
    scope TEXT, session_state TEXT, token_type TEXT);
  CREATE TABLE sessions (
    id SERIAL PRIMARY KEY, "userId" INTEGER NOT NULL, expires TIMESTAMPTZ NOT NULL, "sessionToken" VARCHAR(255) NOT NULL);
  CREATE TABLE users (id SERIAL PRIMARY KEY, name VARCHAR(255), email VARCHAR(255), "emailVerified" TIMESTAMPTZ, image TEXT);
`;

answerQuestions({
  /// The people of the question sign in. Only the library writes what it keeps of them.
  store: async (ask) => {
    const { application, callback, users } = ask.question;
    // It is for `import` only, which does not look where NODE_PATH says.
    const adapter = path.join(process.env.NODE_PATH, "@auth/pg-adapter/index.js");
    const { default: PostgresAdapter } = await import(pathToFileURL(adapter));
    const database = new Pool(JSON.parse(process.env.APP_DATABASE));
    await database.query(TABLES);
    const options = {
      adapter: PostgresAdapter(database),
      basePath: "/auth",
      secret: "of an application that lives for one test",
      trustHost: true,
      providers: [
        MicrosoftEntraID({
          clientId: application.id,
          clientSecret: application.secret,
          issuer: `${ask.url}/${ask.tenantId}/v2.0`,
          authorization: { params: { scope: "openid profile email User.Read offline_access" } },
        }),
      ],
    };
    for (const user of users) {
      await signIn(ask, user, (request) => Auth(request, options), callback["auth.js"], async (browser) => {
        const { csrfToken } = await (await browser.get("/auth/csrf")).json();
        const fields = { csrfToken, callbackUrl: "https://localhost/home" };
        return (await browser.postForm("/auth/signin/microsoft-entra-id", fields)).headers.get("location");
      });
    }
    await database.end();
  },
});
