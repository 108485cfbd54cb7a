//! How messages travel between a page and its worker: `[bytes, channel?]`, both transferred.
//!
//! A data channel can move into a worker only in the task in which it was made, so it is posted
//! beside its message in the very next statement.

use js_sys::{Array, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::RtcDataChannel;

use crate::bindings::words;
use crate::message::{MessageError, decode, encode};

/// A message, ready to be posted.
pub(crate) struct Parcel {
    /// What to post.
    pub content: JsValue,
    /// What moves with it.
    pub transfer: JsValue,
}

impl Parcel {
    /// Packs a message, and a channel that moves with it.
    pub(crate) fn pack<M: Serialize>(message: &M, channel: Option<&RtcDataChannel>) -> Parcel {
        let bytes = Uint8Array::from(encode(message).as_slice());
        let content = Array::of1(&bytes);
        let transfer = Array::of1(&bytes.buffer());
        if let Some(channel) = channel {
            content.push(channel);
            transfer.push(channel);
        }
        Parcel { content: content.into(), transfer: transfer.into() }
    }

    /// Posts to a worker. Fails, in the browser's words, if the channel cannot be moved.
    pub(crate) fn post_to(&self, worker: &web_sys::Worker) -> Result<(), String> {
        let posted = worker.post_message_with_transfer(&self.content, &self.transfer);
        posted.map_err(|error| words(&error))
    }
}

/// Unpacks what was posted.
pub(crate) fn unpack<M: DeserializeOwned>(
    content: &JsValue,
) -> Result<(M, Option<RtcDataChannel>), MessageError> {
    let parts: Option<&Array> = content.dyn_ref();
    let part = |at| parts.map_or(JsValue::UNDEFINED, |parts| parts.get(at));
    let bytes = part(0).dyn_into::<Uint8Array>().map_or_else(|_| Vec::new(), |it| it.to_vec());
    Ok((decode(&bytes)?, part(1).dyn_into().ok()))
}
