//! What `/config.json` holds: how the page of this server reaches others.
//!
//! The page reads it once, at start. ICE servers are the operator's configuration and never part
//! of the build. A field that is missing takes its default, an unknown one is ignored, so that a
//! page and a server of neighbouring versions understand each other.

use serde::{Deserialize, Serialize};

use crate::limits;

/// The page's configuration, as JSON at `/config.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PageConfig {
    /// STUN and TURN servers. Empty by default: peers then meet on their own networks only.
    pub ice_servers: Vec<IceServer>,
    /// Other signaling origins that the page may connect to, such as `wss://chat.example:8443`.
    /// They are in the page's `connect-src`; the page's own origin needs no entry.
    pub connect: Vec<String>,
    /// True if the server hands out relays, too, once a room was joined ([`Relays`]).
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub relays: bool,
    /// The bounds that this server holds its connections to.
    pub limits: PageLimits,
    /// The server's version, for people and bug reports.
    pub version: String,
}

/// One entry of `RTCConfiguration.iceServers`, field by field (W3C WebRTC §4.2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// Addresses such as `stun:host:3478` or `turns:host:5349?transport=tcp`.
    pub urls: Vec<String>,
    /// User name, for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password, for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// TURN servers and an account at them that lasts a while, as
/// [`ServerMessage::Relays`](crate::ServerMessage::Relays) hands them out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relays {
    /// Addresses such as `turn:host:3478` or `turns:host:5349?transport=tcp`.
    pub urls: Vec<String>,
    /// User name: when the account ends, in seconds of the Unix time, and a mark of it.
    pub username: String,
    /// Password.
    pub credential: String,
    /// How many seconds the account lasts from now.
    pub seconds: u32,
}

impl From<Relays> for IceServer {
    fn from(relays: Relays) -> Self {
        let (username, credential) = (Some(relays.username), Some(relays.credential));
        Self { urls: relays.urls, username, credential }
    }
}

/// The bounds that a page must know to stay inside them. Defaults are those of [`limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PageLimits {
    /// Largest message, in bytes of JSON text.
    pub message_bytes: usize,
    /// Longest payload of a signal, in base64url characters.
    pub payload_chars: usize,
    /// Most members in a room at once.
    pub members_per_room: usize,
    /// Most rooms that one connection may be in.
    pub rooms_per_connection: usize,
    /// Messages a second that one connection may send over a long time.
    pub messages_per_second: u32,
    /// Messages that one connection may send at once before the rate holds it back.
    pub message_burst: u32,
    /// Bytes a second that one connection may send over a long time.
    pub bytes_per_second: u32,
    /// Bytes that one connection may send at once before the rate holds it back.
    pub byte_burst: u32,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self {
            message_bytes: limits::MESSAGE_BYTES,
            payload_chars: limits::PAYLOAD_CHARS,
            members_per_room: limits::MEMBERS_PER_ROOM,
            rooms_per_connection: limits::ROOMS_PER_CONNECTION,
            messages_per_second: limits::MESSAGES_PER_SECOND,
            message_burst: limits::MESSAGE_BURST,
            bytes_per_second: limits::BYTES_PER_SECOND,
            byte_burst: limits::BYTE_BURST,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_config() {
        let turn = IceServer {
            urls: vec!["turn:turn.example:3478".to_owned()],
            username: Some("ana".to_owned()),
            credential: Some("secret".to_owned()),
        };
        let stun = IceServer { urls: vec!["stun:stun.example".to_owned()], ..IceServer::default() };
        let config = PageConfig {
            ice_servers: vec![stun, turn],
            connect: vec!["wss://chat.example".to_owned()],
            relays: false,
            limits: PageLimits::default(),
            version: "0.1.0".to_owned(),
        };
        let golden = concat!(
            r#"{"ice_servers":[{"urls":["stun:stun.example"]},"#,
            r#"{"urls":["turn:turn.example:3478"],"username":"ana","credential":"secret"}],"#,
            r#""connect":["wss://chat.example"],"#,
            r#""limits":{"message_bytes":65536,"payload_chars":61440,"members_per_room":64,"#,
            r#""rooms_per_connection":64,"messages_per_second":50,"message_burst":2000,"#,
            r#""bytes_per_second":131072,"byte_burst":1048576},"#,
            r#""version":"0.1.0"}"#,
        );
        assert_eq!(serde_json::to_string(&config).unwrap(), golden);
        assert_eq!(serde_json::from_str::<PageConfig>(golden).unwrap(), config);
    }

    #[test]
    fn golden_config_of_a_server_with_relays() {
        let config = PageConfig { relays: true, ..PageConfig::default() };
        let text = serde_json::to_string(&config).unwrap();
        assert!(text.starts_with(r#"{"ice_servers":[],"connect":[],"relays":true,"#), "{text}");
        assert_eq!(serde_json::from_str::<PageConfig>(&text).unwrap(), config);
    }

    #[test]
    fn missing_fields_take_defaults_and_unknown_ones_are_ignored() {
        let config: PageConfig = serde_json::from_str(r#"{"later":1,"limits":{}}"#).unwrap();
        assert_eq!(config, PageConfig::default());
    }
}
