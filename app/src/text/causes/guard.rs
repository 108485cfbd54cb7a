//! How the passphrase of this device stands, and why something about it was not done.

use browser::{GuardRefusal, PASSPHRASE_CHARS, Phase, limits};

use super::Wording;
use crate::chat::{Alerts, Shield};
use crate::text::Language;

impl Language {
    /// How it stands.
    pub fn shield(self, shield: Option<Shield>) -> String {
        match shield.map(|shield| shield.phase) {
            None => self.pick("This device has no passphrase.", "本机没有设置口令。"),
            Some(Phase::Sealing) => self.pick(
                "This device has a passphrase. What was stored before is still being sealed: that \
                 goes on by itself, also after a reload.",
                "本机已设置口令。先前存储的内容仍在加密中，会自动继续，重新加载后也是如此。",
            ),
            Some(Phase::Sealed) => self.pick(
                "This device has a passphrase: all that is stored is sealed.",
                "本机已设置口令：存储的内容全部已加密。",
            ),
            Some(Phase::Unsealing) => self.pick(
                "The passphrase is being removed: until that is done it is still asked for.",
                "正在移除口令；完成之前仍会要求输入口令。",
            ),
        }
    }

    /// Whether new messages are told of while the page is hidden.
    pub fn alerts(self, alerts: Alerts) -> String {
        match alerts {
            Alerts::Off => self.pick(
                "While this page is hidden, the browser then says how many messages are new: no \
                 names, no words. Muted rooms do not count.",
                "此页面不在前台时，由浏览器提示有几条新消息，不显示姓名和内容。已静音的房间不计。",
            ),
            Alerts::On => self.pick(
                "While this page is hidden, the browser says how many messages are new.",
                "此页面不在前台时，浏览器会提示有几条新消息。",
            ),
            Alerts::Forbidden => self.pick(
                "The browser does not allow it: allow notifications in its settings of this site.",
                "浏览器不允许：请在浏览器的网站设置中允许通知。",
            ),
            Alerts::Missing => {
                self.pick("This browser has no notifications.", "此浏览器不支持通知。")
            }
        }
    }

    /// After how long without a touch all is locked.
    pub fn idle(self, minutes: u16) -> String {
        match minutes {
            0 => self.pick("Never by itself", "从不自动锁定"),
            _ => self.pick(format!("After {minutes} minutes"), format!("{minutes} 分钟后")),
        }
    }

    /// Why something about the passphrase was not done.
    pub fn guard_refusal(self, refusal: &GuardRefusal) -> Wording {
        match refusal {
            GuardRefusal::Passphrase => self.say(
                "This passphrase is wrong.",
                "Try it again: capital letters and spaces count. Nothing has changed.",
                "口令不正确。",
                "请重试，注意大小写和空格。没有任何改动。",
            ),
            GuardRefusal::TooShort => self.say(
                "This passphrase is too short.",
                format!("It needs at least {PASSPHRASE_CHARS} characters."),
                "口令太短。",
                format!("至少需要 {PASSPHRASE_CHARS} 个字符。"),
            ),
            GuardRefusal::TooLong => self.say(
                "This passphrase is too long.",
                format!("It has at most {} bytes.", limits::PASSPHRASE_BYTES),
                "口令太长。",
                format!("最多 {} 字节。", limits::PASSPHRASE_BYTES),
            ),
            GuardRefusal::Busy => self.say(
                "The last change is still being carried out.",
                "Wait until all that is stored is converted, then try again.",
                "上一次更改仍在进行。",
                "请等待存储内容转换完成后再试。",
            ),
            GuardRefusal::IsSet => self.say(
                "This device has a passphrase already.",
                "Another tab has set it. Nothing has changed.",
                "本机已经设置了口令。",
                "另一个标签页已设置。没有任何改动。",
            ),
            GuardRefusal::NotSet => self.say(
                "This device has no passphrase.",
                "Set one first.",
                "本机没有设置口令。",
                "请先设置口令。",
            ),
            GuardRefusal::Unsaved => self.say(
                "Not locked: something that was written is not saved yet, and would be lost.",
                "Try again in a moment. If this stays, the browser has no space, or the room waits \
                 for others before it can write.",
                "没有锁定：有内容尚未保存，锁定会使其丢失。",
                "请稍后再试。若一直如此，可能是浏览器空间不足，或房间正在等待其他成员。",
            ),
            GuardRefusal::Damaged => self.say(
                "What belongs to the passphrase is damaged on the disk.",
                "Nothing here can be opened any more. A backup can be imported after everything \
                 here was deleted.",
                "磁盘上与口令相关的数据已损坏。",
                "这里的内容已无法打开。删除全部内容后，可以导入备份。",
            ),
            GuardRefusal::Store(fault) => self.store_fault(fault),
            GuardRefusal::Interrupted => self.say(
                "This was interrupted: another tab has taken over.",
                "Try again.",
                "操作被中断：另一个标签页接管了工作。",
                "请重试。",
            ),
            GuardRefusal::NoRandomness { text } => self.say(
                "The browser gives no random numbers, so no key can be made.",
                format!("Try another browser. ({text})"),
                "浏览器无法提供随机数，因此无法生成密钥。",
                format!("请换一个浏览器。（{text}）"),
            ),
        }
    }
}
