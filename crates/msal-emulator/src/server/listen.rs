//! Sockets on the loopback interface.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use super::error::ServerError;

pub(super) async fn listen_if(
    port: Option<u16>,
) -> Result<(Vec<TcpListener>, Option<u16>), ServerError> {
    match port {
        None => Ok((Vec::new(), None)),
        Some(port) => {
            let (sockets, port) = listen_on(port).await?;
            Ok((sockets, Some(port)))
        }
    }
}

/// Binds a port and tells which one it is.
pub(super) async fn listen_on(port: u16) -> Result<(Vec<TcpListener>, u16), ServerError> {
    let sockets = bind(port)
        .await
        .map_err(|source| ServerError::Bind { port, source })?;
    let bound = sockets.first().and_then(|socket| socket.local_addr().ok());
    Ok((sockets, bound.map_or(port, |addr| addr.port())))
}

/// Binds both loopback addresses to one port. Where there is no IPv6, the IPv4 one is enough.
async fn bind(port: u16) -> io::Result<Vec<TcpListener>> {
    let mut attempts = 0;
    loop {
        let v4 = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let bound = v4.local_addr()?.port();
        match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, bound))).await {
            Ok(v6) => return Ok(vec![v4, v6]),
            // Another program has this port on ::1, and clients that try IPv6 first would reach it.
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse && port == 0 && attempts < 20 =>
            {
                attempts += 1
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(_) => return Ok(vec![v4]),
        }
    }
}
