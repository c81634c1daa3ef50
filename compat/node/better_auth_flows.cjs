// better-auth 1.7.25 in an application with a database.

const { betterAuth } = require("better-auth");
const { getMigrations } = require("better-auth/db/migration");
const { answerQuestions } = require("./answering.cjs");
const { connect } = require("./databases.cjs");
const { signIn } = require("./web_browser.cjs");

answerQuestions({
  /// The people of the question sign in, tenant by tenant. Only the library writes what it keeps of them.
  store: async (ask) => {
    const { callback, users } = ask.question;
    const database = connect(ask.question.database);
    for (const [tenant, people] of Object.entries(users)) {
      const options = settings(ask, tenant, database.connection);
      await (await getMigrations(options)).runMigrations();
      const auth = betterAuth(options);
      for (const user of people) {
        await signIn(ask, user, (request) => auth.handler(request), callback["better-auth"], async (browser) => {
          const started = await browser.post("/api/auth/sign-in/social", { provider: "microsoft", callbackURL: "/home" });
          return (await started.json()).url;
        });
      }
    }
    await database.end();
  },
});

function settings(ask, tenantId, database) {
  const { application } = ask.question;
  return {
    baseURL: "https://localhost",
    secret: "of an application that lives for one test",
    telemetry: { enabled: false },
    database,
    // Somebody of two tenants is one user with two accounts.
    account: { accountLinking: { trustedProviders: ["microsoft"], requireLocalEmailVerified: false } },
    socialProviders: {
      microsoft: {
        clientId: application.id,
        clientSecret: application.secret,
        tenantId,
        disableProfilePhoto: true,
      },
    },
  };
}
