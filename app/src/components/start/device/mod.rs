//! The dialog about all that is stored on this device, and the way to it. What deleting it does is
//! said before it is done.

mod backup;
mod passphrase;
mod stock;

use leptos::html;
use leptos::prelude::*;

use self::backup::{ExportForm, ImportForm};
use self::passphrase::PassphraseForm;
use self::stock::StockPart;
use crate::chat::{Alerts, Asked, Device, DeviceDeed, DeviceQuestion, Loss, PageEvent, loss_of};
use crate::components::focus::{is_beside, open_while};
use crate::page::{Page, ScreenStoreFields, alerts, language, turn_alerts, word};
use crate::page::{turn_sound, wants_sound};
use crate::text::{Language, Wording, Words};

type Pick = fn(&Words) -> &'static str;

/// Opens the dialog.
#[component]
pub fn DeviceButton() -> impl IntoView {
    let page = Page::here();
    let ask = DeviceDeed::Ask(Some(DeviceQuestion::Choices));
    view! {
        <button
            type="button"
            class="quiet"
            data-testid="device"
            aria-haspopup="dialog"
            on:click=move |_| page.happen(PageEvent::Manages(ask))
        >
            {word(|words| words.this_device)}
        </button>
    }
}

/// See the module. It is open while something is asked or done.
#[component]
pub fn DeviceDialog() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let node = NodeRef::<html::Dialog>::new();
    let last = NodeRef::<html::Button>::new();
    let device = Memo::new(move |_| page.screen().device().get());
    open_while(node, Signal::derive(move || device.get() != Device::Rests));
    // What comes next is asked in the same dialog: the keyboard begins at the harmless answer.
    Effect::new(move |_| {
        if device.get() == Device::Asks(DeviceQuestion::Wipe)
            && let Some(button) = last.get_untracked()
        {
            let _ = button.focus();
        }
    });
    let manage = move |deed: DeviceDeed| page.happen(PageEvent::Manages(deed));
    let heading = move || {
        let words = language.get().words();
        match device.get() {
            Device::Rests | Device::Asks(DeviceQuestion::Choices) => words.this_device,
            Device::Asks(DeviceQuestion::Wipe) => words.wipe_heading,
            Device::Asks(DeviceQuestion::Passphrase)
            | Device::Failed(DeviceQuestion::Passphrase, _) => words.guard,
            Device::Wiping => words.wiping,
            Device::Asks(DeviceQuestion::Export)
            | Device::Exporting(_)
            | Device::Exported(_)
            | Device::Failed(DeviceQuestion::Export, _) => words.export,
            Device::Asks(DeviceQuestion::Import)
            | Device::Importing { .. }
            | Device::Imported { .. }
            | Device::Failed(..) => words.import,
        }
    };
    // What is typed in it outlives the day, which draws anew what is said.
    let spoken = Memo::new(move |_| language.get());
    let body = move || {
        let language = spoken.get();
        match device.get() {
            Device::Rests => ().into_any(),
            Device::Asks(DeviceQuestion::Choices) => view! { <Offers /> }.into_any(),
            Device::Asks(DeviceQuestion::Wipe) => {
                let locked = page.screen().guard().with(|guard| guard.locked);
                let loss = page.screen().rooms().with(|rooms| loss_of(rooms));
                consequences(language, loss, locked)
            }
            Device::Asks(DeviceQuestion::Passphrase) => view! { <PassphraseForm /> }.into_any(),
            Device::Wiping => view! { <p>{language.words().wiping_more}</p> }.into_any(),
            Device::Asks(DeviceQuestion::Export) => view! { <ExportForm /> }.into_any(),
            Device::Asks(DeviceQuestion::Import) => view! { <ImportForm /> }.into_any(),
            Device::Exporting(ready) => told("backup-going", language.exporting(ready)),
            Device::Exported(rooms) => told("backup-done", language.exported(rooms)),
            Device::Importing { sent, total } => {
                told("backup-going", language.importing(sent, total))
            }
            Device::Imported { added, known } => {
                told("backup-done", language.imported(added, known))
            }
            Device::Failed(_, failure) => {
                let Wording { title, help } = language.backup_failure(&failure);
                told("backup-failed", format!("{title} {help}"))
            }
        }
    };
    let way_out = move || {
        let words = language.get().words();
        match device.get() {
            Device::Asks(
                DeviceQuestion::Wipe | DeviceQuestion::Export | DeviceQuestion::Import,
            )
            | Device::Exporting(_)
            | Device::Importing { .. } => words.cancel,
            Device::Rests
            | Device::Asks(DeviceQuestion::Choices | DeviceQuestion::Passphrase)
            | Device::Exported(_)
            | Device::Imported { .. }
            | Device::Failed(..)
            | Device::Wiping => words.close,
        }
    };
    let busy = move || device.get() == Device::Wiping;
    view! {
        <dialog
            class="asked"
            node_ref=node
            aria-labelledby="device-heading"
            data-testid="device-asked"
            on:click=move |event| {
                if is_beside(&event) {
                    manage(DeviceDeed::Ask(None));
                }
            }
            on:cancel=move |event: web_sys::Event| {
                if untrack(busy) {
                    event.prevent_default();
                }
            }
            on:close=move |_| manage(DeviceDeed::Ask(None))
        >
            <div class="content">
                <h2 id="device-heading">{heading}</h2>
                {body}
            </div>
            <div class="dialog-foot">
                <Show when=move || device.get() == Device::Asks(DeviceQuestion::Wipe)>
                    <button
                        type="button"
                        class="danger"
                        data-testid="wipe-surely"
                        on:click=move |_| manage(DeviceDeed::Wipe)
                    >
                        {word(|words| words.wipe)}
                    </button>
                </Show>
                <button
                    type="button"
                    class="quiet"
                    node_ref=last
                    data-testid="device-close"
                    hidden=busy
                    on:click=move |_| manage(DeviceDeed::Ask(None))
                >
                    {way_out}
                </button>
            </div>
        </dialog>
    }
}

/// What can be done.
#[component]
fn Offers() -> impl IntoView {
    let page = Page::here();
    let offer = move |(testid, does, more, question): (_, Pick, Pick, DeviceQuestion)| {
        let class = if question == DeviceQuestion::Wipe { "danger" } else { "" };
        let ask = DeviceDeed::Ask(Some(question));
        view! {
            <Offer testid does more class on_press=move || page.happen(PageEvent::Manages(ask)) />
        }
    };
    let all: [(&'static str, Pick, Pick, DeviceQuestion); 4] = [
        ("guard", |words| words.guard, |words| words.guard_more, DeviceQuestion::Passphrase),
        ("export", |words| words.export, |words| words.export_more, DeviceQuestion::Export),
        ("import", |words| words.import, |words| words.import_more, DeviceQuestion::Import),
        ("wipe", |words| words.wipe, |words| words.wipe_more, DeviceQuestion::Wipe),
    ];
    let lockable = Memo::new(move |_| page.screen().guard().read().shield.is_some());
    let language = language();
    let refused = move || match page.screen().guard().read().asked.clone() {
        Asked::Refused(refusal) if lockable.get() => {
            let Wording { title, help } = language.get().guard_refusal(&refusal);
            Some(format!("{title} {help}"))
        }
        Asked::Refused(_) | Asked::Nothing | Asked::Waiting | Asked::Done => None,
    };
    view! {
        <StockPart />
        <ul class="offers">
            <Show when=move || lockable.get()>
                <Offer
                    testid="lock-now"
                    does=|words| words.lock_now
                    more=|words| words.lock_now_more
                    class=""
                    on_press=move || page.lock()
                />
            </Show>
            <AlertsOffer />
            <SoundOffer />
            {all.map(offer).collect_view()}
        </ul>
        <p
            class="hint wrong"
            role="alert"
            data-testid="lock-refused"
            hidden=move || refused().is_none()
        >
            {refused}
        </p>
    }
}

/// One of these.
#[component]
fn Offer(
    testid: &'static str,
    does: Pick,
    more: Pick,
    class: &'static str,
    on_press: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <li>
            <button
                type="button"
                class=class
                data-testid=testid
                aria-describedby=format!("{testid}-more")
                on:click=move |_| on_press()
            >
                {word(does)}
            </button>
            <p class="hint" id=format!("{testid}-more")>{word(more)}</p>
        </li>
    }
}

/// Whether the browser says that something is new.
#[component]
fn AlertsOffer() -> impl IntoView {
    let language = language();
    let stands = RwSignal::new(alerts());
    let on = Memo::new(move |_| stands.get() == Alerts::On);
    let does = move || {
        let words = language.get().words();
        if on.get() { words.alerts_off } else { words.alerts_on }
    };
    let denied = move || matches!(stands.get(), Alerts::Forbidden | Alerts::Missing);
    view! {
        <li>
            <button
                type="button"
                id="alerts"
                data-testid="alerts"
                data-on=move || on.get().then_some("")
                aria-describedby="alerts-more"
                disabled=denied
                on:click=move |_| turn_alerts(stands)
            >
                {does}
            </button>
            <p class="hint" id="alerts-more" role="status" data-testid="alerts-more">
                {move || language.get().alerts(stands.get())}
            </p>
        </li>
    }
}

/// Whether what is new can be heard.
#[component]
fn SoundOffer() -> impl IntoView {
    let language = language();
    let on = RwSignal::new(wants_sound());
    let does = move || {
        let words = language.get().words();
        if on.get() { words.sound_off } else { words.sound_on }
    };
    let turn = move |_| {
        turn_sound(!on.get_untracked());
        on.set(wants_sound());
    };
    view! {
        <li>
            <button
                type="button"
                data-testid="sound"
                data-on=move || on.get().then_some("")
                aria-describedby="sound-more"
                on:click=turn
            >
                {does}
            </button>
            <p class="hint" id="sound-more">{word(|words| words.sound_more)}</p>
        </li>
    }
}

/// How far something has come.
fn told(testid: &'static str, text: String) -> AnyView {
    view! { <p role="status" data-testid=testid>{text}</p> }.into_any()
}

/// What deleting everything does, and how much of it nobody else holds.
fn consequences(language: Language, loss: Loss, locked: bool) -> AnyView {
    let words = language.words();
    let lines = [
        Some(if locked { words.wipe_locked.to_owned() } else { (words.wipe_gone)(loss.rooms) }),
        Some(words.leave_others.to_owned()),
        (loss.pending > 0).then(|| (words.leave_lost)(loss.pending)),
        (loss.waiting > 0).then(|| (words.leave_later)(loss.waiting)),
        (loss.unknown > 0).then(|| (words.wipe_unknown)(loss.unknown)),
        Some(words.wipe_back.to_owned()),
    ];
    let line = |line: String| view! { <li>{line}</li> };
    view! {
        <ul class="consequences" data-testid="wipe-consequences">
            {lines.into_iter().flatten().map(line).collect_view()}
        </ul>
    }
    .into_any()
}
