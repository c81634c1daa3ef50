//! What an API does that was called with a user's token, and must call another API as that user.
//!
//! ```text
//! CLIENT_SECRET=… on_behalf_of AUTHORITY CLIENT_ID SCOPE < ASSERTION
//! ```
//!
//! `ASSERTION` is what stands behind `Bearer` in the request to the API.
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error, io};

use msal::{Authority, ConfidentialClientApplication, Remedy, UserAssertion};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: CLIENT_SECRET=… on_behalf_of AUTHORITY CLIENT_ID SCOPE < ASSERTION";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope] = <[String; 3]>::try_from(arguments).or(Err(usage))?;
    let secret = env::var("CLIENT_SECRET").or(Err(usage))?;
    let app = ConfidentialClientApplication::builder(client_id, secret)
        .known_authority(Authority::parse(&authority)?)
        .build()?;
    let bearer = io::read_to_string(io::stdin())?;
    // ANCHOR: call
    // Signature, audience and expiry were checked when the request came in.
    let assertion = UserAssertion::from(bearer.trim());
    match app.acquire_token_on_behalf_of(&assertion, &*scope).await {
        Ok(token) => {
            let account = token.account.ok_or("the server does not say whose it is")?;
            println!("a token of {account} until {}", token.expires_on);
        }
        // The caller must have the user sign in, with these claims: answer 401 and say so.
        Err(error) if error.remedy() == Remedy::SignIn => {
            println!("the user must take part: {:?}", error.claims());
        }
        Err(error) => return Err(error.into()),
    }
    // ANCHOR_END: call
    Ok(())
}
