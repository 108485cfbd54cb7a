//! Words for the network lab.

use browser::Conditions;

use super::{Language, Wording};

/// Fixed words of it.
pub struct LabWords {
    pub developers: &'static str,
    pub name: &'static str,
    pub lead: &'static str,
    pub delay: &'static str,
    pub pace: &'static str,
    pub loss: &'static str,
    pub cut: &'static str,
    pub is_cut: &'static str,
    pub end: &'static str,
}

static ENGLISH: LabWords = LabWords {
    developers: "For developers",
    name: "Network lab",
    lead: "Makes the connections of this device worse than they are, in all rooms, to see how \
           messages wait. It ends when you end it, or with the tab that holds the connections.",
    delay: "Each message waits",
    pace: "At most",
    loss: "Lost of what is only live, and of signs of typing",
    cut: "Cut all connections",
    is_cut: "All connections are cut",
    end: "End this",
};

static CHINESE: LabWords = LabWords {
    developers: "开发者选项",
    name: "网络实验室",
    lead: "让本机在所有房间的连接变差，看看消息如何等待。手动恢复，或在负责连接的标签页关闭后恢复。",
    delay: "每条消息延迟",
    pace: "最高速度",
    loss: "输入状态和仅即时消息的丢失率",
    cut: "切断所有连接",
    is_cut: "所有连接已切断",
    end: "恢复正常",
};

impl Language {
    /// Fixed words of the network lab.
    pub fn lab(self) -> &'static LabWords {
        match self {
            Language::English => &ENGLISH,
            Language::Chinese => &CHINESE,
        }
    }

    /// How long each message waits.
    pub fn lab_delay(self, millis: u32) -> String {
        match millis {
            0 => self.pick("not at all", "无"),
            _ => self.pick(format!("{millis} ms"), format!("{millis} 毫秒")),
        }
    }

    /// How much a second.
    pub fn lab_pace(self, bytes: u32) -> String {
        match bytes {
            0 => self.pick("as much as goes", "不限"),
            _ => {
                let size = self.size(bytes.into());
                self.pick(format!("{size} a second"), format!("每秒 {size}"))
            }
        }
    }

    /// How many of a hundred.
    pub fn lab_loss(self, percent: u32) -> String {
        match percent {
            0 => self.pick("nothing", "无"),
            _ => format!("{percent} %"),
        }
    }

    /// That connections are worse than they are, and how.
    pub fn worse(self, conditions: &Conditions) -> Wording {
        let Conditions { delay, pace, loss, cut } = *conditions;
        let words = self.lab();
        let colon = self.pick(": ", "：");
        let with = |name: &str, value: String| format!("{name}{colon}{value}");
        let delay = (delay > 0).then(|| with(words.delay, self.lab_delay(delay.into())));
        let pace = (pace > 0).then(|| with(words.pace, self.lab_pace(pace)));
        let loss = (loss > 0).then(|| with(words.loss, self.lab_loss(loss.into())));
        let cut = cut.then(|| words.is_cut.to_owned());
        let all = [cut, delay, pace, loss].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        self.say(
            "The network lab makes connections worse than they are.",
            all.clone(),
            "网络实验室正在让连接变差。",
            all,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_worse_is_said_in_each_language() {
        let conditions = Conditions { delay: 300, pace: 4_000, loss: 30, cut: true };
        let english = Language::English.worse(&conditions).help;
        let said = "All connections are cut · Each message waits: 300 ms · At most: 4 kB a \
                    second · Lost of what is only live, and of signs of typing: 30 %";
        assert_eq!(english, said);
        let chinese = Language::Chinese.worse(&Conditions { cut: false, ..conditions }).help;
        assert_eq!(
            chinese,
            "每条消息延迟：300 毫秒 · 最高速度：每秒 4 kB · 输入状态和仅即时消息的丢失率：30 %"
        );
    }
}
