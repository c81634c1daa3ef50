//! Moves tokens that a program has in memory into a cache file: the rows of a database, say.
//!
//! ```text
//! from_memory AUTHORITY CLIENT_ID SCOPE CACHE < ROWS
//! ```
//!
//! Each row is `USER TOKEN`. Stopped or killed, it goes on where it was when it is run again with the same rows.
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::ops::ControlFlow;
use std::{env, error::Error, io, sync::Arc};

use msal::{Dialect, FileStore, Partition, Runtime, Scope, SharedTokenCache};
use msal_migrate::{
    AuthorityOverride, Destination, JournalReader, Locator, Migration, NoObserver, Place,
    PlanOptions, Record, Row, Source, SourceError, SourceKind,
};

/// It is read twice: for the plan, and to send the tokens.
#[derive(Debug)]
struct Rows(Vec<Record>);

impl Source for Rows {
    fn kind(&self) -> SourceKind {
        SourceKind::TokenJson
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        let _all_or_enough = self.0.iter().cloned().map(Row::from).try_for_each(visit);
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: from_memory AUTHORITY CLIENT_ID SCOPE CACHE < ROWS";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope, cache] = <[String; 4]>::try_from(arguments).or(Err(usage))?;

    let (table, scope) = (Arc::from("users"), Scope::parse(&scope)?);
    let mut rows = Vec::new();
    for (number, line) in (0..).zip(io::stdin().lines()) {
        let line = line?;
        let (user, token) = line.split_once(' ').ok_or(usage)?;
        let place = Locator::new(&table, Place::Element(number)).with_key(user);
        let mut record = Record::new(token.trim(), place);
        record.client_id = Some(client_id.clone());
        record.scopes = vec![scope.clone()];
        // An answer for somebody else is held back.
        record.user.username = Some(user.to_owned());
        rows.push(record);
    }

    let store = Arc::new(FileStore::new(&cache));
    let target = SharedTokenCache::new(store, Partition::default(), Dialect::Python);
    let destination = Destination::new().with("target", &cache);
    let journal = format!("{cache}.journal");
    let mut options = PlanOptions::default();
    options.authority = Some(AuthorityOverride::parse(&authority)?);
    let migration = Migration::new(
        Box::new(Rows(rows)),
        Arc::new(target),
        &journal,
        destination,
        Runtime::default(),
    );
    let never = Box::pin(std::future::pending()); // or what completes when it is to stop
    let report = migration.plan(options).run(&mut NoObserver, never).await?;
    println!("{} of {} tokens migrated", report.migrated, report.tokens);

    JournalReader::open(&journal)?.tokens(&mut |token| {
        println!("{}: {:?}", token.locator.key().unwrap_or("?"), token.state);
    })?;
    Ok(())
}
