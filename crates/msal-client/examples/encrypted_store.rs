//! Keeps the token cache encrypted: a store of one's own around another one.
//!
//! ```text
//! encrypted_store AUTHORITY CLIENT_ID SCOPE CACHE KEY < REFRESH_TOKEN
//! ```
//!
//! `KEY` is a file of 32 random bytes, as `head -c 32 /dev/urandom` makes. A keyring or a vault is a better place.
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::sync::Arc;
use std::{env, error::Error, fs, io};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use msal::bytes::Bytes;
use msal::{
    Authority, Blob, BoxFuture, CacheStore, FileStore, Partition, PublicClientApplication,
    StoreError, Stored, Version,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: encrypted_store AUTHORITY CLIENT_ID SCOPE CACHE KEY < REFRESH_TOKEN";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments = <[String; 5]>::try_from(arguments).or(Err(usage))?;
    let [authority, client_id, scope, cache, key] = arguments;
    let store = FileStore::new(cache).any_content();
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(&authority)?)
        .store(Encrypted::new(store, &fs::read(key)?)?)
        .build()?;
    let token = io::read_to_string(io::stdin())?;
    if !token.trim().is_empty() {
        let token = token.trim();
        app.acquire_token_by_refresh_token(token, scope).await?;
    }
    for account in app.accounts().await? {
        println!("{account} is signed in");
    }
    Ok(())
}

/// What is stored is the nonce, then the sealed cache; the partition is sealed with it, so that no user's cache is taken
/// for another's.
#[derive(Debug)]
pub(crate) struct Encrypted<S> {
    store: S,
    key: RandomizedNonceKey,
}

const NONCE: usize = 12;

type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

impl<S: CacheStore> Encrypted<S> {
    pub(crate) fn new(store: S, key: &[u8]) -> Result<Self, Box<dyn Error>> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, key).or(Err("the key is not 32 bytes"))?;
        Ok(Self { store, key })
    }

    fn seal(&self, partition: &Partition, cache: &[u8]) -> Result<Bytes, StoreError> {
        // Of its final size, so that no copy of the cache is left behind as it grows.
        let mut sealed = Vec::with_capacity(cache.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(cache);
        let sealing = self
            .key
            .seal_in_place_append_tag(name(partition), &mut sealed);
        let nonce = sealing.or(Err(StoreError::other("the cache cannot be sealed")))?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat().into())
    }

    /// What was sealed by somebody else is damaged, and never taken for an empty cache.
    fn open(&self, partition: &Partition, stored: &[u8]) -> Result<Bytes, StoreError> {
        let corrupt = || StoreError::corrupt(partition.as_str(), "it was not sealed with this key");
        let (nonce, sealed) = stored.split_at_checked(NONCE).ok_or_else(corrupt)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).or(Err(corrupt()))?;
        let mut cache = sealed.to_vec();
        let opening = self.key.open_in_place(nonce, name(partition), &mut cache);
        let length = opening.or(Err(corrupt()))?.len();
        cache.truncate(length);
        Ok(cache.into())
    }
}

fn name(partition: &Partition) -> Aad<&str> {
    Aad::from(partition.as_str())
}

impl<S: CacheStore> CacheStore for Encrypted<S> {
    fn load<'a>(&'a self, partition: &'a Partition) -> Answer<'a, Option<Stored>> {
        Box::pin(async move {
            let Some(Stored { blob, version, .. }) = self.store.load(partition).await? else {
                return Ok(None);
            };
            Ok(Some(Stored::new(self.open(partition, &blob)?, version)))
        })
    }

    fn save<'a>(
        &'a self,
        partition: &'a Partition,
        cache: Arc<dyn Blob>,
        expected: Option<Version>,
    ) -> Answer<'a, Version> {
        Box::pin(async move {
            let sealed = self.seal(partition, &cache.whole())?;
            self.store.save(partition, Arc::new(sealed), expected).await
        })
    }

    fn version<'a>(&'a self, partition: &'a Partition) -> Answer<'a, Option<Version>> {
        self.store.version(partition)
    }

    fn remove<'a>(&'a self, partition: &'a Partition) -> Answer<'a, ()> {
        self.store.remove(partition)
    }
}
