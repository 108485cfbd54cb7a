//! `dev`: signaling and `trunk serve` side by side, for work on the page.
//!
//! The same as `cargo run -p signaling` and `trunk serve` in two terminals: Trunk.toml sends what
//! the page asks of the server to the address that a server without flags listens on.

use crate::bundle::{self, Server};
use crate::tools::FOR_THE_PAGE;
use crate::{install, process, serve};
use anyhow::{Result, bail};
use clap::Args;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

/// The port that Trunk.toml sends the page's requests to.
const SIGNALING_PORT: u16 = 8787;

/// The command's flags.
#[derive(Args)]
pub struct Options {
    /// The port of the page
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Open the page in a browser
    #[arg(long)]
    open: bool,
}

/// Sets up what is missing, then serves and rebuilds until it is stopped.
///
/// # Errors
/// When a port is taken, a tool cannot be installed, or one of the two ends.
pub fn run(options: &Options) -> Result<()> {
    let signaling_address = SocketAddr::from((Ipv4Addr::LOCALHOST, SIGNALING_PORT));
    serve::assert_free(signaling_address)?;
    serve::assert_free((Ipv4Addr::LOCALHOST, options.port).into())?;
    install::ensure(&FOR_THE_PAGE)?;
    let mut signaling = process::command(bundle::build_server(Server::Development)?)?;
    signaling.args(["--listen", &signaling_address.to_string()]);
    let mut signaling = process::start(&mut signaling)?;
    serve::wait_until_it_listens(signaling_address, &mut signaling)?;

    let mut trunk = bundle::trunk("serve")?;
    trunk.args(["--port", &options.port.to_string()]);
    if options.open {
        trunk.args(["--open", "true"]);
    }
    let mut page = process::start(&mut trunk)?;
    println!("the page, once built: http://localhost:{}/ (Ctrl-C stops both)", options.port);
    println!("a change of the server needs a new start, a change of the page does not");
    loop {
        if let Some(status) = signaling.ended()? {
            bail!("signaling ended ({status})");
        }
        if let Some(status) = page.ended()? {
            bail!("trunk ended ({status})");
        }
        thread::sleep(Duration::from_millis(200));
    }
}
