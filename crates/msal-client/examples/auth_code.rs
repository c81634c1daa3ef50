//! Signs a user in with an authorization code, for programs that show the browser themselves: of both kinds of client.
//!
//! ```text
//! auth_code AUTHORITY CLIENT_ID SCOPE REDIRECT_URI USERNAME
//! CLIENT_SECRET=… auth_code AUTHORITY CLIENT_ID SCOPE REDIRECT_URI USERNAME
//! ```
//!
//! It prints the address of the sign-in page, and reads the one that the browser ended at. With a secret it is a confidential
//! client.
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error, io};

use msal::{AuthCodeFlow, AuthResponse, Authority, ClientApplication, ClientCredential};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: auth_code AUTHORITY CLIENT_ID SCOPE REDIRECT_URI USERNAME";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments = <[String; 5]>::try_from(arguments).or(Err(usage))?;
    let [authority, client_id, scope, redirect_uri, username] = arguments;
    let credential = match env::var("CLIENT_SECRET") {
        Ok(secret) => ClientCredential::secret(secret),
        Err(_public) => ClientCredential::none(),
    };
    let app = ClientApplication::builder(client_id, credential)
        .known_authority(Authority::parse(&authority)?)
        .build()?;

    // ANCHOR: begin
    let flow = app
        .initiate_auth_code_flow(&*scope, redirect_uri)
        .login_hint(username)
        .await?;
    println!("Open this address to sign in:\n{}", flow.auth_uri());
    // A web application keeps it in the user's session until the browser is back.
    // It is a secret.
    let session = flow.to_session();
    // ANCHOR_END: begin

    let mut address = String::new();
    io::stdin().read_line(&mut address)?;

    // ANCHOR: end
    // Out of the session, so that it cannot be used again.
    let flow = AuthCodeFlow::from_session(session)?;
    let answer = AuthResponse::from_url(address.trim())?;
    let result = app.acquire_token_by_auth_code_flow(flow, answer).await?;
    // ANCHOR_END: end
    let account = result.account.ok_or("the server does not say who it is")?;
    println!("{account} is signed in until {}", result.expires_on);
    Ok(())
}
