//! What this tab's worker says, and what the page makes of it.

use std::rc::Rc;

use engine::{Event, SignalState};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::{Stage, Tab};
use crate::client::event::{
    ClientEvent, Fault, Part, Protection, RoomSummary, Space, StorageState,
};
use crate::client::seal::Seal;
use crate::client::{persistence, start};
use crate::message::{BUILD, News, Protected, Term, ToPage};
use crate::port::unpack;

impl Tab {
    /// Takes in what this tab's worker says.
    pub(super) fn on_message(self: &Rc<Self>, content: &JsValue) {
        if matches!(*self.stage.borrow(), Stage::Over) {
            return;
        }
        if let Some(build) = content.as_string() {
            return self.on_greeting(build);
        }
        let message = match unpack(content) {
            Ok((message, _)) => message,
            Err(error) => return self.end(error.to_string()),
        };
        match message {
            ToPage::Lead { term, own, rooms, protected } => {
                self.on_lead((term, own), rooms, protected.as_ref());
            }
            ToPage::News(news) => self.on_news(news),
            ToPage::Rtc { room, link, call } => {
                if let Some(rtc) = self.rtc.get() {
                    rtc.call(room, link, call);
                }
            }
            ToPage::Survey { room } => {
                if let Some(rtc) = self.rtc.get() {
                    rtc.survey(room);
                }
            }
            ToPage::Checked { finding, relays } => self.on_checked(finding, relays),
            ToPage::Relays(relays) => {
                if let Some(rtc) = self.rtc.get() {
                    rtc.relay_through(relays);
                }
            }
            ToPage::OtherBuild { theirs } => self.on_other_build(theirs),
            ToPage::Fatal { text } => self.end(text),
        }
    }

    fn on_greeting(self: &Rc<Self>, build: String) {
        if build != BUILD {
            self.on_other_build(build);
            return self.end_quietly();
        }
        let silence = Tab::watch_silence(Rc::downgrade(self), Part::Leader);
        self.stage.replace(Stage::Greeted { _silence: Some(silence) });
        self.begin();
    }

    fn on_lead(
        &self,
        (term, own): (Term, bool),
        rooms: Vec<RoomSummary>,
        protected: Option<&Protected>,
    ) {
        self.term.set(term);
        if !matches!(*self.stage.borrow(), Stage::Over) {
            self.tell(ClientEvent::Protection(protected.map(protection)));
        }
        if let Some(rtc) = self.rtc.get().filter(|_| own) {
            // Whoever begins to lead knows no connection of an earlier time.
            rtc.close_all();
        }
        let requests = self.unsent.borrow_mut().led();
        for request in requests {
            self.request(Some(request));
        }
        let before = self.stage.replace(Stage::Led);
        match before {
            Stage::Led => {
                self.tell(ClientEvent::Leader(own));
                self.tell(ClientEvent::Rooms(rooms));
            }
            Stage::Loading { .. } | Stage::Greeted { .. } => {
                start::forget_reload(&self.window);
                self.tell(ClientEvent::Ready { leader: own, rooms });
            }
            Stage::Over => {
                self.stage.replace(Stage::Over);
            }
        }
    }

    fn on_news(self: &Rc<Self>, mut news: News) {
        self.unsent.borrow_mut().seen(&mut news);
        let more = self.unsent.borrow_mut().more();
        for request in more {
            self.request(Some(request));
        }
        let event = match news {
            News::Rooms(rooms) => ClientEvent::Rooms(rooms),
            News::Summary(summary) => ClientEvent::Summary(summary),
            News::Left { room } => ClientEvent::Left { room },
            News::Opened { room, .. } => ClientEvent::Opened { room },
            News::Refused { refusal, .. } => ClientEvent::Refused(refusal),
            News::Room { room, event } => {
                if matches!(event, Event::SignalState(SignalState::Online)) {
                    self.configure_late();
                }
                if persistence::is_worth_keeping(&event) {
                    self.keep();
                }
                ClientEvent::Room { room, event }
            }
            News::Backup { ask, news } => {
                if self.backup.get() != Some(ask) {
                    return;
                }
                ClientEvent::Backup(news)
            }
            News::Wiped => {
                self.end_quietly();
                ClientEvent::Wiped
            }
            News::Protection(protected) => {
                ClientEvent::Protection(protected.as_ref().map(protection))
            }
            News::Guard { ask, outcome } => {
                if self.guard.get() != Some(ask) {
                    return;
                }
                ClientEvent::Guarded(outcome)
            }
            News::Locked => return self.on_locked(),
            News::Link(news) => ClientEvent::Link(news),
            News::Storage(state) => return self.report_storage(state),
            News::Fault(fault) => ClientEvent::Fault(fault),
        };
        self.tell(event);
    }

    /// All is locked. Whoever shows something already begins anew: with the page and its worker all
    /// goes that they have read.
    fn on_locked(&self) {
        let led = match &mut *self.stage.borrow_mut() {
            Stage::Led => true,
            Stage::Greeted { _silence: silence } => {
                // This is why nobody leads: the silence needs no words of its own.
                *silence = None;
                false
            }
            Stage::Loading { .. } | Stage::Over => return,
        };
        if led {
            self.end_quietly();
        }
        self.tell(if led { ClientEvent::Shut } else { ClientEvent::Locked });
    }

    /// Another build is at work: this page may be the old one, so it is loaded again, once.
    fn on_other_build(&self, theirs: String) {
        let started = matches!(*self.stage.borrow(), Stage::Led | Stage::Over);
        if started || !start::reload_once(&self.window) {
            let ours = BUILD.to_owned();
            self.tell(ClientEvent::Fault(Fault::OtherBuild { ours, theirs }));
        }
    }

    /// The worker's word on the storage, and the page's on how long it is kept.
    fn report_storage(self: &Rc<Self>, state: StorageState) {
        let StorageState::Open { .. } = state else {
            let mut stage = self.stage.borrow_mut();
            if let Stage::Greeted { _silence: silence } = &mut *stage {
                // This is why nobody leads: the silence needs no words of its own.
                *silence = None;
            }
            drop(stage);
            if state.is_gone() {
                self.end_quietly();
            }
            return self.tell(ClientEvent::Storage(state));
        };
        let tab = self.clone();
        spawn_local(async move {
            let persistent = tab.persistence.is_persistent().await;
            tab.tell(ClientEvent::Storage(StorageState::Open { persistent }));
        });
    }

    /// Says how much is stored.
    pub(in crate::client) fn measure_space(self: &Rc<Self>) {
        let tab = self.clone();
        spawn_local(async move {
            let persistent = tab.persistence.is_persistent().await;
            let bytes = tab.persistence.estimate().await;
            tab.tell(ClientEvent::Space(Space { bytes, persistent }));
        });
    }

    /// A person wants it to be kept.
    pub(in crate::client) fn persist(self: &Rc<Self>) {
        let tab = self.clone();
        spawn_local(async move {
            let persistent = tab.persistence.ask().await;
            if persistent {
                tab.tell(ClientEvent::Storage(StorageState::Open { persistent }));
            }
            let bytes = tab.persistence.estimate().await;
            tab.tell(ClientEvent::Space(Space { bytes, persistent }));
        });
    }

    /// Something of one's own is stored: asks the browser to keep it, if that asks nobody else.
    fn keep(self: &Rc<Self>) {
        let Some(granted) = self.persistence.request() else { return };
        let tab = self.clone();
        spawn_local(async move {
            let persistent = granted.await;
            tab.tell(ClientEvent::Storage(StorageState::Open { persistent }));
        });
    }
}

/// What a page is told of the passphrase.
fn protection(Protected { key, note }: &Protected) -> Protection {
    Protection { phase: note.phase, idle_minutes: note.idle_minutes, seal: Seal::of(key) }
}
