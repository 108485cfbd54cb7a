//! Origins: which pages may open a WebSocket here, and which servers our page may go to.
//!
//! A browser names the page's origin in every WebSocket handshake (RFC 6455 §10.2), and that is the
//! only thing that keeps a foreign page from using this server in a visitor's name. A client that
//! is no browser can send any origin or none, so a missing one is let through.

use core::fmt;
use core::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, header};
use thiserror::Error;

/// `scheme://host[:port]`, in lower case and without the scheme's own port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text is no origin.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OriginError {
    /// Another scheme than those that make sense there.
    #[error("{0:?} must begin with {1}:// or {2}://")]
    Scheme(String, &'static str, &'static str),
    /// No host, a path, or characters that do not belong.
    #[error("{0:?} must be a scheme, a host and perhaps a port, and nothing after it")]
    Form(String),
}

impl Origin {
    /// Reads the origin of a page: `http://host[:port]` or `https://host[:port]`.
    ///
    /// # Errors
    /// [`OriginError`], with the text.
    pub fn page(text: &str) -> Result<Self, OriginError> {
        Self::parse(text, [("http", 80), ("https", 443)])
    }

    /// Reads the origin of a signaling server: `ws://host[:port]` or `wss://host[:port]`.
    ///
    /// # Errors
    /// [`OriginError`], with the text.
    pub fn signaling(text: &str) -> Result<Self, OriginError> {
        Self::parse(text, [("ws", 80), ("wss", 443)])
    }

    /// Reads origins of pages with commas between them.
    ///
    /// # Errors
    /// [`OriginError`], with the first text that is none.
    pub fn page_list(text: &str) -> Result<Vec<Self>, OriginError> {
        parts(text).map(Self::page).collect()
    }

    /// Reads origins of signaling servers with commas between them.
    ///
    /// # Errors
    /// [`OriginError`], with the first text that is none.
    pub fn signaling_list(text: &str) -> Result<Vec<Self>, OriginError> {
        parts(text).map(Self::signaling).collect()
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(text: &str, schemes: [(&'static str, u16); 2]) -> Result<Self, OriginError> {
        let lower = text.trim().to_ascii_lowercase();
        let found = schemes.iter().find_map(|(scheme, port)| {
            Some((*scheme, *port, lower.strip_prefix(scheme)?.strip_prefix("://")?))
        });
        let Some((scheme, default_port, rest)) = found else {
            return Err(OriginError::Scheme(text.to_owned(), schemes[0].0, schemes[1].0));
        };
        match authority(rest.strip_suffix('/').unwrap_or(rest)) {
            Some((host, Some(port))) if port != default_port => {
                Ok(Self(format!("{scheme}://{host}:{port}")))
            }
            Some((host, _)) => Ok(Self(format!("{scheme}://{host}"))),
            None => Err(OriginError::Form(text.to_owned())),
        }
    }

    /// Whether this origin is on the same machine as its visitor.
    fn is_loopback(&self) -> bool {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let host = authority(rest).map_or("", |(host, _)| host).trim_matches(['[', ']']);
        let address = host.parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// The host, and the port if there is one, of a text that is no more than these. Such a text can
/// stand in a header of ours as it is.
fn authority(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.find(']') {
        Some(end) => text.split_at(end + 1),
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok()?)
        }
        Some(_) => return None,
        None if port.is_empty() => None,
        None => return None,
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_name = !host.is_empty() && host.len() <= 253 && host.bytes().all(plain);
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_v6 = bracketed.is_some_and(|inside| inside.parse::<Ipv6Addr>().is_ok());
    (is_name || is_v6).then_some((host, port))
}

/// The `Host` that a request was sent to, if it can be one.
pub(crate) fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok().filter(|host| authority(host).is_some())
}

/// Whether a WebSocket handshake comes from a page that may open one: our own, one on the list, or
/// (if `loopback`) one on the visitor's machine.
pub(crate) fn may_connect(headers: &HeaderMap, allowed: &[Origin], loopback: bool) -> bool {
    let Some(value) = headers.get(header::ORIGIN) else { return true };
    let Some(origin) = value.to_str().ok().and_then(|text| Origin::page(text).ok()) else {
        return false;
    };
    // Behind a proxy that ends TLS the scheme cannot be known here, so both are tried.
    let own = host(headers).is_some_and(|host| {
        ["http", "https"].iter().any(|scheme| {
            Origin::page(&format!("{scheme}://{host}")).is_ok_and(|own| own == origin)
        })
    });
    own || allowed.contains(&origin) || (loopback && origin.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handshake(origin: Option<&str>, host: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn an_origin_has_one_spelling() {
        for (text, expected) in [
            ("http://chat.example", "http://chat.example"),
            ("HTTPS://Chat.Example:443/", "https://chat.example"),
            ("http://chat.example:80", "http://chat.example"),
            ("http://chat.example:443", "http://chat.example:443"),
            (" http://[::1]:8080 ", "http://[::1]:8080"),
        ] {
            assert_eq!(Origin::page(text).map(|origin| origin.to_string()), Ok(expected.into()));
        }
        assert_eq!(Origin::signaling("wss://a.example:443").unwrap().as_str(), "wss://a.example");
    }

    #[test]
    fn what_is_no_origin_is_refused_in_words() {
        for text in ["", "null", "*", "chat.example", "ws://chat.example", "file:///x"] {
            let error = Origin::page(text).unwrap_err();
            assert!(error.to_string().contains("http:// or https://"), "{error}");
        }
        for text in [
            "http://",
            "http://a/b",
            "http://a?b",
            "http://a;b",
            "http://a b",
            "http://u@a",
            "http://a:",
            "http://a:x",
            "http://*.example",
            "http://:80",
            "http://a'",
        ] {
            assert!(matches!(Origin::page(text), Err(OriginError::Form(_))), "{text}");
        }
        assert!(Origin::signaling("http://a").unwrap_err().to_string().contains("ws:// or wss://"));
    }

    #[test]
    fn the_own_page_and_the_listed_ones_may_connect_and_no_other() {
        let listed = [Origin::page("https://chat.example").unwrap()];
        let may = |origin, host| may_connect(&handshake(origin, host), &listed, false);
        assert!(may(Some("http://127.0.0.1:8787"), "127.0.0.1:8787"));
        assert!(may(Some("https://own.example"), "own.example"), "behind a proxy");
        assert!(may(Some("https://own.example"), "own.example:443"));
        assert!(may(Some("https://chat.example"), "own.example"));
        assert!(may(None, "own.example"), "no browser");
        for foreign in [
            "http://127.0.0.1:9999",
            "http://localhost:8787",
            "null",
            "",
            "http://chat.example",
            "https://chat.example:8443",
            "https://chat.example.evil.example",
            "file://",
            "*",
        ] {
            assert!(!may(Some(foreign), "127.0.0.1:8787"), "{foreign}");
        }
        assert!(!may(Some("http://own.example:8080"), "own.example"));
    }

    #[test]
    fn loopback_pages_may_connect_only_where_they_are_allowed() {
        for origin in ["http://localhost:8080", "http://127.0.0.9:1", "http://[::1]:8080"] {
            let headers = handshake(Some(origin), "own.example");
            assert!(may_connect(&headers, &[], true), "{origin}");
            assert!(!may_connect(&headers, &[], false), "{origin}");
        }
        for origin in ["http://localhost.evil.example", "http://192.168.1.7:8080"] {
            assert!(!may_connect(&handshake(Some(origin), "own.example"), &[], true), "{origin}");
        }
    }
}
