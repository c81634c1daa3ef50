//! Serves the sample directory, or the one of a configuration file, until interrupted:
//! `cargo run --example serve -- [PORT] [CA-FILE] [CONFIG.toml | NAME]...`.

use std::error::Error;

use msal_emulator::{Config, Directory, Emulator, Server};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the example is for people to read")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let port = args.next().map_or(Ok(0), |port| port.parse())?;
    let ca = args
        .next()
        .unwrap_or_else(|| "msal-emulator-ca.pem".to_owned());
    let mut names: Vec<String> = args.collect();
    let config = names.iter().position(|name| name.ends_with(".toml"));
    let builder = match config.map(|index| names.swap_remove(index)) {
        Some(path) => Server::configured(Config::from_toml(&std::fs::read_to_string(path)?)?),
        None => Server::builder(Emulator::new(Directory::sample())),
    };
    let builder = builder.port(port).ca_out(&ca);
    let server = names
        .into_iter()
        .fold(builder, |builder, name| builder.name(name))
        .start()
        .await?;
    println!("URL {}", server.url());
    println!("CA  {ca}");
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(())
}
