// Auth.js: @auth/core 0.41.3 with its adapters for pg, and for Kysely on SQLite and MariaDB.

const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { Auth } = require("@auth/core");
const { default: MicrosoftEntraID } = require("@auth/core/providers/microsoft-entra-id");
const { answerQuestions } = require("./answering.cjs");
const { connect } = require("./databases.cjs");
const { signIn } = require("./web_browser.cjs");

/// As the documentation of the adapter for pg has them.
const TABLES_OF_PG = `
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

/// The adapter for a database whose tables are made.
const ADAPTERS = {
  postgres: async (database) => {
    await database.query(TABLES_OF_PG);
    return (await imported("@auth/pg-adapter/index.js")).default(database);
  },
  sqlite: (database) => ofKysely("SqliteDialect", { database }, "text", "(lower(hex(randomblob(16))))"),
  mariadb: ({ pool }) => ofKysely("MysqlDialect", { pool }, "datetime(3)", "(uuid())"),
};

/// The tables are those that the documentation of the adapter for Kysely makes, in the types of the database.
async function ofKysely(dialect, connection, time, newId) {
  // The adapter compares classes, and `require` would give others than `import`.
  const kysely = await imported("kysely/dist/esm/index.js");
  const database = new kysely.Kysely({ dialect: new kysely[dialect](connection) });
  const tables = {
    User: { name: "text", email: "varchar(255)", emailVerified: time, image: "text" },
    Account: {
      userId: "varchar(36)",
      type: "text",
      provider: "text",
      providerAccountId: "text",
      refresh_token: "text",
      access_token: "text",
      expires_at: "bigint",
      token_type: "text",
      scope: "text",
      id_token: "text",
      session_state: "text",
    },
    Session: { userId: "varchar(36)", sessionToken: "varchar(255)", expires: time },
    VerificationToken: { identifier: "text", token: "varchar(255)", expires: time },
  };
  for (const [table, columns] of Object.entries(tables)) {
    let made = database.schema.createTable(table);
    if (table !== "VerificationToken") {
      made = made.addColumn("id", "varchar(36)", (column) => column.primaryKey().defaultTo(kysely.sql.raw(newId)));
    }
    for (const [name, type] of Object.entries(columns)) made = made.addColumn(name, kysely.sql.raw(type));
    await made.execute();
  }
  return (await imported("@auth/kysely-adapter/index.js")).KyselyAdapter(database);
}

/// A module that is for `import`, which does not look where NODE_PATH says.
function imported(file) {
  return import(pathToFileURL(path.join(process.env.NODE_PATH, file)));
}

answerQuestions({
  /// The people of the question sign in, tenant by tenant. Only the library writes what it keeps of them.
  store: async (ask) => {
    const { callback, users } = ask.question;
    const database = connect(ask.question.database);
    const adapter = await ADAPTERS[database.kind](database.connection);
    for (const [tenant, people] of Object.entries(users)) {
      const options = settings(ask, tenant, adapter);
      for (const user of people) {
        await signIn(ask, user, (request) => Auth(request, options), callback["auth.js"], async (browser) => {
          const { csrfToken } = await (await browser.get("/auth/csrf")).json();
          const fields = { csrfToken, callbackUrl: "https://localhost/home" };
          return (await browser.postForm("/auth/signin/microsoft-entra-id", fields)).headers.get("location");
        });
      }
    }
    await database.end();
  },
});

function settings(ask, tenant, adapter) {
  const { application } = ask.question;
  return {
    adapter,
    basePath: "/auth",
    secret: "of an application that lives for one test",
    trustHost: true,
    providers: [
      MicrosoftEntraID({
        clientId: application.id,
        clientSecret: application.secret,
        issuer: `${ask.url}/${tenant}/v2.0`,
        authorization: { params: { scope: "openid profile email User.Read offline_access" } },
        // Somebody of two tenants is one user with two accounts.
        allowDangerousEmailAccountLinking: true,
      }),
    ],
  };
}
