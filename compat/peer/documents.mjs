// The documents that clients of Entra read first, which the provider has no like of.

import { MOUNT } from "./provider.mjs";

export function documents(origin, tenantId) {
  const host = new URL(origin).host;
  return (url) => {
    const path = url.pathname.replace(/\/{2,}/g, "/");
    const tenant = path.split("/")[1];
    if (path.endsWith("/v2.0/.well-known/openid-configuration")) {
      return configuration(`${origin}/${tenant}/oauth2/v2.0`, origin, tenant);
    }
    if (path.endsWith("/.well-known/openid-configuration") && tenant !== MOUNT.slice(1)) {
      return configuration(`${origin}/${tenant}/oauth2`, origin, tenant);
    }
    if (path.toLowerCase() === "/common/discovery/instance") {
      return {
        tenant_discovery_endpoint: `${origin}/common/v2.0/.well-known/openid-configuration`,
        "api-version": "1.1",
        metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
      };
    }
    if (/^\/common\/userrealm\//i.test(path)) {
      return {
        ver: "1.0",
        account_type: "Managed",
        domain_name: path.split("@").pop(),
        cloud_instance_name: "microsoftonline.com",
        cloud_audience_urn: "urn:federation:MicrosoftOnline",
      };
    }
    // Azure Resource Manager, which Azure CLI asks after a sign-in.
    if (path === "/tenants") {
      return { value: [{ id: `/tenants/${tenantId}`, tenantId }] };
    }
    return path === "/subscriptions" ? { value: [] } : undefined;
  };
}

function configuration(base, origin, tenant) {
  return {
    issuer: origin + MOUNT,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    device_authorization_endpoint: `${base}/devicecode`,
    jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
  };
}
