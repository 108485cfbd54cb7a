//! `serve`: from a bare machine to a running chat: one process, one port, page and signaling.
//!
//! Browsers give a page on plain http its locks and its storage on localhost only. So without
//! `--tls` it listens on this machine alone, and with it on every address, with a code for phones
//! to scan.

use crate::bundle::{self, Server};
use crate::{certificate, process};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::env;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::process::Stdio;
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

/// The port when none is named.
const PORT: u16 = 8080;
/// The variable that says what the server logs; every visit, unless it is told otherwise.
const LOG: &str = "CONFAB_LOG";
/// How long the server may take to listen.
const START: Duration = Duration::from_secs(30);

/// The command's flags.
#[derive(Args)]
pub struct Options {
    /// The port of the page and of signaling [default: 8080]
    #[arg(long, conflicts_with = "listen")]
    port: Option<u16>,
    /// The address or name to listen on, with or without a port
    /// [default: 127.0.0.1; with --tls 0.0.0.0]
    #[arg(long, value_name = "ADDRESS[:PORT]")]
    listen: Option<Listen>,
    /// Serve https with a self-signed certificate, so that other devices in the network can join
    #[arg(long)]
    tls: bool,
}

/// Where to listen: an address, and a port if it names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Listen {
    ip: IpAddr,
    port: Option<u16>,
}

/// What answers words that say nowhere to listen.
const EXAMPLES: &str = "this machine has no such address: write it like 127.0.0.1, \
                        localhost:9000, 0.0.0.0:8443 or [::1]:8080";

impl FromStr for Listen {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Ok(ip) = text.parse() {
            return Ok(Self { ip, port: None });
        }
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self { ip: address.ip(), port: Some(address.port()) });
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, Some(port.parse().context(EXAMPLES)?)),
            None => (text, None),
        };
        Ok(Self { ip: resolve(name).context(EXAMPLES)?, port })
    }
}

/// The address of a name; where it has one of each kind, the older kind, which every browser tries.
fn resolve(name: &str) -> Option<IpAddr> {
    let found = (!name.is_empty()).then(|| (name, 0).to_socket_addrs().ok())??;
    let mut found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    found.sort_by_key(IpAddr::is_ipv6);
    found.first().copied()
}

impl Options {
    /// Where to listen.
    fn address(&self) -> SocketAddr {
        let default = if self.tls { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
        let ip = self.listen.map_or(default.into(), |listen| listen.ip);
        let port = self.listen.and_then(|listen| listen.port).or(self.port).unwrap_or(PORT);
        SocketAddr::new(ip, port)
    }
}

/// Sets up what is missing, builds and serves until it is stopped.
///
/// # Errors
/// When the port is taken, a tool cannot be installed, a build fails or the server ends.
pub fn run(options: &Options) -> Result<()> {
    let address = options.address();
    assert_free(address)?;
    bundle::build_page()?;
    let mut command = process::command(bundle::build_server(Server::Release)?)?;
    // What it says of its address is said below, once, as addresses of the page.
    command.args(["--listen", &address.to_string()]).stdout(Stdio::null());
    if env::var_os(LOG).is_none() {
        command.env(LOG, "warn");
    }
    if options.tls {
        let files = certificate::for_this_machine()?;
        command.arg("--tls-cert").arg(files.certificate).arg("--tls-key").arg(files.key);
    }
    let mut server = process::start(&mut command)?;
    wait_until_it_listens(address, &mut server)?;
    announce(options, &urls(options, &certificate::addresses()))?;
    loop {
        if let Some(status) = server.ended()? {
            bail!("the server ended ({status})");
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// A taken port is said before the build and not after it.
///
/// # Errors
/// When nothing can listen there.
pub fn assert_free(address: SocketAddr) -> Result<()> {
    TcpListener::bind(address).map(drop).with_context(|| {
        format!("cannot listen on {address}: choose another with --port or --listen")
    })
}

/// Waits until something accepts connections there.
///
/// # Errors
/// When the server ends or does not listen in time.
pub fn wait_until_it_listens(address: SocketAddr, server: &mut process::Running) -> Result<()> {
    let deadline = Instant::now() + START;
    let address = reachable(address);
    while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
        if let Some(status) = server.ended()? {
            bail!("the server ended before it listened ({status})");
        }
        if Instant::now() > deadline {
            bail!("the server does not listen on {address} after {}", process::spell(START));
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// "Every address" is listened on, but not connected to.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => (Ipv6Addr::LOCALHOST, address.port()).into(),
        IpAddr::V4(_) | IpAddr::V6(_) => address,
    }
}

/// The page's address for this machine, and those for others in the network.
struct Urls {
    here: String,
    elsewhere: Vec<String>,
}

fn urls(options: &Options, network: &[IpAddr]) -> Urls {
    let scheme = if options.tls { "https" } else { "http" };
    let address = options.address();
    let url = |host: &str| format!("{scheme}://{host}:{}/", address.port());
    let host = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let listen = address.ip();
    if listen.is_unspecified() {
        let reached = network.iter().filter(|ip| ip.is_ipv4() || listen.is_ipv6());
        let elsewhere = reached.map(|ip| url(&host(ip))).collect();
        return Urls { here: url("localhost"), elsewhere };
    }
    if listen.is_loopback() {
        return Urls { here: url("localhost"), elsewhere: Vec::new() };
    }
    Urls { here: url(&host(&listen)), elsewhere: vec![url(&host(&listen))] }
}

fn announce(options: &Options, urls: &Urls) -> Result<()> {
    println!("\nConfab is at {}", urls.here);
    for url in urls.elsewhere.iter().filter(|url| **url != urls.here) {
        println!("in your network at {url}");
    }
    match urls.elsewhere.first() {
        Some(url) if options.tls => {
            println!("\n{}", code(url)?);
            println!("scan the code with a phone; the browser asks once about the certificate,");
            println!("because this machine has signed it itself");
        }
        Some(_) => {
            println!("browsers refuse this page over plain http from another device: use --tls");
        }
        None => println!("for other devices in your network: cargo xtask serve --tls"),
    }
    println!("Ctrl-C stops it");
    Ok(())
}

/// The address as a picture of half blocks.
fn code(url: &str) -> Result<String> {
    let code = fast_qr::QRBuilder::new(url)
        .build()
        .map_err(|error| anyhow::anyhow!("no code for {url}: {error:?}"))?;
    Ok(code.to_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(listen: Option<&str>, tls: bool) -> Options {
        Options { port: None, listen: listen.map(|ip| ip.parse().unwrap()), tls }
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        let options = options(None, false);
        assert!(options.address().ip().is_loopback());
        let urls = urls(&options, &["192.0.2.7".parse().unwrap()]);
        assert_eq!(urls.here, "http://localhost:8080/");
        assert!(urls.elsewhere.is_empty());
    }

    #[test]
    fn tls_is_offered_to_the_network() {
        let network = ["192.0.2.7".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        let urls = urls(&options(None, true), &network);
        assert_eq!(urls.here, "https://localhost:8080/");
        assert_eq!(urls.elsewhere, ["https://192.0.2.7:8080/"]);
        let both = super::urls(&options(Some("::"), true), &network);
        assert_eq!(both.elsewhere[1], "https://[2001:db8::1]:8080/");
        assert!(code(&urls.elsewhere[0]).unwrap().lines().count() > 10);
    }

    #[test]
    fn an_address_may_name_its_port() {
        assert_eq!(options(Some("0.0.0.0:8443"), true).address().port(), 8443);
        assert_eq!(options(Some("[::1]:1"), true).address().to_string(), "[::1]:1");
        assert_eq!(options(Some("::1"), false).address().to_string(), "[::1]:8080");
    }

    #[test]
    fn a_name_is_an_address_and_nonsense_is_answered_with_examples() {
        for (name, port) in [("localhost", 8080), ("localhost:9000", 9000)] {
            let address = options(Some(name), false).address();
            assert!(address.ip().is_loopback() && address.port() == port, "{address}");
        }
        for nonsense in ["", ":9000", "no such name", "localhost:port", "localhost:70000"] {
            let error = nonsense.parse::<Listen>().unwrap_err().to_string();
            assert!(error.contains("localhost:9000"), "{nonsense}: {error}");
        }
    }

    #[test]
    fn a_port_is_named_once() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            options: Options,
        }
        let parse = |line: &[&str]| <Line as clap::Parser>::try_parse_from(line);
        let one = parse(&["serve", "--port", "9"]).unwrap();
        assert_eq!(one.options.address().port(), 9);
        let both = parse(&["serve", "--listen", "127.0.0.1", "--port", "9"]).err().unwrap();
        assert_eq!(both.kind(), clap::error::ErrorKind::ArgumentConflict);
    }

    #[test]
    fn a_taken_port_is_said_before_anything_is_built() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = assert_free(taken.local_addr().unwrap()).unwrap_err().to_string();
        assert!(error.contains("--port"), "{error}");
    }
}
