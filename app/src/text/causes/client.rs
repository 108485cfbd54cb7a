//! Why the client cannot start, and why a room cannot be created, joined or opened.
//!
//! Each says what helps: another address, another browser, another link.

use browser::{ClientRefusal, Missing, StartError};

use super::Wording;
use crate::text::Language;

impl Language {
    /// Why the client cannot start.
    pub fn start_error(self, error: &StartError) -> Wording {
        match error {
            StartError::NotSecure => self.say(
                "This page is not on a secure address, so the browser refuses what Confab needs.",
                "Open it over https (cargo xtask serve --tls prints such an address), or on \
                     this machine as http://localhost.",
                "此页面的地址不安全，浏览器不允许 Confab 运行。",
                "请通过 https 打开（cargo xtask serve --tls 会显示这样的地址），\
或在本机用 http://localhost 打开。",
            ),
            StartError::Missing(missing) => self.missing(*missing),
            StartError::Worker { text } => self.say(
                "The page's worker cannot be started.",
                format!("Reload the page; if that does not help, update the browser. ({text})"),
                "无法启动页面的后台线程。",
                format!("请重新加载；若仍不行，请更新浏览器。（{text}）"),
            ),
        }
    }

    fn missing(self, missing: Missing) -> Wording {
        let (english, chinese) = match missing {
            Missing::Page => ("a page", "页面环境"),
            Missing::WebRtc => {
                ("WebRTC, the direct connection between browsers", "WebRTC（浏览器间直连）")
            }
            Missing::Workers => ("workers", "后台线程（Worker）"),
            Missing::Storage => ("a database for pages (IndexedDB)", "页面数据库（IndexedDB）"),
            Missing::Locks => ("Web Locks", "Web Locks"),
            Missing::Broadcast => ("BroadcastChannel", "BroadcastChannel"),
        };
        self.say(
            format!("This browser has no {english}, or it is switched off."),
            "Switch it on, leave a private window, or use a current Chromium or Firefox.",
            format!("此浏览器没有{chinese}，或已被关闭。"),
            "请启用它、退出隐私窗口，或换用新版 Chromium 或 Firefox。",
        )
    }

    /// Why a room cannot be created, joined or opened.
    pub fn client_refusal(self, refusal: &ClientRefusal) -> Wording {
        match refusal {
            ClientRefusal::InviteDamaged => self.say(
                "This invite is damaged or incomplete.",
                "Ask for the link again, and copy the whole of it.",
                "此邀请已损坏或不完整。",
                "请对方重新发送链接，并完整复制。",
            ),
            ClientRefusal::InviteNewer { version } => self.say(
                format!("This invite was made by a newer version of Confab ({version})."),
                "Reload the page to update it, or open the invite where it was made.",
                format!("此邀请由更新版本的 Confab 生成（{version}）。"),
                "请重新加载页面以更新，或在生成邀请的网站上打开。",
            ),
            ClientRefusal::UnknownRoom { .. } => self.say(
                "This device is not in that room.",
                "Open its invite link to join it.",
                "此设备不在该房间中。",
                "请打开邀请链接加入。",
            ),
            ClientRefusal::TooManyRooms { limit } => self.say(
                format!("This device is in {limit} rooms already; more are not possible."),
                "Use another browser or profile for further rooms.",
                format!("此设备已在 {limit} 个房间中，无法再加入。"),
                "请用另一个浏览器或配置文件。",
            ),
            ClientRefusal::Backup(error) => self.backup_error(*error),
            ClientRefusal::BackupInterrupted => self.backup_interrupted(),
            ClientRefusal::Store(fault) => self.store_fault(fault),
            ClientRefusal::NoRandomness { text } => self.say(
                "The browser gives no random numbers, so no keys can be made.",
                format!("Update the browser, or use another one. ({text})"),
                "浏览器不提供随机数，无法生成密钥。",
                format!("请更新或换用浏览器。（{text}）"),
            ),
        }
    }
}
