//! How many connections an address, and all of them together, may have open at once.
//!
//! A slot is held as long as its connection lives and frees itself when dropped. What is counted is
//! up to the caller: the server counts TCP connections once and WebSockets once more.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The count of open connections.
#[derive(Debug)]
pub(crate) struct Admission {
    per_address: usize,
    in_all: usize,
    open: Mutex<Open>,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Open {
    in_all: usize,
    by_block: HashMap<IpAddr, usize>,
}

/// The right to one connection, given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    admission: Arc<Admission>,
    block: IpAddr,
}

impl Admission {
    /// At most `per_address` connections of one address, and `in_all` in all.
    pub(crate) fn new(per_address: usize, in_all: usize) -> Arc<Self> {
        Arc::new(Self { per_address, in_all, open: Mutex::default(), emptied: Notify::new() })
    }

    /// A slot for one more connection of this address, if there is one.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let block = block(address);
        let mut open = self.lock();
        let here = open.by_block.get(&block).copied().unwrap_or(0);
        if here >= self.per_address || open.in_all >= self.in_all {
            return None;
        }
        open.by_block.insert(block, here + 1);
        open.in_all += 1;
        Some(Slot { admission: Arc::clone(self), block })
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

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.admission.lock();
        open.in_all = open.in_all.saturating_sub(1);
        if let Some(here) = open.by_block.get_mut(&self.block) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                open.by_block.remove(&self.block);
            }
        }
        if open.in_all == 0 {
            self.admission.emptied.notify_waiters();
        }
    }
}

/// What counts as one address: one of IPv4, or a /64 of IPv6, which one subscriber has whole.
fn block(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let prefix = v6.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(prefix))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_its_slots_and_gets_them_back() {
        let admission = Admission::new(2, 3);
        let first = admission.admit(address("10.0.0.1")).unwrap();
        let _second = admission.admit(address("::ffff:10.0.0.1")).unwrap();
        assert!(admission.admit(address("10.0.0.1")).is_none());
        let _other = admission.admit(address("10.0.0.2")).unwrap();
        assert!(admission.admit(address("10.0.0.3")).is_none(), "the bound of all");
        assert_eq!(admission.count(), 3);
        drop(first);
        let again = admission.admit(address("10.0.0.1")).unwrap();
        drop((again, _second, _other));
        assert_eq!(admission.count(), 0);
        assert!(admission.lock().by_block.is_empty(), "nothing of a past address is kept");
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let admission = Admission::new(1, 9);
        let _slot = admission.admit(address("2001:db8::1")).unwrap();
        assert!(admission.admit(address("2001:db8::ffff:2")).is_none());
        assert!(admission.admit(address("2001:db8:0:1::1")).is_some());
    }
}
