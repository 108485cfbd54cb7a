//! The self-test: what connections need is tried here, apart from all rooms, in whichever tab it
//! was asked for.
//!
//! ```text
//!  worker: the server, with the relays that it hands out ──► STUN and TURN, with these
//!  meanwhile the loopback
//! ```

use std::rc::Rc;

use engine::protocol::Relays;
use wasm_bindgen_futures::spawn_local;

use super::Tab;
use crate::client::event::ClientEvent;
use crate::client::survey::{Check, Finding};
use crate::message::ToWorker;
use crate::rtc::checks;

impl Tab {
    /// Tries everything once.
    pub(in crate::client) fn check(self: &Rc<Self>) {
        self.post(&ToWorker::Check);
        let tab = self.clone();
        spawn_local(async move {
            let found = checks::loopback().await;
            tab.tell(ClientEvent::Checked(Check::Loopback, found));
        });
    }

    /// The worker has called the server.
    pub(super) fn on_checked(self: &Rc<Self>, finding: Finding, relays: Option<Relays>) {
        self.tell(ClientEvent::Checked(Check::Server, finding));
        let servers = self.rtc.get().map(|rtc| rtc.usable_servers(relays)).unwrap_or_default();
        let tab = self.clone();
        spawn_local(async move {
            let [stun, turn] = checks::gather(&servers).await;
            tab.tell(ClientEvent::Checked(Check::Stun, stun));
            tab.tell(ClientEvent::Checked(Check::Turn, turn));
        });
    }
}
