//! How much is stored on this device, whether the browser keeps it, and what can be done about it.

use leptos::prelude::*;

use crate::chat::{DeviceDeed, DeviceQuestion, Keeping, PageEvent};
use crate::components::facts::said;
use crate::page::{Page, ScreenStoreFields, language};

/// See the module.
#[component]
pub fn StockPart() -> impl IntoView {
    let page = Page::here();
    let language = language();
    let stock = page.screen().stock();
    let persistent =
        Signal::derive(move || stock.get().space.is_some_and(|space| space.persistent));
    let used = move || stock.get().space.and_then(|space| space.bytes).unwrap_or_default();
    let text = said(move || {
        let (language, stock) = (language.get(), stock.get());
        format!("{} {}", language.stock(stock.space), language.kept(&stock))
    });
    let manage = move |deed: DeviceDeed| page.happen(PageEvent::Manages(deed));
    view! {
        <section class="stock" aria-labelledby="stock-heading">
            <h3 id="stock-heading">{said(move || language.get().space().heading.to_owned())}</h3>
            <p
                role="status"
                data-testid="storage-state"
                data-persistent=said(move || persistent.get().to_string())
                data-usage=said(move || used().0.to_string())
                data-quota=said(move || used().1.to_string())
            >
                {text}
            </p>
            <div class="choices">
                <button
                    type="button"
                    data-testid="storage-keep"
                    hidden=persistent
                    aria-disabled=said(move || (stock.get().asked == Keeping::Asked).to_string())
                    on:click=move |_| manage(DeviceDeed::Keep)
                >
                    {said(move || language.get().space().keep.to_owned())}
                </button>
                <button
                    type="button"
                    data-testid="storage-export"
                    on:click=move |_| manage(DeviceDeed::Ask(Some(DeviceQuestion::Export)))
                >
                    {said(move || language.get().space().export.to_owned())}
                </button>
            </div>
        </section>
    }
}
