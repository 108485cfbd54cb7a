//! One message that one device refuses again and again: it waits, and nothing else does (§5).

use engine::{DraftId, EntryId, Event, Priority};

use crate::world::World;

/// What is refused, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Poison {
    /// The device that refuses it.
    pub device: usize,
    draft: DraftId,
    /// True if it is meant for that device's member: its author knew of it.
    pub meant: bool,
    /// What it became, once it is stored.
    pub entry: Option<EntryId>,
}

impl World {
    /// Somebody says something that this device is not going to take.
    pub(crate) fn poison(&mut self, device: usize) {
        let author = self.pick(self.peers.len());
        if self.oracle.member_of(author) == self.oracle.member_of(device) {
            return;
        }
        let before = self.peers[author].said;
        self.say(author, Priority::Normal, 20);
        let said = self.peers[author].said > before;
        let member = self.oracle.member_of(device);
        let meant = member.is_some_and(|one| self.peers[author].screen().roles.contains_key(&one));
        let draft = self.peers[author].unseen.last().and_then(|drafts| drafts.first());
        if let Some(draft) = draft.filter(|_| said).map(|draft| draft.id) {
            self.note(format_args!("{device} does not take it"));
            self.poison = Some(Poison { device, draft, meant, entry: None });
        }
    }

    /// A page is told of rows: one of them may be what is refused. Nothing of it has left yet.
    pub(crate) fn poison_stored(&mut self, event: &Event) {
        let Some(poison) = self.poison.as_mut().filter(|poison| poison.entry.is_none()) else {
            return;
        };
        if let Event::Rows(rows) = event {
            let row = rows.iter().find(|row| row.draft == Some(poison.draft));
            poison.entry = row.map(|row| row.entry);
        }
    }

    /// What a device is to refuse, if anything.
    pub(crate) fn refused_at(&self, peer: usize) -> Option<EntryId> {
        self.poison.filter(|poison| poison.device == peer)?.entry
    }
}
