//! Accounts at a TURN server that last minutes, made from a secret shared with it.
//!
//! The scheme is that of coturn's `use-auth-secret` (draft-uberti-behave-turn-rest-00): the user
//! name is when the account ends, a colon and a mark of it; the password is the HMAC-SHA1 of the
//! user name under the secret, in Base64. So whoever reads `/config.json` gets no relay, and an
//! account that leaks is soon of no use. Who gets one, and when, is in `exchange`.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;
use protocol::Relays;
use ring::hmac;
use thiserror::Error;

use super::config::Config;
use super::ice::{IceServers, IceServersError};

/// The secret that a TURN server shares. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct TurnSecret(String);

/// The addresses of the TURN servers that share a secret: `turn:` or `turns:`, commas between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TurnAddresses(pub Vec<String>);

/// Why a text names no TURN servers, or no secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TurnError {
    /// An address of another kind.
    #[error("{0:?} must be turn: or turns:, and a host, without an account")]
    Address(String),
    /// A secret that could be guessed.
    #[error("the secret must have at least {least} characters", least = TurnSecret::LEAST_CHARS)]
    Secret,
}

/// What makes the accounts.
#[derive(Debug)]
pub(crate) struct Turn {
    key: hmac::Key,
    /// What the marks of accounts are drawn from.
    seed: [u8; 32],
    drawn: u64,
    urls: Vec<String>,
    seconds: u32,
}

impl TurnSecret {
    const LEAST_CHARS: usize = 16;
}

impl FromStr for TurnSecret {
    type Err = TurnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let long_enough = text.chars().count() >= Self::LEAST_CHARS;
        long_enough.then(|| Self(text.to_owned())).ok_or(TurnError::Secret)
    }
}

impl fmt::Debug for TurnSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TurnSecret")
    }
}

impl FromStr for TurnAddresses {
    type Err = TurnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(address).collect::<Result<_, _>>().map(Self)
    }
}

/// A relay's address, which the reader of ICE servers takes for good except for its account.
fn address(text: &str) -> Result<String, TurnError> {
    let is_turn = text.starts_with("turn:") || text.starts_with("turns:");
    match text.parse::<IceServers>() {
        Err(IceServersError::Account(url)) if is_turn => Ok(url),
        Ok(_) | Err(_) => Err(TurnError::Address(text.to_owned())),
    }
}

impl Turn {
    /// As configured; none without a secret. `seed` is fresh random bytes.
    pub(crate) fn new(config: &Config, seed: &[u8; 32]) -> Option<Self> {
        let secret = config.turn_secret.as_ref()?;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.0.as_bytes());
        let seconds = u32::try_from(config.turn_life.0.as_secs()).unwrap_or(u32::MAX);
        let seed = blake3::derive_key("confab/1/relay-accounts", seed);
        Some(Self { key, seed, drawn: 0, urls: config.turn_urls.0.clone(), seconds })
    }

    /// How long an account lasts.
    pub(crate) fn life(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }

    /// An account from now on, under a mark that says nothing of who has it.
    pub(crate) fn account(&mut self) -> Relays {
        let mark = self.draw();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ends = now.as_secs().saturating_add(self.seconds.into());
        self.account_until(ends, mark)
    }

    /// 64 bits of a keyed hash over a counter: nobody else can tell which accounts there are.
    fn draw(&mut self) -> u64 {
        let hash = blake3::keyed_hash(&self.seed, &self.drawn.to_le_bytes());
        self.drawn += 1;
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hash.as_bytes()[..8]);
        u64::from_le_bytes(bytes)
    }

    fn account_until(&self, ends: u64, mark: u64) -> Relays {
        let username = format!("{ends}:{mark:016x}");
        let credential = BASE64.encode(hmac::sign(&self.key, username.as_bytes()).as_ref());
        Relays { urls: self.urls.clone(), username, credential, seconds: self.seconds }
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::Seconds;
    use super::*;

    fn turn() -> Turn {
        let config = Config {
            turn_secret: Some("north wind and sun".parse().unwrap()),
            turn_urls: "turn:turn.example:3478".parse().unwrap(),
            turn_life: Seconds(Duration::from_secs(600)),
            ..Config::default()
        };
        Turn::new(&config, &[1; 32]).expect("a secret is there")
    }

    /// The password is what `printf 1700000600:00000000000000ab | openssl dgst -sha1 -binary
    /// -hmac 'north wind and sun' | base64` prints.
    #[test]
    fn an_account_is_what_coturn_computes() {
        let account = turn().account_until(1_700_000_600, 0xab);
        assert_eq!(account.username, "1700000600:00000000000000ab");
        assert_eq!(account.credential, "WmCpFacU2XpwGpXZyviFKXTYHDs=");
        assert_eq!((account.urls, account.seconds), (vec!["turn:turn.example:3478".into()], 600));
    }

    #[test]
    fn an_account_ends_as_many_seconds_from_now_as_it_says() {
        let account = turn().account();
        let ends: u64 = account.username.split(':').next().unwrap().parse().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!((now + 595..=now + 600).contains(&ends), "{ends} at {now}");
    }

    #[test]
    fn no_two_accounts_are_alike() {
        let mut turn = turn();
        let [one, other] = [turn.account(), turn.account()];
        assert_ne!((&one.username, &one.credential), (&other.username, &other.credential));
    }

    #[test]
    fn without_a_secret_there_are_no_accounts_and_a_secret_is_not_shown() {
        assert!(Turn::new(&Config::default(), &[1; 32]).is_none());
        let secret: TurnSecret = "north wind and sun".parse().unwrap();
        assert_eq!(format!("{secret:?}"), "TurnSecret");
        assert!(!format!("{:?}", turn()).contains("north"));
    }

    #[test]
    fn what_is_no_relay_or_no_secret_is_refused_in_words() {
        for bad in ["stun:a.example", "turn:", "turn:u:p@a.example", "https://a", "turn:a b"] {
            let error = bad.parse::<TurnAddresses>().unwrap_err().to_string();
            assert!(error.contains("turns:"), "{bad}: {error}");
        }
        let two: TurnAddresses = "turn:a.example?transport=udp, turns:[::1]:5349".parse().unwrap();
        assert_eq!(two.0.len(), 2);
        assert!("short".parse::<TurnSecret>().unwrap_err().to_string().contains("16"));
    }
}
