//! What a run logs: each request, and nothing of anybody's.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use msal_emulator::{Fault, sample};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::world::World;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lock(bytes: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}

#[tokio::test]
async fn every_request_is_logged_and_no_token_and_nobodys_name() {
    // With one subscriber in a process, who comes first to a place decides whether it is ever logged, and that may be the
    // thread of another test, which has none.
    let _set_before = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _listening = tracing::subscriber::set_default(subscriber);

    let world = World::new();
    let mut entries = world.users(5);
    // The columns of a row are mixed up: what stands where the client should is the token.
    let token = world.token("user6@contoso.example", sample::DESKTOP);
    entries.push(world.entry(
        "user6@contoso.example",
        &token,
        "https://graph.microsoft.com",
        sample::DESKTOP,
    ));
    world.http.emulator.add_fault(Fault::aadsts(50076).nth(2));
    world.http.emulator.add_fault(Fault::throttle(30).nth(3));
    world.run(&entries).await.unwrap();

    let log = String::from_utf8(lock(&log.0).clone()).unwrap();
    let requests = log
        .lines()
        .filter(|line| line.contains("token_request{") && line.contains(": close "));
    let requests: Vec<_> = requests.collect();
    assert_eq!(
        requests.len() as u64,
        world.http.emulator.redemptions().seen()
    );
    for status in ["status=200", "status=400", "status=429"] {
        assert!(requests.iter().any(|line| line.contains(status)), "{log}");
    }
    assert!(log.contains("discovery{authority="), "{log}");
    let names = entries.iter().map(|entry| &entry["userId"]);
    let tokens = entries[..5].iter().map(|entry| &entry["refreshToken"]);
    for private in names.chain(tokens).chain([&entries[5]["_clientId"]]) {
        let private = private.as_str().unwrap();
        assert!(!log.contains(private), "{private} is in the log");
    }
}
