//! Measures refresh redemptions a second on one core: `cargo run --release --example throughput`.
//!
//! Every redemption presents another user's token and answers with an access token, an id token and a
//! new refresh token. `handle` is called directly, so this is the emulator without sockets and TLS.

use std::error::Error;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::Request;
use msal_emulator::{Directory, Emulator, Settings, Signatures};

const CLIENT: &str = "00c0ffee-0000-4000-8000-000000000001";

#[expect(clippy::print_stdout, reason = "the figures are the purpose")]
fn main() -> Result<(), Box<dyn Error>> {
    for (name, signatures, requests) in [
        ("cheap", Signatures::Cheap, 200_000),
        ("RS256", Signatures::Rs256, 10_000),
    ] {
        let start = Instant::now();
        let emulator = Emulator::with_settings(
            Directory::sample(),
            Settings::default().signatures(signatures),
        );
        let startup = start.elapsed();
        let elapsed = redeem(&emulator, requests)?;
        let rate = f64::from(requests) / elapsed.as_secs_f64();
        println!(
            "{name}: {rate:.0} redemptions a second, made in {startup:?}, {} MiB at the peak",
            peak_mib()
        );
    }
    Ok(())
}

fn redeem(emulator: &Emulator, requests: u32) -> Result<Duration, Box<dyn Error>> {
    let now = SystemTime::now();
    let mut elapsed = Duration::ZERO;
    for n in 1..=requests {
        let token =
            emulator.issue_refresh_token(&format!("user{n}@contoso.example"), CLIENT, now)?;
        let form = format!(
            "client_id={CLIENT}&grant_type=refresh_token&client_info=1&refresh_token={token}\
             &scope=https%3A%2F%2Fgraph.microsoft.com%2F.default+offline_access+openid+profile"
        );
        let request =
            Request::post("https://localhost/common/oauth2/v2.0/token").body(Bytes::from(form))?;
        let start = Instant::now();
        let response = emulator.handle(request, now);
        elapsed += start.elapsed();
        assert!(response.status().is_success(), "{response:?}");
    }
    assert_eq!(emulator.redemptions().succeeded(), u64::from(requests));
    Ok(elapsed)
}

/// The largest resident set so far, where the system tells.
fn peak_mib() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.map_or_else(|| "?".to_owned(), |kib| (kib / 1024).to_string())
}
