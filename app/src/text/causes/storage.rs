//! What is wrong with the storage, or good to know of it.
//!
//! Said calmly: what has reached others is with them, too.

use browser::{StorageState, StoreFault};

use super::Wording;
use crate::text::Language;

impl Language {
    /// Why the store did not do it.
    pub fn store_fault(self, fault: &StoreFault) -> Wording {
        match fault {
            StoreFault::Full => self.say(
                "The browser gives this page no more storage space.",
                "All that was saved is still there. Free some space on the device, or remove what \
                 other sites keep: this page goes on by itself. Until then nothing new counts as \
                 saved.",
                "浏览器不再给此页面存储空间。",
                "已保存的内容都还在。请腾出设备空间，或清理其他网站的数据，此页面会自动继续。\
在那之前，新内容不会显示为已保存。",
            ),
            StoreFault::Fenced => self.say(
                "Another tab has taken over the storage.",
                "This tab goes on by itself.",
                "另一个标签页接管了存储。",
                "此标签页会自动继续。",
            ),
            StoreFault::Failed(text) => self.say(
                "The browser's storage failed.",
                format!("It is tried again. If this stays, reload the page. ({text})"),
                "浏览器存储出错。",
                format!("正在重试；若一直如此，请重新加载页面。（{text}）"),
            ),
        }
    }

    /// What stands in a composer is not kept.
    pub(super) fn unkept(self) -> Wording {
        self.say(
            "What you are writing is not kept on this device.",
            "The browser has no space left for it. It stays here while this page is open: send it, \
             or copy it elsewhere. Free some space on the device, or send what you have begun in \
             other rooms, and it is kept again by itself.",
            "你正在写的内容没有保存在本机。",
            "浏览器没有空间了。页面打开期间内容还在：请发送，或复制到别处。\
腾出设备空间，或发出你在其他房间写了一半的内容，就会自动恢复保存。",
        )
    }

    /// How the browser keeps what is stored.
    pub fn storage(self, state: &StorageState) -> Wording {
        match state {
            StorageState::Open { persistent: true } => self.say(
                "What you write is kept on this device.",
                "",
                "你写的内容会保存在此设备上。",
                "",
            ),
            StorageState::Open { persistent: false } => self.say(
                "If space runs short, the browser may delete what is saved here.",
                "A bookmark of this page helps. Other members hold copies, too.",
                "空间不足时，浏览器可能会删除保存在这里的内容。",
                "把此页面加入书签会有帮助。其他成员也持有副本。",
            ),
            StorageState::Full => self.store_fault(&StoreFault::Full),
            StorageState::Blocked => self.say(
                "Another tab with an older version of Confab keeps the database.",
                "Close the other tabs of Confab, then reload this one.",
                "另一个旧版本的标签页占用了数据库。",
                "请关闭其他 Confab 标签页，再重新加载。",
            ),
            StorageState::Newer => self.say(
                "A newer version of Confab has changed the database.",
                "Reload the page to get that version. Nothing is lost.",
                "更新版本的 Confab 更改了数据库。",
                "请重新加载页面以获取该版本，内容不会丢失。",
            ),
            StorageState::Deleted => self.say(
                "What this page had saved on this device was deleted.",
                "What you still see is only shown here. Reload the page to start anew, and open \
                 your invites again: other members hold what reached them.",
                "此页面保存在本机的内容已被删除。",
                "仍能看到的内容只显示在此页面中。请重新加载页面，再重新打开邀请：\
其他成员仍持有已送达的内容。",
            ),
            StorageState::Unreadable { text } => self.unreadable(text),
            StorageState::Refused { text } => self.say(
                "The browser gives this page no storage.",
                format!(
                    "Private windows and strict settings do that. Use a normal window, or \
                         allow this page to keep data. ({text})"
                ),
                "浏览器不允许此页面存储内容。",
                format!("隐私窗口或严格设置会这样。请用普通窗口，或允许此页面保存数据。（{text}）"),
            ),
            StorageState::Damaged { text } => self.say(
                "The database of this page is damaged.",
                format!(
                    "Close all tabs of Confab and open it again. Only if that does not help, \
                     delete this site's data and open your invites again: other members \
                     still hold what they had, what only this device had is lost. ({text})"
                ),
                "此页面的数据库已损坏。",
                format!(
                    "请关闭所有 Confab 标签页再重新打开。仅当无效时，才删除本站数据并重新打开邀请：\
其他成员仍持有他们的副本，只存于此设备的内容会丢失。（{text}）"
                ),
            ),
        }
    }

    fn unreadable(self, text: &str) -> Wording {
        self.say(
            "The browser cannot open this page's storage now.",
            format!(
                "Most often the disk is full: free some space, and this page goes on by itself. \
                 If it stays, close the browser and open it again. Do not delete this site's \
                 data: what was saved is in it. ({text})"
            ),
            "浏览器现在无法打开此页面的存储。",
            format!(
                "多半是磁盘已满：请腾出空间，此页面会自动继续。若一直如此，请重启浏览器。\
请勿删除本站数据，已保存的内容都在其中。（{text}）"
            ),
        )
    }
}
