//! A known name with another key: what that may mean, and what a person does about it.

use super::Wording;
use crate::chat::Double;
use crate::text::Language;

impl Language {
    /// The most alarming words are for the name of somebody whose key was compared.
    pub(super) fn double(self, double: &Double) -> Wording {
        let (name, known) = (self.called(&double.name), self.called(&double.of.name));
        let (mark, its) = (double.member.mark(), double.of.member.mark());
        if double.of.verified {
            return self.say(
                format!("This is not the {known} whom you verified: {name} has another key."),
                format!(
                    "The one with the mark {mark} is somebody else who uses that name, or {known} \
                     ({its}) on another device or after losing the keys. Say nothing private to \
                     {mark} before you have asked {known} in another way, and compared the digits."
                ),
                format!("这不是你验证过的 {known}：{name} 的密钥不同。"),
                format!(
                    "标记为 {mark} 的成员要么是冒用此名的别人，要么是 {known}（{its}）换了设备\
                     或丢失了密钥。在用别的方式向 {known} 确认并核对数字之前，\
                     不要对 {mark} 说任何私密的话。"
                ),
            );
        }
        if double.mine {
            return self.say(
                format!("Somebody else uses your name: {name} ({mark}) has another key."),
                "If that is you on another device, compare the digits on both and mark it as \
                 verified. If it is not, warn the others: they see that name, too.",
                format!("有人在用你的名字：{name}（{mark}）的密钥不同。"),
                "如果那是你的另一台设备，请在两边核对数字并标为已验证；如果不是，\
                 请提醒其他人：他们看到的也是这个名字。",
            );
        }
        self.say(
            format!("{name} ({mark}) has the name of {known} ({its}), but another key."),
            "It may be the same person on another device, or after losing the keys, or somebody \
             who pretends. Ask in another way and compare the digits before you trust it.",
            format!("{name}（{mark}）与 {known}（{its}）同名，但密钥不同。"),
            "可能是同一个人换了设备或丢失了密钥，也可能是有人冒充。\
             在信任之前，请用别的方式询问并核对数字。",
        )
    }
}
