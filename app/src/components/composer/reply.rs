//! The line above the composer while what is written answers a message: which, and the way out.

use browser::{MemberId, Qos, RoomId};
use leptos::prelude::*;

use super::delivery::{Delivery, terms_of};
use crate::chat::{Compose, Task, Writing};
use crate::components::icon::Icon;
use crate::page::{language, word};
use crate::session;

/// A message that is answered, as the line shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The name of who wrote it and what it says, if it is in the list.
    pub shown: Option<(String, String)>,
    /// Who else can read it, if it is for one member alone.
    pub private: Option<MemberId>,
}

/// The message that is answered survives a reload of the tab, like the words. What two can read is
/// answered among the two, and nothing with what is only said live: what does not suit the choice
/// of delivery is not answered, and the choice is never changed under words that stand there.
/// Gives whether that is to be said.
pub fn keep_reply(
    room: RoomId,
    writing: Memo<Writing>,
    subject: Memo<Option<Subject>>,
    (delivery, written): (RwSignal<Delivery>, RwSignal<String>),
    on_compose: impl Fn(Compose) + Copy + Send + Sync + 'static,
) -> Memo<bool> {
    let reply = Memo::new(move |_| writing.with(|writing| writing.reply));
    // What was chosen, and how long the words were, when something could not be answered so.
    let refused = RwSignal::new(None::<(Delivery, usize)>);
    if let (None, Some(kept)) = (reply.get_untracked(), session::reply(&room)) {
        on_compose(Compose::Reply(Some(kept)));
    }
    Effect::new(move |_| session::keep_reply(&room, reply.get()));
    Effect::new(move |before: Option<_>| {
        let (now, chosen) = (reply.get(), delivery.get());
        let private = subject.with(|subject| subject.as_ref().and_then(|it| it.private));
        if now.is_none() || suits(chosen, private) {
            if now.is_some() {
                refused.set(None);
            }
            return now;
        }
        let free = written.with_untracked(String::is_empty)
            && writing.with_untracked(|writing| writing.bundle.is_empty());
        match private.filter(|_| before != Some(now) && free && chosen == Delivery::Usual) {
            Some(member) => delivery.set(Delivery::OnlyTo(member)),
            None => {
                refused.set(Some((chosen, written.with_untracked(String::len))));
                on_compose(Compose::Reply(None));
            }
        }
        now
    });
    // It is said until something else is chosen, or written.
    Effect::new(move |_| {
        let now = (delivery.get(), written.with(String::len));
        if refused.get_untracked().is_some_and(|before| before != now) {
            refused.set(None);
        }
    });
    Memo::new(move |_| refused.get().is_some())
}

/// True if a message can be answered so.
fn suits(delivery: Delivery, private: Option<MemberId>) -> bool {
    let (act, terms) = terms_of(delivery, 0);
    terms.qos == Qos::ExactlyOnce && (private.is_none() || act.to() == private)
}

/// See the module.
#[component]
pub fn ReplyLine(
    /// What is answered; nothing if nothing is.
    subject: Memo<Option<Subject>>,
    /// What the composer is for.
    task: Memo<Task>,
    /// It cannot be answered with what is chosen.
    unfit: Memo<bool>,
    /// The person gives it up.
    on_end: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let language = language();
    let lead = move || {
        let language = language.get();
        let words = language.words();
        match subject.get() {
            Some(Subject { shown: Some((author, _)), .. }) => (words.replying_to)(&author),
            Some(Subject { shown: None, .. }) => words.replying_above.to_owned(),
            None if unfit.get() => words.reply_unfit.to_owned(),
            None => String::new(),
        }
    };
    let said = move || subject.get().and_then(|it| it.shown).map(|(_, said)| said);
    let some = move || subject.with(Option::is_some);
    view! {
        <p
            class="revision replying"
            role="status"
            data-testid="replying"
            hidden=move || !some() && !unfit.get()
        >
            <Icon name="reply" />
            <span class="replying-to">
                <bdi>{lead}</bdi>
                " "
                <span class="quoted-words" dir="auto">{said}</span>
            </span>
            <button
                type="button"
                class="quiet"
                data-testid="reply-end"
                title=word(|words| words.stop_reply)
                hidden=move || !some() || task.with(|task| *task != Task::New)
                on:click=move |_| on_end()
            >
                {word(|words| words.cancel)}
            </button>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_can_read_is_answered_among_them_and_nothing_is_answered_live() {
        let (ben, cem) = (MemberId([2; 32]), MemberId([3; 32]));
        assert!(suits(Delivery::Usual, None) && suits(Delivery::OnlyTo(ben), None));
        assert!(suits(Delivery::GoneOnceRead, None) && suits(Delivery::InAnHour, None));
        assert!(!suits(Delivery::Live, None));
        assert!(suits(Delivery::OnlyTo(ben), Some(ben)));
        for other in [Delivery::Usual, Delivery::OnlyTo(cem), Delivery::GoneOnceRead] {
            assert!(!suits(other, Some(ben)), "{other:?}");
        }
    }
}
