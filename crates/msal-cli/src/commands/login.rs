//! `msal login`: signs a user in, and keeps their tokens in a token cache.

mod browser;
mod device;
mod done;
mod password;
mod refusal;
mod scopes;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use msal::{AuthenticationResult, PublicClientApplication};

use crate::application::Place;
use crate::cli::LoginArgs;
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::Printer;
use crate::runtime::block_on;
use crate::sends::Sends;
use crate::{authority, network, signal, target};

pub(super) fn run(arguments: &LoginArgs, printer: &Printer) -> Result<Exit, Failure> {
    let (runtime, sends) = network::stoppable(&arguments.network)?;
    let named = authority::of_accounts(arguments.authority.as_deref(), printer)?;
    let place = Place::named(named.as_ref()).at(arguments.tenant.as_deref())?;
    let clock = runtime.clone();
    let signed_in = block_on(async {
        let cache = target::open_or_new(&arguments.target, arguments.sdk.dialect()).await?;
        let cache = Arc::new(cache.rehearsing());
        // Nobody should sign in for tokens that cannot be kept.
        cache.rehearse_save().await?;
        let builder = PublicClientApplication::builder(&arguments.client_id)
            .cache(Arc::clone(&cache))
            .runtime(runtime);
        let application = place.build(builder)?;
        // What is dropped here closes its port and ends its requests.
        let signing_in = sign_in(&application, arguments, &sends, printer);
        let result = sends.unless(signal::stop(), signing_in, printer).await;
        let result = result.ok_or_else(stopped)??;
        done::print(&result, arguments, &cache, printer);
        Ok(Exit::Success)
    });
    network::tell_clock(&clock, printer);
    signed_in
}

async fn sign_in(
    application: &PublicClientApplication,
    arguments: &LoginArgs,
    sends: &Sends,
    printer: &Printer,
) -> Result<AuthenticationResult, Failure> {
    let scopes = scopes::of(arguments);
    match &arguments.username {
        Some(username) => password::sign_in(application, username, &scopes, printer).await,
        None if arguments.device_code => {
            let limit = Duration::from_secs(arguments.timeout);
            let signing_in = device::sign_in(application, &scopes, limit, printer);
            let in_time = sends.unless(tokio::time::sleep(limit), signing_in, printer);
            in_time.await.ok_or_else(refusal::too_late)?
        }
        None => browser::sign_in(application, arguments, &scopes, printer).await,
    }
}

fn stopped() -> Failure {
    Failure {
        exit: Exit::UsersNeeded,
        ..Failure::usage(
            "stopped: nobody has signed in",
            "run the same command again; the page and the code of this one lead nowhere",
        )
    }
}
