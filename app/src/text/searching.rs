//! Words for the search in all rooms.

use browser::{FoundEnd, limits};

use super::Language;
use crate::chat::{Everywhere, Goal};

/// Fixed words of it.
pub struct SearchWords {
    pub everywhere: &'static str,
    pub everywhere_command: &'static str,
    pub archived: &'static str,
    pub locked_out: &'static str,
}

static ENGLISH: SearchWords = SearchWords {
    everywhere: "In all rooms",
    everywhere_command: "Search in all rooms",
    archived: "put away",
    locked_out: "A room of this device cannot be opened, so it is not searched.",
};

static CHINESE: SearchWords = SearchWords {
    everywhere: "所有房间",
    everywhere_command: "在所有房间中搜索",
    archived: "已收起",
    locked_out: "此设备上有房间无法打开，因此没有搜索。",
};

impl Language {
    /// Fixed words of the search in all rooms.
    pub fn searching(self) -> &'static SearchWords {
        match self {
            Language::English => &ENGLISH,
            Language::Chinese => &CHINESE,
        }
    }

    /// What stands in the empty field over the list of rooms.
    pub fn find_room(self) -> String {
        self.pick("Find a room by its name", "按名称查找房间")
    }

    /// What is said if no room has such a name.
    pub fn no_such_room(self) -> String {
        self.pick("No room on this device is called that.", "此设备上没有这样名称的房间。")
    }

    /// How much was found so far, in how many rooms.
    pub fn sought(self, search: &Everywhere) -> String {
        let ((count, rooms), all) = (search.count(), search.rooms.len());
        let found = match (count, rooms) {
            _ if search.goal == Goal::Missed => {
                return self.pick(
                    "That message is not in the room any more, or too far up to be shown.",
                    "该消息已不在房间中，或太靠前而无法显示。",
                );
            }
            _ if search.text.is_empty() => return String::new(),
            (0, _) if search.goes_on() => self.pick("searching", "正在搜索"),
            (0, _) => self.counted_in(
                all,
                ["nothing found in # room", "nothing found in # rooms"],
                "# 个房间中没有找到",
            ),
            (_, _) => {
                let count = self.numbered(count);
                let rooms = self.counted_in(rooms, ["# room", "# rooms"], "# 个房间");
                self.pick(
                    format!("{count} found in {rooms}"),
                    format!("在 {rooms}中找到 {count} 条"),
                )
            }
        };
        if search.goes_on() { format!("{found}…") } else { found }
    }

    /// What is to be said of the end of a search in a room; nothing if all was read.
    pub fn found_end(self, end: FoundEnd) -> Option<String> {
        Some(match end {
            FoundEnd::Whole => return None,
            FoundEnd::Many => {
                let most = limits::FIND_MATCHES;
                self.pick(
                    format!("The newest {most} are listed; search in the room for more."),
                    format!("只列出最新的 {most} 条；要找更多，请在该房间中搜索。"),
                )
            }
            FoundEnd::Far => (self.words().found_among)(limits::WINDOW_ROWS),
            FoundEnd::Unread => self.pick(
                "Not all that is stored of this room could be read.",
                "此房间存储的内容未能全部读取。",
            ),
            FoundEnd::Outside => self.pick(
                "You are not in this room yet, so nothing of it is on this device.",
                "你还没有进入此房间，所以设备上没有它的内容。",
            ),
            FoundEnd::Ended => self.pick(
                "This search has ended, because another tab searches: change a letter to search \
                 again.",
                "另一个标签页开始了搜索，这里的搜索已结束：改动一个字即可重新搜索。",
            ),
        })
    }
}
