// oidc-provider, told what the clients of the Microsoft identity platform take for granted.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

/// MSAL Python takes no authority without a path.
export const MOUNT = "/op";

export async function provider(origin, settings) {
  const { default: Provider } = await installed("oidc-provider");
  const provider = new Provider(origin + MOUNT, configuration(settings));
  provider.proxy = true;
  provider.registerGrantType("password", password(settings), ["username", "password", "scope"]);
  provider.on("server_error", (_, error) => console.error(error));
  takeAssertionsFor(provider, origin);
  return provider;
}

/// An ECMAScript module of the suite's packages: `import` does not look where NODE_PATH says.
async function installed(name) {
  const folder = path.join(process.env.NODE_PATH, name);
  const { main } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
  return import(pathToFileURL(path.join(folder, main)));
}

function configuration({ clients, scopes, tenantId }) {
  return {
    clients,
    scopes: ["openid", "profile", "offline_access", ...scopes],
    claims: { openid: ["sub"], profile: ["name", "preferred_username", "oid", "tid", "upn"] },
    // The claims of a scope belong in the ID token, where every MSAL looks for the user's name.
    conformIdTokenClaims: false,
    findAccount: (_, id) => ({ accountId: id, claims: () => person(id, tenantId) }),
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: { enabled: false },
    },
    // As Entra: whoever may have a refresh token gets one, and it outlives the browser's session.
    issueRefreshToken: async (_, client) => client.grantTypeAllowed("refresh_token"),
    expiresWithSession: async () => false,
    // Stricter than Entra: a client that presents an old refresh token once more loses the new one too.
    rotateRefreshToken: true,
    ttl: { AccessToken: 3600, ClientCredentials: 3600, DeviceCode: 900, Grant: 86400, IdToken: 3600, Interaction: 600, RefreshToken: 86400, Session: 86400 },
  };
}

function person(id, tenantId) {
  return { sub: id, name: id.split("@")[0], preferred_username: id, upn: id, oid: id, tid: tenantId };
}

/// The password grant (RFC 6749 §4.3), which OpenID Connect has no use for and oidc-provider leaves to us.
function password(settings) {
  return async (ctx) => {
    const { client, params, provider } = ctx.oidc;
    if (params.password !== settings.password) {
      ctx.status = 400;
      ctx.body = { error: "invalid_grant", error_description: "wrong user name or password" };
      return;
    }
    const grant = new provider.Grant({ accountId: params.username, clientId: client.clientId });
    grant.addOIDCScope(params.scope);
    const grantId = await grant.save();
    const about = { accountId: params.username, client, grantId, gty: "password", scope: params.scope };
    const idToken = new provider.IdToken(person(params.username, settings.tenantId), { ctx });
    idToken.scope = params.scope;
    ctx.body = {
      access_token: await new provider.AccessToken(about).save(),
      refresh_token: await new provider.RefreshToken({ ...about, rotations: 0 }).save(),
      id_token: await idToken.issue({ use: "idtoken" }),
      expires_in: 3600,
      scope: params.scope,
      token_type: "Bearer",
    };
  };
}

/// Clients sign assertions for the token endpoint at the URL that they know.
function takeAssertionsFor(provider, origin) {
  const own = provider.OIDCContext.prototype.clientJwtAuthExpectedAudience;
  provider.OIDCContext.prototype.clientJwtAuthExpectedAudience = function audiences() {
    const asked = this.ctx.get("x-forwarded-url");
    return new Set([...own.call(this), asked, origin + new URL(asked).pathname]);
  };
}
