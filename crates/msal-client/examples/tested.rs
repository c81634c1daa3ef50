//! An application and its tests, in which Microsoft is played by an emulator and ninety days take no time.
//!
//! ```text
//! tested CLIENT_ID
//! cargo test --example tested
//! ```
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::error::Error;

use msal::{FileStore, PublicClientApplication, Remedy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client_id = std::env::args().nth(1).ok_or("usage: tested CLIENT_ID")?;
    let app = PublicClientApplication::builder(client_id)
        .store(FileStore::new("cache.json"))
        .build()?;
    println!("{}", status(&app).await?);
    Ok(())
}

/// What is tested: a line for the program's status bar.
async fn status(app: &PublicClientApplication) -> Result<String, msal::Error> {
    let Some(account) = app.accounts().await?.into_iter().next() else {
        return Ok("nobody is signed in".to_owned());
    };
    match app.acquire_token_silent("User.Read", &account).await {
        Ok(_token) => Ok(format!("{account} is signed in")),
        Err(error) => match error.remedy() {
            Remedy::SignIn => Ok(format!("{account} must sign in again")),
            Remedy::Wait(_) => Ok(format!("{account} is signed in, and the server is busy")),
            _ => Err(error),
        },
    }
}

// ANCHOR: test
#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use msal::fakes::JumpingClock;
    use msal::{PublicClientApplication, Runtime, http_fn};
    use msal_emulator::{Directory, Emulator, Fault, sample};

    const DAY: Duration = Duration::from_secs(86_400);

    #[tokio::test]
    async fn who_stays_away_for_ninety_days_must_sign_in_again()
    -> Result<(), Box<dyn std::error::Error>> {
        let clock = Arc::new(JumpingClock::new(SystemTime::now().into()));
        let emulator = Arc::new(Emulator::new(Directory::sample()));
        let time = Arc::clone(&clock);
        let http = http_fn(emulator.responder(move || time.system_time()));
        let runtime = Runtime::with_http(http).with_clock(Arc::clone(&clock));
        let app = PublicClientApplication::builder(sample::DESKTOP)
            .runtime(runtime)
            .build()?;
        assert_eq!(super::status(&app).await?, "nobody is signed in");

        let token =
            emulator.issue_refresh_token(sample::ALICE, sample::DESKTOP, clock.system_time())?;
        app.acquire_token_by_refresh_token(token, "User.Read")
            .await?;
        clock.advance(89 * DAY);
        assert_eq!(
            super::status(&app).await?,
            "alice@contoso.example is signed in"
        );

        clock.advance(DAY);
        emulator.add_fault(Fault::throttle(30).first(1));
        assert_eq!(
            super::status(&app).await?,
            "alice@contoso.example is signed in, and the server is busy"
        );

        clock.advance(91 * DAY);
        assert_eq!(
            super::status(&app).await?,
            "alice@contoso.example must sign in again"
        );
        Ok(())
    }
}
// ANCHOR_END: test
