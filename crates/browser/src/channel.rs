//! A data channel, in the worker: bytes in, bytes out while its buffer is low.
//!
//! At most [`HIGH_WATER`] bytes wait in the browser, so that an urgent message overtakes a running
//! transfer in the engine's queues, where there is an order, and not behind it. A message that is
//! too long, or text, breaks the protocol: the engine is shown enough of it to see that.
//! What goes out passes the network lab, which can hold up more than that.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use engine::limits::MESSAGE_BYTES;
use engine::{Channel, Millis};
use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use js_sys::{ArrayBuffer, JsString, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, RtcDataChannel, RtcDataChannelState, RtcDataChannelType};

use crate::clock::now;
use crate::lab::{Held, Lab};
use crate::random;

/// Bytes in the browser's buffer from which nothing more is written.
const HIGH_WATER: u32 = 16 * 1024;

/// What happens to a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelNews {
    /// It can be written. Told once, also if it was open already when it came.
    Opened,
    /// It has room again.
    Drained,
    /// A message came.
    Heard(Vec<u8>),
    /// It is gone.
    Closed,
}

/// A channel and its listeners; dropping it closes it, and tells nothing.
pub struct DataChannel {
    listeners: Vec<EventListener>,
    pipe: Rc<Pipe>,
}

impl Drop for DataChannel {
    fn drop(&mut self) {
        self.listeners.clear();
        self.pipe.timer.take();
        if !self.pipe.lab.get().cut {
            // What is written goes before the end, as it does without a lab.
            self.pipe.flush(Millis::MAX);
        }
        self.pipe.channel.close();
    }
}

/// The way out.
struct Pipe {
    channel: RtcDataChannel,
    /// What is written may be lost.
    lossy: bool,
    lab: Lab,
    held: RefCell<Held>,
    timer: RefCell<Option<Timeout>>,
    on_drained: Box<dyn Fn()>,
}

impl DataChannel {
    /// Takes a channel into use. To be called in the task in which it came: what it tells before
    /// is lost.
    pub fn adopt(
        name: Channel,
        channel: RtcDataChannel,
        lab: Lab,
        tell: impl Fn(ChannelNews) + Clone + 'static,
    ) -> Self {
        channel.set_binary_type(RtcDataChannelType::Arraybuffer);
        channel.set_buffered_amount_low_threshold(HIGH_WATER - 1);
        let told_open = Rc::new(Cell::new(channel.ready_state() == RtcDataChannelState::Open));
        match channel.ready_state() {
            RtcDataChannelState::Open => tell(ChannelNews::Opened),
            RtcDataChannelState::Closed => tell(ChannelNews::Closed),
            RtcDataChannelState::Connecting | RtcDataChannelState::Closing | _ => {}
        }
        let on = |name: &'static str, news: fn(&web_sys::Event) -> ChannelNews| {
            let tell = tell.clone();
            EventListener::new(&channel, name, move |event| tell(news(event)))
        };
        let opened = tell.clone();
        let listeners = vec![
            EventListener::new(&channel, "open", move |_| {
                // A browser may move an open channel, and say so again.
                if !told_open.replace(true) {
                    opened(ChannelNews::Opened);
                }
            }),
            on("close", |_| ChannelNews::Closed),
            on("bufferedamountlow", |_| ChannelNews::Drained),
            on("message", |event| heard(event.unchecked_ref())),
        ];
        let pipe = Rc::new(Pipe {
            lossy: name == Channel::Ephemeral,
            channel,
            lab,
            held: RefCell::default(),
            timer: RefCell::default(),
            on_drained: Box::new(move || tell(ChannelNews::Drained)),
        });
        Self { listeners, pipe }
    }

    /// True if it can be written and little waits in its buffer.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let Pipe { channel, lab, held, .. } = &*self.pipe;
        channel.ready_state() == RtcDataChannelState::Open
            && channel.buffered_amount() < HIGH_WATER
            && held.borrow().has_room(lab.get(), now().mono)
    }

    /// Bytes that were written and have not been sent yet.
    #[must_use]
    pub fn buffered(&self) -> u64 {
        let held = u64::try_from(self.pipe.held.borrow().bytes()).unwrap_or(u64::MAX);
        u64::from(self.pipe.channel.buffered_amount()).saturating_add(held)
    }

    /// Writes a message. False if the channel does not take it, which is its end.
    #[must_use]
    pub fn send(&self, bytes: Vec<u8>) -> bool {
        let Pipe { lossy, lab, held, .. } = &*self.pipe;
        let conditions = lab.get();
        if !conditions.are_worse() && held.borrow().is_empty() {
            return self.pipe.write(&bytes);
        }
        if *lossy && random::fraction() * 100.0 < conditions.loss.into() {
            return true;
        }
        let at_once = held.borrow_mut().put(bytes, conditions, now().mono);
        let written = at_once.is_none_or(|bytes| self.pipe.write(&bytes));
        self.pipe.arm();
        written
    }
}

impl Pipe {
    fn write(&self, bytes: &[u8]) -> bool {
        // A view into our memory would be copied as well; this copy is the browser's own.
        self.channel.send_with_array_buffer(&Uint8Array::from(bytes).buffer()).is_ok()
    }

    /// Sets the timer for what is held up.
    fn arm(self: &Rc<Self>) {
        let time = now().mono;
        let deadline = self.held.borrow().deadline(self.lab.get(), time);
        let weak = Rc::downgrade(self);
        let timer = deadline.map(|at| {
            let wait = u32::try_from(at.saturating_sub(time).saturating_add(1)).unwrap_or(u32::MAX);
            Timeout::new(wait, move || weak.upgrade().as_ref().map_or((), Pipe::go_on))
        });
        self.timer.replace(timer);
    }

    /// Writes what has waited long enough. A channel that does not take it says itself that it has
    /// ended.
    fn go_on(self: &Rc<Self>) {
        if self.flush(now().mono) {
            self.arm();
            (self.on_drained)();
        }
    }

    /// Writes what is due by then. False if the channel does not take it.
    fn flush(&self, time: Millis) -> bool {
        loop {
            let Some(bytes) = self.held.borrow_mut().next_due(time) else { return true };
            if !self.write(&bytes) {
                return false;
            }
        }
    }
}

/// What came, for the engine to judge: it knows whom to name. Of what is too large a byte more than
/// is allowed, and of a text its bytes.
fn heard(event: &MessageEvent) -> ChannelNews {
    let most = u32::try_from(MESSAGE_BYTES + 1).unwrap_or(u32::MAX);
    let data = event.data();
    if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
        let length = buffer.byte_length().min(most);
        let bytes = Uint8Array::new_with_byte_offset_and_length(buffer, 0, length);
        return ChannelNews::Heard(bytes.to_vec());
    }
    match data.dyn_into::<JsString>() {
        Ok(text) => ChannelNews::Heard(String::from(text.slice(0, most)).into_bytes()),
        Err(_) => ChannelNews::Closed,
    }
}
