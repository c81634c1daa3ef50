//! What a request asks for: one resource, as v1 and v2.0 name it.

use std::borrow::Cow;

use super::apis::Apis;
use super::original_grant::OriginalGrant;
use crate::directory::{AZURE_AD_GRAPH, AppEntry, ResourceEntry};
use crate::protocol::{Guid, Version};
use crate::refusal::Refusal;

/// What a request asks for.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'d> {
    pub(crate) resource: Cow<'d, ResourceEntry>,
    /// The resource as the request named it, which becomes the audience.
    pub(crate) audience: String,
    /// The `scope` of the answer.
    pub(crate) granted: String,
    /// The `scp` of the access token.
    pub(crate) permissions: String,
    /// Whether an id_token was asked for.
    pub(crate) openid: bool,
    /// Whether it shall name the email address (OpenID Connect Core §5.4).
    pub(crate) email: bool,
    /// Whether a refresh token was asked for.
    pub(crate) offline_access: bool,
    /// The text that asks for the same again.
    pub(crate) original: OriginalGrant,
}

impl<'d> Asked<'d> {
    /// Reads the `resource` (v1) or the `scope` (v2.0) of a request; an empty text counts as missing.
    pub(crate) fn read(
        version: Version,
        text: &str,
        app: &AppEntry,
        apis: Apis<'d>,
    ) -> Result<Self, Refusal> {
        match version {
            Version::V1 => Self::at_v1(Some(text).filter(|text| !text.is_empty()), app, apis),
            Version::V2 => Self::at_v2(text, app, apis),
        }
    }

    /// What an earlier sign-in was granted, as a request at `version` that names nothing means it.
    ///
    /// RFC 6749 §6: a scope that is omitted "is treated as equal to the scope originally granted by the resource owner".
    /// What Entra does with the grant of the other version is not confirmed: here it stays with the same resource.
    pub(crate) fn again(
        original: &OriginalGrant,
        version: Version,
        app: &AppEntry,
        apis: Apis<'d>,
    ) -> Result<Self, Refusal> {
        let text = original.text.as_str();
        match (original.version, version) {
            (Version::V1, Version::V2) => {
                let name = Some(text).filter(|text| !text.is_empty());
                let name = name.unwrap_or(AZURE_AD_GRAPH);
                let name = name.strip_prefix(SPN).unwrap_or(name);
                let scope = format!("{name}/{DEFAULT} openid profile offline_access");
                Self::at_v2(&scope, app, apis)
            }
            (Version::V2, Version::V1) => {
                let asked = Self::at_v2(text, app, apis)?;
                let uri = asked.resource.uris.first();
                let name = uri.filter(|_| is_guid(&asked.audience));
                Self::at_v1(Some(name.unwrap_or(&asked.audience)), app, apis)
            }
            _ => Self::read(version, text, app, apis),
        }
    }

    /// Reads the `resource` of a v1 request. Without one, Azure AD Graph is meant.
    pub(crate) fn at_v1(
        resource: Option<&str>,
        app: &AppEntry,
        apis: Apis<'d>,
    ) -> Result<Self, Refusal> {
        let name = resource.unwrap_or(AZURE_AD_GRAPH);
        let name = name.strip_prefix(SPN).unwrap_or(name);
        let entry = apis.find(name, app)?;
        let permissions = entry.scopes.join(" ");
        // Asked for by its application id, the resource is echoed as a service principal name.
        let audience = if is_guid(name) {
            format!("{SPN}{name}")
        } else {
            name.to_owned()
        };
        Ok(Self {
            resource: entry,
            audience,
            granted: permissions.clone(),
            permissions,
            // v1 has no scope to ask for these with: every answer about a person has both.
            openid: true,
            email: false,
            offline_access: true,
            original: OriginalGrant {
                version: Version::V1,
                text: resource.unwrap_or_default().to_owned(),
            },
        })
    }

    /// Reads what an authorization request asks consent for, the first resource and the others: "For the `/authorize` leg of
    /// the request, this can cover multiple resources, allowing your app to get consent for multiple web APIs you want to
    /// call" (Microsoft identity platform and OAuth 2.0 authorization code flow, `scope`). That a token request which names
    /// none of them means the first is not confirmed.
    pub(crate) fn to_consent(
        version: Version,
        text: &str,
        app: &AppEntry,
        apis: Apis<'d>,
    ) -> Result<(Self, Vec<Self>), Refusal> {
        if version == Version::V1 {
            return Ok((Self::read(version, text, app, apis)?, Vec::new()));
        }
        let (openid_scopes, named) = grouped(text);
        let mut asked = named
            .into_iter()
            .map(|named| named.resolve(text, &openid_scopes, app, apis));
        let first = match asked.next() {
            Some(first) => first?,
            None => Self::at_v2(text, app, apis)?,
        };
        Ok((first, asked.collect::<Result<_, _>>()?))
    }

    /// Reads the `scope` of a v2.0 request.
    pub(crate) fn at_v2(scope: &str, app: &AppEntry, apis: Apis<'d>) -> Result<Self, Refusal> {
        let (openid_scopes, mut named) = grouped(scope);
        // An access token is for one audience, so one request asks for permissions of one resource.
        if named.len() > 1 {
            return Err(Refusal::new(700_022).with("scope", scope));
        }
        let named = named.pop().unwrap_or_else(|| Named {
            resource: None,
            asked: Vec::new(),
        });
        named.resolve(scope, &openid_scopes, app, apis)
    }
}

/// The OpenID scopes of a `scope`, and the others by their resources.
fn grouped(scope: &str) -> (Vec<&str>, Vec<Named<'_>>) {
    let mut openid_scopes = Vec::new();
    let mut named: Vec<Named<'_>> = Vec::new();
    for item in scope.split(' ').filter(|item| !item.is_empty()) {
        // OpenID Connect Core §5.4 and §11: these ask for claims and for a refresh token, not for an API.
        if RESERVED.contains(&item) {
            openid_scopes.push(item);
            continue;
        }
        let (resource, permission) = split(item);
        let is_same = |known: &&mut Named<'_>| match (known.resource, resource) {
            (Some(known), Some(resource)) => known.eq_ignore_ascii_case(resource),
            (known, resource) => known == resource,
        };
        match named.iter_mut().find(is_same) {
            Some(known) => known.asked.push((item, permission)),
            None => named.push(Named {
                resource,
                asked: vec![(item, permission)],
            }),
        }
    }
    (openid_scopes, named)
}

/// The items of a scope that name a resource's permissions.
struct Named<'s> {
    /// `None` when permissions have no resource in front: Microsoft Graph is meant.
    resource: Option<&'s str>,
    /// Each item as it stands, and its permission.
    asked: Vec<(&'s str, &'s str)>,
}

impl Named<'_> {
    fn resolve<'d>(
        self,
        scope: &str,
        openid_scopes: &[&str],
        app: &AppEntry,
        apis: Apis<'d>,
    ) -> Result<Asked<'d>, Refusal> {
        let entry = match self.resource {
            Some(name) => apis.find(name, app)?,
            None => apis.graph()?,
        };
        self.check(scope, &entry, app)?;
        let entry = self.granted(entry);
        let prefix = self
            .resource
            .map(|name| format!("{name}/"))
            .unwrap_or_default();
        let openid = openid_scopes.contains(&"openid");
        // RFC 6749 §5.1: `scope` says what was granted if that differs from what was asked for. Entra answers with all
        // that was ever granted to the client for this API, in the form of the request, and repeats ".default"; it leaves
        // "offline_access" out. That a permission which nobody asked for comes along is reported for all grants (AzureAD/
        // microsoft-authentication-library-for-dotnet, issues 1713 and 2661, and -for-python, issue 665).
        let permissions = entry
            .scopes
            .iter()
            .map(|permission| format!("{prefix}{permission}"));
        let default = self
            .asked
            .iter()
            .filter(|(_, permission)| *permission == DEFAULT);
        let openid_names = if openid && entry.is_graph() {
            ["openid", "profile", "email"].as_slice()
        } else {
            &[]
        };
        let granted: Vec<String> = openid_names
            .iter()
            .map(|name| (*name).to_owned())
            .chain(permissions)
            .chain(default.map(|(item, _)| (*item).to_owned()))
            .collect();
        Ok(Asked {
            original: self.original(openid_scopes),
            audience: self
                .resource
                .map_or_else(|| entry.id.to_string(), str::to_owned),
            granted: granted.join(" "),
            permissions: entry.scopes.join(" "),
            openid,
            email: openid_scopes.contains(&"email"),
            offline_access: openid_scopes.contains(&"offline_access"),
            resource: entry,
        })
    }

    /// The API with what was granted: to every client, and to this one for asking.
    fn granted<'d>(&self, mut entry: Cow<'d, ResourceEntry>) -> Cow<'d, ResourceEntry> {
        for (_, permission) in &self.asked {
            let more = entry.scope(permission).map(str::to_owned);
            if let Some(more) = more.filter(|more| !entry.scopes.contains(more)) {
                entry.to_mut().scopes.push(more);
            }
        }
        entry
    }

    /// Each item once: how often a client repeats one makes no difference.
    fn original(&self, openid_scopes: &[&str]) -> OriginalGrant {
        let mut items: Vec<&str> = Vec::new();
        let asked = self.asked.iter().map(|(item, _)| *item);
        for item in openid_scopes.iter().copied().chain(asked) {
            if !items.iter().any(|known| known.eq_ignore_ascii_case(item)) {
                items.push(item);
            }
        }
        OriginalGrant {
            version: Version::V2,
            text: items.join(" "),
        }
    }

    fn check(&self, scope: &str, entry: &ResourceEntry, app: &AppEntry) -> Result<(), Refusal> {
        for (item, permission) in &self.asked {
            if *permission == DEFAULT {
                continue;
            }
            // A name without a resource in front may be a misspelt OpenID scope, and gets another error.
            if self.resource.is_none() && entry.scope(permission).is_none() {
                return Err(Refusal::new(70011).with("scope", scope));
            }
            if entry.scope(permission).is_none() {
                let refusal = Refusal::new(650_053)
                    .with("scope", *item)
                    .with("app", &app.name);
                return Err(refusal.with("resource", entry.id.to_string()));
            }
        }
        // ".default" stands for everything that was granted, so a single permission beside it is a contradiction.
        let defaults = self
            .asked
            .iter()
            .filter(|(_, permission)| *permission == DEFAULT)
            .count();
        if defaults > 0 && defaults < self.asked.len() {
            return Err(Refusal::new(70011).with("scope", scope));
        }
        Ok(())
    }
}

/// Takes `https://graph.microsoft.com/User.Read` apart at the last slash, so that the slash which
/// belongs to `https://management.core.windows.net/` stays with it in `…net//.default`.
fn split(item: &str) -> (Option<&str>, &str) {
    match item.rsplit_once('/') {
        Some((resource, permission)) => (Some(resource), permission),
        None => (None, item),
    }
}

fn is_guid(name: &str) -> bool {
    name.parse::<Guid>().is_ok()
}

const DEFAULT: &str = ".default";
const RESERVED: [&str; 5] = ["openid", "profile", "email", "offline_access", "address"];
const SPN: &str = "spn:";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;

    fn v2(scope: &str) -> Result<(String, String), u32> {
        let directory = Directory::sample();
        let app = directory
            .find_app("00c0ffee-0000-4000-8000-000000000001")
            .unwrap();
        let asked = Asked::at_v2(scope, app, Apis::of(&directory))
            .map_err(|refusal| refusal.definition.code)?;
        Ok((asked.audience, asked.granted))
    }

    #[test]
    fn a_v2_scope_names_one_resource() {
        for (scope, audience, granted) in [
            (
                "https://graph.microsoft.com/.default offline_access openid profile",
                "https://graph.microsoft.com",
                "openid profile email https://graph.microsoft.com/User.Read https://graph.microsoft.com/Mail.Read \
                 https://graph.microsoft.com/Files.Read https://graph.microsoft.com/.default",
            ),
            (
                "https://management.core.windows.net//.default",
                "https://management.core.windows.net/",
                "https://management.core.windows.net//user_impersonation https://management.core.windows.net//.default",
            ),
            (
                "api://orders/orders.read",
                "api://orders",
                "api://orders/Orders.Read api://orders/Orders.Write",
            ),
            (
                "User.Read",
                "00000003-0000-0000-c000-000000000000",
                "User.Read Mail.Read Files.Read",
            ),
            // What rclone asks for.
            (
                "Files.Read Files.ReadWrite Files.Read.All files.readwrite.all Files.ReadWrite.All Sites.Read.All \
                 offline_access",
                "00000003-0000-0000-c000-000000000000",
                "User.Read Mail.Read Files.Read Files.ReadWrite Files.Read.All Files.ReadWrite.All Sites.Read.All",
            ),
            (
                "https://graph.microsoft.com/Mail.Send",
                "https://graph.microsoft.com",
                "https://graph.microsoft.com/User.Read https://graph.microsoft.com/Mail.Read \
                 https://graph.microsoft.com/Files.Read https://graph.microsoft.com/Mail.Send",
            ),
            (
                "openid",
                "00000003-0000-0000-c000-000000000000",
                "openid profile email User.Read Mail.Read Files.Read",
            ),
            (
                "00C0FFEE-0000-4000-8000-000000000001/.default",
                "00C0FFEE-0000-4000-8000-000000000001",
                "00C0FFEE-0000-4000-8000-000000000001/user_impersonation \
                 00C0FFEE-0000-4000-8000-000000000001/.default",
            ),
        ] {
            assert_eq!(
                v2(scope),
                Ok((audience.to_owned(), granted.to_owned())),
                "{scope}"
            );
        }
    }

    #[test]
    fn other_v2_scopes_are_refused() {
        for (scope, code) in [
            ("s openid", 70011),
            // An administrator has to consent to this one.
            ("Directory.Read.All", 70011),
            ("api://orders/Files.ReadWrite", 650_053),
            (
                "https://graph.microsoft.com/.default https://graph.microsoft.com/User.Read",
                70011,
            ),
            ("https://graph.microsoft.com/No.Such", 650_053),
            (
                "https://graph.microsoft.com/User.Read https://vault.azure.net/.default",
                700_022,
            ),
            ("https://nowhere.example/.default", 500_011),
        ] {
            assert_eq!(v2(scope), Err(code), "{scope}");
        }
    }

    #[test]
    fn a_v1_resource_is_echoed_as_asked() {
        let directory = Directory::sample();
        let app = directory
            .find_app("00c0ffee-0000-4000-8000-000000000001")
            .unwrap();
        for (resource, audience) in [
            (
                Some("https://management.core.windows.net/"),
                "https://management.core.windows.net/",
            ),
            (
                Some("https://management.core.windows.net"),
                "https://management.core.windows.net",
            ),
            (
                Some("00000002-0000-0000-c000-000000000000"),
                "spn:00000002-0000-0000-c000-000000000000",
            ),
            (
                Some("spn:00000002-0000-0000-c000-000000000000"),
                "spn:00000002-0000-0000-c000-000000000000",
            ),
            (None, "spn:00000002-0000-0000-c000-000000000000"),
        ] {
            assert_eq!(
                Asked::at_v1(resource, app, Apis::of(&directory))
                    .unwrap()
                    .audience,
                audience
            );
        }
        let refusal =
            Asked::at_v1(Some("https://nowhere.example"), app, Apis::of(&directory)).unwrap_err();
        assert_eq!(refusal.definition.code, 500_011);
    }
}
