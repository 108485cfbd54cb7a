//! The server: accepts connections, answers each over HTTP/1.1, and stops when it is told to.
//!
//! ```text
//! listener ─► slot and pace of the address ─► TLS, if any ─► meter ─► page, config, health
//!                                                             └──► WebSocket ─► exchange (Rooms)
//! ```
//!
//! One task a connection. Everything that a stranger could hold open has a deadline or a bound;
//! what all of it may take in memory is summed up in `memory`.

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
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, info, warn};

use crate::page::Page;
use admission::{Admission, Most, Slot};
use exchange::Exchange;
use outbox::Backlog;
use sources::{Kind, Sources};
use turn::Turn;
use wire::Wire;

mod admission;
mod company;
mod config;
mod ending;
mod exchange;
mod flags;
mod forwarded;
mod ice;
mod memory;
mod origin;
mod outbox;
mod rate;
mod routes;
mod socket;
mod sources;
mod tls;
mod turn;
mod wire;

pub use config::{Config, ConfigError, Limits, Seconds};
pub use flags::Flags;
pub use forwarded::{Networks, NetworksError};
pub use ice::{IceServers, IceServersError};
pub use origin::{Origin, OriginError};
pub use rate::Pace;
pub use sources::SourceLimits;
pub use tls::TlsError;
pub use turn::{TurnAddresses, TurnError, TurnSecret};

/// All connections that there may be, as a multiple of WebSockets: the rest are for HTTP.
const HTTP_SHARE: usize = 2;
/// Buffer of an HTTP connection, in bytes: the longest request head.
const HTTP_BUFFER_BYTES: usize = 16 * 1024;
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
    pub(crate) sources: Arc<Sources>,
    pub(crate) backlog: Backlog,
    pub(crate) closing: watch::Receiver<bool>,
}

/// The address at the other end of the connection that a request came over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerAddress(pub(crate) IpAddr);

/// Serves until `shutdown` is ready; then takes no more connections, writes what waits to those
/// that are there, closes each with a reason, and returns within [`Limits::drain_within`].
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
    let memory = config.memory();
    let shared = Shared {
        exchange: Exchange::new(seed, limits.rooms(), Turn::new(&config, &seed)),
        page: Arc::new(Page::new(config.dist.clone())),
        sockets: Admission::new(Most::sockets(&limits)),
        sources: Sources::new(&config.sources),
        backlog: Backlog::new(&limits),
        config,
        closing: closing.clone(),
    };
    info!("serving the page from {}", shared.page.source());
    info!(
        "at most {} pages at once; with all that they may hold, {} MiB of memory",
        limits.connections,
        memory >> 20
    );
    let shared = Arc::new(shared);
    let wires = Admission::new(Most::sockets(&limits).times(HTTP_SHARE));
    let entrance = Entrance {
        service: TowerToHyperService::new(routes::router(Arc::clone(&shared))),
        shared,
        wires: Arc::clone(&wires),
        tls,
        closing,
    };
    tokio::select! {
        () = accept(&listener, &entrance) => {}
        () = shutdown => {}
    }
    drop(listener);
    close.send_replace(true);
    match timeout(limits.drain_within.0, wires.emptied()).await {
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
    shared: Arc<Shared>,
    /// All connections, as opposed to WebSockets.
    wires: Arc<Admission>,
    tls: Option<TlsAcceptor>,
    closing: watch::Receiver<bool>,
}

async fn accept(listener: &TcpListener, entrance: &Entrance) {
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!("cannot accept a connection: {error}");
                tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
                continue;
            }
        };
        let Some(slot) = entrance.slot(address.ip()) else {
            debug!("dropped a connection: its address, or the server, has too many");
            continue;
        };
        if let Err(error) = stream.set_nodelay(true) {
            debug!("a connection without TCP_NODELAY: {error}");
        }
        let wire = Wire::new(stream, slot, entrance.shared.config.limits.write_within.0);
        tokio::spawn(entrance.clone().admit(wire, address));
    }
}

impl Entrance {
    /// A slot for a connection, if its address has one and is not too quick. Proxies are not held
    /// to what one visitor may do: whom they speak for is.
    fn slot(&self, address: IpAddr) -> Option<Slot> {
        if self.shared.config.trusted_proxies.contain(address) {
            return self.wires.admit_proxy();
        }
        let slot = self.wires.admit(address)?;
        let once = [(Kind::Connection, 1)];
        self.shared.sources.admit(address, &once, Instant::now()).then_some(slot)
    }

    async fn admit(self, wire: Wire, address: SocketAddr) {
        let head_within = self.shared.config.limits.head_within.0;
        let Some(tls) = self.tls.clone() else { return self.answer(wire, address).await };
        match timeout(head_within, tls.accept(wire)).await {
            Ok(Ok(wire)) => self.answer(wire, address).await,
            Ok(Err(error)) => debug!("no TLS handshake: {error}"),
            Err(_) => debug!("no TLS handshake in time"),
        }
    }

    async fn answer<S>(mut self, stream: S, address: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (router, limits) = (self.service, self.shared.config.limits);
        let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(PeerAddress(address.ip()));
            router.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_within.0)
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
            () = sleep(limits.http_within.0) => {
                debug!("an HTTP connection has lasted long enough");
                return;
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
