//! Taking the users of one MSAL cache over into another, without asking any server.
//!
//! No journal is kept: nothing is spent, the source stays as it is, and whoever copies twice copies what is missing.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use aws_lc_rs::digest;
use hashbrown::HashMap;
use msal::SharedTokenCache;
use msal_core::{Dialect, RefreshToken, SecretBuffer, TakenOver, TokenCache, same_environment};

use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::plan::{Plan, PlanOptions, Summary};
use crate::report::{Completion, completion_without};
use crate::source::{SourceError, SourceKind, SourceOptions, open};

/// Copies what the token cache in the file `source` has of its users into `target`, and saves it. It is for another cache of
/// the same application: that of another SDK, or in another place. Keys and environment are spelled as the target's SDK
/// has them, and all else stays as it is.
///
/// The rows are those that a migration would redeem: of clients that `options` name or, where they name none, of the only
/// one that there is; at Microsoft's hosts and at the one that is named. Their refresh tokens go over with the accounts,
/// ID tokens and all members of these that nobody knows here; see [`TokenCache::take_over`]. No server is asked, so that
/// nothing tells whether a token is still good: the application finds out with its next silent call.
///
/// Both caches then have the same refresh token. That is safe at Entra, where a token that was redeemed stays good. An
/// issuer that takes a second use for theft signs the user out: [migrate](crate::Migration) such tokens instead.
///
/// # Errors
/// [`MigrationError::Plan`] when the source cannot be read, [`MigrationError::NotCopied`] when it cannot be copied, and
/// [`MigrationError::Store`] when the target cannot be loaded or saved. What was copied stays in memory then.
pub async fn copy_cache(
    source: &Path,
    target: &SharedTokenCache,
    options: &PlanOptions,
) -> Result<Copied, MigrationError> {
    let (source, options) = (source.to_owned(), options.clone());
    let read = tokio::task::spawn_blocking(move || Copy::read(&source, &options));
    let copy = read
        .await
        .map_err(|_cancelled| MigrationError::ShutDown)??;
    target.ensure_loaded().await?;
    let mut taken = TakenOver::default();
    target.change(|cache| {
        taken = cache.take_over(&copy.cache, &|client, token, environment| {
            copy.host(client, token, environment)
        });
    });
    target.save().await?;
    Ok(Copied {
        summary: copy.summary,
        copied: taken.refresh_tokens,
        known: taken.known,
    })
}

/// What became of the refresh tokens of a cache that was copied.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Copied {
    /// What was read, and why rows were left out.
    pub summary: Summary,
    /// The refresh tokens that are in the target now, copies under several names of a cloud included.
    pub copied: u64,
    /// Those whose users have one in the target already that is as good.
    pub known: u64,
}

impl Copied {
    /// What is left to do.
    pub fn completion(&self) -> Completion {
        completion_without(&self.summary.skipped)
    }
}

/// A cache, and which of its tokens are copied.
struct Copy {
    cache: TokenCache,
    summary: Summary,
    /// The host of the authority that each token would be redeemed at.
    wanted: HashMap<(String, RefreshToken), String>,
}

impl Copy {
    fn read(path: &Path, options: &PlanOptions) -> Result<Self, MigrationError> {
        let source = open(path, &SourceOptions::default())?;
        let kind = source.kind();
        if kind != SourceKind::MsalCache {
            return Err(not_copied(
                path,
                format!("it is `{kind}`, and no cache of an MSAL"),
            ));
        }
        let plan = Plan::make(&*source, options, &fingerprint)?;
        let clients = &plan.summary().clients;
        if clients.len() > 1 {
            let names: Vec<_> = clients.iter().map(|client| client.name.as_str()).collect();
            let names = names.join(", ");
            return Err(not_copied(
                path,
                format!("it has tokens of several clients: {names}"),
            ));
        }
        let mut wanted = HashMap::new();
        plan.redemptions(&*source, &fingerprint, &mut |redemption| {
            let client = redemption.client_id.to_ascii_lowercase();
            let host = redemption.authority.host().to_owned();
            wanted.insert((client, redemption.refresh_token), host);
            ControlFlow::Continue(())
        })?;
        Ok(Self {
            cache: parse(path)?,
            summary: plan.summary().clone(),
            wanted,
        })
    }

    /// The host of a token that was planned, in the cloud that was planned: one that stands under several hosts is copied where
    /// it is trusted.
    fn host(&self, client_id: &str, token: &RefreshToken, environment: &str) -> Option<String> {
        let key = (client_id.to_ascii_lowercase(), token.clone());
        let host = self.wanted.get(&key);
        host.filter(|host| same_environment(host, environment))
            .cloned()
    }
}

fn parse(path: &Path) -> Result<TokenCache, MigrationError> {
    let document = fs::read(path).map_err(|source| SourceError::Io {
        file: path.display().to_string(),
        source,
    })?;
    let document = SecretBuffer::from(document).into_shared();
    TokenCache::parse(document, Dialect::default())
        .map_err(|error| not_copied(path, error.to_string()))
}

fn not_copied(path: &Path, problem: String) -> MigrationError {
    MigrationError::NotCopied {
        file: path.display().to_string(),
        problem,
    }
}

/// Tells tokens apart while they are planned.
fn fingerprint(client_id: &str, token: &RefreshToken) -> Fingerprint {
    let hash = |client_id: &str| {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in [client_id, "\0", token.expose_secret()] {
            context.update(part.as_bytes());
        }
        let mut bytes = [0; 8];
        for (byte, hashed) in bytes.iter_mut().zip(context.finish().as_ref()) {
            *byte = *hashed;
        }
        bytes
    };
    Fingerprint::new(hash(""), hash(client_id))
}
