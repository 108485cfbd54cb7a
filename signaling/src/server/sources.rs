//! What an address, and the network around it, may do over all of its connections.
//!
//! An address is one of IPv4, or a /64 of IPv6, which one subscriber has whole. Its network is the
//! /24, or the /48. Both have a pace for each kind of thing; either can refuse.
//!
//! The crate for this (governor) keeps every key that it has met until it is told to look for old
//! ones, so a flood from ever new addresses would fill the memory. Here a table has a bound: when
//! it is full, those go who have spent least, so that whoever floods is remembered and a flood of
//! strangers costs nobody else anything.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use tokio::time::Instant;

use super::rate::{Pace, Spent};

/// What all connections of an address, and of its network, may do together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Args)]
#[command(next_help_heading = "Limits of an address (for IPv6, of a /64) and of a network \
                               (an IPv4 /24, an IPv6 /48), as N a second/N at once")]
pub struct SourceLimits {
    /// New connections of an address: a second over a long time, and at once.
    #[arg(long, env = "CONFAB_ADDRESS_CONNECTIONS",
          default_value_t = Self::default().address_connections)]
    pub address_connections: Pace,

    /// Rooms that pages of an address may join.
    #[arg(long, env = "CONFAB_ADDRESS_JOINS", default_value_t = Self::default().address_joins)]
    pub address_joins: Pace,

    /// Messages that pages of an address may send; a request over HTTP counts as ten.
    #[arg(long, env = "CONFAB_ADDRESS_MESSAGES",
          default_value_t = Self::default().address_messages)]
    pub address_messages: Pace,

    /// Bytes that pages of an address may send.
    #[arg(long, env = "CONFAB_ADDRESS_BYTES", default_value_t = Self::default().address_bytes)]
    pub address_bytes: Pace,

    /// New connections of a network.
    #[arg(long, env = "CONFAB_PREFIX_CONNECTIONS",
          default_value_t = Self::default().prefix_connections)]
    pub prefix_connections: Pace,

    /// Rooms that pages of a network may join.
    #[arg(long, env = "CONFAB_PREFIX_JOINS", default_value_t = Self::default().prefix_joins)]
    pub prefix_joins: Pace,

    /// Messages that pages of a network may send.
    #[arg(long, env = "CONFAB_PREFIX_MESSAGES", default_value_t = Self::default().prefix_messages)]
    pub prefix_messages: Pace,

    /// Bytes that pages of a network may send.
    #[arg(long, env = "CONFAB_PREFIX_BYTES", default_value_t = Self::default().prefix_bytes)]
    pub prefix_bytes: Pace,

    /// Addresses, and networks, that are remembered at once. Those who did least are forgotten.
    #[arg(long, env = "CONFAB_TRACKED_SOURCES", default_value_t = Self::default().tracked_sources)]
    pub tracked_sources: usize,
}

/// An address may do what several busy pages do, a network twice that.
impl Default for SourceLimits {
    fn default() -> Self {
        const fn pace(per_second: u32, burst: u32) -> Pace {
            Pace { per_second, burst }
        }
        const MIB: u32 = 1024 * 1024;
        Self {
            address_connections: pace(20, 500),
            address_joins: pace(20, 500),
            address_messages: pace(500, 10_000),
            address_bytes: pace(MIB / 2, 8 * MIB),
            prefix_connections: pace(40, 1_000),
            prefix_joins: pace(40, 1_000),
            prefix_messages: pace(1_000, 20_000),
            prefix_bytes: pace(MIB, 16 * MIB),
            tracked_sources: 65_536,
        }
    }
}

impl SourceLimits {
    /// What the table takes in memory for each address or network, in bytes, with its spare room.
    pub(crate) const ENTRY_BYTES: usize = 192;

    fn address(&self) -> [Pace; KINDS] {
        let Self { address_connections, address_joins, address_messages, address_bytes, .. } =
            *self;
        [address_connections, address_joins, address_messages, address_bytes]
    }

    fn prefix(&self) -> [Pace; KINDS] {
        let Self { prefix_connections, prefix_joins, prefix_messages, prefix_bytes, .. } = *self;
        [prefix_connections, prefix_joins, prefix_messages, prefix_bytes]
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Connection,
    Join,
    Message,
    Byte,
}

const KINDS: usize = 4;

/// Who has done how much lately.
#[derive(Debug)]
pub(crate) struct Sources {
    start: Instant,
    /// Addresses, then networks.
    tables: Mutex<[Table; 2]>,
}

/// One address, as whoever speaks from there is counted.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) sources: Arc<Sources>,
    pub(crate) address: IpAddr,
}

#[derive(Debug)]
struct Table {
    paces: [Pace; KINDS],
    most: usize,
    spent: HashMap<IpNet, [Spent; KINDS]>,
}

impl Sources {
    /// Nobody has done anything.
    pub(crate) fn new(limits: &SourceLimits) -> Arc<Self> {
        let table =
            |paces| Table { paces, most: limits.tracked_sources.max(1), spent: HashMap::new() };
        let tables = Mutex::new([table(limits.address()), table(limits.prefix())]);
        Arc::new(Self { start: Instant::now(), tables })
    }

    /// Whether all of this may come from this address now. It is counted up to the first that may
    /// not: who asks too often does not use up what the network around may do.
    pub(crate) fn admit(&self, address: IpAddr, what: &[(Kind, u32)], now: Instant) -> bool {
        let now = now.saturating_duration_since(self.start).as_secs_f64();
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let [addresses, networks] = &mut *tables;
        what.iter().all(|(kind, count)| {
            addresses.admit(block(address), *kind, *count, now)
                && networks.admit(prefix(address), *kind, *count, now)
        })
    }
}

impl Source {
    /// Whether all of this may come now.
    pub(crate) fn admits(&self, what: &[(Kind, u32)]) -> bool {
        self.sources.admit(self.address, what, Instant::now())
    }
}

impl Table {
    fn admit(&mut self, source: IpNet, kind: Kind, count: u32, now: f64) -> bool {
        if self.spent.len() >= self.most && !self.spent.contains_key(&source) {
            self.forget(now);
        }
        let spent = self.spent.entry(source).or_default();
        self.paces[kind as usize].take(&mut spent[kind as usize], count, now)
    }

    /// Makes room for at least half of the table: whoever has everything back loses nothing, and
    /// of the others those go who have spent least.
    fn forget(&mut self, now: f64) {
        let paces = self.paces;
        let share = |spent: &[Spent; KINDS]| {
            let shares = paces.iter().zip(spent).map(|(pace, spent)| pace.share(*spent, now));
            shares.fold(0.0, f64::max)
        };
        self.spent.retain(|_, spent| share(spent) > 0.0);
        if self.spent.len() <= self.most / 2 {
            return;
        }
        let mut shares: Vec<f64> = self.spent.values().map(share).collect();
        let middle = shares.len() - self.most.div_ceil(2).min(shares.len() - 1) - 1;
        let (_, least, _) = shares.select_nth_unstable_by(middle, f64::total_cmp);
        self.spent.retain(|_, spent| share(spent) > *least);
    }
}

/// What counts as one address: one of IPv4, or a /64 of IPv6, which one subscriber has whole.
pub(crate) fn block(address: IpAddr) -> IpNet {
    net(address, 32, 64)
}

/// The network around an address: the /24 of IPv4, the /48 of IPv6.
pub(crate) fn prefix(address: IpAddr) -> IpNet {
    net(address, 24, 48)
}

/// The network of so many bits, of either kind, that an address is in.
fn net(address: IpAddr, v4_bits: u8, v6_bits: u8) -> IpNet {
    // No more bits than an address has are ever asked for.
    let net = match address.to_canonical() {
        IpAddr::V4(v4) => Ipv4Net::new(v4, v4_bits).map(IpNet::V4),
        IpAddr::V6(v6) => Ipv6Net::new(v6, v6_bits).map(IpNet::V6),
    };
    net.map_or_else(|_| IpNet::from(address), |net| net.trunc())
}

#[cfg(test)]
mod tests {
    use core::net::{Ipv4Addr, Ipv6Addr};
    use core::time::Duration;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn limits() -> SourceLimits {
        let pace = |burst| Pace { per_second: 1, burst };
        SourceLimits {
            address_joins: pace(2),
            prefix_joins: pace(3),
            tracked_sources: 1_000,
            ..SourceLimits::default()
        }
    }

    #[test]
    fn an_address_and_its_network_have_their_pace_each() {
        let (sources, now) = (Sources::new(&limits()), Instant::now());
        let join = |from: &str, now| sources.admit(address(from), &[(Kind::Join, 1)], now);
        assert!(join("10.0.0.1", now) && join("::ffff:10.0.0.1", now));
        assert!(!join("10.0.0.1", now), "the address has had its burst");
        assert!(join("10.0.0.2", now), "what was refused is not the network's");
        assert!(!join("10.0.0.3", now), "the network has had its burst");
        assert!(join("10.0.1.1", now), "another network");
        assert!(join("10.0.0.1", now + Duration::from_secs(2)));
        assert!(join("2001:db8::1", now) && join("2001:db8::2:3:4:5", now));
        assert!(!join("2001:db8::1", now), "one /64");
        assert!(join("2001:db8:0:1::1", now), "another /64");
        assert!(!join("2001:db8:0:2::1", now), "one /48");
        assert!(join("2001:db8:1::1", now));
    }

    #[test]
    fn kinds_are_counted_apart() {
        let (sources, now) = (Sources::new(&limits()), Instant::now());
        let from = address("10.0.0.1");
        assert!(sources.admit(from, &[(Kind::Join, 2), (Kind::Message, 1)], now));
        assert!(!sources.admit(from, &[(Kind::Join, 1)], now));
        let burst = SourceLimits::default().address_bytes.burst;
        assert!(sources.admit(from, &[(Kind::Message, 1), (Kind::Byte, burst)], now));
        assert!(!sources.admit(from, &[(Kind::Message, 1), (Kind::Byte, 1)], now));
        assert!(sources.admit(from, &[(Kind::Connection, 1)], now));
    }

    #[test]
    fn a_flood_of_addresses_does_not_grow_the_tables_and_lets_nobody_begin_anew() {
        let (sources, now) = (Sources::new(&limits()), Instant::now());
        let flooder = address("192.0.2.1");
        assert!(sources.admit(flooder, &[(Kind::Join, 2)], now));
        for n in 0..200_000_u32 {
            let v4 = IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n * 256));
            let v6 = IpAddr::V6(Ipv6Addr::from_bits(u128::from(n) << 80));
            for from in [v4, v6] {
                assert!(sources.admit(from, &[(Kind::Message, 1)], now), "nobody is harmed");
            }
            if n % 1_000 == 0 {
                let tables = sources.tables.lock().unwrap();
                assert!(tables.iter().all(|table| table.spent.len() <= 1_000));
            }
        }
        assert!(!sources.admit(flooder, &[(Kind::Join, 1)], now), "it is remembered");
    }

    #[test]
    fn a_full_table_forgets_those_first_who_have_everything_back() {
        let (sources, now) = (Sources::new(&limits()), Instant::now());
        for n in 0..1_000 {
            let from = IpAddr::V4(Ipv4Addr::from_bits(n * 256));
            assert!(sources.admit(from, &[(Kind::Join, 1)], now));
        }
        let later = now + Duration::from_secs(60);
        assert!(sources.admit(address("192.0.2.1"), &[(Kind::Join, 1)], later));
        assert_eq!(sources.tables.lock().unwrap()[0].spent.len(), 1);
    }

    #[test]
    fn an_entry_takes_no_more_than_the_sum_says() {
        // A table that has just grown is half empty, and has a byte more for each entry.
        let entry = size_of::<(IpNet, [Spent; KINDS])>() + 1;
        assert!(entry * 2 * 8 / 7 <= SourceLimits::ENTRY_BYTES, "{entry}");
    }
}
