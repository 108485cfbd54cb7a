//! Files that a person chooses, and files that a person is given.

use std::time::Duration;

use js_sys::{Array, Uint8Array};
use leptos::prelude::{document, set_timeout};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, File, HtmlAnchorElement, Url};

/// Bytes of a file, from one place to another; nothing if the browser does not read them.
pub async fn read_part(file: &File, from: u64, to: u64) -> Option<Vec<u8>> {
    #[expect(clippy::cast_precision_loss, reason = "sizes of files are far below 2^53")]
    let slice = file.slice_with_f64_and_f64(from as f64, to as f64).ok()?;
    let buffer = JsFuture::from(slice.array_buffer()).await.ok()?;
    let bytes = Uint8Array::new(&buffer).to_vec();
    let whole = u64::try_from(bytes.len()).is_ok_and(|length| length == to - from);
    whole.then_some(bytes)
}

/// The size of a file.
pub fn size(file: &File) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number of bytes"
    )]
    let size = file.size() as u64;
    size
}

/// Gives these bytes to the person as a file of this name. False if the browser does not.
pub fn save(parts: &Array, name: &str) -> bool {
    let kind = BlobPropertyBag::new();
    kind.set_type("application/octet-stream");
    let Ok(blob) = Blob::new_with_u8_array_sequence_and_options(parts, &kind) else { return false };
    let Ok(address) = Url::create_object_url_with_blob(&blob) else { return false };
    let link = document().create_element("a").ok();
    let link = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = &link {
        link.set_href(&address);
        link.set_download(name);
        link.click();
    }
    // The browser may begin to read it later.
    let forget = move || {
        let _ = Url::revoke_object_url(&address);
    };
    set_timeout(forget, Duration::from_secs(60));
    link.is_some()
}

/// What a backup that is made now is called.
pub fn backup_name() -> String {
    let now: String = js_sys::Date::new_0().to_iso_string().into();
    format!("confab-{}.confab", now.get(..10).unwrap_or_default())
}
