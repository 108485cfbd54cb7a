//! The server: accepts connections, answers each over HTTP/1.1, and stops when it is told to.
//!
//! ```text
//! listener ─► slot of the address ─► TLS, if any ─► routes ─► page, config, health
//!                                                        └──► WebSocket ─► exchange (Rooms)
//! ```
//!
//! One task a connection. Everything that a stranger could hold open has a deadline or a bound.

use core::pin::pin;
use core::time::Duration;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, info, warn};

use crate::page::Page;
use admission::Admission;
use exchange::Exchange;
use turn::Turn;
use wire::Wire;

mod admission;
mod config;
mod ending;
mod exchange;
mod flags;
mod ice;
mod origin;
mod outbox;
mod rate;
mod routes;
mod socket;
mod tls;
mod turn;
mod wire;

pub use config::{Config, ConfigError, Limits, Seconds};
pub use flags::Flags;
pub use ice::{IceServers, IceServersError};
pub use origin::{Origin, OriginError};
pub use tls::TlsError;
pub use turn::{TurnAddresses, TurnError, TurnSecret};

/// HTTP connections that an address may have beside its WebSockets, as a multiple of those.
const HTTP_SHARE: usize = 2;
/// Buffer of an HTTP connection, in bytes: the longest request head.
const HTTP_BUFFER_BYTES: usize = 16 * 1024;
/// How long open connections may take to end once the server shuts down.
const SHUTDOWN_WITHIN: Duration = Duration::from_millis(1_500);
/// Pause after the system refused to give a connection, such as for want of file descriptors.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Why the server cannot start.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Limits that contradict each other.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// https is wanted, but cannot be served.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Randomness(getrandom::Error),
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) page: Arc<Page>,
    /// WebSockets, as opposed to all connections.
    pub(crate) sockets: Arc<Admission>,
    pub(crate) closing: watch::Receiver<bool>,
}

/// The address that a request came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerAddress(pub(crate) IpAddr);

/// Serves until `shutdown` is ready; then closes every connection with a reason, and returns
/// within two seconds.
///
/// # Errors
/// [`ServeError`], before anything is served. What a connection does wrong ends that connection.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    config.check()?;
    let tls = tls::acceptor(&config)?;
    let limits = config.limits;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(ServeError::Randomness)?;
    let (close, closing) = watch::channel(false);
    let shared = Shared {
        exchange: Exchange::new(seed, limits.rooms(), Turn::new(&config)),
        page: Arc::new(Page::new(config.dist.clone())),
        sockets: Admission::new(limits.connections_per_address, limits.connections),
        config,
        closing: closing.clone(),
    };
    info!("serving the page from {}", shared.page.source());
    let wires = Admission::new(
        limits.connections_per_address.saturating_mul(HTTP_SHARE),
        limits.connections.saturating_mul(HTTP_SHARE),
    );
    let entrance = Entrance {
        service: TowerToHyperService::new(routes::router(Arc::new(shared))),
        head_within: limits.first_message_within.0,
        tls,
        closing,
    };
    tokio::select! {
        () = accept(&listener, &entrance, &wires) => {}
        () = shutdown => {}
    }
    drop(listener);
    close.send_replace(true);
    match timeout(SHUTDOWN_WITHIN, wires.emptied()).await {
        Ok(()) => info!("stopped"),
        Err(_) => warn!("stopped with {} connections still open", wires.count()),
    }
    Ok(())
}

/// Ready when the server shuts down.
pub(crate) async fn closes(closing: &mut watch::Receiver<bool>) {
    // An error means that the server is gone already.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// What every new connection goes through.
#[derive(Clone)]
struct Entrance {
    service: TowerToHyperService<Router>,
    head_within: Duration,
    tls: Option<TlsAcceptor>,
    closing: watch::Receiver<bool>,
}

async fn accept(listener: &TcpListener, entrance: &Entrance, wires: &Arc<Admission>) {
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!("cannot accept a connection: {error}");
                tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
                continue;
            }
        };
        let Some(slot) = wires.admit(address.ip()) else {
            info!("dropped a connection: its address has too many");
            continue;
        };
        if let Err(error) = stream.set_nodelay(true) {
            debug!("a connection without TCP_NODELAY: {error}");
        }
        let wire = Wire::new(stream, slot);
        tokio::spawn(entrance.clone().admit(wire, address));
    }
}

impl Entrance {
    async fn admit(self, wire: Wire, address: SocketAddr) {
        let Some(tls) = self.tls.clone() else { return self.answer(wire, address).await };
        match timeout(self.head_within, tls.accept(wire)).await {
            Ok(Ok(wire)) => self.answer(wire, address).await,
            Ok(Err(error)) => debug!("no TLS handshake: {error}"),
            Err(_) => debug!("no TLS handshake in time"),
        }
    }

    async fn answer<S>(mut self, stream: S, address: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let router = self.service;
        let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(PeerAddress(address.ip()));
            router.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_within)
            .max_buf_size(HTTP_BUFFER_BYTES)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = closes(&mut self.closing) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            debug!("an HTTP connection failed: {error}");
        }
    }
}

/// Where the server can be reached, as printed when it is ready: `http://127.0.0.1:8787`.
///
/// # Errors
/// The system's, if the listener has no address.
pub fn address(listener: &TcpListener, config: &Config) -> io::Result<String> {
    let scheme = if config.tls_cert.is_some() { "https" } else { "http" };
    Ok(format!("{scheme}://{}", listener.local_addr()?))
}
