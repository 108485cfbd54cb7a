//! A device with a passphrase: locked until somebody unlocks it, and locked again when that is
//! asked for, or when nobody has touched it for as long as its owner has said.
//!
//! ```text
//!  Opening ── a head, and no key ──► Locked ── passphrase ──► Opening ──► Leading
//!                                      ▲                                  │ lock: what was written
//!                                      └── all tabs are told, and end ◄───┘ is saved, or refused
//! ```
//! Whoever leads hands the key to the workers of the other tabs, so that one can take over when its
//! tab is closed. It is nowhere else, and goes with the workers.

use engine::Millis;
use engine::room::vault::VaultError;

use super::{Driver, Role};
use crate::client::event::GuardRefusal;
use crate::clock::now;
use crate::message::{AskId, News, Passphrase, Request, TabId, TabWords};
use crate::store::{Guard, Origin, Store};
use crate::worker::leader::Leader;
use crate::worker::reach::Asker;

/// What was written has so long to be saved before a lock is refused.
const SAVING: Millis = 5_000;

/// A lock that waits until all is saved.
pub(super) struct Locking {
    asked: Vec<(Asker, AskId)>,
    until: Millis,
}

impl Driver {
    /// Opens a store with the key that an earlier leader had told, or leaves it locked.
    pub(super) fn adopt(&mut self, mut store: Store) -> Option<Store> {
        if !matches!(store.guard(), Guard::Locked(_)) {
            return Some(store);
        }
        // Kept: what is opened may have to be opened again.
        if self.key.clone().is_some_and(|key| store.adopt(key).is_ok()) {
            return Some(store);
        }
        self.key = None;
        if let Role::Opening { lock, .. } = std::mem::replace(&mut self.role, Role::Idle) {
            self.role = Role::Locked { lock, store };
            self.tell_all(&News::Locked);
            self.ask_held();
        }
        None
    }

    /// Somebody has typed a passphrase. The worker does nothing else meanwhile.
    pub(super) fn unlock(&mut self, asker: Asker, ask: AskId, passphrase: &Passphrase) {
        let Role::Locked { store, .. } = &mut self.role else { return };
        match store.unlock(&passphrase.0) {
            Ok(()) => self.key = store.key(),
            Err(error) => {
                let refusal = match error {
                    VaultError::Passphrase => GuardRefusal::Passphrase,
                    VaultError::Damaged | VaultError::Newer { .. } => GuardRefusal::Damaged,
                };
                return self.answer(asker, News::Guard { ask, outcome: Err(refusal) });
            }
        }
        if let Role::Locked { lock, store } = std::mem::replace(&mut self.role, Role::Idle) {
            let (trouble, expected) = (None, Origin::Found);
            self.role = Role::Opening { lock, store: None, trouble, expected };
            self.read_rooms(store);
        }
    }

    /// Somebody gives a sign to whoever leads. If nobody has for too long, all is locked instead:
    /// the device slept, and nothing could look.
    pub(super) fn heed(&mut self, sign: fn(&mut Leader)) {
        let Role::Leading(leader) = &mut self.role else { return };
        if leader.is_untouched() {
            return self.begin_locking(None);
        }
        sign(leader);
    }

    /// All is to be locked: asked for by somebody, or because nobody is there.
    pub(super) fn begin_locking(&mut self, asked: Option<(Asker, AskId)>) {
        let Role::Leading(leader) = &self.role else { return };
        if !leader.has_passphrase() {
            if let Some((asker, ask)) = asked {
                let outcome = Err(GuardRefusal::NotSet);
                self.answer(asker, News::Guard { ask, outcome });
            }
            return;
        }
        let until = now().mono.saturating_add(SAVING);
        let locking = self.locking.get_or_insert(Locking { asked: Vec::new(), until });
        locking.asked.extend(asked);
        self.feed.put_later(async move {
            crate::clock::pause(u32::try_from(SAVING).unwrap_or(u32::MAX)).await;
            crate::worker::happening::Happening::Saving
        });
    }

    /// Locks as soon as what was written is saved. To be called after everything.
    pub(super) fn go_on_locking(&mut self) {
        let Some(locking) = &self.locking else { return };
        let Role::Leading(leader) = &self.role else {
            self.locking = None;
            return;
        };
        if !leader.has_unsaved() {
            self.locking = None;
            return self.lock_now();
        }
        if now().mono >= locking.until
            && let Some(locking) = self.locking.take()
        {
            for (asker, ask) in locking.asked {
                let outcome = Err(GuardRefusal::Unsaved);
                self.answer(asker, News::Guard { ask, outcome });
            }
        }
    }

    fn lock_now(&mut self) {
        if let Role::Leading(leader) = std::mem::replace(&mut self.role, Role::Idle) {
            let (lock, mut store) = leader.close();
            store.lock();
            (self.key, self.held) = (None, Default::default());
            self.role = Role::Locked { lock, store };
            self.tell_all(&News::Locked);
        }
    }

    /// The tab that would lead is locked: only it can be unlocked, or all deleted.
    pub(super) fn hear_locked(&mut self, from: TabId) {
        if let Role::Following { leader } = &mut self.role {
            *leader = None;
            (self.key, self.locked_by) = (None, Some(from));
            self.page.tell_news(News::Locked);
            self.ask_held();
        }
    }

    /// Hands a request to the tab that is locked, if it can do something about it.
    pub(super) fn ask_locked(&self, request: &Request) -> bool {
        let Some(tab) = self.locked_by else { return false };
        let helps = matches!(request, Request::Unlock { .. } | Request::Wipe { .. });
        if helps {
            self.tabs.say(Some(tab), false, TabWords::Request(request.clone()));
        }
        helps
    }

    fn answer(&self, asker: Asker, news: News) {
        match asker {
            Asker::Own => self.page.tell_news(news),
            Asker::Tab(tab) => self.tabs.say(Some(tab), true, TabWords::News(news)),
        }
    }
}
