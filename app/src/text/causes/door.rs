//! Where oneself stands, in words, if that is not in the room: at its door, or removed from it.

use browser::Admission;

use super::Wording;
use crate::text::Language;

impl Language {
    /// Where oneself stands at the door of a room.
    pub fn outside(self, admission: Admission) -> Wording {
        match admission {
            Admission::Waiting { heard: 0 } => self.say(
                "You wait to be let in; no member is there just now.",
                "Keep this page open: whoever comes hears that you are here.",
                "你正在等候进入，目前没有成员在场。",
                "请保持页面打开：有成员来时就会知道你在这里。",
            ),
            Admission::Waiting { heard } => self.say(
                "You wait to be let in.",
                self.counted(
                    heard,
                    "# member knows that you are here, and has to decide. Until then you see \
                     nothing of the room.",
                    "# members know that you are here, and one of them has to decide. Until then \
                     you see nothing of the room.",
                ),
                "你正在等候进入。",
                format!(
                    "{} 位成员知道你在门口，需由其中一位决定。在此之前，你看不到房间里的任何内容。",
                    self.numbered(heard)
                ),
            ),
            Admission::Approved => self.say(
                "A member has let you in.",
                "The key is being saved; the messages follow.",
                "一位成员已让你进入。",
                "正在保存密钥，消息随后就到。",
            ),
            Admission::TurnedAway => self.say(
                "A member has turned you away: you are not let in.",
                "Talk to whoever gave you the link. You can ask again; whoever said no hears \
                 nothing of it for a minute.",
                "一位成员拒绝了你的申请，你没有获准进入。",
                "请联系给你链接的人。你可以再次申请；拒绝你的人在一分钟内不会收到。",
            ),
            Admission::LinkChanged => self.say(
                "The link of this room has changed, and the one that you have leads nowhere.",
                "Ask for the new link, and open it in this browser.",
                "此房间的链接已更换，你手上的链接已作废。",
                "请索取新链接，并在此浏览器中打开。",
            ),
            Admission::Inside => self.say("", "", "", ""),
        }
    }

    /// One was removed.
    pub(super) fn removed(self) -> Wording {
        self.say(
            "You were removed from this room.",
            "What was said until then stays here and can be read. Nothing new comes, and nothing \
             can be written: it would reach nobody.",
            "你已被移出此房间。",
            "此前的消息仍在这里，可以阅读。不会再有新消息，也不能再写：写了也没有人能收到。",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wherever_one_stands_outside_it_is_said_with_what_helps_in_each_language() {
        let mut said = Vec::new();
        for admission in [
            Admission::Waiting { heard: 0 },
            Admission::Waiting { heard: 1 },
            Admission::Waiting { heard: 2 },
            Admission::Approved,
            Admission::TurnedAway,
            Admission::LinkChanged,
        ] {
            for language in Language::ALL {
                let Wording { title, help } = language.outside(admission);
                assert!(title.chars().count() > 5 && help.chars().count() > 8, "{title} {help}");
                said.push(title + &help);
            }
        }
        let different: std::collections::BTreeSet<&String> = said.iter().collect();
        assert_eq!(different.len(), said.len());
    }
}
