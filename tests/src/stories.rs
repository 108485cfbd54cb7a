//! What people do besides saying something, and what goes wrong in stories of their own: one file a
//! subject. Who does which and when is in `plan.rs` and `transition.rs`.

mod answers;
pub(crate) mod fate;
pub(crate) mod poison;
mod terms;
