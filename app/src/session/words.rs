//! Words that a page keeps beside the store: names, what stands in composers, what is being sent.
//! On a device with a passphrase they lie there sealed, under names that say so.
//!
//! ```text
//!  no passphrase   confab.KIND          the words
//!  a passphrase    confab.sealed.KIND   sealed; nothing is read or written before it is unlocked
//! ```
//! Whatever of the other kind is met when the seal comes, or goes, changes over.

use std::cell::RefCell;

use browser::Seal;
use web_sys::Storage;

use super::draft::{trust_nothing, write_draft};
use super::{OURS, device, keep, read, tab};

/// What the names of sealed words begin with.
const SEALED: &str = "confab.sealed";
/// On the device, while it has a passphrase: a page that begins shows nothing before it is
/// unlocked. Only a hint; what holds is in the store.
const PROTECTED: &str = "confab.protected";
/// What words are of, by the beginning of their names.
const KINDS: [&str; 7] = [
    "confab.name",
    "confab.draft",
    "confab.bundle",
    "confab.only",
    "confab.reply",
    "confab.sending",
    "confab.written",
];

thread_local! {
    static SEAL: RefCell<Option<Seal>> = const { RefCell::new(None) };
}

/// True if this device had a passphrase when a page was there last.
pub fn is_protected() -> bool {
    read(device(), PROTECTED).is_some()
}

/// True if what is kept can be read: not before a device with a passphrase is unlocked.
pub(super) fn are_open() -> bool {
    SEAL.with_borrow(Option::is_some) || !is_protected()
}

/// Words from where they are kept.
pub(super) fn read_words(storage: Option<Storage>, key: &str) -> Option<String> {
    let seal = SEAL.with_borrow(Clone::clone);
    match seal {
        Some(seal) => seal.open(key, &read(storage, &sealed(key))?),
        None => read(storage, key),
    }
}

/// Keeps words; an empty text removes them. False if they are not kept, and would be if the browser
/// did as it is asked.
pub(super) fn keep_words(storage: Option<Storage>, key: &str, words: &str) -> bool {
    let seal = SEAL.with_borrow(Clone::clone);
    match seal {
        _ if words.is_empty() => keep(storage.clone(), key, "") & keep(storage, &sealed(key), ""),
        // Without randomness nothing is kept, rather than in clear.
        Some(seal) => {
            seal.close(key, words).is_some_and(|closed| keep(storage, &sealed(key), &closed))
        }
        None if is_protected() => true,
        None => keep(storage, key, words),
    }
}

/// The names of words that are kept here and begin so.
pub(super) fn keys_of_words(storage: &Storage, prefix: &str) -> Vec<String> {
    let sealed = SEAL.with_borrow(Option::is_some);
    let of = |key: String| if sealed { unsealed(&key) } else { Some(key) };
    keys(storage).into_iter().filter_map(of).filter(|key| key.starts_with(prefix)).collect()
}

/// Words are sealed from now on, or not any more; those that are kept change over.
pub fn seal_with(seal: Option<Seal>) {
    write_draft();
    trust_nothing();
    let before = SEAL.replace(seal.clone());
    if before.is_some() && before == seal {
        return;
    }
    keep(device(), PROTECTED, if seal.is_some() { "yes" } else { "" });
    for storage in [device(), tab()].into_iter().flatten() {
        for key in keys(&storage) {
            change_over(&storage, &key, before.as_ref(), seal.as_ref());
        }
    }
}

fn change_over(storage: &Storage, key: &str, before: Option<&Seal>, now: Option<&Seal>) {
    let words = || read(Some(storage.clone()), key).unwrap_or_default();
    match (unsealed(key), now) {
        // As it should be, unless it is of another time: then nobody can read it.
        (Some(name), Some(seal)) if seal.open(&name, &words()).is_some() => {}
        (Some(name), _) => {
            let opened = before.and_then(|before| before.open(&name, &words()));
            keep(Some(storage.clone()), key, "");
            if let Some(opened) = opened {
                keep_words(Some(storage.clone()), &name, &opened);
            }
        }
        (None, Some(seal)) if is_words(key) => {
            let words = words();
            let newer = read(Some(storage.clone()), &sealed(key));
            // What was sealed meanwhile is what the person has written last.
            if newer.and_then(|newer| seal.open(key, &newer)).is_none() {
                keep_words(Some(storage.clone()), key, &words);
            }
            if read(Some(storage.clone()), &sealed(key)).is_some() {
                keep(Some(storage.clone()), key, "");
            }
        }
        (None, _) => {}
    }
}

fn is_words(key: &str) -> bool {
    let is = |rest: &str| rest.is_empty() || rest.starts_with('.');
    KINDS.iter().any(|kind| key.strip_prefix(kind).is_some_and(is))
}

fn sealed(key: &str) -> String {
    format!("{SEALED}{}", key.strip_prefix(OURS).unwrap_or(key))
}

fn unsealed(key: &str) -> Option<String> {
    key.strip_prefix(SEALED).map(|rest| format!("{OURS}{rest}"))
}

fn keys(storage: &Storage) -> Vec<String> {
    let all = (0..storage.length().unwrap_or(0)).filter_map(|at| storage.key(at).ok().flatten());
    all.filter(|key| key.starts_with(OURS)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_name_leads_back_and_only_words_are_sealed() {
        let key = "confab.draft.0707";
        assert_eq!(sealed(key), "confab.sealed.draft.0707");
        assert_eq!(unsealed(&sealed(key)).as_deref(), Some(key));
        assert_eq!(unsealed(key), None);
        for words in
            ["confab.name", key, "confab.sending.07.09", "confab.only.07", "confab.written.07"]
        {
            assert!(is_words(words), "{words}");
        }
        for other in ["confab.room", "confab.language", "confab.life", "confab.protected"] {
            assert!(!is_words(other) && unsealed(other).is_none(), "{other}");
        }
    }
}
