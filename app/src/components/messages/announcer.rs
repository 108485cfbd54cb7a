//! Says new messages of others to whoever listens, live ones among them: the one polite live region
//! for them.
//!
//! ```text
//!  quiet ── one comes in ──► said at once ── for 3 s ──► what came in meanwhile is said as one
//! ```
//! A screen reader reads to the end what it has begun: it would still be reading a hundred messages
//! long after they have come.

use std::time::Duration;

use browser::Millis;
use leptos::prelude::*;

use super::Names;
use crate::chat::News;
use crate::page::language;
use crate::prose::tame;
use crate::session;

/// The least time between two announcements, in milliseconds.
const PAUSE: Millis = 3_000;

/// What is to be said, and when something was said last.
#[derive(Debug, Default)]
struct Voice {
    /// Messages that were said, alone or counted.
    said: usize,
    at: Option<Millis>,
    waits: Option<News>,
}

impl Voice {
    /// More has come in. After how long it is to be said, unless something waits for that already.
    fn hear(&mut self, news: News, now: Millis) -> Option<Millis> {
        let waits = self.waits.replace(news).is_some();
        let left = |at| PAUSE.saturating_sub(now.saturating_sub(at));
        (!waits).then(|| self.at.map_or(0, left))
    }

    /// It is said now: of how many messages, and the last of them.
    fn say(&mut self, now: Millis) -> Option<(usize, News)> {
        let news = self.waits.take()?;
        let count = news.heard.saturating_sub(self.said);
        (self.said, self.at) = (news.heard, Some(now));
        Some((count, news))
    }
}

/// See the module.
#[component]
pub fn Announcer(
    /// What has come in last.
    #[prop(into)]
    news: Signal<Option<News>>,
    /// The names of all members.
    names: Memo<Names>,
) -> impl IntoView {
    let language = language();
    let before = news.with_untracked(|news| news.as_ref().map_or(0, |news| news.heard));
    let voice = StoredValue::new(Voice { said: before, ..Voice::default() });
    let said = RwSignal::new(String::new());
    let words_of = move |count: usize, news: &News| {
        let language = language.get_untracked();
        let words = language.words();
        match (&news.words, count) {
            (Some(text), 1) => {
                let name = names.with_untracked(|names| names.get(&news.author).cloned());
                let name = language.called(&name.unwrap_or_default());
                (words.announce_one)(&name, &tame(text))
            }
            (Some(_) | None, count) => (words.announce_many)(count),
        }
    };
    let say = move || {
        let next = voice.try_update_value(|voice| voice.say(session::now())).flatten();
        if let Some((count, news)) = next {
            said.try_set(words_of(count, &news));
        }
    };
    Effect::new(move |_| {
        let Some(news) = news.get().filter(|news| news.heard > before) else { return };
        let pause = voice.try_update_value(|voice| voice.hear(news, session::now())).flatten();
        match pause {
            Some(0) => say(),
            Some(pause) => set_timeout(say, Duration::from_millis(pause)),
            None => {}
        }
    });
    view! {
        <p class="unseen" role="status" aria-live="polite" data-testid="announcer">
            {said}
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use browser::MemberId;

    /// What is said of so many messages, one every so many milliseconds: when, and how many.
    fn told(messages: usize, every: Millis) -> Vec<(Millis, usize)> {
        let (mut voice, mut due, mut told) = (Voice::default(), None, Vec::new());
        let mut left = messages;
        for now in 0.. {
            if left > 0 && now % every == 0 {
                left -= 1;
                let (author, words) = (MemberId([1; 32]), Some("words".to_owned()));
                let news = News { heard: messages - left, author, words };
                due = voice.hear(news, now).map(|pause| now + pause).or(due);
            }
            if due.is_some_and(|due| due <= now) {
                told.extend(voice.say(now).map(|(count, _)| (now, count)));
                due = None;
            }
            if left == 0 && due.is_none() {
                break;
            }
        }
        told
    }

    #[test]
    fn a_hundred_messages_at_once_are_few_announcements_and_none_is_left_out() {
        assert_eq!(told(100, 1), [(0, 1), (PAUSE, 99)]);
        let slowly = told(100, 100);
        assert!(slowly.len() < 6, "{slowly:?}");
        assert_eq!(slowly.iter().map(|(_, count)| count).sum::<usize>(), 100);
        assert!(slowly.windows(2).all(|pair| pair[1].0 - pair[0].0 >= PAUSE), "{slowly:?}");
    }

    #[test]
    fn what_comes_after_a_pause_is_said_at_once() {
        let every = PAUSE + 500;
        assert_eq!(told(3, every), [(0, 1), (every, 1), (2 * every, 1)]);
    }
}
