//! A relay between a client and a server, whose connections break when a test says so.

use std::future;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

pub(crate) struct Relay {
    port: u16,
    hang_up: watch::Sender<()>,
    held: Arc<Notify>,
    connections: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Relay {
    /// Passes everything on to this port.
    pub(crate) async fn to(server: u16) -> Self {
        Self::limited(server, usize::MAX).await
    }

    /// Passes on what the client says, and on each connection only so many bytes of what the server says.
    pub(crate) async fn limited(server: u16, limit: usize) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let relay = Self {
            port: listener.local_addr().unwrap().port(),
            hang_up: watch::Sender::new(()),
            held: Arc::default(),
            connections: Arc::default(),
        };
        let (hang_up, held) = (relay.hang_up.clone(), Arc::clone(&relay.held));
        let connections = Arc::clone(&relay.connections);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await;
                let connection = Connection {
                    client,
                    server: server.unwrap(),
                    limit,
                };
                let (hang_up, held) = (hang_up.subscribe(), Arc::clone(&held));
                let carrying = tokio::spawn(connection.carry(hang_up, held));
                connections.lock().unwrap().push(carrying);
            }
        });
        relay
    }

    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.connections.lock().unwrap().len()
    }

    /// Returns once a connection is at its limit.
    pub(crate) async fn held(&self) {
        self.held.notified().await;
    }

    /// Ends all connections, and returns when the client has noticed. Connections made later are not ended.
    pub(crate) async fn hang_up(&self) {
        self.hang_up.send_replace(());
        let mut open = std::mem::take(&mut *self.connections.lock().unwrap());
        for connection in &mut open {
            connection.await.unwrap();
        }
        self.connections.lock().unwrap().extend(open);
    }
}

struct Connection {
    client: TcpStream,
    server: TcpStream,
    /// How many bytes of what the server says are still passed on.
    limit: usize,
}

impl Connection {
    async fn carry(mut self, mut hang_up: watch::Receiver<()>, held: Arc<Notify>) {
        let (mut question, mut answer) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
        loop {
            tokio::select! {
                said = self.client.read(&mut question) => match said {
                    Ok(0) | Err(_) => return,
                    Ok(said) => self.server.write_all(&question[..said]).await.unwrap(),
                },
                said = self.server.read(&mut answer) => match said {
                    Ok(0) | Err(_) => return,
                    Ok(said) if said > self.limit => {
                        held.notify_one();
                        future::pending().await
                    }
                    Ok(said) => {
                        self.limit -= said;
                        // A client that has gone away is noticed when it is listened to.
                        let _ = self.client.write_all(&answer[..said]).await;
                    }
                },
                _ = hang_up.changed() => {
                    self.client.shutdown().await.unwrap();
                    while self.client.read(&mut question).await.is_ok_and(|said| said > 0) {}
                    return;
                }
            }
        }
    }
}
