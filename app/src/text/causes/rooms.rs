//! What can go wrong in a room: commands that are refused, and troubles that come by themselves.
//!
//! The room goes on in all of these cases.

use browser::{Refusal, Trouble, limits};

use super::Wording;
use crate::text::Language;

impl Language {
    /// Why a command was refused.
    pub fn refusal(self, refusal: &Refusal) -> Wording {
        match refusal {
            Refusal::Empty => self.say(
                "The message is empty.",
                "Write something first.",
                "消息是空的。",
                "请先写点什么。",
            ),
            Refusal::TooLong { bytes, limit } => self.say(
                format!("The message is too long: {bytes} bytes, {limit} are allowed."),
                "Send it in parts.",
                format!("消息太长：{bytes} 字节，最多 {limit} 字节。"),
                "请分几次发送。",
            ),
            Refusal::Busy { waiting } => self.say(
                format!("{waiting} messages wait to be saved; this one was not taken."),
                "Wait a moment, and send it again.",
                format!("有 {waiting} 条消息正等待保存，这一条没有收下。"),
                "请稍等片刻再发送。",
            ),
            Refusal::Name { limit } => self.say(
                format!("A name has 1 to {limit} bytes, and no control characters."),
                "Choose a shorter one.",
                format!("名字须为 1 到 {limit} 字节，且不含控制字符。"),
                "请换一个短些的名字。",
            ),
            Refusal::NotFounder => self.say(
                "Only the founder of the room can do this.",
                "Ask the founder to do it.",
                "只有房间的创建者能这样做。",
                "请让创建者来操作。",
            ),
            Refusal::NoSuchMember => self.say(
                "There is no such member.",
                "The list has changed; look again.",
                "没有这位成员。",
                "名单已有变化，请再看一下。",
            ),
            Refusal::WindowFull { limit } => self.say(
                format!("{limit} messages are shown; older ones do not fit."),
                "Reload the page to begin at the newest again.",
                format!("已显示 {limit} 条消息，放不下更早的了。"),
                "重新加载页面可从最新消息开始。",
            ),
        }
    }

    /// Something that went wrong without stopping the room.
    pub fn trouble(self, trouble: &Trouble) -> Wording {
        match trouble {
            Trouble::Store(fault) => self.store_fault(fault),
            Trouble::Damaged(text) => self.say(
                "A saved record is damaged and was left out.",
                format!("Other members are asked for what is missing. ({text})"),
                "一条已存记录损坏，未予采用。",
                format!("正在向其他成员索取缺失的内容。（{text}）"),
            ),
            Trouble::Peer { member, what } => {
                let mark = member.map(|member| member.mark()).unwrap_or_default();
                self.say(
                    format!("A member {mark} broke the rules of the protocol."),
                    format!("The connection to it was closed; the room goes on. ({what})"),
                    format!("成员 {mark} 违反了协议。"),
                    format!("与它的连接已关闭，房间照常。（{what}）"),
                )
            }
            Trouble::Signal(text) => self.say(
                "The server that introduces browsers refused something.",
                format!("Who is linked already goes on talking. ({text})"),
                "牵线的服务器拒绝了请求。",
                format!("已直连的成员可以继续聊天。（{text}）"),
            ),
            Trouble::Version { theirs, ours } => self.say(
                format!(
                    "A member uses version {theirs} of the protocol, this page version {ours}."
                ),
                "Whoever has the older one reloads the page; until then you two cannot link.",
                format!("一位成员使用协议版本 {theirs}，此页面为版本 {ours}。"),
                "版本较旧的一方请重新加载页面；在此之前你们无法直连。",
            ),
        }
    }

    /// Why a text cannot be sent, if that is known before it is tried.
    pub fn too_long(self, text: &str) -> Option<Wording> {
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let limit = u64::try_from(limits::TEXT_BYTES).unwrap_or(u64::MAX);
        (bytes > limit).then(|| self.refusal(&Refusal::TooLong { bytes, limit }))
    }
}
