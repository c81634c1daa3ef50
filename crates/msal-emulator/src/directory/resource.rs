//! Resources: the APIs that tokens are for.

use super::app::AppEntry;
use crate::protocol::{CLOUDS, Guid};

/// The declaration of an API.
#[derive(Clone, Debug)]
pub struct Resource {
    pub(crate) id: Option<String>,
    pub(crate) uris: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) v2_tokens: bool,
}

impl Resource {
    /// An API known by `uri`, such as `api://orders` or `https://graph.windows.net`.
    ///
    /// Its application id is derived from the URI unless [`Self::id`] says otherwise, and its
    /// only permission is `user_impersonation` unless [`Self::scope`] adds others.
    pub fn new(uri: impl Into<String>) -> Self {
        Self {
            id: None,
            uris: vec![uri.into()],
            scopes: Vec::new(),
            v2_tokens: false,
        }
    }

    /// Sets the application id, by which the resource can be asked for too.
    #[must_use]
    pub fn id(mut self, guid: impl Into<String>) -> Self {
        self.id = Some(guid.into());
        self
    }

    /// Adds another URI of the same API.
    #[must_use]
    pub fn uri(mut self, uri: impl Into<String>) -> Self {
        self.uris.push(uri.into());
        self
    }

    /// Adds a delegated permission that every client has been granted. A client that asks for one of them gets them all, as
    /// at Entra.
    #[must_use]
    pub fn scope(mut self, name: impl Into<String>) -> Self {
        self.scopes.push(name.into());
        self
    }

    /// Makes the API take access tokens of version 2.0 (`accessTokenAcceptedVersion` in its registration).
    #[must_use]
    pub fn v2_tokens(mut self) -> Self {
        self.v2_tokens = true;
        self
    }

    /// The resources every directory has: Microsoft Graph, Azure AD Graph, Azure Resource Manager,
    /// Key Vault and Storage.
    pub(crate) fn standard() -> [Self; 6] {
        [
            Self::new("https://graph.microsoft.com")
                .id(GRAPH)
                .scope("User.Read")
                .scope("Mail.Read")
                .scope("Files.Read"),
            Self::new("https://graph.windows.net").id(AZURE_AD_GRAPH),
            Self::new("https://management.core.windows.net/")
                .uri("https://management.azure.com/")
                .id(RESOURCE_MANAGER),
            Self::new("https://vault.azure.net").id(VAULT),
            Self::new("https://storage.azure.com").id("e406a681-f3d4-42a8-90b6-c2b029497af1"),
            Self::new(TOKEN_EXCHANGE).id(TOKEN_EXCHANGE_ID),
        ]
    }

    /// What every directory has where it declares nothing else: the names of those APIs in the other clouds, Exchange
    /// Online, and SharePoint Online, which is named by each tenant. `tenants` are the first labels of their domains.
    pub(crate) fn filled_in<'t>(tenants: impl Iterator<Item = &'t str>) -> Vec<Self> {
        let known = |id: &str, uris: &[&str]| Self {
            id: Some(id.to_owned()),
            uris: uris.iter().map(|&uri| uri.to_owned()).collect(),
            scopes: Vec::new(),
            v2_tokens: false,
        };
        let https = |host: &str| format!("https://{host}");
        let mut graph = known(GRAPH, &[]);
        let mut azure_ad_graph = known(AZURE_AD_GRAPH, &[]);
        let mut resource_manager = known(RESOURCE_MANAGER, &[]);
        for cloud in &CLOUDS {
            let graphs = [cloud.graph, cloud.dod_graph];
            let graphs = graphs.into_iter().filter(|host| !host.is_empty());
            graph.uris.extend(graphs.map(https));
            let managers = cloud.resource_manager.iter();
            resource_manager
                .uris
                .extend(managers.map(|host| format!("https://{host}/")));
            azure_ad_graph.uris.push(https(cloud.azure_ad_graph));
        }
        let mut exchange = known(EXCHANGE, &EXCHANGE_URIS);
        exchange.scopes = EXCHANGE_SCOPES.map(str::to_owned).into();
        let mut share_point = known(SHARE_POINT, &[]);
        share_point.scopes = SHARE_POINT_SCOPES.map(str::to_owned).into();
        for tenant in tenants {
            for part in ["", "-my", "-admin"] {
                let uris = ["com", "us", "cn"]
                    .map(|end| format!("https://{tenant}{part}.sharepoint.{end}"));
                share_point.uris.extend(uris);
            }
        }
        let vault = known(VAULT, &VAULT_URIS);
        vec![
            graph,
            azure_ad_graph,
            resource_manager,
            vault,
            exchange,
            share_point,
        ]
    }
}

/// An API of a built directory.
#[derive(Clone, Debug)]
pub(crate) struct ResourceEntry {
    pub(crate) id: Guid,
    pub(crate) uris: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) v2_tokens: bool,
}

impl ResourceEntry {
    /// An application that is asked for as a resource.
    pub(crate) fn of_app(app: &AppEntry) -> Self {
        Self {
            id: app
                .client_id
                .parse()
                .unwrap_or_else(|_| Guid::derived(b"resource", &app.client_id)),
            uris: vec![format!("api://{}", app.client_id)],
            scopes: vec![DEFAULT_SCOPE.to_owned()],
            v2_tokens: false,
        }
    }

    /// Whether the registration of `app` lists this API, or none at all.
    pub(crate) fn is_listed_by(&self, app: &AppEntry) -> bool {
        let is_it = |listed: &String| {
            let listed = lookup_form(listed);
            let mut names = self.uris.iter().map(|uri| lookup_form(uri));
            listed == self.id.to_string() || names.any(|name| name == listed)
        };
        app.resources.is_empty() || app.resources.iter().any(is_it)
    }

    /// Whether this is Microsoft Graph, whose permissions may be asked for by their bare names.
    pub(crate) fn is_graph(&self) -> bool {
        GRAPH.parse() == Ok(self.id)
    }

    /// The permission of this resource that `asked` names, in any case: one that every client has been granted, or one
    /// that people grant to whoever asks for it.
    pub(crate) fn scope(&self, asked: &str) -> Option<&str> {
        let on_request: &[&str] = if self.is_graph() {
            &GRAPH_ON_REQUEST
        } else {
            &[]
        };
        let granted = self.scopes.iter().map(String::as_str);
        granted
            .chain(on_request.iter().copied())
            .find(|scope| scope.eq_ignore_ascii_case(asked))
    }
}

/// The form under which a resource URI is looked up: lower case, without one trailing slash.
pub(crate) fn lookup_form(uri: &str) -> String {
    uri.strip_suffix('/').unwrap_or(uri).to_ascii_lowercase()
}

/// The application id of Azure AD Graph, which v1 means when a request names no resource.
pub(crate) const AZURE_AD_GRAPH: &str = "00000002-0000-0000-c000-000000000000";

/// The application id of Azure Resource Manager.
pub(crate) const RESOURCE_MANAGER: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";

/// The application id of Key Vault, and its names in the other clouds.
const VAULT: &str = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093";
const VAULT_URIS: [&str; 2] = ["https://vault.usgovcloudapi.net", "https://vault.azure.cn"];

/// The application id of Exchange Online, its names, and the permissions that mail programs ask for.
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
const EXCHANGE_URIS: [&str; 5] = [
    "https://outlook.office.com",
    "https://outlook.office365.com",
    "https://outlook.office365.us",
    "https://outlook-dod.office365.us",
    "https://partner.outlook.cn",
];
const EXCHANGE_SCOPES: [&str; 9] = [
    "IMAP.AccessAsUser.All",
    "POP.AccessAsUser.All",
    "SMTP.Send",
    "EWS.AccessAsUser.All",
    "Mail.Read",
    "Mail.ReadWrite",
    "Mail.Send",
    "Calendars.ReadWrite",
    "Contacts.ReadWrite",
];

/// The application id of SharePoint Online, and some of its permissions.
const SHARE_POINT: &str = "00000003-0000-0ff1-ce00-000000000000";
const SHARE_POINT_SCOPES: [&str; 6] = [
    "AllSites.Read",
    "AllSites.Write",
    "AllSites.Manage",
    "AllSites.FullControl",
    "MyFiles.Read",
    "MyFiles.Write",
];

/// The application id of Microsoft Graph.
pub(crate) const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// Permissions of Microsoft Graph that programs ask for and that need no administrator. They are granted to a request that
/// names them, and not kept.
const GRAPH_ON_REQUEST: [&str; 26] = [
    "Calendars.Read",
    "Calendars.ReadWrite",
    "Chat.Read",
    "Contacts.Read",
    "Contacts.ReadWrite",
    "Files.Read.All",
    "Files.ReadWrite",
    "Files.ReadWrite.All",
    "IMAP.AccessAsUser.All",
    "Mail.ReadBasic",
    "Mail.ReadWrite",
    "Mail.Send",
    "MailboxSettings.Read",
    "MailboxSettings.ReadWrite",
    "Notes.Read",
    "Notes.ReadWrite",
    "POP.AccessAsUser.All",
    "People.Read",
    "SMTP.Send",
    "Sites.Read.All",
    "Sites.ReadWrite.All",
    "Tasks.Read",
    "Tasks.ReadWrite",
    "Team.ReadBasic.All",
    "User.ReadBasic.All",
    "User.ReadWrite",
];

pub(crate) const DEFAULT_SCOPE: &str = "user_impersonation";

/// The audience of tokens that are exchanged for others (workload identity federation).
pub(crate) const TOKEN_EXCHANGE: &str = "api://AzureADTokenExchange";

pub(crate) const TOKEN_EXCHANGE_ID: &str = "fb60f99c-7a34-4190-8149-302f77469936";
