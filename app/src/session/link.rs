//! The link that lets others in: this page's address, and behind the `#` the invite and the name of
//! whoever hands it on.
//!
//! ```text
//!  https://chat.example/#1.INVITE&from=Ana%20Li
//! ```
//! What is behind the `#` goes to no server. The name is no part of the invite and proves nothing:
//! whoever hands a link on can write any into it, and the join page says so.

use super::{options, window};
use crate::text::NameFault;

/// What stands between an invite, which has no such letter, and the name.
const FROM: &str = "&from=";

/// The link that an invite makes, from a member of this name; with whatever of this page's options
/// the other side needs, too. A name that nobody could have is left out.
pub fn invite_link(invite: &str, from: &str) -> String {
    let location = window().map(|window| window.location());
    let address =
        location.and_then(|location| Some(location.origin().ok()? + &location.pathname().ok()?));
    let options = options()
        .signal
        .map(|signal| format!("?signal={}", String::from(js_sys::encode_uri_component(&signal))));
    let from = match NameFault::of(from) {
        None => format!("{FROM}{}", String::from(js_sys::encode_uri_component(from))),
        Some(_) => String::new(),
    };
    format!("{}{}#{invite}{from}", address.unwrap_or_default(), options.unwrap_or_default())
}

/// The invite behind a `#`, and the name of whoever has handed it on, if it is one.
pub(super) fn parts(fragment: &str) -> (&str, Option<String>) {
    let Some((invite, from)) = fragment.split_once(FROM) else { return (fragment, None) };
    let from = js_sys::decode_uri_component(from).ok().map(String::from);
    (invite, from.filter(|name| NameFault::of(name).is_none()))
}
