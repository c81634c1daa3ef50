//! Migrates each user's refresh token when that user comes back, as a web application does that cannot stop for a batch.
//!
//! ```text
//! on_first_use AUTHORITY CLIENT_ID FOLDER JOURNAL TARGET [single-use] < REQUESTS        each request: USER TOKEN
//! ```
//!
//! Each user has a cache of their own in FOLDER. Any number of these may run, and `msal migrate run` with the same JOURNAL
//! into TARGET beside them: each token is sent once.
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error, io, sync::Arc};

use msal::{Authority, FileStore, Partition, PublicClientApplication, Runtime};
use msal_migrate::{
    AuthorityOverride, Destination, FirstUse, Locator, Migrator, Place, PlanOptions, Record,
    RotationPolicy, Settings,
};
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, folder, journal, target, rest @ ..] = arguments.as_slice() else {
        return Err(
            "usage: on_first_use AUTHORITY CLIENT_ID FOLDER JOURNAL TARGET [single-use] < REQUESTS"
                .into(),
        );
    };
    let rotation = match rest.first().map(String::as_str) {
        Some("single-use") => RotationPolicy::SingleUse,
        _ => RotationPolicy::Reusable,
    };

    let mut plan = PlanOptions::default();
    plan.authority = Some(AuthorityOverride::parse(authority)?);
    plan.client_id = Some(client_id.clone());
    // ANCHOR: open
    // The destination is the batch's, as the command says it.
    let destination = Destination::new()
        .with("target", target)
        .with("sdk", "python");
    let migrator = Migrator::open(journal, destination, Runtime::default()).await?;
    let migrator = migrator.plan(plan).settings(Settings {
        rotation,
        ..Settings::default()
    });
    // ANCHOR_END: open
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(authority)?)
        .store(FileStore::directory(folder))
        .build()?;

    let mut requests = JoinSet::new();
    for request in io::stdin().lines() {
        let (migrator, app) = (migrator.clone(), app.clone());
        requests.spawn(async move {
            let request = request?;
            let (user, token) = request.split_once(' ').ok_or("a request is USER TOKEN")?;
            answer(&migrator, &app, user, token).await
        });
    }
    while let Some(answered) = requests.join_next().await {
        answered??;
    }
    Ok(migrator.close().await?)
}

/// Answers a request of a user whom the application knows, and has an old token of.
async fn answer(
    migrator: &Migrator,
    app: &PublicClientApplication,
    user: &str,
    token: &str,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    // ANCHOR: redeem
    let app = app.for_partition(Partition::hashed(user));
    // An application that has moved its users asks for the account first, and for the old token only without one.
    let table: Arc<str> = "the application's table".into();
    // The key of the row: reports name it, and `--release` tells it from the others by it.
    let locator = Locator::new(&table, Place::Element(0)).with_key(user);
    let mut record = Record::new(token, locator);
    record.user.username = Some(user.to_owned());
    let used = migrator
        .redeem_on_first_use(app.token_cache(), [record])
        .await?;
    // ANCHOR_END: redeem

    let account = match used.is_signed_in() {
        true => app.account(user).await?,
        false => None,
    };
    match (account, used) {
        (Some(account), _) => {
            let scope = "https://graph.microsoft.com/User.Read";
            let result = app.acquire_token_silent(scope, &account).await?;
            println!("{user}: signed in, with {}", result.scopes);
        }
        (None, FirstUse::Later { .. }) => println!("{user}: may try again"),
        // The old token is of no use here: the page sends its user to sign in.
        (None, used) => println!("{user}: has to sign in: {used:?}"),
    }
    Ok(())
}
