//! What can go wrong in a room: commands that are refused, and troubles that come by themselves.
//!
//! The room goes on in all of these cases.

use browser::{Refusal, Trouble, limits};

use super::Wording;
use crate::chat::Unfit;
use crate::text::Language;

const NOT_ADMIN: [&str; 4] = [
    "Only admins of the room can do this.",
    "Ask the founder or an admin to do it.",
    "只有房间的管理员能这样做。",
    "请让创建者或管理员来操作。",
];
const REMOVED: [&str; 4] = [
    "You were removed from this room.",
    "What you write reaches nobody any more.",
    "你已被移出此房间。",
    "你写的内容不会再送达任何人。",
];
const ABOUT_FOUNDER: [&str; 4] = [
    "The founder of the room stays what it is.",
    "Nobody can remove, promote or demote the founder.",
    "房间创建者的身份不会改变。",
    "任何人都不能移除、提升或降级创建者。",
];
const OUTSIDE: [&str; 4] = [
    "You are not in this room yet.",
    "A member has to let you in first.",
    "你还没有进入此房间。",
    "需先由一位成员批准。",
];
const WRONG_LINK: [&str; 4] = [
    "That link does not lead to the door of this room.",
    "Copy the whole link again, or ask for another one.",
    "该链接不能通往此房间。",
    "请重新复制完整链接，或另要一个。",
];
const OVERTAKEN: [&str; 4] = [
    "Something else was decided meanwhile.",
    "Look again, and try it once more.",
    "其间已有别的决定。",
    "请再看一下，然后重试。",
];
const NOT_FOUNDER: [&str; 4] = [
    "Only the founder of the room can do this.",
    "Ask the founder to do it.",
    "只有房间的创建者能这样做。",
    "请让创建者来操作。",
];
const NO_KEY: [&str; 4] = [
    "Nothing can be sealed to that member yet.",
    "Its key comes when you are connected, with it or through others: send this again then.",
    "暂时还不能向这位成员发送私密消息。",
    "与对方或持有其密钥的成员连接后，密钥就会送达：届时请再发送。",
];
const NO_SUCH_MEMBER: [&str; 4] = [
    "There is no such member.",
    "The list has changed; look again.",
    "没有这位成员。",
    "名单已有变化，请再看一下。",
];

impl Language {
    /// Title and help in English, then in Chinese.
    fn plain(self, [title, help, chinese_title, chinese_help]: [&str; 4]) -> Wording {
        self.say(title, help, chinese_title, chinese_help)
    }

    /// Why a command was refused.
    pub fn refusal(self, refusal: &Refusal) -> Wording {
        match refusal {
            Refusal::Empty => self.say(
                "The message is empty.",
                "Write something first.",
                "消息是空的。",
                "请先写点什么。",
            ),
            Refusal::TooLong { bytes, limit } => self.too_many_bytes(*bytes, *limit),
            Refusal::Busy { waiting } => self.say(
                self.counted(
                    *waiting,
                    "# message waits to be saved; this one was not taken.",
                    "# messages wait to be saved; this one was not taken.",
                ),
                "Wait a moment, and send it again.",
                format!("有 {} 条消息正等待保存，这一条没有收下。", self.numbered(*waiting)),
                "请稍等片刻再发送。",
            ),
            Refusal::Name { limit } => self.refused_name(*limit),
            Refusal::Reaction { limit } => self.no_reaction(*limit),
            Refusal::TooMuchTogether { limit, bytes } => self.too_much_together(*limit, *bytes),
            Refusal::TooManyWaiting { limit } => self.too_many_waiting(*limit),
            Refusal::Terms(text) => self.wrong_terms(text),
            Refusal::NoSuchMessage => self.say(
                "There is no such message any more, or it is not yours.",
                "Scroll to it, and try again.",
                "没有这条消息了，或者它不是你的。",
                "请滚动到它那里再试一次。",
            ),
            Refusal::TooLate => self.say(
                "Too late: the message was said already.",
                "Edit or delete it in the list.",
                "太晚了：这条消息已经发出。",
                "可以在列表里修改或删除它。",
            ),
            Refusal::NobodyThere => self.say(
                "Nobody is connected, so a live message would reach nobody.",
                "Send it as a normal message, and it will wait here.",
                "现在没有人在线，即时消息无人能收到。",
                "请作为普通消息发送，它会在这里等待。",
            ),
            Refusal::Paused => self.say(
                "Sending is paused, so nobody would hear of this.",
                "Let it go on in the queue beside the members first. Normal messages wait.",
                "发送已暂停，现在没有人会得知。",
                "请先在成员旁的队列中恢复发送。普通消息会等待。",
            ),
            Refusal::NotAdmin => self.plain(NOT_ADMIN),
            Refusal::Removed => self.plain(REMOVED),
            Refusal::Outside => self.plain(OUTSIDE),
            Refusal::WrongLink => self.plain(WRONG_LINK),
            Refusal::AboutFounder => self.plain(ABOUT_FOUNDER),
            Refusal::Overtaken => self.plain(OVERTAKEN),
            Refusal::TooMuchDecided { limit } => self.too_much_decided(*limit),
            Refusal::NotFounder => self.plain(NOT_FOUNDER),
            Refusal::NoKey => self.plain(NO_KEY),
            Refusal::NoSuchMember => self.plain(NO_SUCH_MEMBER),
            Refusal::WindowFull { limit } => self.say(
                format!("{} messages are shown; older ones do not fit.", self.numbered(*limit)),
                "Reload the page to begin at the newest again.",
                format!("已显示 {} 条消息，放不下更早的了。", self.numbered(*limit)),
                "重新加载页面可从最新消息开始。",
            ),
        }
    }

    fn too_many_bytes(self, bytes: u64, limit: u64) -> Wording {
        let [bytes, limit] = [bytes, limit].map(|number| self.number(number));
        self.say(
            format!("The message is too long: {bytes} bytes, {limit} are allowed."),
            "Send it in parts.",
            format!("消息太长：{bytes} 字节，最多 {limit} 字节。"),
            "请分几次发送。",
        )
    }

    fn too_much_decided(self, limit: u64) -> Wording {
        let limit = self.number(limit);
        self.say(
            format!("{limit} decisions of this kind count in this room, and no more."),
            "The founder or an admin may still decide it. Otherwise found a new room to go on.",
            format!("此房间最多计入 {limit} 项此类决定，不能再多了。"),
            "创建者或管理员也许仍可决定；否则请新建一个房间继续。",
        )
    }

    fn no_reaction(self, limit: u64) -> Wording {
        self.say(
            "That is not a reaction.",
            format!("Choose one emoji, or up to {limit} bytes."),
            "这不是一个回应。",
            format!("请选一个表情，最多 {limit} 字节。"),
        )
    }

    fn too_much_together(self, limit: u64, bytes: u64) -> Wording {
        let [limit, bytes] = [limit, bytes].map(|number| self.number(number));
        self.say(
            "This is too much to be sent together.",
            format!("At most {limit} messages of one priority and {bytes} bytes."),
            "一次一起发送的内容太多。",
            format!("最多 {limit} 条同一优先级的消息，共 {bytes} 字节。"),
        )
    }

    fn too_many_waiting(self, limit: u64) -> Wording {
        let limit = self.number(limit);
        self.say(
            format!("{limit} messages wait for their time already."),
            "Send or cancel some of them first.",
            format!("已有 {limit} 条消息在等待发送时间。"),
            "请先发送或取消其中一些。",
        )
    }

    fn wrong_terms(self, text: &str) -> Wording {
        self.say(
            "The message cannot be sent like this.",
            format!("Choose other options for it. ({text})"),
            "无法按这些选项发送消息。",
            format!("请换别的选项。（{text}）"),
        )
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
            Trouble::Peer { member: None, what } => self.say(
                "Somebody broke the rules of the protocol before proving who it is.",
                format!("The connection was closed; the room goes on. ({what})"),
                "有人在证明身份之前违反了协议。",
                format!("该连接已关闭，房间照常。（{what}）"),
            ),
            Trouble::Peer { member: Some(member), what } => {
                let mark = member.mark();
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
            Trouble::Server(what) => self.misconduct(*what),
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

    /// Why something did not get into the composer.
    pub fn kept_out(self, why: Unfit) -> Wording {
        match why {
            Unfit::File => self.say(
                "Files cannot be sent yet.",
                "It was not taken. Put it where the others can get it, and send a link.",
                "还不能发送文件。",
                "文件没有放入。请把它放到别人能取到的地方，再发送链接。",
            ),
            Unfit::Book(bytes) => {
                let (bytes, limit) = (self.number(bytes), self.numbered(limits::TEXT_BYTES));
                self.say(
                    format!("That is too long: {bytes} bytes, {limit} are allowed in a message."),
                    "It was not put in. Copy it in parts.",
                    format!("内容太长：{bytes} 字节，一条消息最多 {limit} 字节。"),
                    "没有放入。请分几次复制。",
                )
            }
        }
    }

    /// Why a text cannot be sent, if that is known before it is tried.
    pub fn too_long(self, text: &str) -> Option<Wording> {
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let limit = u64::try_from(limits::TEXT_BYTES).unwrap_or(u64::MAX);
        (bytes > limit).then(|| self.refusal(&Refusal::TooLong { bytes, limit }))
    }
}
