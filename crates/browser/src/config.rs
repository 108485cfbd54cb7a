//! What the page's server says (`config.json`), and the signaling address that follows from it.
//!
//! What it said last is kept on the device, so that the page opens its rooms while it is away.
//!
//! All addresses are relative to the document, so that the page works under any path. An address
//! from `?signal=` is used only if the server lists its origin: a link must not be able to make a
//! page talk to somebody else's server.

use engine::protocol::{IceServer, PageConfig};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit, Response, Storage, Url, Window};

use crate::bindings::words;
use crate::client::event::Fault;

/// Where the server answers with [`PageConfig`].
const CONFIG: &str = "config.json";
/// Where the signaling socket is, beside the page.
const SIGNAL: &str = "signal";

/// On the device: what the server said last. It names no room and nobody.
const KEPT: &str = "confab.config";
/// More than a server says of itself, in bytes: more is not kept.
const KEPT_BYTES: usize = 64 * 1024;
/// Who has an earlier answer does not wait longer for a new one, in milliseconds.
const PATIENCE: u32 = 4_000;

/// Reads the configuration from the page's own server, and keeps it.
pub(crate) async fn fetch(window: &Window) -> Result<PageConfig, Fault> {
    let text = fetch_text(window).await.map_err(|text| Fault::Configuration { text })?;
    let config = serde_json::from_str(&text);
    let config = config.map_err(|error| Fault::Configuration { text: error.to_string() })?;
    if let Some(device) = device(window).filter(|_| text.len() <= KEPT_BYTES) {
        // A full disk only means that this one is asked for again.
        let _ = device.set_item(KEPT, &text);
    }
    Ok(config)
}

/// What the server said when it could last be asked, if that is known.
pub(crate) fn kept(window: &Window) -> Option<PageConfig> {
    let text = device(window)?.get_item(KEPT).ok().flatten()?;
    serde_json::from_str(&text).ok()
}

fn device(window: &Window) -> Option<Storage> {
    window.local_storage().ok().flatten()
}

async fn fetch_text(window: &Window) -> Result<String, String> {
    let address = resolve(window, CONFIG)?;
    let options = RequestInit::new();
    if kept(window).is_some() {
        options.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
    }
    let answer = window.fetch_with_str_and_init(&address.href(), &options);
    let answer = JsFuture::from(answer).await;
    let answer = answer.map_err(|error| words(&error))?;
    let answer: Response = answer.dyn_into().map_err(|other| words(&other))?;
    if !answer.ok() {
        return Err(format!("the server answered {}", answer.status()));
    }
    let text = answer.text().map_err(|error| words(&error))?;
    let text = JsFuture::from(text).await.map_err(|error| words(&error))?;
    Ok(text.as_string().unwrap_or_default())
}

/// An address relative to the document.
pub(crate) fn resolve(window: &Window, relative: &str) -> Result<Url, String> {
    let base = window.document().and_then(|document| document.base_uri().ok().flatten());
    let base = base.ok_or("the page has no address")?;
    Url::new_with_base(relative, &base).map_err(|error| words(&error))
}

/// The address of the signaling socket: the page's own server, or what `?signal=` asks for if the
/// server allows it.
pub(crate) fn signal_address(
    window: &Window,
    wanted: Option<&str>,
    config: &PageConfig,
) -> Result<String, Fault> {
    let own = resolve(window, SIGNAL).map_err(|text| Fault::Configuration { text })?;
    own.set_protocol(if own.protocol() == "https:" { "wss:" } else { "ws:" });
    own.set_hash("");
    let Some(wanted) = wanted else { return Ok(own.href()) };
    let refused = || Fault::SignalAddress { address: wanted.to_owned() };
    let address = Url::new(wanted).map_err(|_| refused())?;
    let is_socket = ["ws:", "wss:"].contains(&address.protocol().as_str());
    let listed = config.connect.iter().filter_map(|origin| Url::new(origin).ok());
    let allowed = listed.chain([own]).any(|allowed| allowed.origin() == address.origin());
    if !is_socket || !allowed {
        return Err(refused());
    }
    if address.pathname() == "/" {
        address.set_pathname(SIGNAL);
    }
    address.set_hash("");
    Ok(address.href())
}

/// True if one of the addresses of an ICE server is a relay's.
pub(crate) fn is_relay(server: &IceServer) -> bool {
    server.urls.iter().any(|url| url.starts_with("turn:") || url.starts_with("turns:"))
}

/// True if a relay is among the ICE servers, or the server hands one out.
pub(crate) fn has_relay(config: &PageConfig) -> bool {
    config.relays || config.ice_servers.iter().any(is_relay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_is_told_from_a_server_that_only_says_who_one_is() {
        let server = |url: &str| IceServer { urls: vec![url.to_owned()], ..IceServer::default() };
        let mut config =
            PageConfig { ice_servers: vec![server("stun:stun.example")], ..PageConfig::default() };
        assert!(!has_relay(&config));
        config.ice_servers.push(server("turns:turn.example?transport=tcp"));
        assert!(has_relay(&config));
        assert!(has_relay(&PageConfig { relays: true, ..PageConfig::default() }));
    }
}
