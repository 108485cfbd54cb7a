//! The dialog about a member: what may be done with it, and, before it is removed, what that does.

use browser::{MemberView, Role};
use leptos::html;
use leptos::prelude::*;

use super::verify::Verify;
use crate::chat::{Choice, Deed, Question};
use crate::components::focus::{is_beside, open_while};
use crate::page::{Page, language, word};
use crate::text::{Language, choice as said};

/// What is asked, and about whom.
#[derive(Clone, PartialEq)]
struct Asked {
    question: Question,
    about: MemberView,
    choices: Vec<Choice>,
}

/// See the module. It is open while the page asks something about a member.
#[component]
pub fn MemberDialog(
    /// Something was chosen: the member may be gone soon.
    on_chosen: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let page = Page::here();
    let language = language();
    let node = NodeRef::<html::Dialog>::new();
    let last = NodeRef::<html::Button>::new();
    let title = NodeRef::<html::H2>::new();
    let asked = page.of_room(|room| {
        let question = room.asks?;
        let about = room.member(question.member())?.clone();
        let choices = room.choices(about.member);
        Some(Asked { question, about, choices })
    });
    open_while(node, Signal::derive(move || asked.with(Option::is_some)));
    let question = Memo::new(move |_| asked.with(|asked| asked.as_ref().map(|it| it.question)));
    // What comes next is asked in the same dialog: the keyboard begins at the harmless answer, or
    // where there is something to read.
    Effect::new(move |_| {
        let _ = match question.get() {
            Some(Question::Remove(_)) => last.get_untracked().map(|button| button.focus()),
            Some(Question::Verify(_)) => title.get_untracked().map(|title| title.focus()),
            Some(Question::Member(_)) | None => None,
        };
    });
    let close = move || page.does(Deed::Ask(None));
    let choose = move |choice: Choice| {
        on_chosen();
        page.does(Deed::Choose(choice));
    };
    let heading = move || {
        let (asked, language) = (asked.get()?, language.get());
        let name = language.called(&asked.about.name);
        Some(match asked.question {
            Question::Member(_) => name,
            Question::Remove(_) => (language.words().remove_from)(&name),
            Question::Verify(_) => (language.words().verify_whom)(&name),
        })
    };
    let about = move || {
        let (asked, language) = (asked.get()?, language.get());
        let role = language.role(asked.about.role);
        let role = role.filter(|_| asked.about.role >= Role::Admin);
        Some([Some(asked.about.member.mark().as_str()), role].into_iter().flatten().fold(
            String::new(),
            |line, part| {
                if line.is_empty() { part.to_owned() } else { format!("{line} · {part}") }
            },
        ))
    };
    let offers = move || {
        asked.with(|asked| Some(offers(language.get(), asked.as_ref()?.choices.clone(), choose)))
    };
    let consequences =
        move || asked.with(|asked| Some(consequences(language.get(), &asked.as_ref()?.about.name)));
    // Who types in it is not disturbed by what becomes of the member meanwhile.
    let body = move || {
        question.get().map(|question| match question {
            Question::Member(_) => offers.into_any(),
            Question::Remove(_) => consequences.into_any(),
            Question::Verify(member) => view! { <Verify member /> }.into_any(),
        })
    };
    let way_out = move || {
        let words = language.get().words();
        match question.get() {
            Some(Question::Remove(_)) => words.cancel,
            Some(Question::Member(_) | Question::Verify(_)) | None => words.close,
        }
    };
    view! {
        <dialog
            class="asked"
            node_ref=node
            aria-labelledby="asked-heading"
            data-testid="asked"
            on:click=move |event| {
                if is_beside(&event) {
                    close();
                }
            }
            on:close=move |_| close()
        >
            <div class="content">
                <h2 id="asked-heading" dir="auto" tabindex="-1" node_ref=title>
                    {heading}
                </h2>
                <p class="about" title=word(|words| words.mark_title)>{about}</p>
                {body}
            </div>
            <div class="dialog-foot">
                <Show when=move || matches!(question.get(), Some(Question::Remove(_)))>
                    <button
                        type="button"
                        class="danger"
                        data-testid="remove-surely"
                        on:click=move |_| choose(Choice::Remove)
                    >
                        {word(|words| words.remove)}
                    </button>
                </Show>
                <button
                    type="button"
                    class="quiet"
                    node_ref=last
                    data-testid="asked-close"
                    on:click=move |_| close()
                >
                    {way_out}
                </button>
            </div>
        </dialog>
    }
}

fn offers(
    language: Language,
    choices: Vec<Choice>,
    choose: impl Fn(Choice) + Copy + Send + Sync + 'static,
) -> AnyView {
    let offer = |choice: Choice| {
        let [testid, does, more] = said(choice, language.words());
        let class = if choice == Choice::Remove { "danger" } else { "" };
        view! {
            <li>
                <button
                    type="button"
                    class=class
                    data-testid=testid
                    aria-describedby=format!("{testid}-more")
                    on:click=move |_| choose(choice)
                >
                    {does}
                </button>
                <p class="hint" id=format!("{testid}-more")>{more}</p>
            </li>
        }
    };
    view! { <ul class="offers">{choices.into_iter().map(offer).collect_view()}</ul> }.into_any()
}

fn consequences(language: Language, name: &str) -> AnyView {
    let (name, words) = (language.called(name), language.words());
    let lines = [
        (words.remove_unheard)(&name),
        words.remove_secret.to_owned(),
        (words.remove_keeps)(&name),
    ];
    let line = |line: String| view! { <li>{line}</li> };
    view! {
        <ul class="consequences">{lines.map(line).collect_view()}</ul>
    }
    .into_any()
}
