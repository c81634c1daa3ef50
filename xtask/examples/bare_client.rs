//! The least that redeeming refresh tokens can cost: what `cargo xtask bench` compares with.
//!
//! Posts the forms of a file, one a line, over a number of HTTP/1.1 connections, and parses the answers. It
//! keeps nothing, checks nothing, retries nothing, and runs on one thread:
//! `bare_client TOKEN-URL CA-FILE FORMS-FILE CONNECTIONS`.

use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::task::LocalSet;
use tokio_rustls::TlsConnector;

type Failure = Box<dyn Error>;

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    refresh_token: String,
    id_token: String,
    expires_in: u64,
    scope: String,
}

/// What all connections share.
struct Run {
    url: Uri,
    tls: TlsConnector,
    forms: Vec<Bytes>,
    next: Cell<usize>,
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "the count is the answer")]
async fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, ca, forms, connections] = args.as_slice() else {
        return Err("usage: bare_client TOKEN-URL CA-FILE FORMS-FILE CONNECTIONS".into());
    };
    let forms = std::fs::read_to_string(forms)?;
    let run = Rc::new(Run {
        url: url.parse()?,
        tls: connector(ca)?,
        forms: forms
            .lines()
            .map(|form| Bytes::from(form.to_owned()))
            .collect(),
        next: Cell::new(0),
    });
    let local = LocalSet::new();
    let workers: Vec<_> = (0..connections.parse::<usize>()?)
        .map(|_| local.spawn_local(redeem(Rc::clone(&run))))
        .collect();
    local.await;
    let mut redeemed = 0;
    for worker in workers {
        redeemed += worker.await??;
    }
    println!("{redeemed}");
    Ok(())
}

/// Takes forms until none is left; returns how many were answered with tokens.
async fn redeem(run: Rc<Run>) -> Result<usize, Failure> {
    let host = run.url.host().ok_or("no host")?.to_owned();
    let port = run.url.port_u16().unwrap_or(443);
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    stream.set_nodelay(true)?;
    let stream = run.tls.connect(ServerName::try_from(host)?, stream).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::task::spawn_local(connection);
    let mut redeemed = 0;
    while let Some(form) = run.forms.get(run.next.replace(run.next.get() + 1)) {
        let request = Request::post(run.url.path())
            .header("host", run.url.authority().ok_or("no host")?.as_str())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::new(form.clone()))?;
        let response = sender.send_request(request).await?;
        let body = response.into_body().collect().await?.to_bytes();
        let answer: TokenAnswer = serde_json::from_slice(&body)?;
        redeemed += usize::from(answer.is_whole());
    }
    Ok(redeemed)
}

impl TokenAnswer {
    fn is_whole(&self) -> bool {
        let texts = [
            &self.access_token,
            &self.refresh_token,
            &self.id_token,
            &self.scope,
        ];
        self.expires_in > 0 && texts.iter().all(|text| !text.is_empty())
    }
}

fn connector(ca: &str) -> Result<TlsConnector, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca)? {
        roots.add(certificate?)?;
    }
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
