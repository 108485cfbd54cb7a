//! What was decided about who is in the room, in words. Beside a name stands the mark: people may
//! call themselves anything.

use browser::{Decided, MemberId};

use super::Language;

impl Language {
    /// What stands in the list of messages; `name` names members, if it knows their names.
    pub fn decided(self, decided: &Decided, name: impl Fn(&MemberId) -> String) -> String {
        let mark = |member: &MemberId| match name(member).as_str() {
            "" => member.mark(),
            name => format!("{name} ({})", member.mark()),
        };
        let (english, chinese) = match decided {
            Decided::Approved(members) => {
                let marks: Vec<String> = members.iter().map(mark).collect();
                let marks = self.list(&marks);
                (format!("Let in: {marks}"), format!("已批准加入：{marks}"))
            }
            Decided::Removed(member) => (
                format!("Removed {} from the room", mark(member)),
                format!("已将 {} 移出房间", mark(member)),
            ),
            Decided::Promoted(member) => (
                format!("Made {} an admin", mark(member)),
                format!("已将 {} 设为管理员", mark(member)),
            ),
            Decided::Demoted(member) => (
                format!("{} is no admin any more", mark(member)),
                format!("{} 不再是管理员", mark(member)),
            ),
            Decided::NewLink => {
                ("The invite link has changed".to_owned(), "邀请链接已更换".to_owned())
            }
            Decided::Merged => (
                "Changes that were made at once were put together".to_owned(),
                "同时作出的变更已合并".to_owned(),
            ),
            Decided::Gate { approve: true } => (
                "Newcomers have to be approved from now on".to_owned(),
                "从现在起，新成员须经批准".to_owned(),
            ),
            Decided::Gate { approve: false } => (
                "The link lets newcomers in from now on".to_owned(),
                "从现在起，凭链接即可加入".to_owned(),
            ),
        };
        match self {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_named_with_its_mark_in_both_languages() {
        let member = MemberId([7; 32]);
        for decided in [Decided::Removed(member), Decided::Approved(vec![member])] {
            for language in [Language::English, Language::Chinese] {
                let said = language.decided(&decided, |_| "Ben".to_owned());
                assert!(said.contains("Ben") && said.contains(&member.mark()), "{said}");
                let said = language.decided(&decided, |_| String::new());
                assert!(said.contains(&member.mark()) && !said.contains('('), "{said}");
            }
        }
    }
}
