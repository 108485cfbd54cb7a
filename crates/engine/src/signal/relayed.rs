//! What is told of this device's addresses where connections go through relays alone: nothing.
//!
//! A browser that is told so finds relayed candidates only. This is the second look at it: whatever
//! a browser says, nothing else leaves the device.

use serde_json::Value;

/// A description without candidates that are not relayed, and without the address that stands for
/// all of them.
#[must_use]
pub fn description(sdp: &str) -> String {
    let line = |line: &str| {
        let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
        let text = line.trim_end_matches(['\r', '\n']);
        match (text.strip_prefix("a=candidate:"), text.starts_with("c=")) {
            (Some(candidate), _) => {
                let relayed = line_of(candidate)?;
                Some(format!("a=candidate:{relayed}{end}"))
            }
            (None, true) => Some(format!("c=IN IP4 0.0.0.0{end}")),
            (None, false) => Some(line.to_owned()),
        }
    };
    sdp.split_inclusive('\n').filter_map(line).collect()
}

/// A candidate as JSON that may leave the device, if it may: a relayed one, or the empty one behind
/// the last.
#[must_use]
pub fn candidate(json: &str) -> Option<String> {
    let mut init: Value = serde_json::from_str(json).ok()?;
    let field = init.get_mut("candidate")?;
    let text = field.as_str()?;
    if !text.is_empty() {
        let relayed = line_of(text.strip_prefix("candidate:")?)?;
        *field = Value::String(format!("candidate:{relayed}"));
    }
    Some(init.to_string())
}

/// What stands behind `candidate:`, if it is a relayed one; without the address from which the
/// relay was asked.
fn line_of(candidate: &str) -> Option<String> {
    let mut words: Vec<&str> = candidate.split_ascii_whitespace().collect();
    let value = |words: &[&str], name| words.iter().position(|word| *word == name).map(|at| at + 1);
    if value(&words, "typ").and_then(|at| words.get(at)) != Some(&"relay") {
        return None;
    }
    for (name, nothing) in [("raddr", "0.0.0.0"), ("rport", "0")] {
        if let Some(word) = value(&words, name).and_then(|at| words.get_mut(at)) {
            *word = nothing;
        }
    }
    Some(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "1 1 udp 2122260223 192.168.1.7 50123 typ host generation 0";
    const KNOWN: &str = "2 1 udp 1686052607 203.0.113.9 50123 typ srflx raddr 192.168.1.7 rport 1";
    const RELAYED: &str = "3 1 udp 41885439 198.51.100.2 3478 typ relay raddr 203.0.113.9 rport 50";

    fn json(candidate: &str) -> String {
        let candidate = format!("candidate:{candidate}");
        serde_json::json!({"candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0}).to_string()
    }

    #[test]
    fn only_relayed_candidates_leave_and_say_nothing_of_where_they_come_from() {
        assert_eq!(candidate(&json(HOST)), None);
        assert_eq!(candidate(&json(KNOWN)), None);
        let hidden = "3 1 udp 41885439 198.51.100.2 3478 typ relay raddr 0.0.0.0 rport 0";
        assert_eq!(candidate(&json(RELAYED)), Some(json(hidden)));
        let end = r#"{"candidate":"","sdpMid":"0"}"#;
        assert_eq!(candidate(end).as_deref(), Some(end));
        for garbage in ["", "{}", "[]", r#"{"candidate":7}"#, r#"{"candidate":"typ relay"}"#] {
            assert_eq!(candidate(garbage), None, "{garbage}");
        }
        // A word that only looks like the kind is none.
        assert_eq!(candidate(&json("1 1 udp 1 192.168.1.7 1 typ host ext typ relay")), None);
    }

    #[test]
    fn a_description_keeps_all_but_addresses() {
        let sdp = format!(
            "v=0\r\nm=application 50123 UDP/DTLS/SCTP webrtc-datachannel\r\n\
             c=IN IP4 192.168.1.7\r\na=candidate:{HOST}\r\na=candidate:{KNOWN}\r\n\
             a=candidate:{RELAYED}\r\na=mid:0\r\n"
        );
        let hidden = description(&sdp);
        assert!(!hidden.contains("192.168.1.7") && !hidden.contains("203.0.113.9"), "{hidden}");
        assert!(hidden.contains("typ relay raddr 0.0.0.0 rport 0\r\n"), "{hidden}");
        assert!(hidden.starts_with("v=0\r\nm=application ") && hidden.ends_with("a=mid:0\r\n"));
        assert!(hidden.contains("\r\nc=IN IP4 0.0.0.0\r\n"), "{hidden}");
    }
}
