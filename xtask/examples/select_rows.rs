//! The rows of a SELECT, read with the drivers that `msal migrate` reads with, and left alone:
//! `select_rows sqlite FILE SELECT` or `select_rows postgres SETTINGS SELECT`, of the columns (number, text, text, text).
//!
//! It prints how many rows came. Whoever measures it knows what planning costs beyond its reading.
#![expect(clippy::print_stdout, reason = "what is printed is the answer")]

use std::error::Error;
use std::hint::black_box;
use std::pin::pin;

use futures_util::TryStreamExt;
use rusqlite::{Connection, OpenFlags};
use tokio_postgres::NoTls;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let rows = match args.as_slice() {
        ["sqlite", file, select] => sqlite(file, select)?,
        ["postgres", settings, select] => postgres(settings, select).await?,
        _ => {
            return Err(
                "usage: select_rows sqlite FILE SELECT | select_rows postgres SETTINGS SELECT"
                    .into(),
            );
        }
    };
    println!("{rows}");
    Ok(())
}

fn sqlite(file: &str, select: &str) -> Result<u64, Box<dyn Error>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    let mut statement = connection.prepare(select)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            black_box(row.get_ref(column)?);
        }
        count += 1;
    }
    Ok(count)
}

async fn postgres(settings: &str, select: &str) -> Result<u64, Box<dyn Error>> {
    let (client, connection) = tokio_postgres::connect(settings, NoTls).await?;
    let connection = tokio::spawn(connection);
    let none: [&str; 0] = [];
    let mut rows = pin!(client.query_raw(select, none).await?);
    let mut count = 0;
    while let Some(row) = rows.try_next().await? {
        black_box(row.try_get::<_, i64>(0)?);
        for column in 1..row.len() {
            black_box(row.try_get::<_, &str>(column)?);
        }
        count += 1;
    }
    connection.abort();
    Ok(count)
}
