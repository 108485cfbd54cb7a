//! Which words of a composer the browser has refused to keep: a disk or a quota is full. The person
//! is told as long as there are some.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

type Hearer = Rc<dyn Fn(bool)>;

thread_local! {
    /// The names under which words were refused, and nothing was kept since.
    static UNKEPT: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
    static HEARER: RefCell<Option<Hearer>> = const { RefCell::new(None) };
}

/// Calls back whenever some words are not kept, and whenever all are again.
pub fn on_unkept(hear: impl Fn(bool) + 'static) {
    HEARER.set(Some(Rc::new(hear)));
}

/// True while something that was written is not kept: it is lost with the page.
pub fn is_unkept() -> bool {
    UNKEPT.with_borrow(|unkept| !unkept.is_empty())
}

/// What stands under this name was kept, or was not.
pub(super) fn note(name: String, kept: bool) {
    let change = UNKEPT.with_borrow_mut(|unkept| change_of(unkept, name, kept));
    let hearer = HEARER.with_borrow(Clone::clone);
    if let Some((change, hear)) = change.zip(hearer) {
        hear(change);
    }
}

/// Takes note of it; whether some are not kept now, if that has changed.
fn change_of(unkept: &mut BTreeSet<String>, name: String, kept: bool) -> Option<bool> {
    let before = !unkept.is_empty();
    match kept {
        true => unkept.remove(&name),
        false => unkept.insert(name),
    };
    let now = !unkept.is_empty();
    (before != now).then_some(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_when_the_first_words_are_refused_and_when_the_last_are_kept() {
        let mut unkept = BTreeSet::new();
        let mut note = |name: &str, kept| change_of(&mut unkept, name.to_owned(), kept);
        assert_eq!(note("draft", true), None);
        assert_eq!(note("draft", false), Some(true));
        assert_eq!((note("draft", false), note("bundle", false)), (None, None));
        assert_eq!(note("draft", true), None, "the bundle is not kept");
        assert_eq!((note("bundle", true), note("bundle", true)), (Some(false), None));
    }
}
