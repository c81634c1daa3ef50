//! What is asked for when a token is redeemed: the scopes of one resource.

use msal_core::{Cloud, Scope, ScopeSet};

use super::criteria::Criteria;
use super::options::PlanOptions;
use super::warning::{Warning, Warnings};
use crate::record::SkipReason;

/// What a record's token is redeemed for.
pub(super) struct ChosenScopes {
    pub(super) scopes: ScopeSet,
    /// How likely it is that the user has consented: nothing stored, a retired resource, any other, Microsoft Graph.
    pub(super) rank: u8,
    pub(super) warnings: Warnings,
}

/// Decides what the token of a record is redeemed for at `host`.
pub(super) fn choose(
    criteria: &Criteria<'_>,
    host: &str,
    options: &PlanOptions,
) -> Result<ChosenScopes, SkipReason> {
    if let Some(resource) = &criteria.resource {
        return for_resource(resource, options);
    }
    let mut warnings = Warnings::default();
    let Some(resource) = criteria.scopes.iter().find_map(resource_of) else {
        // Who has named them knows what is asked for.
        warnings.insert_if(Warning::AssumedScopes, options.default_scopes.is_empty());
        return Ok(ChosenScopes {
            scopes: default_scopes(host, options),
            rank: 0,
            warnings,
        });
    };
    // Entra refuses a request for two resources, so the first one is asked for.
    let (wanted, left): (Vec<&Scope>, Vec<&Scope>) = criteria.scopes.iter().partition(|scope| {
        resource_of(scope).is_none_or(|other| other.eq_ignore_ascii_case(resource))
    });
    warnings.insert_if(Warning::SeveralResources, !left.is_empty());
    // It refuses `.default` beside other scopes, too.
    let default = wanted.iter().find(|scope| is_default(scope));
    if let Some(default) = default {
        let resource = default.as_str().trim_end_matches(".default");
        let resource = resource.strip_suffix('/').unwrap_or(resource);
        let mut wanted = for_resource(resource, options)?;
        wanted
            .warnings
            .insert_if(Warning::SeveralResources, !left.is_empty());
        return Ok(wanted);
    }
    warnings.insert_if(Warning::RetiredResource, is_retired(resource));
    Ok(ChosenScopes {
        scopes: wanted.into_iter().cloned().collect(),
        rank: rank(resource),
        warnings,
    })
}

fn for_resource(resource: &str, options: &PlanOptions) -> Result<ChosenScopes, SkipReason> {
    let resource = resource.trim();
    let resource = resource.strip_prefix("spn:").unwrap_or(resource);
    let mapped = options
        .map_resource
        .iter()
        .find(|(from, _)| is_same(from, resource))
        .map_or(resource, |(_, to)| to);
    let scope = Scope::for_resource(mapped)
        .map_err(|_not_a_scope| SkipReason::Malformed("the resource cannot be made a scope"))?;
    let mut warnings = Warnings::default();
    warnings.insert_if(Warning::RetiredResource, is_retired(mapped));
    Ok(ChosenScopes {
        scopes: scope.into(),
        rank: rank(mapped),
        warnings,
    })
}

/// What to ask for where the store says nothing: what the user named, else Microsoft Graph of that cloud.
fn default_scopes(host: &str, options: &PlanOptions) -> ScopeSet {
    if !options.default_scopes.is_empty() {
        return options.default_scopes.clone();
    }
    let cloud = Cloud::of(host).map_or("", |cloud| cloud.preferred_network);
    let graph = match cloud {
        "login.microsoftonline.us" => "https://graph.microsoft.us",
        "login.partner.microsoftonline.cn" => "https://microsoftgraph.chinacloudapi.cn",
        _ => GRAPH,
    };
    Scope::for_resource(graph).into_iter().collect()
}

/// The resource a scope belongs to. A scope without one is Microsoft Graph's; `email` belongs to none.
fn resource_of(scope: &Scope) -> Option<&str> {
    let scope = scope.as_str();
    if scope.eq_ignore_ascii_case("email") {
        return None;
    }
    let resource = scope
        .rsplit_once('/')
        .map_or(GRAPH, |(resource, _)| resource);
    Some(resource.trim_end_matches('/'))
}

fn is_default(scope: &Scope) -> bool {
    scope.as_str().ends_with("/.default")
}

fn rank(resource: &str) -> u8 {
    if is_retired(resource) {
        return 1;
    }
    if GRAPHS.iter().any(|graph| is_same(graph, resource)) {
        return 3;
    }
    2
}

fn is_retired(resource: &str) -> bool {
    RETIRED.iter().any(|retired| is_same(retired, resource))
}

/// Whether two resources are one API. ADAL users wrote them with and without the slash at the end.
fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/')
        .eq_ignore_ascii_case(other.trim_end_matches('/'))
}

const GRAPH: &str = "https://graph.microsoft.com";

/// Microsoft Graph in all its clouds, and its application id.
const GRAPHS: [&str; 5] = [
    GRAPH,
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    "00000003-0000-0000-c000-000000000000",
];

/// Azure AD Graph in all its clouds, and its application id.
const RETIRED: [&str; 3] = [
    "https://graph.windows.net",
    "https://graph.chinacloudapi.cn",
    "00000002-0000-0000-c000-000000000000",
];
