//! Who is in the room and who asks to be: what a person here may do about them, and how it is
//! asked. Whether it is done, the engine decides.
//!
//! ```text
//!  a member's choices ──► Remove? ──► sure? ──► command
//!                    ├─► Compare ──► the same? ► command
//!                    └─► any other ────────────► command
//! ```

use browser::{Admission, Command, MemberId, MemberView, Role, Treatment};

use super::room::{Life, Renewal, RoomState};
use super::{ChatState, Errand};

/// What the dialog about a member asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// What is to be done with it.
    Member(MemberId),
    /// Whether it is to be removed for good.
    Remove(MemberId),
    /// Whether its key is the right one.
    Verify(MemberId),
}

impl Question {
    /// Whom it is about.
    pub fn member(self) -> MemberId {
        match self {
            Question::Member(member) | Question::Remove(member) | Question::Verify(member) => {
                member
            }
        }
    }
}

/// Something that may be done with a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Find out whether it is who it says.
    Compare,
    /// Show what it says and be silent about it.
    Mute,
    /// Be no longer silent about it.
    Unmute,
    /// Take nothing more of what it says.
    Block,
    /// Take it again.
    Unblock,
    /// Make it an admin.
    Promote,
    /// Make an admin a member again.
    Demote,
    /// Do not wait for it any more.
    Forget,
    /// Remove it from the room.
    Remove,
}

/// In the order in which they are offered.
const ALL: [Choice; 9] = [
    Choice::Compare,
    Choice::Mute,
    Choice::Unmute,
    Choice::Block,
    Choice::Unblock,
    Choice::Promote,
    Choice::Demote,
    Choice::Forget,
    Choice::Remove,
];

/// Something that a person does about who is in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Asks this, or closes the dialog.
    Ask(Option<Question>),
    /// Chooses this for the member that is asked about.
    Choose(Choice),
    /// Types, pastes or scans something to compare with.
    Type(String),
    /// Has compared, and it is the same; or takes that back.
    Verify(bool),
    /// Lets somebody in who waits at the door.
    LetIn(MemberId),
    /// Turns somebody away who waits there.
    TurnAway(MemberId),
    /// Asks again to be let in.
    Knock,
    /// Looks at the invite.
    Invite,
    /// Makes the invite void, and another one.
    NewLink,
}

impl RoomState {
    /// Oneself, as far as the room is known.
    pub fn myself(&self) -> Option<&MemberView> {
        self.members.iter().chain(&self.removed).find(|view| view.me)
    }

    /// A member.
    pub fn member(&self, member: MemberId) -> Option<&MemberView> {
        self.members.iter().find(|view| view.member == member)
    }

    /// How a member is treated on this device, also one that was removed.
    pub fn treatment(&self, member: MemberId) -> Treatment {
        let mut all = self.members.iter().chain(&self.removed);
        all.find(|view| view.member == member).map(|view| view.treatment).unwrap_or_default()
    }

    /// True if one may change the link, and who is in the room.
    pub fn governs(&self) -> bool {
        let role = self.myself().map_or(Role::Applicant, |me| me.role);
        self.life == Life::On && role >= Role::Admin
    }

    /// What may be done with a member, as far as is known here.
    pub fn choices(&self, member: MemberId) -> Vec<Choice> {
        let Some(view) = self.member(member).filter(|view| !view.me) else { return vec![] };
        let (governs, founder) =
            (self.governs(), self.myself().is_some_and(|me| me.role == Role::Founder));
        let (on, Treatment { blocked, muted }) = (self.life == Life::On, view.treatment);
        let may = |choice: &Choice| match choice {
            Choice::Compare => on,
            Choice::Mute => on && !blocked && !muted,
            Choice::Unmute => on && !blocked && muted,
            Choice::Block => on && !blocked,
            Choice::Unblock => on && blocked,
            Choice::Promote => governs && view.role == Role::Member,
            Choice::Demote => governs && founder && view.role == Role::Admin,
            Choice::Forget => on && !view.online,
            Choice::Remove => governs && matches!(view.role, Role::Member | Role::Admin),
        };
        ALL.into_iter().filter(may).collect()
    }

    /// Nothing is asked about somebody with whom that cannot be done any more.
    fn may_ask(&self, question: Question) -> bool {
        let choices = self.choices(question.member());
        match question {
            Question::Member(_) => !choices.is_empty(),
            Question::Remove(_) => choices.contains(&Choice::Remove),
            Question::Verify(_) => choices.contains(&Choice::Compare),
        }
    }

    /// Whether one may speak follows from whether one is in the room.
    pub(super) fn settle_life(&mut self) {
        let removed = self.removed.iter().any(|view| view.me);
        let outside = self.admission.is_some_and(|admission| admission != Admission::Inside);
        self.life = match self.life {
            Life::Opening | Life::Ended => self.life,
            Life::On | Life::Outside | Life::Removed => match (removed, outside) {
                (true, _) => Life::Removed,
                (false, true) => Life::Outside,
                (false, false) => Life::On,
            },
        };
        self.asks = self.asks.filter(|asks| self.may_ask(*asks));
    }
}

impl ChatState {
    /// A person does something about who is in the room.
    pub(super) fn govern(&mut self, deed: Deed) -> Vec<Errand> {
        let command = match deed {
            Deed::Ask(question) => self.room.ask(question),
            Deed::Choose(choice) => self.choose(choice),
            Deed::Type(typed) => {
                self.room.checking.typed = typed;
                None
            }
            Deed::Verify(same) => self.room.verify(same),
            Deed::LetIn(member) => self.waits(member).then_some(Command::Approve(member)),
            Deed::TurnAway(member) => self.waits(member).then_some(Command::TurnAway(member)),
            Deed::Knock => Some(Command::Knock),
            Deed::Invite => {
                if !matches!(self.room.renewal, Renewal::Waits { .. }) {
                    self.room.renewal = Renewal::None;
                }
                None
            }
            Deed::NewLink => self.renew(),
        };
        let room = self.room.room;
        let errand = room.zip(command).map(|(room, command)| Errand::Command(room, command));
        errand.into_iter().collect()
    }

    fn waits(&self, member: MemberId) -> bool {
        self.room.applicants.iter().any(|applicant| applicant.member == member)
    }

    fn choose(&mut self, choice: Choice) -> Option<Command> {
        let question = self.room.asks.take()?;
        let member = question.member();
        if !self.room.choices(member).contains(&choice) {
            return None;
        }
        match (question, choice) {
            (Question::Member(_), Choice::Remove) => self.room.ask(Some(Question::Remove(member))),
            (_, Choice::Compare) => self.room.ask(Some(Question::Verify(member))),
            (Question::Remove(_) | Question::Verify(_), Choice::Remove) => {
                Some(Command::Remove(member))
            }
            (_, Choice::Mute) => Some(Command::MuteMember(member, true)),
            (_, Choice::Unmute) => Some(Command::MuteMember(member, false)),
            (_, Choice::Block) => Some(Command::Block(member)),
            (_, Choice::Unblock) => Some(Command::Unblock(member)),
            (_, Choice::Promote) => Some(Command::Promote(member)),
            (_, Choice::Demote) => Some(Command::Demote(member)),
            (_, Choice::Forget) => Some(Command::ForgetMember(member)),
        }
    }

    fn renew(&mut self) -> Option<Command> {
        let old = self.room.view.as_ref().map(|view| view.invite.clone())?;
        if !self.room.governs() || matches!(self.room.renewal, Renewal::Waits { .. }) {
            return None;
        }
        self.room.renewal = Renewal::Waits { old };
        Some(Command::NewLink)
    }

    /// The room was told anew: perhaps with another invite.
    pub(super) fn note_invite(&mut self) {
        let invite = self.room.view.as_ref().map(|view| &view.invite);
        if let Renewal::Waits { old } = &self.room.renewal
            && invite.is_some_and(|invite| invite != old)
        {
            self.room.renewal = Renewal::Done;
        }
    }
}
