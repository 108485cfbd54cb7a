//! Who is in the room, and what it is called: as it is told, and as it is changed from here.

use crate::engine::Engine;
use crate::ids::MemberId;
use crate::limits;
use crate::register::{Profile, Register, RegisterKind, RoomInfo};
use crate::view::letters::{has_odd, without_odd};
use crate::view::{Event, MemberView, Refusal, Role};

impl Engine {
    pub(super) fn member_views(&self) -> Vec<MemberView> {
        let known = &self.members.acquaintances;
        let own = (&self.own.member, &*self.name_of(&self.own.member));
        let view = |member: MemberId, me: bool, online: bool| {
            let (name, role) = (self.name_of(&member), self.role(&member));
            let verified = known.verified(&member).map(str::to_owned);
            // Nothing that somebody says counts who was removed, whatever its name.
            let here = !me && role != Role::Removed;
            let namesake = here.then(|| known.namesake(&member, &name, own)).flatten();
            let treatment = known.treatment(&member);
            MemberView { member, name, me, online, role, verified, namesake, treatment }
        };
        let linked = |id: &MemberId| self.links.values().any(|link| link.member() == Some(*id));
        let others = self.members.iter().map(|id| view(*id, false, linked(id)));
        // Whoever was removed has still said something.
        let removed = self.governance.membership.standing().removed.keys();
        let removed =
            removed.filter(|id| **id != self.own.member).map(|id| view(*id, false, false));
        std::iter::once(view(self.own.member, true, true)).chain(others).chain(removed).collect()
    }

    /// Takes note of a member.
    pub(in crate::engine) fn know(&mut self, member: MemberId) {
        if member == self.own.member || self.role(&member) == Role::Removed {
            return;
        }
        let held = self.logs.of(&self.own).map(crate::log::LogState::held).unwrap_or_default();
        let alone = self.members.iter().next().is_none();
        if !self.members.know(member, self.own, &held) {
            return;
        }
        self.told.stale = true;
        self.update_rows(self.own, &held);
        if alone {
            self.heard_of_earlier(member);
        }
    }

    pub(super) fn on_room_info(&mut self, register: &Register) {
        if register.member != self.record.founder() {
            return;
        }
        let info: Option<RoomInfo> = self.open_cell(register);
        let name = shown_name(&info.map(|info| info.name).unwrap_or_default());
        if !name.is_empty() && name != self.record.name() {
            self.record.set_name(name);
            self.commits.record_dirty = true;
            self.tell(Event::Room(self.room_view()));
        }
    }

    pub(in crate::engine) fn set_name(&mut self, name: String) {
        let name = name.trim().to_owned();
        if valid_name(&name) {
            self.publish(RegisterKind::PROFILE, &Profile { name });
        } else {
            self.refuse_name();
        }
    }

    pub(in crate::engine) fn set_room_name(&mut self, name: String) {
        let name = name.trim().to_owned();
        if self.own.member != self.record.founder() {
            self.refuse(None, Refusal::NotFounder);
        } else if valid_name(&name) {
            self.publish(RegisterKind::ROOM, &RoomInfo { name });
        } else {
            self.refuse_name();
        }
    }

    pub(in crate::engine) fn refuse_name(&mut self) {
        let limit = u64::try_from(limits::NAME_BYTES).unwrap_or(u64::MAX);
        self.refuse(None, Refusal::Name { limit });
    }

    pub(in crate::engine) fn forget(&mut self, member: &MemberId) {
        if !self.members.forget(member) {
            return self.refuse(None, Refusal::NoSuchMember);
        }
        self.told.stale = true;
        let held = self.logs.of(&self.own).map(crate::log::LogState::held).unwrap_or_default();
        self.update_rows(self.own, &held);
    }
}

/// A name as it is shown: without letters that turn, hide or pile up others, and not at all if it
/// cannot be. So it is read as it looks, and what it looks like is judged by what is read.
pub(in crate::engine) fn shown_name(name: &str) -> String {
    if is_line(name) { without_odd(name) } else { String::new() }
}

/// True if a name may be given: what is shown of it is all of it.
fn valid_name(name: &str) -> bool {
    is_line(name) && !has_odd(name)
}

/// True if a name is short and without characters that control.
fn is_line(name: &str) -> bool {
    !name.is_empty() && name.len() <= limits::NAME_BYTES && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_without_what_turns_hides_or_piles_up_letters_and_cannot_be_given_with_it() {
        let piled = format!("A{}na", "\u{301}".repeat(20));
        for (name, shown) in [
            ("Ana\u{202e}nimda", "Ananimda"),
            ("An\u{200b}a", "Ana"),
            ("\u{2066}Ana", "Ana"),
            (&piled, "A\u{301}\u{301}\u{301}\u{301}na"),
            ("A\nna", ""),
            ("\u{200b}", ""),
        ] {
            assert_eq!(shown_name(name), shown, "{name:?}");
            assert!(!valid_name(name), "{name:?}");
        }
        for name in ["Ana", "Việt", "👩\u{200d}💻", "می\u{200c}خواهم", "三"] {
            assert_eq!(shown_name(name), name);
            assert!(valid_name(name));
        }
    }
}
