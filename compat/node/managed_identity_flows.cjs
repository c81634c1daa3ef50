// @azure/msal-node on machines that have an identity. Which machine it is, the variables say.

const assert = require("node:assert");
const { ManagedIdentityApplication } = require("@azure/msal-node");
const { answerQuestions } = require("./answering.cjs");

const RESOURCE = "https://graph.microsoft.com";

answerQuestions({
  "msal-node": async ({ question }) => {
    const managedIdentityIdParams = question.clientId ? { userAssignedClientId: question.clientId } : {};
    const app = new ManagedIdentityApplication({ managedIdentityIdParams });
    const first = await app.acquireToken({ resource: RESOURCE });
    const again = await app.acquireToken({ resource: RESOURCE });
    assert.deepEqual([again.fromCache, again.accessToken], [true, first.accessToken]);
    return { access_token: first.accessToken };
  },
});
