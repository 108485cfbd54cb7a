//! Words for connections: which way they go, why they ended and what helps, what the self-test has
//! found, and the report of all that.

use browser::{Check, Ending, Finding, Millis, SignalState};

use super::{Language, Wording};
use crate::chat::{Line, Reach, Report};

/// Fixed words of the dialog.
pub struct ConnectionWords {
    pub open: &'static str,
    pub heading: &'static str,
    pub lead: &'static str,
    pub server: &'static str,
    pub nobody: &'static str,
    pub test: &'static str,
    pub test_lead: &'static str,
    pub begin: &'static str,
    pub testing: &'static str,
    pub report: &'static str,
    pub report_lead: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    pub copy_by_hand: &'static str,
}

static ENGLISH: ConnectionWords = ConnectionWords {
    open: "Connections",
    heading: "Connections",
    lead: "Messages go from browser to browser. The server only introduces them.",
    server: "Server that introduces browsers",
    nobody: "There is nobody else in this room yet.",
    test: "Test this device",
    test_lead: "Tries what connections need, apart from your rooms. Takes up to 20 seconds.",
    begin: "Begin the test",
    testing: "is being tried…",
    report: "What the report says",
    report_lead: "No names, no rooms, no keys and no addresses are in it.",
    copy: "Copy report",
    copied: "Copied",
    copy_by_hand: "The browser does not let this page copy: select the report below.",
};

static CHINESE: ConnectionWords = ConnectionWords {
    open: "连接情况",
    heading: "连接情况",
    lead: "消息在浏览器之间直接传送，服务器只负责牵线。",
    server: "牵线的服务器",
    nobody: "房间里还没有别人。",
    test: "检测本机",
    test_lead: "检测建立连接所需的条件，与各房间无关，最多需要 20 秒。",
    begin: "开始检测",
    testing: "正在检测…",
    report: "报告内容",
    report_lead: "其中没有名字、房间、密钥，也没有地址。",
    copy: "复制报告",
    copied: "已复制",
    copy_by_hand: "浏览器不允许此页面复制：请在下方选中报告。",
};

impl Language {
    /// Fixed words of the dialog about connections.
    pub fn connections(self) -> &'static ConnectionWords {
        match self {
            Language::English => &ENGLISH,
            Language::Chinese => &CHINESE,
        }
    }

    /// Which way, how long, and how much waits.
    pub fn line(self, line: &Line) -> String {
        let reach = match line.reach {
            Reach::Direct => self.pick("direct", "直连"),
            Reach::Relayed => self.pick("through a relay", "经中继"),
            Reach::Linked => self.pick("linked", "已连接"),
            Reach::Away => self.pick("not linked", "未连接"),
        };
        self.measured(reach, line.round_trip, line.buffered)
    }

    /// Whether the server can be talked to, how long that takes, and how much waits.
    pub fn server_line(self, line: &crate::chat::ServerLine) -> String {
        let signal = match line.signal {
            None | Some(SignalState::Connecting) => self.pick("being reached", "正在联系"),
            Some(SignalState::Online) => self.pick("reached", "已连上"),
            Some(SignalState::Offline) => {
                self.pick("not reached, trying again", "联系不上，正在重试")
            }
        };
        let path = line.path;
        let waiting = path.map_or(0, |path| path.buffered);
        self.measured(signal, path.map(|path| path.round_trip), waiting)
    }

    fn measured(self, first: String, round_trip: Option<Millis>, buffered: u64) -> String {
        let took = round_trip.map(|millis| match millis {
            0 => self.pick("under 1 ms there and back", "往返不到 1 毫秒"),
            _ => self.pick(format!("{millis} ms there and back"), format!("往返 {millis} 毫秒")),
        });
        let waits = (buffered > 0).then(|| {
            let size = self.size(buffered);
            self.pick(format!("{size} not sent yet"), format!("{size} 尚未发出"))
        });
        [Some(first), took, waits].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// Why a link has ended, or came to nothing, and what helps.
    pub fn ending(self, why: Ending) -> Wording {
        match why {
            Ending::NoPath => self.say(
                "No way was found from this browser to theirs.",
                "A firewall or a strict router is in between, on one side or the other. The test \
                 below shows what this side lacks; a relay at the server helps both.",
                "没有找到通往对方浏览器的路径。",
                "某一方有防火墙或严格的路由器。下面的检测会显示本机缺什么；服务器提供中继对双方都有帮助。",
            ),
            Ending::PathLost => self.say(
                "The way broke off, and no other was found in time.",
                "That happens when a network changes. It is tried again without you; what waits \
                 goes then.",
                "路径中断，未能及时找到另一条。",
                "网络切换时会这样。会自动重试，等待中的消息届时送出。",
            ),
            Ending::Silent => self.say(
                "No sign of life came any more.",
                "Their device sleeps, or has no network. What waits goes when it is back.",
                "对方没有任何响应了。",
                "对方设备可能在休眠或没有网络。等待中的消息会在其恢复后送出。",
            ),
            Ending::Closed => self.say(
                "Their side closed the connection: the page was closed or loaded again.",
                "There is nothing to do: what waits goes when they are back.",
                "对方关闭了连接：页面被关闭或重新加载。",
                "无需处理：等待中的消息会在对方回来后送出。",
            ),
            Ending::Misbehaved => self.say(
                "Their side broke the rules, so it was hung up on.",
                "If this goes on, let them load their page again. Whoever does it on purpose can \
                 be blocked, or removed from the room.",
                "对方违反了规则，连接已被断开。",
                "如果一直如此，请对方重新加载页面；如系故意，可将其屏蔽或移出房间。",
            ),
            Ending::Version => self.say(
                "Their Confab is of another version.",
                "Load the page again on both sides.",
                "对方的 Confab 版本不同。",
                "请双方都重新加载页面。",
            ),
        }
    }

    /// What a part of the self-test tries.
    pub fn check(self, check: Check) -> &'static str {
        let (english, chinese) = match check {
            Check::Server => ("Server", "服务器"),
            Check::Stun => ("Outer address (STUN)", "外部地址（STUN）"),
            Check::Turn => ("Relay (TURN)", "中继（TURN）"),
            Check::Loopback => ("Connections of this browser", "本浏览器的连接"),
        };
        match self {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }

    /// What it has come to, and what helps.
    pub fn finding(self, check: Check, finding: &Finding) -> Wording {
        match finding {
            Finding::Passed { millis, round_trip } => self.passed(check, *millis, *round_trip),
            Finding::NotOffered => self.not_offered(check),
            Finding::Silent { seconds } => self.failed(
                check,
                (format!("No answer within {seconds} s."), format!("{seconds} 秒内没有回应。")),
            ),
            Finding::Nothing => {
                self.failed(check, ("All was tried, and none was found.", "已全部尝试，没有找到。"))
            }
            Finding::Unreached => self
                .failed(check, ("It cannot be reached, or hangs up.", "无法连上，或被对方挂断。")),
            Finding::Refused { text } if text.is_empty() => {
                self.failed(check, ("The browser does not do it.", "浏览器不允许。"))
            }
            Finding::Refused { text } => self.failed(
                check,
                (format!("The browser does not do it: {text}"), format!("浏览器不允许：{text}")),
            ),
        }
    }

    fn passed(self, check: Check, millis: Millis, round_trip: Option<Millis>) -> Wording {
        let took = round_trip.unwrap_or_default();
        let (english, chinese) = match check {
            Check::Server => (
                format!("Open after {millis} ms; a question and its answer take {took} ms."),
                format!("{millis} 毫秒后连上；一问一答需 {took} 毫秒。"),
            ),
            Check::Stun => (
                format!(
                    "Found after {millis} ms: other networks can be told where this device is."
                ),
                format!("{millis} 毫秒后得到：其他网络可以找到本机。"),
            ),
            Check::Turn => (
                format!("A relay gave a place after {millis} ms."),
                format!("{millis} 毫秒后得到中继的位置。"),
            ),
            Check::Loopback => (
                format!("Open after {millis} ms; a message went there and back in {took} ms."),
                format!("{millis} 毫秒后连上；一条消息往返用了 {took} 毫秒。"),
            ),
        };
        self.say(english, "", chinese, "")
    }

    fn not_offered(self, check: Check) -> Wording {
        match check {
            Check::Stun => self.say(
                "None is configured at the server.",
                "Members in other networks are out of reach then. Whoever runs the server can \
                 name one: CONFAB_ICE_SERVERS.",
                "服务器没有配置。",
                "因此连不上其他网络中的成员。服务器的管理者可以配置：CONFAB_ICE_SERVERS。",
            ),
            Check::Turn => self.say(
                "None is offered by the server.",
                "Members whose networks allow no direct way are out of reach then. Whoever runs \
                 the server can offer one: CONFAB_TURN_URLS.",
                "服务器没有提供。",
                "因此连不上网络不允许直连的成员。服务器的管理者可以提供：CONFAB_TURN_URLS。",
            ),
            Check::Server | Check::Loopback => self.say(
                "There is no address to try.",
                "The notice above the messages says why.",
                "没有可检测的地址。",
                "消息上方的提示说明了原因。",
            ),
        }
    }

    fn failed(self, check: Check, said: (impl Into<String>, impl Into<String>)) -> Wording {
        let (english, chinese) = match check {
            Check::Server => (
                "Is this device online? A proxy or an extension may keep WebSockets back. Whoever \
                 is linked already goes on talking.",
                "本机在线吗？代理或扩展可能拦截了 WebSocket。已经直连的成员可以继续聊天。",
            ),
            Check::Stun => (
                "Without a router in between there is no outer address, and all is well. Else \
                 this network lets no UDP through: a relay helps.",
                "若本机没有经过路由器，就没有外部地址，一切正常；否则是此网络不允许 UDP，需要中继。",
            ),
            Check::Turn => (
                "The relay may be down, or this network keeps it back. One that answers over TLS \
                 on port 443 gets through most networks.",
                "中继可能停机，或被此网络拦截。使用 443 端口 TLS 的中继能通过大多数网络。",
            ),
            Check::Loopback => (
                "An extension or a setting of the browser keeps WebRTC back: allow it for this \
                 page, or use another browser.",
                "浏览器的扩展或设置禁用了 WebRTC：请为此页面允许，或换用其他浏览器。",
            ),
        };
        self.say(said.0, english, said.1, chinese)
    }

    /// The report as text: of states, numbers and times only.
    pub fn report(self, report: &Report, now: Millis) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let mut lines = vec![
            format!("Confab {version}"),
            self.pick(
                if report.leads { "This tab does the work." } else { "Another tab does the work." },
                if report.leads {
                    "此标签页负责工作。"
                } else {
                    "由另一个标签页负责工作。"
                },
            ),
            format!("{}: {}", self.connections().server, self.server_line(&report.server)),
        ];
        if report.server.misconduct > 0 {
            let count = report.server.misconduct;
            lines.push(self.pick(
                format!("It was caught breaking the rules: {count}"),
                format!("它违反规则的次数：{count}"),
            ));
        }
        lines.push(self.link_state(report.link, linked(report)));
        for (place, line) in report.others.iter().enumerate() {
            let number = place + 1;
            let who = self.pick(format!("Member {number}"), format!("成员 {number}"));
            let ended = line.ended.map(|ended| {
                let ago = self.span(now.saturating_sub(ended.at));
                let title = self.ending(ended.why).title;
                self.pick(format!(" · {ago} ago: {title}"), format!(" · {ago}前：{title}"))
            });
            lines.push(format!("{who}: {}{}", self.line(line), ended.unwrap_or_default()));
        }
        for (check, finding) in &report.checks {
            lines.push(format!("{}: {}", self.check(*check), self.finding(*check, finding).title));
        }
        lines.join("\n")
    }
}

fn linked(report: &Report) -> usize {
    report.others.iter().filter(|line| line.reach != Reach::Away).count()
}

/// The name of a finding in `data-finding`.
pub fn finding_name(finding: Option<&Finding>) -> &'static str {
    match finding {
        None => "running",
        Some(Finding::Passed { .. }) => "passed",
        Some(Finding::NotOffered) => "not-offered",
        Some(Finding::Silent { .. }) => "silent",
        Some(Finding::Nothing) => "nothing",
        Some(Finding::Unreached) => "unreached",
        Some(Finding::Refused { .. }) => "refused",
    }
}

/// The name of a check in `data-check`.
pub fn check_name(check: Check) -> &'static str {
    match check {
        Check::Server => "server",
        Check::Stun => "stun",
        Check::Turn => "turn",
        Check::Loopback => "loopback",
    }
}

/// The name of a way in `data-reach`.
pub fn reach_name(reach: Reach) -> &'static str {
    match reach {
        Reach::Direct => "direct",
        Reach::Relayed => "relayed",
        Reach::Linked => "linked",
        Reach::Away => "away",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_chinese(text: &str) -> bool {
        text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
    }

    #[test]
    fn whatever_ends_or_fails_says_what_it_is_and_what_helps_in_each_language() {
        use Ending::{Closed, Misbehaved, NoPath, PathLost, Silent, Version};
        let endings = [NoPath, PathLost, Silent, Closed, Misbehaved, Version];
        let fails = [
            Finding::NotOffered,
            Finding::Silent { seconds: 10 },
            Finding::Nothing,
            Finding::Unreached,
            Finding::Refused { text: "NotAllowedError".to_owned() },
        ];
        let told = |language: Language| {
            let ended = endings.map(|why| language.ending(why));
            let of = |check| fails.iter().map(move |finding| language.finding(check, finding));
            ended.into_iter().chain(Check::ALL.into_iter().flat_map(of)).collect::<Vec<_>>()
        };
        for wording in told(Language::English) {
            for words in [&wording.title, &wording.help] {
                assert!(words.split_whitespace().count() > 2 && !is_chinese(words), "{wording:?}");
            }
        }
        for wording in told(Language::Chinese) {
            assert!(is_chinese(&wording.title) && is_chinese(&wording.help), "{wording:?}");
        }
    }
}
