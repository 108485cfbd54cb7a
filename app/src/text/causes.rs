//! The wording of everything that can go wrong, for people: what it is, and what helps.
//!
//! One function an enum of causes; a cause that is added there does not compile here without
//! words. Texts that browsers and servers give are quoted at the end, never alone.

mod backup;
mod client;
mod door;
mod doubles;
mod faults;
mod guard;
mod names;
mod rooms;
mod server;
mod storage;

pub use self::names::NameFault;
use super::Language;
use crate::chat::{Notice, Problem, Worker};

/// What a person is told of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// What it is, in a sentence.
    pub title: String,
    /// What it means, or what helps.
    pub help: String,
}

impl Language {
    pub(super) fn say(
        self,
        title: impl Into<String>,
        help: impl Into<String>,
        chinese_title: impl Into<String>,
        chinese_help: impl Into<String>,
    ) -> Wording {
        match self {
            Language::English => Wording { title: title.into(), help: help.into() },
            Language::Chinese => Wording { title: chinese_title.into(), help: chinese_help.into() },
        }
    }

    /// Anything that is told above a room or a form.
    pub fn notice(self, notice: &Notice) -> Wording {
        match notice {
            Notice::Worker(worker) => self.worker(worker),
            Notice::Request(refusal) => self.client_refusal(refusal),
            Notice::Storage(state) => self.storage(state),
            Notice::Unkept => self.unkept(),
            Notice::Fault(fault) => self.fault(fault),
            Notice::Problem(Problem::Refused(refusal)) => self.refusal(refusal),
            Notice::Problem(Problem::Trouble(trouble)) => self.trouble(trouble),
            Notice::Double(double) => self.double(double),
            Notice::Removed => self.removed(),
            Notice::Newer => self.say(
                "A new version of Confab is there.",
                "It is on this device already. Updating loads all open tabs again; what you have \
                 written stays.",
                "Confab 有新版本了。",
                "新版本已下载到本机。更新会重新加载所有打开的标签页，已写的内容都会保留。",
            ),
            Notice::Lab(conditions) => self.worse(conditions),
            Notice::Paused => self.say(
                "Sending is paused in this room.",
                "What you write is kept here and waits, also after a reload. What others say \
                     still comes.",
                "此房间已暂停发送。",
                "你写的内容保存在本机等待，重新加载后也一样。别人的消息照常收到。",
            ),
            Notice::SignalLost => self.say(
                "The server that introduces browsers cannot be reached.",
                "Whoever is linked already goes on talking. Others find this room again as \
                     soon as the server is back; this page keeps trying.",
                "联系不上牵线的服务器。",
                "已经直连的成员可以继续聊天；服务器恢复后，\
其他人会重新找到这个房间。页面会不断重试。",
            ),
        }
    }

    fn worker(self, worker: &Worker) -> Wording {
        match worker {
            Worker::Impossible(error) => self.start_error(error),
            Worker::Dead(text) => self.say(
                "Something broke inside the page, and it has stopped.",
                format!("Reload it; what was saved is still there. ({text})"),
                "页面内部出错，已停止工作。",
                format!("请重新加载；已保存的内容都还在。（{text}）"),
            ),
            Worker::Starting | Worker::Leads | Worker::Follows | Worker::Ended => {
                self.say("", "", "", "")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use browser::{
        ClientRefusal, Conditions, Fault, MemberId, Misconduct, Missing, Namesake, Part, Refusal,
    };
    use browser::{StartError, StorageState};
    use browser::{StoreFault, Trouble};

    use super::*;
    use crate::chat::Double;

    fn double(verified: bool, mine: bool) -> Notice {
        let (member, other) = (MemberId([1; 32]), MemberId([2; 32]));
        let of = Namesake { member: other, name: "Ana".to_owned(), verified };
        Notice::Double(Double { member, name: "Аna".to_owned(), of, mine })
    }

    fn notices() -> Vec<Notice> {
        let text = || "the browser's words".to_owned();
        let worker = |error| Notice::Worker(Worker::Impossible(error));
        vec![
            Notice::SignalLost,
            Notice::Newer,
            Notice::Paused,
            Notice::Lab(Conditions { delay: 300, pace: 4_000, loss: 30, cut: true }),
            double(false, false),
            double(true, false),
            double(false, true),
            Notice::Removed,
            Notice::Worker(Worker::Dead(text())),
            worker(StartError::NotSecure),
            worker(StartError::Missing(Missing::WebRtc)),
            Notice::Request(ClientRefusal::InviteDamaged),
            Notice::Request(ClientRefusal::InviteNewer { version: 9 }),
            Notice::Storage(StorageState::Open { persistent: false }),
            Notice::Storage(StorageState::Full),
            Notice::Unkept,
            Notice::Storage(StorageState::Deleted),
            Notice::Storage(StorageState::Unreadable { text: text() }),
            Notice::Storage(StorageState::Refused { text: text() }),
            Notice::Fault(Fault::Server(Misconduct::Payload)),
            Notice::Fault(Fault::Transfer { text: text() }),
            Notice::Fault(Fault::OtherBuild { ours: "1".to_owned(), theirs: "2".to_owned() }),
            Notice::Fault(Fault::Silent { part: Part::Worker, seconds: 5 }),
            Notice::Problem(Problem::Refused(Refusal::TooLong { bytes: 2, limit: 1 })),
            Notice::Problem(Problem::Trouble(Trouble::Store(StoreFault::Full))),
            Notice::Problem(Problem::Trouble(Trouble::Version { theirs: 2, ours: 1 })),
            Notice::Problem(Problem::Trouble(Trouble::Server(Misconduct::Crowd))),
        ]
    }

    fn is_chinese(text: &str) -> bool {
        text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
    }

    #[test]
    fn whatever_is_told_says_what_it_is_and_what_helps_in_each_language() {
        for notice in notices() {
            let english = Language::English.notice(&notice);
            let chinese = Language::Chinese.notice(&notice);
            for words in [&english.title, &english.help] {
                assert!(words.split_whitespace().count() > 2 && !is_chinese(words), "{english:?}");
            }
            assert!(is_chinese(&chinese.title) && is_chinese(&chinese.help), "{chinese:?}");
        }
    }
}
