//! What the client found, and a person can act on.
//!
//! Signaling, connections, and the parts of Confab on this device.

use browser::{Fault, Part};

use super::Wording;
use crate::text::Language;

impl Language {
    /// Something that the client found, and a person can act on.
    pub fn fault(self, fault: &Fault) -> Wording {
        match fault {
            Fault::SignalAddress { address } => self.signal_address(address),
            Fault::SignalRefused { address, text } => self.signal_refused(address, text),
            Fault::Server(what) => self.misconduct(*what),
            Fault::Configuration { text } => self.say(
                "The page's configuration cannot be read.",
                format!(
                    "Browsers in other networks may be out of reach until you reload. ({text})"
                ),
                "无法读取页面配置。",
                format!("重新加载之前，可能连不上其他网络中的浏览器。（{text}）"),
            ),
            Fault::NoRelay => self.say(
                "Only relayed connections are allowed, and the server names no relay.",
                "Allow direct connections in the room's menu, take ?relay=only out of the address, \
                 or name a relay at the server.",
                "只允许中继连接，但服务器没有提供中继。",
                "请在房间菜单中允许直接连接，从地址中去掉 ?relay=only，或在服务器上设置中继。",
            ),
            Fault::Transfer { text } => self.say(
                "This browser cannot hand a data channel to a worker, so nobody can be reached.",
                format!("Use a current Chromium or Firefox. ({text})"),
                "此浏览器无法把数据通道交给后台线程，因此连不上任何人。",
                format!("请使用新版 Chromium 或 Firefox。（{text}）"),
            ),
            Fault::Connection { text } => self.say(
                "The browser refuses to make a direct connection.",
                format!("An extension or a setting may forbid WebRTC. ({text})"),
                "浏览器拒绝建立直连。",
                format!("可能是扩展或设置禁用了 WebRTC。（{text}）"),
            ),
            Fault::OtherBuild { ours, theirs } => self.other_build(ours, theirs),
            Fault::Silent { part, seconds } => self.silent(*part, *seconds),
            Fault::RoomDamaged => self.say(
                "The record of one of your rooms is damaged.",
                "Open its invite link again. Your other rooms work.",
                "你的一个房间的记录已损坏。",
                "请重新打开它的邀请链接。其他房间不受影响。",
            ),
            Fault::RoomNewer => self.say(
                "The record of one of your rooms was written by a newer version of Confab.",
                "Reload the page to update it. Your other rooms work.",
                "你的一个房间的记录由更新版本写成。",
                "请重新加载页面以更新。其他房间不受影响。",
            ),
        }
    }

    fn signal_address(self, address: &str) -> Wording {
        self.say(
            format!("{address} is not a signaling address that this page's server allows."),
            "Take ?signal=… out of the address, or add it to CONFAB_CONNECT at the server.",
            format!("此页面的服务器不允许使用信令地址 {address}。"),
            "请从地址中去掉 ?signal=…，或在服务器的 CONFAB_CONNECT 中加入它。",
        )
    }

    fn signal_refused(self, address: &str, text: &str) -> Wording {
        self.say(
            format!("The browser refuses to connect to {address}."),
            format!("Use the page's own server, or an https page for a wss address. ({text})"),
            format!("浏览器拒绝连接 {address}。"),
            format!("请使用页面自己的服务器；wss 地址需要 https 页面。（{text}）"),
        )
    }

    fn other_build(self, ours: &str, theirs: &str) -> Wording {
        self.say(
            "The tabs of Confab are of different versions.",
            format!("Close all of them, then open the page again. ({ours}, {theirs})"),
            "Confab 的各标签页版本不同。",
            format!("请全部关闭，再重新打开页面。（{ours}，{theirs}）"),
        )
    }

    fn silent(self, part: Part, seconds: u32) -> Wording {
        match part {
            Part::Worker => self.say(
                format!("The page's worker has not answered for {seconds} seconds."),
                "The connection or the device may be slow. If this stays, reload the page.",
                format!("页面的后台线程已有 {seconds} 秒没有响应。"),
                "可能是网络或设备较慢。若一直如此，请重新加载页面。",
            ),
            Part::Leader => self.say(
                format!(
                    "The tab that does the work, or the database, has not answered for \
                         {seconds} seconds."
                ),
                "Close other tabs of Confab, then reload this one.",
                format!("负责工作的标签页或数据库已有 {seconds} 秒没有响应。"),
                "请关闭其他 Confab 标签页，再重新加载。",
            ),
        }
    }
}
