//! What a page holds: starts this tab's worker, asks it, and is told what happens.
//!
//! Every method returns at once; answers come as [`ClientEvent`]s, never before the method has
//! returned. What is unanswered is repeated to every new leader (see `unsent`), so a tab that dies
//! takes nothing with it. How far a tab has come is in `tab`.

pub(crate) mod event;
pub(crate) mod kept;
mod offline;
mod persistence;
pub(crate) mod seal;
mod start;
pub(crate) mod survey;
mod tab;
mod unsent;
mod wake;

use std::rc::Rc;

use engine::{Command, Entrance, Event, Invite, InviteError, RoomId};

use crate::lab::Conditions;
use crate::message::{ImportStep, Passphrase, ProtectStep, Request};
#[cfg(doc)]
use event::BackupNews;
use event::{ClientEvent, StartError};
use tab::Tab;

/// A page's way to its rooms. Clones are the same client; the last one to go ends the worker.
#[derive(Clone)]
pub struct Client {
    tab: Rc<Tab>,
}

/// What an address bar can change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientOptions {
    /// `?signal=`: another signaling address, if the page's server allows it.
    pub signal: Option<String>,
    /// `?relay=only`: connections through relays, and not otherwise.
    pub relay_only: bool,
}

impl Client {
    /// Starts this tab's worker. To be called once a page; `on_event` is never called before this
    /// has returned, and may call the client.
    ///
    /// # Errors
    /// [`StartError`] if the browser lacks something, or the page is not served securely.
    pub fn start(
        options: ClientOptions,
        on_event: impl Fn(ClientEvent) + 'static,
    ) -> Result<Client, StartError> {
        Ok(Client { tab: Tab::start(options, Box::new(on_event))? })
    }

    /// Founds a room and opens it. Answered by [`ClientEvent::Opened`].
    pub fn create_room(&self, room_name: String, my_name: String, entrance: Entrance) {
        let request = |ask, entropy| Request::Create { ask, entropy, room_name, my_name, entrance };
        self.tab.ask(request);
    }

    /// Enters the room of an invite, or comes to its door. Opens it if this device is there
    /// already, and goes to the door to which this link leads if it stands outside. Answered by
    /// [`ClientEvent::Opened`] or [`ClientEvent::Refused`].
    pub fn join_room(&self, invite: String, my_name: String) {
        if let Err(error) = Invite::parse(&invite) {
            return self.tab.tell_later(ClientEvent::Refused(error.into()));
        }
        let request = |ask, entropy| Request::Join { ask, entropy, invite, my_name };
        self.tab.ask(request);
    }

    /// Opens a room of this device: [`ClientEvent::Opened`], then all of its state as events.
    pub fn open_room(&self, room: RoomId) {
        self.tab.open(room);
    }

    /// Leaves a room: all that this device has stored of it goes, its keys first. Answered by
    /// [`ClientEvent::Left`], in every tab, or by [`ClientEvent::Refused`].
    pub fn leave_room(&self, room: RoomId) {
        self.tab.ask(|ask, _| Request::Leave { ask, room });
    }

    /// Makes a backup of all rooms under a passphrase: comes as [`ClientEvent::Backup`], piece by
    /// piece.
    pub fn export(&self, passphrase: String) {
        let passphrase = Passphrase(passphrase);
        self.tab.begin_backup(|ask| Request::Export { ask, passphrase });
    }

    /// Takes a backup in; its bytes are asked for with [`BackupNews::Taken`], in portions of up to
    /// 256 KiB.
    pub fn import(&self, passphrase: String) {
        let step = ImportStep::Begin(Passphrase(passphrase));
        self.tab.begin_backup(|ask| Request::Import { ask, step });
    }

    /// The next bytes of it.
    pub fn import_part(&self, bytes: Vec<u8>) {
        self.tab.go_on_importing(ImportStep::Part(bytes));
    }

    /// All bytes of it have come.
    pub fn end_import(&self) {
        self.tab.go_on_importing(ImportStep::End);
    }

    /// Gives up a backup that is being made or taken in: all is as it was.
    pub fn give_up_backup(&self) {
        self.tab.give_up_backup();
    }

    /// Seals all that is stored on this device under a passphrase. Like all that follows, answered
    /// by [`ClientEvent::Guarded`]; how it comes on is told by [`ClientEvent::Protection`].
    pub fn set_passphrase(&self, new: String) {
        self.protect(ProtectStep::Set { new: Passphrase(new) });
    }

    /// Puts another passphrase in the place of the one that there is.
    pub fn change_passphrase(&self, old: String, new: String) {
        self.protect(ProtectStep::Change { old: Passphrase(old), new: Passphrase(new) });
    }

    /// Takes the passphrase away: all that is stored lies there in clear then.
    pub fn remove_passphrase(&self, old: String) {
        self.protect(ProtectStep::Remove { old: Passphrase(old) });
    }

    /// Locks after so many minutes without a touch; 0 is never.
    pub fn lock_after(&self, minutes: u16) {
        self.protect(ProtectStep::Idle { minutes });
    }

    fn protect(&self, step: ProtectStep) {
        self.tab.ask_guard(|ask| Request::Protect { ask, step });
    }

    /// Forgets all keys, once what was written is saved: [`ClientEvent::Shut`] in every tab, or
    /// [`ClientEvent::Guarded`] with a refusal in this one.
    pub fn lock(&self) {
        self.tab.lock();
    }

    /// Opens what is stored: [`ClientEvent::Ready`], or [`ClientEvent::Guarded`] with a refusal.
    pub fn unlock(&self, passphrase: String) {
        let passphrase = Passphrase(passphrase);
        self.tab.ask_guard(|ask| Request::Unlock { ask, passphrase });
    }

    /// A person is at this page: it is not locked for being left alone.
    pub fn touch(&self) {
        self.tab.touch();
    }

    /// Lets the newer build that was told of by [`ClientEvent::Newer`] take over: every tab is
    /// loaded again, once.
    pub fn update(&self) {
        self.tab.update();
    }

    /// Deletes all that is stored on this device: keys first, then the whole database. Answered by
    /// [`ClientEvent::Wiped`] in every tab. May be asked again after a page has died in between.
    pub fn wipe(&self) {
        self.tab.wipe();
    }

    /// Asks something of a room. Drafts are kept and repeated until they are seen in a row or
    /// refused, and so is what is asked of one that waits; other commands are sent once.
    pub fn command(&self, room: RoomId, command: Command) {
        let Err((drafts, reason)) = self.tab.command(room, command) else { return };
        for draft in drafts {
            let event = Event::Refused { draft: Some(draft), reason: reason.clone() };
            self.tab.tell_later(ClientEvent::Room { room, event });
        }
    }

    /// True while something that was written in this tab is not known to be stored: it is lost if
    /// the tab is closed now.
    pub fn is_storing(&self) -> bool {
        self.tab.is_storing()
    }

    /// How much is stored: [`ClientEvent::Space`].
    pub fn measure_space(&self) {
        self.tab.measure_space();
    }

    /// Asks the browser not to delete what is stored when space runs short; some put that to the
    /// person. Answered by [`ClientEvent::Space`].
    pub fn persist(&self) {
        self.tab.persist();
    }

    /// Measures the connections of a room, and the way to the server: [`ClientEvent::Path`] for
    /// each, and [`ClientEvent::Server`] every few seconds.
    pub fn survey(&self, room: RoomId) {
        self.tab.survey(room);
    }

    /// Makes the connections of this device worse than they are, or lets them be again:
    /// [`LinkNews::Conditions`](survey::LinkNews::Conditions) in every tab.
    pub fn worsen(&self, conditions: Conditions) {
        self.tab.worsen(conditions);
    }

    /// Tries what connections need, apart from all rooms: [`ClientEvent::Checked`] for each
    /// [`Check`](survey::Check), every one within a few seconds.
    pub fn check(&self) {
        self.tab.check();
    }

    /// Reads an invite without entering its room.
    ///
    /// # Errors
    /// [`InviteError`] if it is damaged or of a newer version.
    pub fn inspect_invite(&self, fragment: &str) -> Result<Invite, InviteError> {
        inspect_invite(fragment)
    }
}

/// Reads an invite without entering its room.
///
/// # Errors
/// [`InviteError`] if it is damaged or of a newer version.
pub fn inspect_invite(fragment: &str) -> Result<Invite, InviteError> {
    Invite::parse(fragment)
}
