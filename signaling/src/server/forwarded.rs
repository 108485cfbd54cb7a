//! Who a request comes from, behind proxies that an operator names.
//!
//! A proxy writes whom it speaks for behind whatever its client has written: `X-Forwarded-For`, or
//! `Forwarded` (RFC 7239). So the list is read from its end, over all entries that are proxies of
//! ours, and the first that is none is the visitor. From anybody else these headers are nothing.

use core::str::FromStr;
use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;
use thiserror::Error;

/// Most entries that are looked at: more proxies in a row are no arrangement of anybody's.
const HOPS: usize = 16;

/// Networks, with commas between them: `10.0.0.0/8, ::1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(pub Vec<IpNet>);

/// Why a text is no list of networks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} must be an address or a network, such as 10.0.0.0/8 or ::1")]
pub struct NetworksError(String);

impl FromStr for Networks {
    type Err = NetworksError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network = |part: &str| {
            let network = part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| NetworksError(part.to_owned()))
        };
        parts.map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl Networks {
    /// Whether an address is in one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whom a request is from that came from this address with these headers.
    ///
    /// If both kinds of header are there and differ, one of them is the visitor's own work: then
    /// the request counts as the proxy's.
    pub(crate) fn visitor(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.contain(peer) {
            return peer;
        }
        let old = self.last_stranger(peer, headers, "x-forwarded-for", address);
        let new = self.last_stranger(peer, headers, "forwarded", forwarded_for);
        match (old, new) {
            (Some(old), Some(new)) if old != new => peer,
            (Some(visitor), _) | (None, Some(visitor)) => visitor,
            (None, None) => peer,
        }
    }

    /// The last entry that is no proxy of ours; none without the header. An entry that cannot be
    /// read stands for whoever has written it: the one behind it.
    fn last_stranger(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        name: &str,
        read: impl Fn(&str) -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        let lines: Vec<_> = headers.get_all(name).iter().collect();
        let entries = lines.iter().rev().flat_map(|line| {
            // A line that is no text hides what is in it, and all before.
            line.to_str().unwrap_or_default().rsplit(',')
        });
        let mut from = None;
        for entry in entries.take(HOPS) {
            let Some(hop) = read(entry.trim()) else { return from.or(Some(peer)) };
            from = Some(hop);
            if !self.contain(hop) {
                break;
            }
        }
        from
    }
}

/// An address, perhaps with a port, or in brackets as IPv6 has it.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|with| with.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// The address of `for=` in an element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let (_, value) = values.next()?;
    address(value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(peer: &str, lines: &[(&'static str, &str)]) -> String {
        let trusted: Networks = "10.0.0.0/8, 2001:db8::1".parse().unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        trusted.visitor(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed() {
        let said = [("x-forwarded-for", "192.0.2.9"), ("forwarded", "for=192.0.2.9")];
        assert_eq!(visitor("198.51.100.1", &said), "198.51.100.1");
        assert_eq!(visitor("10.0.0.1", &said), "192.0.2.9");
        assert_eq!(visitor("::ffff:10.0.0.1", &said[..1]), "192.0.2.9");
        assert_eq!(visitor("2001:db8::1", &said[1..]), "192.0.2.9");
        assert_eq!(visitor("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_a_visitor_writes_itself_stands_before_what_proxies_write() {
        for (line, expected) in [
            ("6.6.6.6, 192.0.2.9", "192.0.2.9"),
            ("6.6.6.6, 192.0.2.9, 10.0.0.2", "192.0.2.9"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("192.0.2.9:4711", "192.0.2.9"),
            ("[2001:db8::9]:4711", "2001:db8::9"),
            ("[2001:db8::9]", "2001:db8::9"),
            ("2001:db8::9", "2001:db8::9"),
            ("192.0.2.9, unknown", "10.0.0.1"),
            ("192.0.2.9, unknown, 10.0.0.2", "10.0.0.2"),
            ("192.0.2.9, ", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(visitor("10.0.0.1", &[("x-forwarded-for", line)]), expected, "{line}");
        }
        let two = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "192.0.2.9")];
        assert_eq!(visitor("10.0.0.1", &two), "192.0.2.9", "a line more is an entry more");
        let long = format!("6.6.6.6{}", ", 10.0.0.2".repeat(100));
        assert_eq!(visitor("10.0.0.1", &[("x-forwarded-for", &long)]), "10.0.0.2");
    }

    #[test]
    fn the_header_of_the_standard_is_read_too() {
        for (line, expected) in [
            ("for=192.0.2.9;proto=https;by=10.0.0.1", "192.0.2.9"),
            ("proto=https; For=\"[2001:db8::9]:4711\"", "2001:db8::9"),
            ("for=6.6.6.6, for=\"192.0.2.9:80\"", "192.0.2.9"),
            ("for=\"a, for=6.6.6.6, for=192.0.2.9", "192.0.2.9"),
            ("for=_hidden", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(visitor("10.0.0.1", &[("forwarded", line)]), expected, "{line}");
        }
        let both = [("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "192.0.2.9")];
        assert_eq!(visitor("10.0.0.1", &both), "10.0.0.1", "one of them is a lie");
    }

    #[test]
    fn networks_are_read_or_refused_in_words() {
        assert_eq!("".parse(), Ok(Networks::default()));
        for bad in ["10.0.0.0/33", "example", "10.0.0", "1.2.3.4/x"] {
            assert!(bad.parse::<Networks>().unwrap_err().to_string().contains("10.0.0.0/8"));
        }
    }
}
