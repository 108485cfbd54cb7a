//! Addresses of STUN and TURN servers, checked before a browser sees them.
//!
//! A browser that is given one address that it cannot read makes no connection at all. So whoever
//! names relays could keep everybody apart: what is no address (RFC 7064, RFC 7065) is left out,
//! and what is left is bounded.

use core::net::Ipv6Addr;

use crate::{IceServer, limits};

/// What an address is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IceKind {
    /// `stun:` or `stuns:`: says who one is.
    Stun,
    /// `turn:` or `turns:`: relays, for whoever has an account.
    Turn,
}

/// Reads an address strictly: scheme, host and perhaps a port, for TURN perhaps a transport.
/// Nothing if it is none, or longer than [`limits::ICE_URL_BYTES`].
#[must_use]
pub fn ice_kind(url: &str) -> Option<IceKind> {
    if url.len() > limits::ICE_URL_BYTES {
        return None;
    }
    let (scheme, rest) = url.split_once(':')?;
    let kind = match scheme {
        "stun" | "stuns" => IceKind::Stun,
        "turn" | "turns" => IceKind::Turn,
        _ => return None,
    };
    let (place, transport) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest, None),
    };
    let known = matches!(transport, None | Some("transport=udp" | "transport=tcp"));
    let fits = known && (kind == IceKind::Turn || transport.is_none());
    (fits && is_place(place)).then_some(kind)
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
fn is_place(text: &str) -> bool {
    let (host_fits, rest) = if let Some(inside) = text.strip_prefix('[') {
        let Some((address, rest)) = inside.split_once(']') else { return false };
        (address.parse::<Ipv6Addr>().is_ok(), rest)
    } else {
        let end = text.find(':').unwrap_or(text.len());
        let (host, rest) = text.split_at(end);
        (is_host(host), rest)
    };
    host_fits && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
}

/// A name as in the DNS, or four numbers that look like one.
fn is_host(host: &str) -> bool {
    let fits = |label: &str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=63).contains(&label.len())
            && label.bytes().all(known)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last_is_number =
        host.rsplit('.').next().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()));
    // What ends with a number is read as an address by browsers, and has to be one.
    let whole = !last_is_number || host.parse::<core::net::Ipv4Addr>().is_ok();
    host.len() <= 253 && whole && host.split('.').all(fits)
}

fn is_port(text: &str) -> bool {
    let digits = !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    digits && text.parse::<u16>().is_ok_and(|port| port > 0)
}

impl IceServer {
    /// The server with the addresses that can be used, at most [`limits::ICE_URLS`], if there is
    /// any; and how many were left out.
    #[must_use]
    pub fn usable(&self) -> (Option<IceServer>, usize) {
        let fits = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default();
            !text.is_empty() && text.len() <= limits::ICE_ACCOUNT_BYTES
        };
        let has_account = fits(&self.username) && fits(&self.credential);
        let can_be_used = |url: &&String| match ice_kind(url) {
            Some(IceKind::Stun) => true,
            Some(IceKind::Turn) => has_account,
            None => false,
        };
        let usable = self.urls.iter().filter(can_be_used).take(limits::ICE_URLS);
        let urls: Vec<String> = usable.cloned().collect();
        let left_out = self.urls.len() - urls.len();
        let account = |text: &Option<String>| text.clone().filter(|_| has_account);
        let (username, credential) = (account(&self.username), account(&self.credential));
        let server = (!urls.is_empty()).then_some(IceServer { urls, username, credential });
        (server, left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_a_host_and_perhaps_a_port() {
        for url in ["stun:stun.example", "stuns:192.0.2.1:5349", "stun:[2001:db8::1]:3478"] {
            assert_eq!(ice_kind(url), Some(IceKind::Stun), "{url}");
        }
        for url in [
            "turn:turn.example:3478?transport=udp",
            "turns:a_b.example?transport=tcp",
            "turn:[::1]",
        ] {
            assert_eq!(ice_kind(url), Some(IceKind::Turn), "{url}");
        }
    }

    #[test]
    fn what_a_browser_could_read_otherwise_or_not_at_all_is_no_address() {
        let long = format!("stun:{}.example", "a".repeat(limits::ICE_URL_BYTES));
        for url in [
            "",
            "stun",
            "stun:",
            "stun://stun.example",
            "STUN:stun.example",
            " stun:stun.example",
            "stun:stun.example ",
            "http://stun.example",
            "javascript:alert(1)",
            "stun:stun.example:",
            "stun:stun.example:0",
            "stun:stun.example:65536",
            "stun:stun.example:+80",
            "stun:stun.example:1:2",
            "stun:stun.example?transport=udp",
            "turn:turn.example?transport=sctp",
            "turn:turn.example?transport=udp&x=1",
            "turn:turn.example?",
            "turn:user:password@turn.example",
            "turn:turn.example/path",
            "turn:turn.example#part",
            "turn:a..example",
            "turn:.example",
            "turn:-a.example",
            "turn:1.2.3",
            "turn:300.1.1.1",
            "turn:999999999999",
            "turn:[::1",
            "turn:[::g]",
            "turn:::1",
            "turn:tu\u{440}n.example",
            "turn:a\0b",
            "turn:a%41.example",
            &long,
        ] {
            assert_eq!(ice_kind(url), None, "{url:?}");
        }
    }

    #[test]
    fn of_a_server_what_can_be_used_is_left_and_the_rest_is_counted() {
        let urls = ["turn:a.example", "http://a.example", "stun:b.example"].map(str::to_owned);
        let (username, credential) = (Some("ana".to_owned()), Some("secret".to_owned()));
        let server = IceServer { urls: urls.to_vec(), username, credential };
        let (usable, left_out) = server.usable();
        let usable = usable.unwrap();
        assert_eq!((usable.urls.len(), left_out), (2, 1));
        assert_eq!(usable.username, server.username);

        // Without an account a relay is none, and the account of nobody is not passed on.
        let nameless = IceServer { username: Some(String::new()), ..server.clone() };
        let (usable, left_out) = nameless.usable();
        let usable = usable.unwrap();
        assert_eq!((usable.urls, left_out), (vec!["stun:b.example".to_owned()], 2));
        assert_eq!((usable.username, usable.credential), (None, None));

        let many = IceServer { urls: vec!["stun:a.example".to_owned(); 3_000], ..server.clone() };
        assert_eq!(many.usable().0.unwrap().urls.len(), limits::ICE_URLS);
        let none = IceServer { urls: vec!["x:y".to_owned()], ..server };
        assert_eq!(none.usable(), (None, 1));
    }
}
