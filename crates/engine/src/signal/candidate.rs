//! The grammar of candidates (RFC 8839, 5.1), as far as browsers write it.
//!
//! ```text
//!  foundation 1 udp priority address port typ host [raddr address rport port] [generation 0] …
//! ```
//! A candidate has a browser send packets to an address, so nothing may stand there that would have
//! to be looked up elsewhere first: an address is written in digits, or is one of the names that
//! browsers make up for themselves on their own network (mDNS). Over TCP only such pass as are not
//! called: browsers send no others.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::limits;

/// Bytes of what stands behind `candidate:`.
const TEXT_BYTES: usize = 512;
/// Bytes of a foundation (RFC 8839, 5.1).
const FOUNDATION_BYTES: usize = 32;
/// Bytes of a user name fragment (RFC 8839, 5.4).
const FRAGMENT_BYTES: usize = 256;
/// Hexadecimal digits of the parts of a UUID (RFC 9562, 4).
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

/// True of what may stand behind `candidate:`.
#[must_use]
pub fn is_usable(text: &str) -> bool {
    if text.len() > TEXT_BYTES {
        return false;
    }
    let words: Vec<&str> = text.split(' ').collect();
    let [foundation, component, transport, priority, address, port, typ, kind, more @ ..] =
        words.as_slice()
    else {
        return false;
    };
    let over_tcp = transport.eq_ignore_ascii_case("tcp");
    is_token(foundation, FOUNDATION_BYTES)
        && *component == "1"
        && (over_tcp || transport.eq_ignore_ascii_case("udp"))
        && number(priority).is_some_and(|priority| priority > 0)
        && is_address(address)
        && is_port(port)
        && *typ == "typ"
        && matches!(*kind, "host" | "srflx" | "prflx" | "relay")
        && are_extensions(more, over_tcp)
}

/// A description of our own without such candidates as no other side would let pass.
#[must_use]
pub fn usable(sdp: &str) -> String {
    let mut count = 0;
    let passes = |line: &&str| {
        let text = line.trim_end_matches(['\r', '\n']).strip_prefix("a=candidate:");
        text.is_none_or(|text| {
            count += u32::from(is_usable(text));
            is_usable(text) && count <= limits::CANDIDATES
        })
    };
    sdp.split_inclusive('\n').filter(passes).collect()
}

/// Pairs of a name that is known and its value, each name once.
fn are_extensions(words: &[&str], over_tcp: bool) -> bool {
    let (pairs, rest) = words.as_chunks::<2>();
    let names: BTreeSet<&str> = pairs.iter().map(|[name, _]| *name).collect();
    let valid = |[name, value]: &[&str; 2]| match *name {
        "raddr" => is_address(value),
        "rport" => is_port(value),
        "tcptype" => *value == "active",
        "generation" | "network-id" | "network-cost" => number(value).is_some(),
        "ufrag" => is_token(value, FRAGMENT_BYTES),
        _ => false,
    };
    rest.is_empty()
        && names.len() == pairs.len()
        && pairs.iter().all(valid)
        && names.contains("tcptype") == over_tcp
        && names.contains("raddr") == names.contains("rport")
}

fn is_address(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok() || is_mdns(text)
}

/// `3d6ac1e0-….local`: a UUID (draft-ietf-mmusic-mdns-ice-candidates), and nothing that somebody
/// could have given a device as its name.
fn is_mdns(text: &str) -> bool {
    let Some(name) = text.strip_suffix(".local") else { return false };
    let parts = name.split('-').map(|part| {
        let hexadecimal = part.bytes().all(|byte| byte.is_ascii_hexdigit());
        hexadecimal.then_some(part.len())
    });
    parts.eq(UUID.map(Some))
}

fn is_port(text: &str) -> bool {
    number(text).is_some_and(|port| u16::try_from(port).is_ok())
}

/// Digits alone, up to 32 bits.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Characters of ICE (RFC 8839, 5.1).
fn is_token(text: &str, most: usize) -> bool {
    let is_ice = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    (1..=most).contains(&text.len()) && text.bytes().all(is_ice)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Chromium and Firefox write, also through relays and with an address that a STUN server
    /// has seen.
    const GOOD: [&str; 10] = [
        "2803251866 1 udp 2113937151 ff7792dc-9a1f-4cf4-8c73-2657cccbf989.local 34270 typ host \
         generation 0 ufrag TA3E network-cost 999",
        "0 1 UDP 2122187007 e90f5de0-7966-44b5-839d-5c9d9d0f27d7.local 58952 typ host",
        "2 1 TCP 2105458943 E90F5DE0-7966-44b5-839d-5c9d9d0f27d7.local 9 typ host tcptype active",
        "1 1 udp 2122260223 192.168.1.7 50123 typ host generation 0 network-id 1",
        "3 1 tcp 1518280447 192.168.1.7 9 typ host tcptype active generation 0 ufrag a+/9",
        "4 1 udp 2122262783 2001:db8::1 50123 typ host generation 0",
        "2 1 udp 1686052607 203.0.113.9 50123 typ srflx raddr 192.168.1.7 rport 50123",
        "2 1 UDP 1686052607 203.0.113.9 50123 typ srflx raddr 0.0.0.0 rport 0",
        "3 1 udp 41885439 198.51.100.2 3478 typ relay raddr 203.0.113.9 rport 50 generation 0",
        "1 1 udp 1 192.0.2.7 5 typ prflx",
    ];

    #[test]
    fn what_browsers_write_is_usable() {
        for good in GOOD {
            assert!(is_usable(good), "{good}");
        }
    }

    #[test]
    fn a_candidate_names_an_address_and_no_host_that_would_be_looked_up() {
        for address in [
            "evil.example",
            "router.local",
            "localhost",
            "ff7792dc-9a1f-4cf4-8c73-2657cccbf989.local.evil.example",
            "ff7792dc-9a1f-4cf4-8c73-2657cccbf989",
            "ff7792dc-9a1f-4cf4-8c73-2657cccbf98.local",
            "ff7792dc-9a1f-4cf4-8c73-2657cccbf989-.local",
            "gf7792dc-9a1f-4cf4-8c73-2657cccbf989.local",
            "fe80::1%eth0",
            "[2001:db8::1]",
            "0300.0250.1.1",
            "3232235777",
            "0xc0a80101",
            "192.168.1",
            "192.168.1.1.",
            "",
        ] {
            let (host, from) =
                (format!("{address} 1 typ host"), format!("raddr {address} rport 1"));
            assert!(!is_usable(&format!("1 1 udp 1 {host}")), "{address}");
            assert!(!is_usable(&format!("1 1 udp 1 192.0.2.1 1 typ srflx {from}")), "{address}");
        }
    }

    #[test]
    fn whatever_else_is_not_as_browsers_write_it_is_not_usable() {
        let long = format!("1 1 udp 1 192.0.2.1 1 typ host ufrag {}", "x".repeat(257));
        for bad in [
            "",
            "1 1 udp 1 192.0.2.1 1 typ",
            "é 1 udp 1 192.0.2.1 1 typ host",
            "012345678901234567890123456789012 1 udp 1 192.0.2.1 1 typ host",
            "1 2 udp 1 192.0.2.1 1 typ host",
            "1 1 sctp 1 192.0.2.1 1 typ host",
            "1 1 udp 0 192.0.2.1 1 typ host",
            "1 1 udp -1 192.0.2.1 1 typ host",
            "1 1 udp +1 192.0.2.1 1 typ host",
            "1 1 udp 4294967296 192.0.2.1 1 typ host",
            "1 1 udp 1 192.0.2.1 65536 typ host",
            "1 1 udp 1 192.0.2.1 1 type host",
            "1 1 udp 1 192.0.2.1 1 typ other",
            "1 1 udp 1 192.0.2.1 1 typ  host",
            " 1 1 udp 1 192.0.2.1 1 typ host",
            "1 1 udp 1 192.0.2.1 1 typ host ",
            "1 1 udp 1 192.0.2.1 1 typ host generation",
            "1 1 udp 1 192.0.2.1 1 typ host generation x",
            "1 1 udp 1 192.0.2.1 1 typ host generation 0 generation 0",
            "1 1 udp 1 192.0.2.1 1 typ host somewhere else",
            "1 1 udp 1 192.0.2.1 1 typ host ufrag a-b",
            "1 1 udp 1 192.0.2.1 1 typ srflx raddr 192.0.2.2",
            "1 1 udp 1 192.0.2.1 1 typ host tcptype active",
            "1 1 tcp 1 192.0.2.1 1 typ host",
            "1 1 tcp 1 192.0.2.1 1 typ host tcptype passive",
            "1 1 tcp 1 192.0.2.1 1 typ host tcptype so",
            &long,
        ] {
            assert!(!is_usable(bad), "{bad}");
        }
    }

    #[test]
    fn a_description_of_our_own_keeps_what_others_let_pass() {
        let [good, odd] = ["1 1 udp 1 192.0.2.1 1 typ host", "1 1 udp 1 fe80::1%eth0 1 typ host"];
        let sdp = |lines: &[&str]| {
            let line = |line: &&str| format!("a=candidate:{line}\r\n");
            format!("v=0\r\n{}a=mid:0\r\n", lines.iter().map(line).collect::<String>())
        };
        assert_eq!(usable(&sdp(&[good, odd, good])), sdp(&[good, good]));
        let most = usize::try_from(limits::CANDIDATES).unwrap();
        assert_eq!(usable(&sdp(&vec![good; 1_000])), sdp(&vec![good; most]));
    }
}
