//! The ICE servers that an operator names, read from a flag: a list of addresses, or JSON.
//!
//! They are checked at start, as pages do, which leave out what they cannot use.
//! Schemes are those of RFC 7064 and RFC 7065; a TURN server needs a user name and a password.

use core::str::FromStr;

use protocol::{IceKind, IceServer, ice_kind};
use serde::Deserialize;
use thiserror::Error;

/// The ICE servers of `--ice-servers`.
///
/// Either addresses with commas between them, where a TURN server carries its account as
/// `turn:user:password@host:port`, or the JSON of `RTCConfiguration.iceServers`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IceServers(pub Vec<IceServer>);

/// Why a text names no ICE servers.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IceServersError {
    /// It begins like JSON, but is not the JSON of a list of ICE servers.
    #[error("not a JSON list of ICE servers: {0}")]
    Json(String),
    /// An entry without an address.
    #[error("an ICE server needs at least one address in \"urls\"")]
    NoAddress,
    /// An address that is not `stun:`, `stuns:`, `turn:` or `turns:` and a host.
    #[error("{0:?} must be stun:, stuns:, turn: or turns:, and a host, and perhaps a port")]
    Address(String),
    /// A TURN server without an account.
    #[error("{0:?} needs a user name and a password: turn:user:password@host, or JSON")]
    Account(String),
}

/// An entry as `RTCIceServer` allows it: `urls` may be one text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    urls: Urls,
    username: Option<String>,
    credential: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Urls {
    One(String),
    Many(Vec<String>),
}

impl FromStr for IceServers {
    type Err = IceServersError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let servers = if text.starts_with('[') || text.starts_with('{') {
            from_json(text)?
        } else {
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(from_address)
                .collect()
        };
        servers.iter().try_for_each(check)?;
        Ok(Self(servers))
    }
}

fn from_json(text: &str) -> Result<Vec<IceServer>, IceServersError> {
    let entries: Result<Vec<Entry>, _> = if text.starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::from_str(text).map(|entry| vec![entry])
    };
    let entries = entries.map_err(|error| IceServersError::Json(error.to_string()))?;
    Ok(entries.into_iter().map(IceServer::from).collect())
}

impl From<Entry> for IceServer {
    fn from(entry: Entry) -> Self {
        let urls = match entry.urls {
            Urls::One(url) => vec![url],
            Urls::Many(urls) => urls,
        };
        Self { urls, username: entry.username, credential: entry.credential }
    }
}

/// `scheme:[user:password@]host[:port][?transport=…]`
fn from_address(text: &str) -> IceServer {
    let account = text.split_once(':').and_then(|(scheme, rest)| {
        let (account, host) = rest.rsplit_once('@')?;
        let (username, credential) = account.split_once(':')?;
        Some((format!("{scheme}:{host}"), username.to_owned(), credential.to_owned()))
    });
    match account {
        Some((url, username, credential)) => {
            IceServer { urls: vec![url], username: Some(username), credential: Some(credential) }
        }
        None => IceServer { urls: vec![text.to_owned()], ..IceServer::default() },
    }
}

fn check(server: &IceServer) -> Result<(), IceServersError> {
    if server.urls.is_empty() {
        return Err(IceServersError::NoAddress);
    }
    for url in &server.urls {
        match ice_kind(url) {
            Some(IceKind::Stun) => {}
            Some(IceKind::Turn) => {
                if server.username.is_none() || server.credential.is_none() {
                    return Err(IceServersError::Account(url.clone()));
                }
            }
            None => return Err(IceServersError::Address(url.clone())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn() -> IceServer {
        IceServer {
            urls: vec!["turn:relay.example:3478?transport=udp".to_owned()],
            username: Some("ana".to_owned()),
            credential: Some("a:secret".to_owned()),
        }
    }

    #[test]
    fn a_list_of_addresses() {
        let text = "stun:stun.example, turn:ana:a:secret@relay.example:3478?transport=udp,";
        let stun = IceServer { urls: vec!["stun:stun.example".to_owned()], ..IceServer::default() };
        assert_eq!(text.parse(), Ok(IceServers(vec![stun, turn()])));
        assert_eq!("".parse(), Ok(IceServers(vec![])));
    }

    #[test]
    fn json_as_a_browser_takes_it() {
        let one = r#"{"urls":"turn:relay.example:3478?transport=udp",
                      "username":"ana","credential":"a:secret"}"#;
        assert_eq!(one.parse(), Ok(IceServers(vec![turn()])));
        let many = format!(r#"[{one},{{"urls":["stun:a.example","stun:[::1]:3478"]}}]"#);
        let servers: IceServers = many.parse().unwrap();
        assert_eq!(servers.0[1].urls.len(), 2);
    }

    #[test]
    fn what_no_browser_would_take_is_refused_in_words() {
        for (text, word) in [
            ("http://stun.example", "stun:"),
            ("stun.example", "stun:"),
            ("stun:", "host"),
            ("stun:a b", "host"),
            ("turn:relay.example", "password"),
            ("turns:ana@relay.example", "host"),
            (r#"[{"urls":[]}]"#, "at least one"),
            (r#"[{"url":"stun:a"}]"#, "JSON"),
            (r#"[{"urls":"turn:a","username":"u"}]"#, "password"),
            ("[", "JSON"),
        ] {
            let error = text.parse::<IceServers>().unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
