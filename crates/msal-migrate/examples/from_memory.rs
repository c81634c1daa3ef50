//! Migrates the refresh tokens that a program has in memory, and says of each user how it went.
//!
//! ```text
//! from_memory AUTHORITY CLIENT_ID TARGET < ROWS        each row: USER TOKEN
//! ```
//!
//! It can be run again: `TARGET.journal` knows what is done, and nothing is sent twice.
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error, io, sync::Arc};

use msal::{Dialect, FileStore, Partition, Runtime, SharedTokenCache};
use msal_migrate::{
    AuthorityOverride, Conclusion, Destination, Locator, Migration, ObservedToken, Observer, Place,
    PlanOptions, Record, Records, Report,
};

/// Says how each token ended.
struct Progress;

impl Observer for Progress {
    fn concluded(&mut self, token: &ObservedToken<'_>, conclusion: &Conclusion<'_>) {
        let user = token.user.username.as_deref().unwrap_or("somebody");
        let (state, why) = (conclusion.state, &conclusion.reason.error);
        println!("{user}: {state:?} {why}");
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, target] = arguments.as_slice() else {
        return Err("usage: from_memory AUTHORITY CLIENT_ID TARGET < ROWS".into());
    };

    // A program has its rows from its own database, session store or vault.
    let rows: Vec<String> = io::stdin().lines().collect::<Result<_, _>>()?;
    let name: Arc<str> = "standard input".into();
    let records = (1..).zip(&rows).filter_map(|(line, row)| {
        let (user, token) = row.split_once(' ')?;
        let mut record = Record::new(token, Locator::new(&name, Place::Line(line)));
        record.client_id = Some(client_id.clone());
        record.user.username = Some(user.to_owned());
        Some(record)
    });
    let source = Records::new(records);

    let store = Arc::new(FileStore::new(target));
    let cache = SharedTokenCache::new(store, Partition::default(), Dialect::Python);
    let mut plan = PlanOptions::default();
    plan.authority = Some(AuthorityOverride::parse(authority)?);
    let migration = Migration::new(
        Box::new(source),
        Arc::new(cache),
        format!("{target}.journal"),
        Destination::new()
            .with("target", target)
            .with("sdk", "python"),
        Runtime::default(),
    );
    // On Ctrl-C nothing new is sent, and what is in flight is brought home.
    let stop = Box::pin(async { drop(tokio::signal::ctrl_c().await) });
    let report = migration.plan(plan).run(&mut Progress, stop).await?;

    let Report {
        tokens, migrated, ..
    } = report;
    println!("{migrated} of {tokens} migrated: {:?}", report.completion());
    Ok(())
}
