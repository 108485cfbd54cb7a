//! The deletion of all that is stored on this device.
//!
//! ```text
//!  wipe ──► rooms closed ──► condemned (no keys) ──► database deleted ──► every tab begins anew
//!                              └─ not: deleted all the same      └─ not: told, and tried again
//!  at an opening: condemned? ───────────────────────────▲
//! ```
//! A full disk is no reason to keep anything: the mark is only for the case that the worker dies in
//! between.

use engine::StoreFault;

use super::{Driver, RETRY_MILLIS, Role};
use crate::client::event::StorageState;
use crate::clock::pause;
use crate::message::News;
use crate::store::{NAME, OpenFault, Store};
use crate::worker::happening::Happening;
use crate::worker::leader::LeaderError;

impl Driver {
    /// Deletes everything, whatever state it is in.
    pub(super) fn wipe(&mut self) {
        let (lock, store) = match std::mem::replace(&mut self.role, Role::Idle) {
            Role::Leading(leader) => {
                let (lock, store) = leader.close();
                (lock, Some(store))
            }
            Role::Opening { lock, store, .. } => (lock, store),
            Role::Locked { lock, store } => (lock, Some(store)),
            Role::Stranded { lock, .. } => (lock, None),
            role @ (Role::Idle | Role::Following { .. } | Role::Wiping { .. }) => {
                self.role = role;
                return;
            }
        };
        self.role = Role::Wiping { trouble: None, _lock: lock };
        match store {
            Some(store) => {
                let condemned = store.condemn();
                self.feed.put_later(async move { Happening::Condemned(condemned.await) });
            }
            None => self.delete(None),
        }
    }

    /// An earlier leader has begun to delete everything.
    pub(super) fn go_on_wiping(&mut self) {
        if let Role::Opening { lock, .. } = std::mem::replace(&mut self.role, Role::Idle) {
            self.role = Role::Wiping { trouble: None, _lock: lock };
            self.delete(None);
        }
    }

    pub(super) fn on_condemned(
        &mut self,
        outcome: Result<(), StoreFault>,
    ) -> Result<(), LeaderError> {
        if outcome == Err(StoreFault::Fenced) {
            return Err(LeaderError::Fenced);
        }
        self.delete(None);
        Ok(())
    }

    pub(super) fn on_deleted(&mut self, outcome: Result<(), OpenFault>) {
        let Role::Wiping { .. } = self.role else { return };
        match outcome {
            Ok(()) => {
                self.tell_all(&News::Wiped);
                self.role = Role::Idle;
            }
            Err(fault) => {
                self.tell_trouble(StorageState::Unreadable { text: fault.to_string() });
                self.delete(Some(RETRY_MILLIS));
            }
        }
    }

    fn delete(&self, after: Option<u32>) {
        let blocked = self.feed.clone();
        self.feed.put_later(async move {
            if let Some(after) = after {
                pause(after).await;
            }
            let on_blocked = move || blocked.put(Happening::Blocked);
            Happening::Deleted(Store::delete(NAME, on_blocked).await)
        });
    }
}
