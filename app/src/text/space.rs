//! Words for how much is stored on this device, and whether the browser keeps it.

use browser::Space;

use super::Language;
use crate::chat::{Keeping, Stock};

/// Fixed words of the part about storage.
pub struct SpaceWords {
    pub heading: &'static str,
    pub keep: &'static str,
    pub export: &'static str,
}

static ENGLISH: SpaceWords =
    SpaceWords { heading: "Storage", keep: "Ask the browser to keep it", export: "Export now" };

static CHINESE: SpaceWords =
    SpaceWords { heading: "存储", keep: "请浏览器保留", export: "立即导出" };

impl Language {
    /// Fixed words of the part about storage.
    pub fn space(self) -> &'static SpaceWords {
        match self {
            Language::English => &ENGLISH,
            Language::Chinese => &CHINESE,
        }
    }

    /// How much is stored, of how much that there may be.
    pub fn stock(self, space: Option<Space>) -> String {
        match space.and_then(|space| space.bytes) {
            Some((used, quota)) => {
                let (used, quota) = (self.size(used), self.size(quota));
                self.pick(
                    format!("{used} in use; the browser allows {quota}."),
                    format!("已用 {used}；浏览器允许 {quota}。"),
                )
            }
            None if space.is_some() => {
                self.pick("The browser does not say how much is in use.", "浏览器没有说明用量。")
            }
            None => self.pick("How much is in use, is being asked…", "正在查询用量…"),
        }
    }

    /// Whether the browser keeps it, and what helps if it does not.
    pub fn kept(self, stock: &Stock) -> String {
        match (stock.space.map(|space| space.persistent), stock.asked) {
            (Some(true), _) => self.pick(
                "The browser keeps it until you delete it.",
                "浏览器会一直保留，直到你删除。",
            ),
            (_, Keeping::Asked) => {
                self.pick("The browser is asked; it may ask you.", "已请求浏览器；它可能会询问你。")
            }
            (_, Keeping::Declined) => self.pick(
                "The browser did not agree. Chromium does so once a page is installed or used \
                 often, Firefox if you allow it. Until then a backup is the sure way.",
                "浏览器没有同意。Chromium 在页面被安装或经常使用后会同意，Firefox 则需你允许。\
在此之前，备份最可靠。",
            ),
            (Some(false), Keeping::Unasked) => self.pick(
                "The browser may delete it when space runs short.",
                "空间不足时浏览器可能会将其删除。",
            ),
            (None, Keeping::Unasked) => String::new(),
        }
    }
}
