//! The signaling server's binary: reads the flags, listens, serves until it is told to stop.
//!
//! When it is ready it prints one line on stdout, `listening on http://ADDRESS:PORT`; everything
//! else goes to the log on stderr.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use signaling::Flags;
use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket, lookup_host};
use tokio::runtime::Builder;
use tracing_subscriber::EnvFilter;

#[derive(Debug, Error)]
enum Failure {
    #[error("--log {0:?} is no log filter: {1}")]
    Log(String, tracing_subscriber::filter::ParseError),
    #[error("cannot listen on {0}: {1}. Another address or port can be given with --listen")]
    Listen(String, std::io::Error),
    #[error("the system gives no threads: {0}")]
    Runtime(std::io::Error),
    #[error("the server has failed: {0}")]
    Task(#[from] tokio::task::JoinError),
    #[error("cannot wait for signals of the system: {0}")]
    Signals(std::io::Error),
    #[error(transparent)]
    Serve(#[from] signaling::ServeError),
}

/// Connections that the system may hold until they are accepted: a flood of them must not have it
/// turn others away, who would try again only after a second.
const BACKLOG: u32 = 4_096;
/// After so many steps of tasks the runtime looks at sockets and at new tasks, even if others wait:
/// so those who are busy hold up nobody who has just come.
const LOOK_AFTER_STEPS: u32 = 8;

fn main() -> ExitCode {
    match run(Flags::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "signaling: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(flags: Flags) -> Result<(), Failure> {
    let runtime = Builder::new_multi_thread()
        .event_interval(LOOK_AFTER_STEPS)
        .global_queue_interval(LOOK_AFTER_STEPS)
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?;
    // A task of the runtime's own: what it spawns need not come in from outside.
    runtime.block_on(async { tokio::spawn(serve(flags)).await })?
}

/// Listens on the first of the addresses that has room for it.
async fn listen(address: &str) -> std::io::Result<TcpListener> {
    let mut failure = std::io::ErrorKind::AddrNotAvailable.into();
    for address in lookup_host(address).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

async fn serve(flags: Flags) -> Result<(), Failure> {
    let filter =
        EnvFilter::try_new(&flags.log).map_err(|error| Failure::Log(flags.log.clone(), error))?;
    let stderr = std::io::stderr;
    let colours = stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(colours).init();
    let unheard = |error| Failure::Listen(flags.listen.clone(), error);
    let listener = listen(&flags.listen).await.map_err(unheard)?;
    let address = signaling::address(&listener, &flags.config).map_err(unheard)?;
    let stop = stop().map_err(Failure::Signals)?;
    let mut stdout = std::io::stdout();
    // Whoever reads this may have gone: that is no reason not to serve.
    let _ = writeln!(stdout, "listening on {address}").and_then(|()| stdout.flush());
    signaling::run(listener, flags.config, stop).await?;
    Ok(())
}

/// Ready when the system asks the process to stop.
#[cfg(unix)]
fn stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ready when the system asks the process to stop.
#[cfg(not(unix))]
fn stop() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
