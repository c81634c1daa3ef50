//! Serves the sample directory until interrupted: `cargo run --example serve -- [PORT] [CA-FILE] [NAME]...`.

use std::error::Error;

use msal_emulator::{Directory, Emulator, Server};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the example is for people to read")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let port = args.next().map_or(Ok(0), |port| port.parse())?;
    let ca = args
        .next()
        .unwrap_or_else(|| "msal-emulator-ca.pem".to_owned());
    let builder = Server::builder(Emulator::new(Directory::sample()))
        .port(port)
        .ca_out(&ca);
    let server = args
        .fold(builder, |builder, name| builder.name(name))
        .start()
        .await?;
    println!("URL {}", server.url());
    println!("CA  {ca}");
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(())
}
