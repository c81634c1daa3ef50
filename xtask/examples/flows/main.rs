//! One application of this library, driven by lines of JSON: for the compatibility suite, which lets the same cases run
//! through MSAL Python.
//!
//! The first line says what application it is, each further one is a call. Every call is answered by a line with its
//! `result` or its `error`. Before that, it may say that a page is to be opened (`{"open": …}`), or that it waits
//! (`{"sleep": …}`), which goes on when a line comes back. Tokens are among what it says: to be read by a pipe only.

mod answer;
mod application;
mod calls;
mod harness;
mod options;

use std::io::{BufRead as _, stdin};

use serde_json::{Value, json};

use application::App;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let Some(first) = next()? else {
        return Err("the first line says what application it is".into());
    };
    let mut app = match App::new(&first) {
        Ok(app) => app,
        Err(error) => {
            harness::say(&json!({"error": answer::failure(&*error)}));
            return Ok(());
        }
    };
    harness::say(&json!({"result": null}));
    while let Some(question) = next()? {
        let answer = match app.call(&question).await {
            Ok(result) => json!({"result": result}),
            Err(error) => json!({"error": answer::failure(&*error)}),
        };
        harness::say(&answer);
    }
    Ok(())
}

/// The next line, which waits for nobody else: between calls nothing goes on.
fn next() -> Result<Option<Value>, Failure> {
    let mut line = String::new();
    match stdin().lock().read_line(&mut line)? {
        0 => Ok(None),
        _ => Ok(Some(serde_json::from_str(&line)?)),
    }
}
