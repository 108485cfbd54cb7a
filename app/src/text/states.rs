//! Words for states: of messages, of links, of the signaling server.

use browser::{Body, Has, LinkState, MemberId, MemberView, Priority, Role, RowState, SignalState};

use super::{Language, Words};
use crate::chat::{Life, Message, Standing, Step};

/// So many names stand in a row.
const FEW: usize = 3;

impl Language {
    /// How far a message has come; `whom` names those of whom that is told, if they are known.
    pub fn standing(self, message: &Message, whom: &[String]) -> String {
        match &message.standing {
            Standing::Writing => self.pick("writing", "正在保存"),
            Standing::Refused(reason) => self.refusal(reason).title,
            Standing::Lost { .. } => self.pick("not saved any more", "已不再保存"),
            // What others hold of it are no words: nobody can say that these were delivered.
            Standing::Stored { state: RowState::Held | RowState::Delivered, .. }
                if message.body == Body::Gone =>
            {
                self.pick("gone", "已消失")
            }
            Standing::Stored { state: RowState::Delivered, .. } if !whom.is_empty() => {
                let whom = self.several(whom);
                self.pick(format!("delivered to {whom}"), format!("已送达 {whom}"))
            }
            Standing::Stored { state: RowState::Expired, .. } if !whom.is_empty() => {
                let whom = self.several(whom);
                self.pick(
                    format!("expired, undelivered to {whom}"),
                    format!("已过期，未送达 {whom}"),
                )
            }
            Standing::Stored { state, held_by, .. } => self.row_state(*state, *held_by),
        }
    }

    /// Members by their names, of many the first. Each name stands apart from the words around it,
    /// in whatever direction it is written.
    pub fn several(self, names: &[String]) -> String {
        let more = names.len().saturating_sub(FEW);
        let named = names.iter().take(FEW);
        let named = named.map(|name| format!("\u{2068}{}\u{2069}", self.called(name)));
        let more = (more > 0).then(|| (self.words().more_others)(more));
        self.list(&named.chain(more).collect::<Vec<_>>())
    }

    fn row_state(self, state: RowState, held_by: u32) -> String {
        match state {
            RowState::Saved => self.pick("saved here", "已保存在本机"),
            RowState::Held => self.counted_in(
                held_by.max(1),
                ["held by # other", "held by # others"],
                "# 人已持有",
            ),
            RowState::Delivered => self.pick("delivered", "已送达"),
            RowState::Read => self.pick("read", "已读"),
            RowState::Expired => self.pick("expired, undelivered", "已过期，未送达"),
            RowState::Failed => self.pick("failed", "失败"),
            RowState::Received => self.pick("received", "已收到"),
        }
    }

    /// The class and the number of own messages that some member has not got.
    pub fn lacked(self, class: Priority, count: usize) -> String {
        let words = self.words();
        let class = match class {
            Priority::Urgent => words.urgent,
            Priority::Normal => words.normal,
            Priority::Low => words.low,
        };
        let count = self.number(u64::try_from(count).unwrap_or(u64::MAX));
        self.pick(
            format!("{class}: {count} not with everybody yet"),
            format!("{class}：{count} 条还有人没有收到"),
        )
    }

    /// What is said of what somebody else holds, and not everybody.
    pub fn waits_for_rest(self) -> String {
        self.pick("waits for those who lack it", "等待其他人收到")
    }

    /// So many more can be listed.
    pub fn show_more(self, count: usize) -> String {
        self.pick(format!("Show {count} more"), format!("再显示 {count} 条"))
    }

    /// What has happened to a message; `name` names members.
    pub fn step(self, step: Step, name: impl Fn(MemberId) -> String) -> String {
        match step {
            Step::Written => self.pick("written", "写好"),
            Step::Saved => self.pick("saved here", "已保存在本机"),
            Step::SentTo(member) => {
                let name = name(member);
                self.pick(format!("sent to {name}"), format!("已发给 {name}"))
            }
            Step::HeldBy(member) => {
                let name = name(member);
                self.pick(format!("held by {name}"), format!("{name} 已持有"))
            }
            Step::HeldThrough(member, through) => {
                let (name, through) = (name(member), through.map(&name));
                let through = through.unwrap_or_else(|| self.pick("another member", "其他成员"));
                self.pick(
                    format!("held by {name}, through {through}"),
                    format!("{name} 已持有，经由 {through}"),
                )
            }
            Step::HeldByOthers(count) => self.row_state(RowState::Held, count),
            Step::Delivered => self.pick("delivered to all", "已送达所有人"),
            Step::ReadBy(member) => {
                let name = name(member);
                self.pick(format!("read by {name}"), format!("{name} 已读"))
            }
            Step::Read => self.pick("read by all", "所有人已读"),
            Step::RefusedBy(member) => {
                let name = name(member);
                self.pick(format!("refused by {name}"), format!("被 {name} 拒绝"))
            }
            Step::Expired => self.pick("expired", "已过期"),
            Step::Gone => self.pick("its words are gone", "内容已消失"),
        }
    }

    /// How many of those for whom a message is have it, and how many have read it.
    pub fn read_by(self, read: usize, held: usize, all: usize) -> String {
        let [read, held, all] = [read, held, all].map(|number| self.numbered(number));
        self.pick(
            format!("{held} of {all} have it, {read} of {all} have read it"),
            format!("{all} 人中 {held} 人已持有，{read} 人已读"),
        )
    }

    /// What is proven of a member and a message.
    pub fn has(self, has: Has) -> String {
        match has {
            Has::Read => self.pick("has read it", "已读"),
            Has::Held => self.pick("has it", "已持有"),
            Has::Lacking => self.pick("does not have it yet", "尚未收到"),
            Has::Missed => self.pick("did not get it before it expired", "过期前未收到"),
        }
    }

    /// What a member is, if that is more or less than a member.
    pub fn role(self, role: Role) -> Option<&'static str> {
        let words = self.words();
        match role {
            Role::Founder => Some(words.founder),
            Role::Admin => Some(words.admin),
            Role::Applicant => Some(words.door),
            Role::Member | Role::Removed => None,
        }
    }

    /// A name, or words for its absence.
    pub fn called(self, name: &str) -> String {
        if name.is_empty() { self.words().nameless.to_owned() } else { name.to_owned() }
    }

    /// What stands in the empty composer, and why nothing can be written if that is so.
    pub fn composer(self, life: Life) -> &'static str {
        let words = self.words();
        match life {
            Life::Opening | Life::On => words.composer_placeholder,
            Life::Outside => words.composer_outside,
            Life::Removed => words.composer_removed,
            Life::Ended => words.composer_ended,
        }
    }

    /// Whether anybody can be reached; `online` counts the others who are.
    pub fn link_state(self, state: LinkState, online: usize) -> String {
        match state {
            LinkState::Offline => self.pick("Nobody else is online", "没有其他人在线"),
            LinkState::Connecting => self.pick("Connecting to somebody…", "正在连接其他成员…"),
            LinkState::Online => self.counted_in(
                online.max(1),
                ["Linked with # member", "Linked with # members"],
                "已与 # 位成员直连",
            ),
        }
    }

    /// Whether anybody can be reached, in one word.
    pub fn linked(self, state: LinkState) -> String {
        match state {
            LinkState::Offline => self.pick("offline", "离线"),
            LinkState::Connecting => self.pick("connecting", "连接中"),
            LinkState::Online => self.pick("connected", "已连接"),
        }
    }

    /// Whether newcomers can find the room: whoever opens the invite link comes through the server.
    pub fn signal_state(self, state: Option<SignalState>) -> String {
        match state {
            None | Some(SignalState::Connecting) => {
                self.pick("Reaching the server…", "正在联系服务器…")
            }
            Some(SignalState::Online) => self.pick("Invite link works", "邀请链接可用"),
            Some(SignalState::Offline) => {
                self.pick("Server not reached, trying again", "联系不上服务器，正在重试")
            }
        }
    }
}

/// Names of states in `data-state`: a contract with the tests, the same in every language.
pub mod names {
    use browser::{Admission, LinkState, Priority, SignalState};

    use crate::chat::{Closing, Life};

    /// Of whether anything is known.
    pub fn life(life: Life) -> &'static str {
        match life {
            Life::Opening => "opening",
            Life::On => "on",
            Life::Outside => "outside",
            Life::Removed => "removed",
            Life::Ended => "ended",
        }
    }

    /// Of what comes of own messages if the page is closed.
    pub fn closing(closing: Closing) -> &'static str {
        match closing {
            Closing::Unknown => "unknown",
            Closing::Unsaved => "unsaved",
            Closing::Waits(_) => "waits",
            Closing::Calm => "calm",
        }
    }

    /// Of where oneself stands at a door.
    pub fn admission(admission: Admission) -> &'static str {
        match admission {
            Admission::Inside => "inside",
            Admission::Waiting { .. } => "waiting",
            Admission::Approved => "approved",
            Admission::TurnedAway => "turned-away",
            Admission::LinkChanged => "link-changed",
        }
    }

    /// Of links.
    pub fn link(state: LinkState) -> &'static str {
        match state {
            LinkState::Offline => "offline",
            LinkState::Connecting => "connecting",
            LinkState::Online => "online",
        }
    }

    /// Of the signaling server.
    pub fn signal(state: Option<SignalState>) -> &'static str {
        match state {
            None | Some(SignalState::Connecting) => "connecting",
            Some(SignalState::Offline) => "offline",
            Some(SignalState::Online) => "online",
        }
    }

    /// Of priorities.
    pub fn priority(priority: Priority) -> &'static str {
        match priority {
            Priority::Urgent => "urgent",
            Priority::Normal => "normal",
            Priority::Low => "low",
        }
    }
}

/// A member's name, with its mark where that is needed to tell it from another.
pub fn called(member: MemberId, words: &Words, members: &[MemberView]) -> String {
    let name = members.iter().find(|view| view.member == member).map(|view| view.name.as_str());
    let name = name.filter(|name| !name.is_empty()).unwrap_or(words.nameless);
    let alike = members.iter().filter(|view| view.name == name).count();
    match alike {
        1 => name.to_owned(),
        _ => format!("{name} {}", member.mark()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::own_message;

    fn said(language: Language, state: RowState, whom: &[&str]) -> String {
        let mut row = own_message("words");
        row.change(|message| {
            if let Standing::Stored { state: known, .. } = &mut message.standing {
                *known = state;
            }
        });
        let whom: Vec<String> = whom.iter().map(|name| (*name).to_owned()).collect();
        language.standing(&row, &whom).replace(['\u{2068}', '\u{2069}'], "|")
    }

    #[test]
    fn it_is_said_to_whom_a_message_was_delivered_or_was_not_if_that_is_known() {
        use RowState::{Delivered, Expired, Held};
        let english = |state, whom: &[&str]| said(Language::English, state, whom);
        assert_eq!(english(Delivered, &["Ana"]), "delivered to |Ana|");
        assert_eq!(english(Delivered, &[]), "delivered");
        assert_eq!(english(Delivered, &[""]), "delivered to |Somebody without a name|");
        assert_eq!(english(Expired, &["Ana", "Ben"]), "expired, undelivered to |Ana| and |Ben|");
        assert_eq!(english(Expired, &[]), "expired, undelivered");
        assert_eq!(english(Held, &["Ana"]), "held by 1 other");
        let chinese = |state, whom: &[&str]| said(Language::Chinese, state, whom);
        assert_eq!(chinese(Delivered, &["Ana"]), "已送达 |Ana|");
        assert_eq!(chinese(Expired, &["Ana"]), "已过期，未送达 |Ana|");
    }

    #[test]
    fn of_many_the_first_are_named_and_the_others_counted() {
        let names = ["Ana", "Ben", "Cem", "Dia", "Eli"].map(str::to_owned);
        let said = |count: usize| {
            let words = Language::English.words();
            let names = &names[..count];
            (words.typing)(&Language::English.several(names), count)
                .replace(['\u{2068}', '\u{2069}'], "")
        };
        assert_eq!(said(1), "Ana is typing…");
        assert_eq!(said(2), "Ana and Ben are typing…");
        assert_eq!(said(4), "Ana, Ben, Cem, and 1 other are typing…");
        assert_eq!(said(5), "Ana, Ben, Cem, and 2 others are typing…");
    }
}
