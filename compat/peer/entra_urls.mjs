// The thin rewrite in front of the provider: URLs, and of version 1 the names and types of a few fields.
// It decides nothing: every code, token and refusal is the provider's.

import fs from "node:fs";
import http from "node:http";

import { documents } from "./documents.mjs";
import { MOUNT } from "./provider.mjs";

/// Where the provider has what Entra has at these ends of paths.
const ROUTES = [
  ["/oauth2/v2.0/authorize", "/auth", 2],
  ["/oauth2/v2.0/devicecode", "/device/auth", 2],
  ["/oauth2/v2.0/token", "/token", 2],
  ["/oauth2/authorize", "/auth", 1],
  ["/oauth2/devicecode", "/device/auth", 1],
  ["/oauth2/token", "/token", 1],
  ["/discovery/v2.0/keys", "/jwks", 2],
];

export function rewrite({ origin, inner, log, tenantId }) {
  const stored = documents(origin, tenantId);
  return async (request, response) => {
    const url = new URL(request.url, origin);
    const document = stored(url);
    if (document) {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(document));
      return;
    }
    const [, target, version] = ROUTES.find(([end]) => url.pathname.endsWith(end)) ?? [];
    const sent = await textOf(request);
    const form = new URLSearchParams(isJson(request) ? "" : sent);
    const headers = { ...request.headers, "x-forwarded-proto": "https", "x-forwarded-host": url.host, "x-forwarded-url": url.href };
    let path = request.url;
    if (target) {
      for (const parameters of [url.searchParams, form]) {
        adapt(parameters, version);
      }
      path = `${MOUNT}${target}${url.search}`;
    }
    const body = isJson(request) ? sent : form.toString();
    if (request.method === "POST" && !isJson(request)) {
      headers["content-length"] = Buffer.byteLength(body);
      headers["content-type"] = "application/x-www-form-urlencoded";
    }
    const [reply, text] = await ask({ host: "127.0.0.1", port: inner, method: request.method, path, headers }, body);
    if (target === "/token") {
      note(log, form, reply.statusCode);
    }
    const answer = isJson(reply) && target ? JSON.stringify(translated(JSON.parse(text), target, version, form)) : text;
    const { "content-length": _, "transfer-encoding": __, ...kept } = reply.headers;
    response.writeHead(reply.statusCode, kept);
    response.end(answer);
  };
}

/// A request in the provider's words.
function adapt(parameters, version) {
  const resource = parameters.get("resource");
  if (version === 1 && resource !== null) {
    parameters.delete("resource");
    parameters.set("scope", `openid profile offline_access ${resource}/.default`);
  }
  // OpenID Connect Core §11: without consent asked for, `offline_access` is ignored. Entra has no such rule, and
  // its clients ask for what Entra calls the choice of an account.
  if (parameters.has("response_type")) {
    parameters.set("prompt", "consent");
  }
  if (parameters.get("grant_type") === "device_code") {
    parameters.set("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
  }
  if (parameters.has("code") && parameters.get("grant_type")?.endsWith(":device_code")) {
    parameters.set("device_code", parameters.get("code"));
  }
  // A client that acts for itself has no use for the scopes of OpenID Connect, which version 1 was given above.
  if (parameters.get("grant_type") === "client_credentials") {
    const scopes = (parameters.get("scope") ?? "").split(" ");
    parameters.set("scope", scopes.filter((scope) => scope.endsWith("/.default")).join(" "));
  }
}

/// An answer in Entra's words.
function translated(answer, target, version, form) {
  if (target === "/device/auth" && answer.user_code) {
    // Azure CLI fails without one.
    answer.interval = 1;
    answer.message = `To sign in, use a web browser to open the page ${answer.verification_uri} and enter the code ${answer.user_code} to authenticate.`;
    answer.verification_url = answer.verification_uri;
  }
  if (version === 1 && answer.access_token) {
    answer.expires_on = Math.floor(Date.now() / 1000) + answer.expires_in;
    answer.resource = form.get("scope").split(" ").pop().replace(/\/\.default$/, "");
  }
  if (version === 1) {
    const entries = Object.entries(answer).map(([name, value]) => [name, typeof value === "number" ? `${value}` : value]);
    return Object.fromEntries(entries);
  }
  return answer;
}

function note(log, form, status) {
  fs.appendFileSync(log, `${JSON.stringify({ grant_type: form.get("grant_type"), status })}\n`);
}

const isJson = (reply) => (reply.headers["content-type"] ?? "").startsWith("application/json");

async function textOf(stream) {
  const chunks = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function ask(options, body) {
  return new Promise((done, failed) => {
    const request = http.request(options, async (reply) => done([reply, await textOf(reply)]));
    request.on("error", failed);
    request.end(options.method === "POST" ? body : undefined);
  });
}
