//! What is said and not stored.

use serde::{Deserialize, Serialize};

use crate::ids::{DraftId, MemberId};
use crate::io::Millis;
use crate::view::Qos;

/// Something said that is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveMessage {
    /// Its draft id: the same may come twice if it was said to be delivered at least once.
    pub draft: DraftId,
    /// Who said it: perhaps oneself.
    pub author: MemberId,
    /// What it says.
    pub text: String,
    /// When it was said, by the author's clock.
    pub wall: Millis,
    /// Who has acknowledged it, if it is one's own and delivered at least once.
    pub held_by: Vec<MemberId>,
    /// The guarantee it was said with.
    pub qos: Qos,
}
