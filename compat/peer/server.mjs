// A certified OpenID provider that nobody here wrote, at the URLs of the Microsoft identity platform.
// Reads its settings from stdin (see harness/peer.py) and prints one line when it is ready.

import fs from "node:fs";
import http from "node:http";
import https from "node:https";

import { rewrite } from "./entra_urls.mjs";
import { MOUNT, provider } from "./provider.mjs";

const settings = JSON.parse(fs.readFileSync(0, "utf8"));

// The provider itself, at its own URLs and over plain HTTP.
const inner = http.createServer();
await new Promise((ready) => inner.listen(0, "127.0.0.1", ready));

const outer = https.createServer({ key: settings.key, cert: settings.certificate });
await new Promise((ready) => outer.listen(settings.port, "127.0.0.1", ready));

const port = outer.address().port;
const origin = `https://${settings.name}${port === 443 ? "" : `:${port}`}`;
const answer = (await provider(origin, settings)).callback();
inner.on("request", (request, response) => {
  // From the difference of the two, oidc-provider knows where it is mounted.
  request.originalUrl = request.url;
  request.url = request.url.slice(MOUNT.length);
  answer(request, response);
});
outer.on("request", rewrite({ ...settings, origin, inner: inner.address().port }));
console.log(JSON.stringify({ url: origin }));
