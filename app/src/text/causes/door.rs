//! The door of a room that approves its members, in words, on both sides of it.

use browser::{Admission, ApplicantView};

use super::Wording;
use crate::text::Language;

impl Language {
    /// Where oneself stands, while that is not in the room.
    pub fn outside(self, admission: Admission) -> Wording {
        match admission {
            Admission::Waiting { heard: 0 } => self.say(
                "You have asked to be let in; no member is there just now.",
                "Keep this page open: whoever comes will hear it.",
                "您已申请加入，目前没有成员在场。",
                "请保持页面打开：有成员来时就会收到。",
            ),
            Admission::Waiting { heard } => self.say(
                "You have asked to be let in; a member has to approve.",
                format!("Members that have heard it: {heard}. Until then you see nothing here."),
                "您已申请加入，需由一位成员批准。",
                format!("已有 {heard} 位成员收到申请。在批准之前，这里什么也看不到。"),
            ),
            Admission::Approved => self.say(
                "A member has let you in.",
                "The key is being saved; the messages follow.",
                "一位成员已批准您加入。",
                "正在保存密钥，消息随后就到。",
            ),
            Admission::TurnedAway => self.say(
                "A member has said no: you are not let in.",
                "Talk to whoever gave you the link.",
                "一位成员拒绝了您的申请。",
                "请联系给您链接的人。",
            ),
            Admission::LinkChanged => self.say(
                "The link of this room has changed, and the one that you have leads nowhere.",
                "Ask for the new link, and open it here.",
                "此房间的链接已更换，您手上的链接已失效。",
                "请索取新链接，并在这里打开。",
            ),
            Admission::Inside => self.say("", "", "", ""),
        }
    }

    /// Who waits at the door. A name is what somebody calls itself; the mark is of its key.
    pub fn applicants(self, applicants: &[ApplicantView]) -> Wording {
        let name = |applicant: &ApplicantView| match applicant.name.as_str() {
            "" => applicant.member.mark(),
            name => format!("{name} ({})", applicant.member.mark()),
        };
        let names: Vec<String> = applicants.iter().map(name).collect();
        self.say(
            format!("Somebody asks to be let in: {}", names.join(", ")),
            "A member has to approve it. Anybody can use any name: ask those you know.",
            format!("有人申请加入：{}", names.join("、")),
            "需由一位成员批准。名字可以随便取，请向认识的人核实。",
        )
    }
}
