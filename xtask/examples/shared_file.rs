//! Several processes that save into one cache file as fast as they can, and beside that what the same locks and the same
//! rewriting cost without a cache.
//!
//! `shared_file FILE ACCOUNTS PROCESSES SAVES` begins with so many accounts in the file, lets every process save so many
//! more, once with a cache and once without, and says how long each took. Both write the same number of bytes, as durably;
//! without a cache nobody looks at them. An account that is missing afterwards is an error.
//!
//! `shared_file by-turns FILE ACCOUNTS SAVES` is for counting instructions: two caches of one process save by turns, so that
//! each of them merges what the other one has saved.

use std::error::Error;
use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mimalloc::MiMalloc;
use msal::{
    Authority, Blob, CacheStore as _, Dialect, FileStore, Partition, ProviderMetadata, ScopeSet,
    SharedTokenCache, StoreError, Stored, TokenCache, TokenEvent, UnixTime,
};
use msal_core::{TokenOutcome, TrustedAuthority};

/// As in the command line.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

type Failure = Box<dyn Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["with", file, writer, saves] => with_a_cache(file, writer, saves.parse()?).await,
        ["without", file, saves, size] => {
            without_a_cache(file, saves.parse()?, size.parse()?).await
        }
        ["by-turns", file, accounts, saves] => {
            by_turns(file, accounts.parse()?, saves.parse()?).await
        }
        [file, accounts, processes, saves] => {
            measure(file, accounts.parse()?, processes.parse()?, saves.parse()?).await
        }
        _ => Err("usage: shared_file FILE ACCOUNTS PROCESSES SAVES".into()),
    }
}

#[expect(clippy::print_stdout, reason = "the times are the answer")]
async fn measure(
    file: &str,
    accounts: usize,
    processes: usize,
    saves: usize,
) -> Result<(), Failure> {
    fill(file, accounts).await?;
    let before = std::fs::metadata(file).map_or(0, |metadata| metadata.len());
    let with = run(processes, |command, writer| {
        command.args(["with", file, &writer.to_string(), &saves.to_string()]);
    })?;
    let blob = std::fs::read(file)?;
    let size = (blob.len() as u64 - before) / (processes * saves) as u64;
    let found = TokenCache::parse(Bytes::from(blob), Dialect::Python)?
        .accounts()
        .len();
    let expected = accounts + processes * saves;
    if found != expected {
        return Err(format!("{found} accounts of {expected} are there").into());
    }
    fill(file, accounts).await?;
    let without = run(processes, |command, _| {
        command.args(["without", file, &saves.to_string(), &size.to_string()]);
    })?;
    println!(
        "with a cache {:.2} s, without {:.2} s",
        with.as_secs_f64(),
        without.as_secs_f64()
    );
    Ok(())
}

async fn fill(file: &str, accounts: usize) -> Result<(), Failure> {
    if Path::new(file).exists() {
        std::fs::remove_file(file)?;
    }
    let cache = open(file);
    for number in 0..accounts {
        sign_in(&cache, &format!("first-{number}"))?;
    }
    Ok(cache.save().await?)
}

fn run(processes: usize, arguments: impl Fn(&mut Command, usize)) -> Result<Duration, Failure> {
    let began = Instant::now();
    let start = |writer| {
        let mut command = Command::new(std::env::current_exe()?);
        arguments(&mut command, writer);
        command.spawn()
    };
    let writers: Vec<Child> = (0..processes).map(start).collect::<Result<_, _>>()?;
    for mut writer in writers {
        if !writer.wait()?.success() {
            return Err("a writer failed".into());
        }
    }
    Ok(began.elapsed())
}

async fn with_a_cache(file: &str, writer: &str, saves: usize) -> Result<(), Failure> {
    let cache = open(file);
    cache.ensure_loaded().await?;
    for number in 0..saves {
        sign_in(&cache, &format!("{writer}-{number}"))?;
        cache.save().await?;
    }
    Ok(())
}

async fn by_turns(file: &str, accounts: usize, saves: usize) -> Result<(), Failure> {
    fill(file, accounts).await?;
    let caches = [open(file), open(file)];
    for cache in &caches {
        cache.ensure_loaded().await?;
    }
    for (number, cache) in caches.iter().cycle().take(saves).enumerate() {
        sign_in(cache, &format!("by-turns-{number}"))?;
        cache.save().await?;
    }
    Ok(())
}

/// Reads the file and writes it again with `size` bytes more.
async fn without_a_cache(file: &str, saves: usize, size: usize) -> Result<(), Failure> {
    let (store, partition) = (FileStore::new(file), Partition::default());
    let filling = "x".repeat(size.saturating_sub(14));
    let entry = format!(", \"filled\": \"{filling}\"");
    let merge = Arc::new(move |stored: Option<Stored>| {
        let stored = stored.map_or_else(Bytes::new, |stored| stored.blob);
        let before = stored.strip_suffix(b"}").unwrap_or(b"{\"first\": 1");
        let blob: Arc<dyn Blob> =
            Arc::new(Unseen([before, entry.as_bytes(), b"}"].concat().into()));
        Ok::<_, StoreError>(Some(blob))
    });
    for _ in 0..saves {
        let unknown = Some(msal::Version::new("none"));
        let first = Arc::new(Bytes::from_static(b"{}"));
        store
            .save_merging(&partition, first, unknown, Arc::<_>::clone(&merge) as _)
            .await?;
    }
    Ok(())
}

/// A blob that no store looks at.
struct Unseen(Bytes);

impl Blob for Unseen {
    fn for_each_piece(&self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.0.for_each_piece(each)
    }

    fn whole(&self) -> Bytes {
        self.0.clone()
    }

    fn is_json_object(&self) -> bool {
        true
    }
}

fn open(file: &str) -> SharedTokenCache {
    let store = Arc::new(FileStore::new(file));
    SharedTokenCache::new(store, Partition::default(), Dialect::Python)
}

fn sign_in(cache: &SharedTokenCache, name: &str) -> Result<(), Failure> {
    // `{"uid": …, "utid": …}`, as RFC 4648 §5 encodes it.
    let client_info = base64url(format!("{{\"uid\":\"{name}\",\"utid\":\"t\"}}").as_bytes());
    let token = "t".repeat(1_000);
    let body = format!(
        "{{\"access_token\":\"{token}\",\"refresh_token\":\"{token}\",\"expires_in\":3599,\"client_info\":\"{client_info}\"}}"
    );
    let answer = http::Response::new(Bytes::from(body));
    let TokenOutcome::Tokens(tokens) = TokenOutcome::read(&answer, CLIENT) else {
        return Err("the answer is none".into());
    };
    let authority = TrustedAuthority::built_in(Authority::parse(AUTHORITY)?);
    let metadata =
        ProviderMetadata::entra(&authority.ok_or("the authority is none of Microsoft's")?)?;
    let (scopes, redeemed) = (ScopeSet::requested(["User.Read"])?, token.as_str().into());
    let now = UnixTime::from_secs(1_800_000_000);
    let event = TokenEvent::redeemed(CLIENT, &metadata, &scopes, &tokens, &redeemed, now);
    cache.change(|cache| cache.add(&event));
    Ok(())
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let letters = bytes.chunks(3).flat_map(|chunk| {
        let bits = chunk
            .iter()
            .chain(&[0, 0])
            .take(3)
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        let letter = move |place: usize| ALPHABET.get(bits >> (18 - 6 * place) & 63);
        (0..=chunk.len()).filter_map(letter)
    });
    letters.map(|letter| char::from(*letter)).collect()
}

const CLIENT: &str = "00c0ffee-0000-4000-8000-000000000001";
const AUTHORITY: &str = "https://login.microsoftonline.com/common";
