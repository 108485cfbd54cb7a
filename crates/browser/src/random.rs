//! Randomness from the browser: `crypto.getRandomValues`, in pages and workers.

use engine::{DraftId, FindId};

use crate::message::Entropy;

/// The browser gives no random numbers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoRandomness(pub String);

/// Random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| NoRandomness(error.to_string()))?;
    Ok(bytes)
}

/// Random bytes for the keys of a room.
pub(crate) fn entropy() -> Result<Entropy, NoRandomness> {
    Ok(Entropy([bytes()?, bytes()?, bytes()?, bytes()?]))
}

/// A number from 0 to below 1, for jitter.
pub(crate) fn fraction() -> f64 {
    let [a, b] = bytes().unwrap_or([128, 0]);
    f64::from(u16::from_be_bytes([a, b])) / 65_536.0
}

/// A new name for a draft. Browsers that have WebRTC always have randomness; should one fail, the
/// name comes from the clock, which is enough to tell one person's drafts apart.
#[must_use]
pub fn random_draft_id() -> DraftId {
    DraftId(name())
}

/// A new name for a search, likewise.
#[must_use]
pub fn random_find_id() -> FindId {
    FindId(name())
}

fn name() -> [u8; 16] {
    bytes().unwrap_or_else(|_| {
        let mut id = [0; 16];
        let [now, chance] = [js_sys::Date::now(), js_sys::Math::random()];
        id[..8].copy_from_slice(&now.to_bits().to_be_bytes());
        id[8..].copy_from_slice(&chance.to_bits().to_be_bytes());
        id
    })
}
