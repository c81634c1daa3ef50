// better-auth 1.7.25 in an application with a database.

const { betterAuth } = require("better-auth");
const { getMigrations } = require("better-auth/db/migration");
const { Pool } = require("pg");
const { answerQuestions } = require("./answering.cjs");
const { signIn } = require("./web_browser.cjs");

answerQuestions({
  /// The people of the question sign in. Only the library writes what it keeps of them.
  store: async (ask) => {
    const { application, callback, users } = ask.question;
    const database = new Pool(JSON.parse(process.env.APP_DATABASE));
    const options = {
      baseURL: "https://localhost",
      secret: "of an application that lives for one test",
      telemetry: { enabled: false },
      database,
      socialProviders: {
        microsoft: {
          clientId: application.id,
          clientSecret: application.secret,
          tenantId: ask.tenantId,
          disableProfilePhoto: true,
        },
      },
    };
    await (await getMigrations(options)).runMigrations();
    const auth = betterAuth(options);
    for (const user of users) {
      await signIn(ask, user, (request) => auth.handler(request), callback["better-auth"], async (browser) => {
        const started = await browser.post("/api/auth/sign-in/social", { provider: "microsoft", callbackURL: "/home" });
        return (await started.json()).url;
      });
    }
    await database.end();
  },
});
