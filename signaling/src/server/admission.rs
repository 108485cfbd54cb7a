//! How many connections an address, the network around it, and all together may have at once.
//!
//! A slot is held as long as its connection lives and frees itself when dropped. What is counted is
//! up to the caller: the server counts TCP connections once and WebSockets once more.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;
use tokio::sync::Notify;

use super::config::Limits;
use super::sources::{block, prefix};

/// The count of open connections.
#[derive(Debug)]
pub(crate) struct Admission {
    most: Most,
    open: Mutex<Open>,
    emptied: Notify,
}

/// The bounds of an [`Admission`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Most {
    pub(crate) per_address: usize,
    pub(crate) per_prefix: usize,
    pub(crate) in_all: usize,
}

#[derive(Debug, Default)]
struct Open {
    in_all: usize,
    /// By address and by network: the one has more bits than the other.
    by_network: HashMap<IpNet, usize>,
}

/// The right to one connection, given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    admission: Arc<Admission>,
    networks: Option<[IpNet; 2]>,
}

impl Most {
    /// What WebSockets there may be.
    pub(crate) fn sockets(limits: &Limits) -> Self {
        Self {
            per_address: limits.connections_per_address,
            per_prefix: limits.connections_per_prefix,
            in_all: limits.connections,
        }
    }

    /// So many times as much.
    pub(crate) fn times(self, factor: usize) -> Self {
        Self {
            per_address: self.per_address.saturating_mul(factor),
            per_prefix: self.per_prefix.saturating_mul(factor),
            in_all: self.in_all.saturating_mul(factor),
        }
    }
}

impl Admission {
    /// Nobody yet.
    pub(crate) fn new(most: Most) -> Arc<Self> {
        Arc::new(Self { most, open: Mutex::default(), emptied: Notify::new() })
    }

    /// A slot for one more connection of this address, if there is one.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let networks = [block(address), prefix(address)];
        let mut open = self.lock();
        let most = [self.most.per_address, self.most.per_prefix];
        let fits = networks.iter().zip(most).all(|(network, most)| open.of(network) < most);
        if !fits || open.in_all >= self.most.in_all {
            return None;
        }
        for network in networks {
            *open.by_network.entry(network).or_default() += 1;
        }
        open.in_all += 1;
        Some(Slot { admission: Arc::clone(self), networks: Some(networks) })
    }

    /// A slot for a connection that is many visitors': it counts for all of them together only.
    pub(crate) fn admit_proxy(self: &Arc<Self>) -> Option<Slot> {
        let mut open = self.lock();
        if open.in_all >= self.most.in_all {
            return None;
        }
        open.in_all += 1;
        Some(Slot { admission: Arc::clone(self), networks: None })
    }

    /// Connections open now.
    pub(crate) fn count(&self) -> usize {
        self.lock().in_all
    }

    /// Waits until no connection is open.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.count() == 0 {
                return;
            }
            emptied.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn of(&self, network: &IpNet) -> usize {
        self.by_network.get(network).copied().unwrap_or(0)
    }

    fn leave(&mut self, network: IpNet) {
        if let Entry::Occupied(mut here) = self.by_network.entry(network) {
            *here.get_mut() -= 1;
            if *here.get() == 0 {
                here.remove();
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.admission.lock();
        open.in_all = open.in_all.saturating_sub(1);
        for network in self.networks.into_iter().flatten() {
            open.leave(network);
        }
        if open.in_all == 0 {
            self.admission.emptied.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn admission(per_address: usize, per_prefix: usize, in_all: usize) -> Arc<Admission> {
        Admission::new(Most { per_address, per_prefix, in_all })
    }

    #[test]
    fn an_address_has_its_slots_and_gets_them_back() {
        let admission = admission(2, 9, 3);
        let first = admission.admit(address("10.0.0.1")).unwrap();
        let _second = admission.admit(address("::ffff:10.0.0.1")).unwrap();
        assert!(admission.admit(address("10.0.0.1")).is_none());
        let _other = admission.admit(address("10.0.0.2")).unwrap();
        assert!(admission.admit(address("10.0.0.3")).is_none(), "the bound of all");
        assert!(admission.admit_proxy().is_none(), "is for proxies, too");
        assert_eq!(admission.count(), 3);
        drop(first);
        let again = admission.admit(address("10.0.0.1")).unwrap();
        drop((again, _second, _other));
        assert_eq!(admission.count(), 0);
        assert!(admission.lock().by_network.is_empty(), "nothing of a past address is kept");
    }

    #[test]
    fn a_network_has_its_slots_over_all_its_addresses() {
        let admission = admission(2, 3, 9);
        let slots: Vec<_> = ["10.0.0.1", "10.0.0.1", "10.0.0.2"]
            .map(|text| admission.admit(address(text)).unwrap())
            .into();
        assert!(admission.admit(address("10.0.0.3")).is_none());
        let _next_door = admission.admit(address("10.0.1.3")).unwrap();
        let _proxy = admission.admit_proxy().unwrap();
        drop(slots);
        assert!(admission.admit(address("10.0.0.3")).is_some());
    }

    #[test]
    fn networks_of_ipv6_count_as_one_address_and_as_one_network() {
        let admission = admission(1, 2, 9);
        let _slot = admission.admit(address("2001:db8::1")).unwrap();
        assert!(admission.admit(address("2001:db8::ffff:2")).is_none(), "the /64");
        let _other = admission.admit(address("2001:db8:0:1::1")).unwrap();
        assert!(admission.admit(address("2001:db8:0:2::1")).is_none(), "the /48");
        assert!(admission.admit(address("2001:db8:1::1")).is_some());
    }
}
