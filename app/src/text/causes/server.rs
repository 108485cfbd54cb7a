//! What the signaling server was caught at. It is said what it can do by it, and what it cannot.

use browser::Misconduct;

use super::Wording;
use crate::text::Language;

impl Language {
    /// The signaling server breaks its rules.
    pub(super) fn misconduct(self, what: Misconduct) -> Wording {
        let (english, chinese) = match what {
            Misconduct::Unreadable => {
                ("It says what is no message.", "它发来的内容不是合法的消息。")
            }
            Misconduct::Oversized => (
                "It sends more than a message may have, so it was hung up on.",
                "它发来的内容超出了消息的上限，已与它断开。",
            ),
            Misconduct::ForeignRoom => {
                ("It speaks of a room that was not joined.", "它提到了一个没有加入过的房间。")
            }
            Misconduct::Payload => (
                "What it handed over in a member's name was altered, invented, or for somebody \
                 else.",
                "它以成员名义转交的内容被改动过、是伪造的，或本来是给别人的。",
            ),
            Misconduct::Crowd => (
                "It names more members than there can be, or many that do not answer.",
                "它声称的成员多得不可能，或其中许多没有回应。",
            ),
            Misconduct::Contradiction => (
                "What it says of who is in the room contradicts itself.",
                "它对谁在房间里的说法自相矛盾。",
            ),
            Misconduct::Relays => (
                "It names relays that have no address which can be used.",
                "它提供的中继没有可用的地址。",
            ),
        };
        self.say(
            "The server that introduces browsers breaks the rules.",
            format!(
                "{english} It was not believed. It can keep members apart; it cannot read, alter \
                 or add anything that is said here. If this goes on, use another server."
            ),
            "牵线的服务器违反了规则。",
            format!(
                "{chinese}这些内容没有被采信。它可以妨碍成员相见，但无法读取、改动或添加这里的任何发言。\
如果一直如此，请换一台服务器。"
            ),
        )
    }
}
