//! What an operator can set: each field is a flag, and the environment variable of the same name.
//!
//! Tests fill the fields in directly. Defaults are those of [`protocol::limits`]; ICE servers have
//! none, since no address of anyone's server belongs into a build.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;
use std::path::PathBuf;

use clap::Args;
use protocol::{PageConfig, PageLimits, limits};
use thiserror::Error;

use super::forwarded::Networks;
use super::ice::IceServers;
use super::origin::Origin;
use super::sources::SourceLimits;
use super::turn::{TurnAddresses, TurnSecret};
use crate::RoomLimits;

/// What the server serves, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct Config {
    /// STUN and TURN servers that pages use to reach each other across networks.
    ///
    /// Addresses with commas between them, such as
    /// stun:stun.example:3478,turn:user:password@turn.example:3478?transport=udp, or JSON as in
    /// RTCConfiguration.iceServers. Without any, pages meet on their own networks only.
    #[arg(
        long,
        env = "CONFAB_ICE_SERVERS",
        default_value = "",
        hide_default_value = true,
        hide_env_values = true
    )]
    pub ice_servers: IceServers,

    /// TURN servers that share a secret with this one: turn:host:port, commas between.
    ///
    /// A page that is in a room with another gets an account at them that lasts a while, and
    /// another before it ends. In contrast to --ice-servers, nothing of it is in /config.json.
    #[arg(long, env = "CONFAB_TURN_URLS", default_value = "", hide_default_value = true)]
    pub turn_urls: TurnAddresses,

    /// The secret shared with them: coturn's static-auth-secret. At least 16 characters.
    #[arg(long, env = "CONFAB_TURN_SECRET", hide_env_values = true)]
    pub turn_secret: Option<TurnSecret>,

    /// Seconds that an account at them lasts: 2 to 86400.
    #[arg(long, env = "CONFAB_TURN_LIFE", default_value_t = TURN_LIFE)]
    pub turn_life: Seconds,

    /// Other signaling servers that the page may connect to: wss://host:port, commas between.
    ///
    /// They are put into the page's Content-Security-Policy. The page's own server needs no entry.
    #[arg(long, env = "CONFAB_CONNECT", default_value = "", hide_default_value = true,
          value_parser = Origin::signaling_list)]
    pub connect: std::vec::Vec<Origin>,

    /// Pages of other origins that may connect here: https://host:port, commas between.
    ///
    /// The page that this server serves needs no entry.
    #[arg(long, env = "CONFAB_ALLOW_ORIGIN", default_value = "", hide_default_value = true,
          value_parser = Origin::page_list)]
    pub allow_origin: std::vec::Vec<Origin>,

    /// Pages of other origins that may show this one inside: https://host:port, commas between.
    ///
    /// Without it no page may: whoever embeds a page can lay something over it and lead its visitor
    /// to click what is below.
    #[arg(long, env = "CONFAB_EMBED_IN", default_value = "", hide_default_value = true,
          value_parser = Origin::page_list)]
    pub embed_in: std::vec::Vec<Origin>,

    /// Proxies in front of this server: addresses or networks such as 10.0.0.0/8, commas between.
    ///
    /// Only from them X-Forwarded-For and Forwarded are believed. Without it, whatever comes
    /// through a proxy counts as coming from the proxy's own address.
    #[arg(long, env = "CONFAB_TRUSTED_PROXIES", default_value = "", hide_default_value = true)]
    pub trusted_proxies: Networks,

    /// Whether pages on the visitor's own machine may connect: in debug builds, for development.
    #[arg(skip = cfg!(debug_assertions))]
    pub allow_loopback: bool,

    /// Folder of the built page. Without it, the page that is built into this binary, if any.
    #[arg(long, env = "CONFAB_DIST")]
    pub dist: Option<PathBuf>,

    /// Certificate chain for https, a PEM file. Needs --tls-key.
    #[arg(long, env = "CONFAB_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// Private key for https, a PEM file. Needs --tls-cert.
    #[arg(long, env = "CONFAB_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// The bounds that connections are held to.
    #[command(flatten)]
    pub limits: Limits,

    /// The bounds of all connections of an address, and of a network.
    #[command(flatten)]
    pub sources: SourceLimits,
}

/// How long an account at a TURN server lasts: enough for an attempt, and for the one after it.
const TURN_LIFE: Seconds = Seconds(Duration::from_secs(600));

/// The bounds that connections are held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Most members in a room at once.
    #[arg(long, env = "CONFAB_MEMBERS_PER_ROOM", default_value_t = limits::MEMBERS_PER_ROOM)]
    pub members_per_room: usize,

    /// Most members of one room from one address (for IPv6, from one /64). Behind a proxy name it
    /// with --trusted-proxies, or all visitors share its address.
    #[arg(long, env = "CONFAB_MEMBERS_PER_ADDRESS", default_value_t = limits::MEMBERS_PER_ADDRESS)]
    pub members_per_address: usize,

    /// Most rooms that one connection may be in at once.
    #[arg(long, env = "CONFAB_ROOMS_PER_CONNECTION",
          default_value_t = limits::ROOMS_PER_CONNECTION)]
    pub rooms_per_connection: usize,

    /// Largest message, in bytes: 8192 to 65536. A longer one closes its connection.
    #[arg(long, env = "CONFAB_MESSAGE_BYTES", default_value_t = limits::MESSAGE_BYTES)]
    pub message_bytes: usize,

    /// Most WebSockets in all. There may be as many other connections beside them.
    #[arg(long, env = "CONFAB_CONNECTIONS", default_value_t = limits::CONNECTIONS)]
    pub connections: usize,

    /// Most WebSockets of one address at once (for IPv6, of one /64). Behind a proxy name it with
    /// --trusted-proxies, or all visitors share its address.
    #[arg(long, env = "CONFAB_CONNECTIONS_PER_ADDRESS",
          default_value_t = limits::CONNECTIONS_PER_ADDRESS)]
    pub connections_per_address: usize,

    /// Most WebSockets of one network at once: of an IPv4 /24, of an IPv6 /48.
    #[arg(long, env = "CONFAB_CONNECTIONS_PER_PREFIX",
          default_value_t = limits::CONNECTIONS_PER_PREFIX)]
    pub connections_per_prefix: usize,

    /// Messages a second that one connection may send over a long time.
    #[arg(long, env = "CONFAB_MESSAGES_PER_SECOND", default_value_t = limits::MESSAGES_PER_SECOND)]
    pub messages_per_second: u32,

    /// Messages that one connection may send at once, before the rate holds it back.
    #[arg(long, env = "CONFAB_MESSAGE_BURST", default_value_t = limits::MESSAGE_BURST)]
    pub message_burst: u32,

    /// Bytes a second that one connection may send over a long time.
    #[arg(long, env = "CONFAB_BYTES_PER_SECOND", default_value_t = limits::BYTES_PER_SECOND)]
    pub bytes_per_second: u32,

    /// Bytes that one connection may send at once, before the rate holds it back.
    #[arg(long, env = "CONFAB_BYTE_BURST", default_value_t = limits::BYTE_BURST)]
    pub byte_burst: u32,

    /// Messages that may wait for a slow receiver before it is dropped.
    #[arg(long, env = "CONFAB_QUEUED_MESSAGES", default_value_t = limits::QUEUED_MESSAGES)]
    pub queued_messages: usize,

    /// Bytes that may wait for a slow receiver before it is dropped.
    #[arg(long, env = "CONFAB_QUEUED_BYTES", default_value_t = limits::QUEUED_BYTES)]
    pub queued_bytes: usize,

    /// Bytes that may wait for all receivers together. Over it, whoever is slow is dropped.
    #[arg(long, env = "CONFAB_QUEUED_BYTES_IN_ALL",
          default_value_t = limits::QUEUED_BYTES_IN_ALL)]
    pub queued_bytes_in_all: usize,

    /// Seconds in which a receiver must take a message, or be dropped.
    #[arg(long, env = "CONFAB_WRITE_WITHIN", default_value_t = Seconds(limits::WRITE_WITHIN))]
    pub write_within: Seconds,

    /// Seconds in which the head of a request must come, counted from the connection or from the
    /// request before it; also for a TLS handshake.
    #[arg(long, env = "CONFAB_HEAD_WITHIN", default_value_t = Seconds(limits::HEAD_WITHIN))]
    pub head_within: Seconds,

    /// Seconds after which a connection is closed that has not become a WebSocket.
    #[arg(long, env = "CONFAB_HTTP_WITHIN", default_value_t = Seconds(limits::HTTP_WITHIN))]
    pub http_within: Seconds,

    /// Seconds in which a new connection must send its first message, or be closed.
    #[arg(long, env = "CONFAB_FIRST_MESSAGE_WITHIN",
          default_value_t = Seconds(limits::FIRST_MESSAGE_WITHIN))]
    pub first_message_within: Seconds,

    /// Seconds of silence after which the server pings a connection.
    #[arg(long, env = "CONFAB_PING_EVERY", default_value_t = Seconds(limits::PING_EVERY))]
    pub ping_every: Seconds,

    /// Pings in a row that may stay without any answer before a connection is gone.
    #[arg(long, env = "CONFAB_PINGS_MISSED", default_value_t = limits::PINGS_MISSED)]
    pub pings_missed: u32,

    /// Seconds that connections have to end when the server stops. What waits is still written.
    #[arg(long, env = "CONFAB_DRAIN_WITHIN", default_value_t = Seconds(limits::DRAIN_WITHIN))]
    pub drain_within: Seconds,
}

/// A time of some seconds, written as a decimal number: `20`, `0.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub Duration);

/// A limit under which the server could not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A limit of zero.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    /// A message size outside what the protocol allows.
    #[error("--message-bytes must be from {min} to {max}", min = Limits::LEAST_MESSAGE_BYTES,
            max = limits::MESSAGE_BYTES)]
    MessageBytes,
    /// One of the two that a relay needs.
    #[error("relays need both --turn-urls and --turn-secret")]
    HalfATurn,
    /// Accounts that would end before they are used, or hardly ever.
    #[error("--turn-life must be from 2 to 86400 seconds")]
    TurnLife,
    /// A bound of many that is less than that of one.
    #[error("{0} must be at least {1}, or one page that obeys could be refused")]
    LessThanOne(&'static str, &'static str),
    /// A receiver's queue that one sender could overflow.
    #[error("{0} must be more than {1}, or one sender could have another connection dropped")]
    Queue(&'static str, &'static str),
}

#[cfg_attr(
    not(debug_assertions),
    expect(clippy::derivable_impls, reason = "a debug build has another default")
)]
impl Default for Config {
    fn default() -> Self {
        Self {
            ice_servers: IceServers::default(),
            turn_urls: TurnAddresses::default(),
            turn_secret: None,
            turn_life: TURN_LIFE,
            connect: Vec::new(),
            allow_origin: Vec::new(),
            embed_in: Vec::new(),
            trusted_proxies: Networks::default(),
            allow_loopback: cfg!(debug_assertions),
            dist: None,
            tls_cert: None,
            tls_key: None,
            limits: Limits::default(),
            sources: SourceLimits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            members_per_room: limits::MEMBERS_PER_ROOM,
            members_per_address: limits::MEMBERS_PER_ADDRESS,
            rooms_per_connection: limits::ROOMS_PER_CONNECTION,
            message_bytes: limits::MESSAGE_BYTES,
            connections: limits::CONNECTIONS,
            connections_per_address: limits::CONNECTIONS_PER_ADDRESS,
            connections_per_prefix: limits::CONNECTIONS_PER_PREFIX,
            messages_per_second: limits::MESSAGES_PER_SECOND,
            message_burst: limits::MESSAGE_BURST,
            bytes_per_second: limits::BYTES_PER_SECOND,
            byte_burst: limits::BYTE_BURST,
            queued_messages: limits::QUEUED_MESSAGES,
            queued_bytes: limits::QUEUED_BYTES,
            queued_bytes_in_all: limits::QUEUED_BYTES_IN_ALL,
            write_within: Seconds(limits::WRITE_WITHIN),
            head_within: Seconds(limits::HEAD_WITHIN),
            http_within: Seconds(limits::HTTP_WITHIN),
            first_message_within: Seconds(limits::FIRST_MESSAGE_WITHIN),
            ping_every: Seconds(limits::PING_EVERY),
            pings_missed: limits::PINGS_MISSED,
            drain_within: Seconds(limits::DRAIN_WITHIN),
        }
    }
}

impl Config {
    /// Refuses what contradicts itself.
    ///
    /// # Errors
    /// [`ConfigError`], in words that name the flag.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.turn_secret.is_some() == self.turn_urls.0.is_empty() {
            return Err(ConfigError::HalfATurn);
        }
        if !(2..=86_400).contains(&self.turn_life.0.as_secs()) {
            return Err(ConfigError::TurnLife);
        }
        self.limits.check()?;
        let (sources, limits) = (&self.sources, &self.limits);
        let least = [
            ("--address-messages", sources.address_messages.burst, limits.message_burst),
            ("--address-bytes", sources.address_bytes.burst, limits.byte_burst),
        ];
        let networks = [
            ("--prefix-connections", sources.prefix_connections, sources.address_connections),
            ("--prefix-joins", sources.prefix_joins, sources.address_joins),
            ("--prefix-messages", sources.prefix_messages, sources.address_messages),
            ("--prefix-bytes", sources.prefix_bytes, sources.address_bytes),
        ];
        if let Some((flag, ..)) = least.iter().find(|(_, all, one)| all < one) {
            return Err(ConfigError::LessThanOne(flag, "the burst of a connection"));
        }
        if let Some((flag, ..)) = networks.iter().find(|(_, all, one)| all.burst < one.burst) {
            return Err(ConfigError::LessThanOne(flag, "that of an address"));
        }
        if sources.tracked_sources == 0 {
            return Err(ConfigError::Zero("--tracked-sources"));
        }
        Ok(())
    }

    /// What `/config.json` tells the page.
    #[must_use]
    pub fn page(&self) -> PageConfig {
        PageConfig {
            ice_servers: self.ice_servers.0.clone(),
            connect: self.connect.iter().map(Origin::to_string).collect(),
            relays: self.turn_secret.is_some(),
            limits: self.limits.page(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

impl Limits {
    const LEAST_MESSAGE_BYTES: usize = 8 * 1024;

    /// The bounds of the rooms.
    #[must_use]
    pub fn rooms(&self) -> RoomLimits {
        RoomLimits {
            members_per_room: self.members_per_room,
            members_per_address: self.members_per_address,
            rooms_per_connection: self.rooms_per_connection,
        }
    }

    fn page(&self) -> PageLimits {
        let envelope = limits::MESSAGE_BYTES - limits::PAYLOAD_CHARS;
        PageLimits {
            message_bytes: self.message_bytes,
            payload_chars: self.message_bytes.saturating_sub(envelope),
            members_per_room: self.members_per_room,
            rooms_per_connection: self.rooms_per_connection,
            messages_per_second: self.messages_per_second,
            message_burst: self.message_burst,
            bytes_per_second: self.bytes_per_second,
            byte_burst: self.byte_burst,
        }
    }

    /// Refuses limits that contradict each other.
    ///
    /// # Errors
    /// [`ConfigError`], in words that name the flag.
    pub fn check(&self) -> Result<(), ConfigError> {
        let counts = [
            ("--members-per-room", self.members_per_room),
            ("--members-per-address", self.members_per_address),
            ("--rooms-per-connection", self.rooms_per_connection),
            ("--connections", self.connections),
            ("--connections-per-address", self.connections_per_address),
            ("--connections-per-prefix", self.connections_per_prefix),
            ("--messages-per-second", self.messages_per_second as usize),
            ("--message-burst", self.message_burst as usize),
            ("--bytes-per-second", self.bytes_per_second as usize),
            ("--pings-missed", self.pings_missed as usize),
        ];
        if let Some((flag, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return Err(ConfigError::Zero(flag));
        }
        if !(Self::LEAST_MESSAGE_BYTES..=limits::MESSAGE_BYTES).contains(&self.message_bytes) {
            return Err(ConfigError::MessageBytes);
        }
        if self.byte_burst as usize <= self.message_bytes {
            return Err(ConfigError::Queue("--byte-burst", "--message-bytes"));
        }
        if self.queued_messages <= self.message_burst as usize {
            return Err(ConfigError::Queue("--queued-messages", "--message-burst"));
        }
        if self.queued_bytes <= self.byte_burst as usize {
            return Err(ConfigError::Queue("--queued-bytes", "--byte-burst"));
        }
        Ok(())
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_secs_f64())
    }
}

impl FromStr for Seconds {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words = "must be a number of seconds from 0.001 to 86400";
        let seconds: f64 = text.trim().parse().map_err(|_| words)?;
        if !(0.001..=86_400.0).contains(&seconds) {
            return Err(words);
        }
        Duration::try_from_secs_f64(seconds).map(Self).map_err(|_| words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_learns_the_limits_in_force() {
        let page = Config::default().page();
        assert_eq!(page.limits, PageLimits::default());
        assert!(page.ice_servers.is_empty(), "no ICE server is compiled in");
        let limits = Limits { message_bytes: 8 * 1024, ..Limits::default() };
        assert_eq!(limits.page().payload_chars, 4 * 1024);
    }

    #[test]
    fn limits_that_contradict_each_other_are_refused() {
        assert_eq!(Limits::default().check(), Ok(()));
        let wrong = [
            Limits { members_per_room: 0, ..Limits::default() },
            Limits { message_bytes: 64 * 1024 + 1, ..Limits::default() },
            Limits { message_bytes: 1, ..Limits::default() },
            Limits { queued_messages: 2_000, ..Limits::default() },
            Limits { queued_bytes: 1024, ..Limits::default() },
            Limits { byte_burst: 1024, ..Limits::default() },
        ];
        for limits in wrong {
            let error = limits.check().unwrap_err();
            assert!(error.to_string().starts_with("--"), "{error}");
        }
    }

    #[test]
    fn seconds_are_decimal() {
        assert_eq!("0.5".parse(), Ok(Seconds(Duration::from_millis(500))));
        assert_eq!(Seconds(limits::PING_EVERY).to_string(), "20");
        for bad in ["", "0", "-1", "NaN", "inf", "1e9", "20s"] {
            assert!(bad.parse::<Seconds>().is_err(), "{bad}");
        }
    }
}
