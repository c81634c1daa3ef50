//! What to do about each error: redeems a refresh token of another library, and ends with a status that says what is left to
//! do.
//!
//! ```text
//! errors AUTHORITY CLIENT_ID SCOPE CACHE < TOKEN
//! ```
//!
//! The token comes by standard input, because everybody on the machine can read arguments.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is what the program is for"
)]

use std::process::ExitCode;
use std::{env, io};

use msal::{
    AuthenticationResult, Authority, Error, FileStore, PublicClientApplication, RefreshToken,
    Remedy,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let usage = "usage: errors AUTHORITY CLIENT_ID SCOPE CACHE < TOKEN";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments = <[String; 4]>::try_from(arguments).or(Err(usage))?;
    let token = io::read_to_string(io::stdin())?;
    match sign_in(arguments, token.trim().into()).await {
        Ok(AuthenticationResult { account, .. }) => {
            let name = account.map(|account| account.to_string());
            println!("{} is signed in", name.as_deref().unwrap_or("somebody"));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Ok(react(&error)),
    }
}

/// `?` takes the errors of builders and parsers as well: all of them become an [`Error`].
async fn sign_in(
    [authority, client_id, scope, cache]: [String; 4],
    token: RefreshToken,
) -> Result<AuthenticationResult, Error> {
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(&authority)?)
        .store(FileStore::new(cache))
        .build()?;
    let answer = app.acquire_token_by_refresh_token(token, scope).await;
    // The tokens are good and in memory: a program that is about to end tries once more to save them.
    if let Err(Error::Store(failure)) = &answer
        && let Some(result) = failure.result()
        && app.save().await.is_ok()
    {
        return Ok(result.clone());
    }
    answer
}

/// What is to be done follows from `remedy` alone.
fn react(error: &Error) -> ExitCode {
    // What happened, what to do, which application and authority it was: no secret, and no user's name.
    eprintln!("{error}");
    look_closer(error);
    match error.remedy() {
        Remedy::SignIn => {
            println!(
                "let the user sign in, with these claims: {:?}",
                error.claims()
            );
            ExitCode::from(3)
        }
        Remedy::Wait(wait) => {
            let seconds = wait.map_or(60, |wait| wait.as_secs());
            println!("start again in {seconds} s");
            ExitCode::from(75)
        }
        Remedy::Report => {
            println!(
                "tell the server's operator: {}",
                error.correlation_id().unwrap_or("nothing was sent")
            );
            ExitCode::from(76)
        }
        // Correct, and whatever comes after this version: nothing that goes away by itself.
        _ => {
            println!("correct it before the next start");
            ExitCode::from(78)
        }
    }
}

/// What each variant knows beyond that.
fn look_closer(error: &Error) {
    match error {
        Error::Config(wrong) => eprintln!("in this program: {wrong:?}"),
        Error::Http(http) if http.may_have_been_sent() => {
            eprintln!("the server may have acted on the request")
        }
        Error::Http(http) => eprintln!("nothing was sent: {:?}", http.kind()),
        Error::InteractionRequired(required) => match required.service_error() {
            Some(refusal) => eprintln!("the server wants to see the user: {}", refusal.aadsts()),
            None => eprintln!("nothing is cached for the account"),
        },
        // A server that rotates has revoked the token that was redeemed: these may be the only ones that work.
        Error::Protocol(answer) => {
            eprintln!("{} tokens to keep safe", answer.refresh_tokens().len())
        }
        Error::Service(refusal) => eprintln!("{}: {}", refusal.status, refusal.error),
        Error::Store(failure) => {
            eprintln!("tokens that are not saved: {}", failure.result().is_some())
        }
        _ => {}
    }
}
