//! What a page does with the browser: connections, channels, and moving them into a worker.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it is wrong")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use browser::channel::{ChannelNews, DataChannel};
use browser::lab::Lab;
use browser::rtc::{Rtc, RtcNews, Told};
use browser::{Client, ClientEvent, ClientOptions, Fault};
use engine::protocol::{PageConfig, Relays};
use engine::signal::sdp::version;
use engine::{Channel, Entrance, LinkId, RoomId, RtcCall, RtcState, SdpKind};
use futures::StreamExt;
use futures::channel::{mpsc, oneshot};
use futures::future::{Either, select};
use gloo::timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{RtcDataChannel, Worker};

wasm_bindgen_test_configure!(run_in_browser);

const ROOM: RoomId = RoomId([1; 32]);
const LINK: LinkId = LinkId(7);
const OFFER: RtcCall = RtcCall::Open { offerer: true, polite: false, relay_only: false };
const ANSWER: RtcCall = RtcCall::Open { offerer: false, polite: true, relay_only: false };
/// Long enough for any browser, short enough to see a hang as one.
const DEADLINE: u32 = 30_000;

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    let (sender, late) = oneshot::channel();
    let _timer = Timeout::new(DEADLINE, || sender.send(()).unwrap());
    match select(Box::pin(what), late).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => panic!("not done in time"),
    }
}

/// What happens at either end, in one queue.
enum Happened {
    News(usize, RtcNews),
    Channel(usize, Channel, ChannelNews),
}

/// What is done with a new channel, in the call that tells of it.
type Adopt = Rc<dyn Fn(Channel, &RtcDataChannel) -> Result<(), String>>;

/// Two ends in one page, whose descriptions and candidates reach each other at once.
struct Loop {
    ends: [Rtc; 2],
    channels: Rc<RefCell<BTreeMap<(usize, Channel), DataChannel>>>,
    /// The channels themselves, to do with what no engine would.
    raw: Rc<RefCell<BTreeMap<(usize, Channel), RtcDataChannel>>>,
    happened: mpsc::UnboundedReceiver<Happened>,
    states: [RtcState; 2],
    open: Vec<(usize, Channel)>,
    descriptions: Vec<(usize, SdpKind)>,
    /// Their texts.
    texts: Vec<String>,
}

impl Loop {
    fn new(adopt: [Option<Adopt>; 2]) -> Loop {
        let (feed, happened) = mpsc::unbounded();
        let channels: Rc<RefCell<BTreeMap<_, DataChannel>>> = Rc::default();
        let raw: Rc<RefCell<BTreeMap<_, RtcDataChannel>>> = Rc::default();
        let mut adopt = adopt.into_iter();
        let ends = [0, 1].map(|end| {
            let (feed, channels, raw) = (feed.clone(), channels.clone(), raw.clone());
            let adopt = adopt.next().flatten();
            let tell = move |told: Told<'_>| match told {
                Told::News(room, link, news) => {
                    assert_eq!((room, link), (ROOM, LINK));
                    let _ = feed.unbounded_send(Happened::News(end, news));
                    Ok(())
                }
                Told::Channel(_, _, channel, moved) => match &adopt {
                    Some(adopt) => adopt(channel, moved),
                    None => {
                        let feed = feed.clone();
                        let tell = move |news| {
                            let _ = feed.unbounded_send(Happened::Channel(end, channel, news));
                        };
                        let taken =
                            DataChannel::adopt(channel, moved.clone(), Lab::default(), tell);
                        channels.borrow_mut().insert((end, channel), taken);
                        raw.borrow_mut().insert((end, channel), moved.clone());
                        Ok(())
                    }
                },
                Told::Fault(fault) => panic!("{fault}"),
            };
            Rtc::new(&PageConfig::default(), false, Rc::new(tell))
        });
        let states = [RtcState::Connecting; 2];
        let (open, descriptions, texts) = (vec![], vec![], vec![]);
        Loop { ends, channels, raw, happened, states, open, descriptions, texts }
    }

    fn call(&self, end: usize, call: RtcCall) {
        self.ends[end].call(ROOM, LINK, call);
    }

    /// Carries between the ends until this is so; hands on what channels hear.
    async fn until(&mut self, what: impl Fn(&Loop) -> bool) -> Option<(usize, Channel, Vec<u8>)> {
        while !what(self) {
            let Some(happened) = in_time(self.happened.next()).await else { panic!("closed") };
            match happened {
                Happened::News(end, RtcNews::Description { kind, sdp }) => {
                    self.descriptions.push((end, kind));
                    self.texts.push(sdp.clone());
                    self.call(1 - end, RtcCall::Remote { kind, sdp });
                }
                Happened::News(end, RtcNews::Candidate(candidate)) => {
                    self.call(1 - end, RtcCall::Candidate(candidate));
                }
                Happened::News(end, RtcNews::State(state)) => self.states[end] = state,
                Happened::News(_, RtcNews::Measured(_)) => {}
                Happened::Channel(end, channel, ChannelNews::Opened) => {
                    self.open.push((end, channel));
                }
                Happened::Channel(end, channel, ChannelNews::Closed) => {
                    self.open.retain(|it| *it != (end, channel));
                }
                Happened::Channel(_, _, ChannelNews::Drained) => {}
                Happened::Channel(end, channel, ChannelNews::Heard(bytes)) => {
                    return Some((end, channel, bytes));
                }
            }
        }
        None
    }

    async fn connect(&mut self) {
        self.call(1, ANSWER);
        self.call(0, OFFER);
        self.until(|it| it.open.len() == 6 && it.states == [RtcState::Connected; 2]).await;
    }

    fn send(&self, end: usize, channel: Channel, bytes: &[u8]) -> bool {
        self.channels.borrow()[&(end, channel)].send(bytes.to_vec())
    }

    async fn heard(&mut self) -> (usize, Channel, Vec<u8>) {
        self.until(|_| false).await.unwrap()
    }
}

#[wasm_bindgen_test]
async fn two_ends_link_and_talk_both_ways_on_all_channels() {
    let mut pair = Loop::new([None, None]);
    pair.connect().await;
    assert_eq!(pair.descriptions, [(0, SdpKind::Offer), (1, SdpKind::Answer)]);
    for channel in Channel::ALL {
        for end in [0, 1] {
            assert!(pair.send(end, channel, &[9; 16 * 1024]));
            assert_eq!(pair.heard().await, (1 - end, channel, vec![9; 16 * 1024]));
        }
    }
}

#[wasm_bindgen_test]
async fn closing_tells_the_other_end_and_nothing_here() {
    let mut pair = Loop::new([None, None]);
    pair.connect().await;
    pair.call(0, RtcCall::Close);
    // The closing end's channels are dropped with its link; only the other end's are watched.
    pair.channels.borrow_mut().retain(|(end, _), _| *end == 1);
    pair.open.retain(|(end, _)| *end == 1);
    pair.until(|it| it.open.is_empty()).await;
    assert_eq!(pair.states[0], RtcState::Connected, "nothing is told after a close");
}

#[wasm_bindgen_test]
async fn a_path_is_sought_anew_without_losing_the_channels() {
    let mut pair = Loop::new([None, None]);
    pair.connect().await;
    pair.call(0, RtcCall::RestartIce);
    pair.until(|it| it.descriptions.len() == 4).await;
    let again = [(0, SdpKind::Offer), (1, SdpKind::Answer)];
    assert_eq!(pair.descriptions[2..], again);
    assert!(pair.send(1, Channel::Messages, b"still here"));
    assert_eq!(pair.heard().await, (0, Channel::Messages, b"still here".to_vec()));
}

#[wasm_bindgen_test]
async fn an_answer_that_is_not_due_changes_nothing() {
    let mut pair = Loop::new([None, None]);
    pair.connect().await;
    let answer = pair.texts[1].clone();
    for _ in 0..3 {
        pair.call(0, RtcCall::Remote { kind: SdpKind::Answer, sdp: answer.clone() });
    }
    // What they lead to is told before the descriptions of another path.
    pair.call(0, RtcCall::RestartIce);
    let whole = |it: &Loop| {
        assert_ne!(it.states[0], RtcState::Failed);
        it.descriptions.len() == 4
    };
    pair.until(whole).await;
    assert!(pair.send(0, Channel::Messages, b"still here"));
    assert_eq!(pair.heard().await, (1, Channel::Messages, b"still here".to_vec()));
}

#[wasm_bindgen_test]
async fn each_description_of_a_side_has_a_higher_version_than_the_one_before() {
    let mut pair = Loop::new([None, None]);
    pair.connect().await;
    for paths in 2..4 {
        pair.call(0, RtcCall::RestartIce);
        pair.until(move |it| it.descriptions.len() == 2 * paths).await;
    }
    for end in [0, 1] {
        let own = pair.descriptions.iter().zip(&pair.texts).filter(|(it, _)| it.0 == end);
        let versions: Vec<u64> = own.map(|(_, text)| version(text)).collect();
        assert!(versions.len() == 3 && versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    }
}

#[wasm_bindgen_test]
async fn restarts_from_both_ends_at_once_end_in_one_connection() {
    let mut pair = Loop::new([None, None]);
    pair.connect().await;
    pair.call(0, RtcCall::RestartIce);
    pair.call(1, RtcCall::RestartIce);
    let answers = |it: &Loop| it.descriptions.iter().filter(|it| it.1 == SdpKind::Answer).count();
    pair.until(move |it| answers(it) >= 2).await;
    assert!(pair.send(0, Channel::Messages, b"here"));
    assert_eq!(pair.heard().await, (1, Channel::Messages, b"here".to_vec()));
    assert_ne!(pair.states, [RtcState::Failed; 2]);
}

#[wasm_bindgen_test]
async fn candidates_that_come_first_wait_for_the_description() {
    let mut pair = Loop::new([None, None]);
    pair.call(1, ANSWER);
    for _ in 0..300 {
        pair.call(1, RtcCall::Candidate(r#"{"candidate":"","sdpMid":"0"}"#.to_owned()));
        pair.call(1, RtcCall::Candidate("no json".to_owned()));
    }
    pair.call(0, OFFER);
    pair.until(|it| it.open.len() == 6).await;
}

#[wasm_bindgen_test]
async fn a_description_that_cannot_be_used_is_a_failure() {
    let mut pair = Loop::new([None, None]);
    pair.call(1, ANSWER);
    let sdp = "v=0\r\nnonsense".to_owned();
    pair.call(1, RtcCall::Remote { kind: SdpKind::Offer, sdp });
    pair.until(|it| it.states[1] == RtcState::Failed).await;
}

#[wasm_bindgen_test]
async fn a_message_that_is_too_long_or_text_closes_the_channel() {
    for text in [false, true] {
        let mut pair = Loop::new([None, None]);
        pair.connect().await;
        let sender = pair.raw.borrow()[&(0, Channel::Messages)].clone();
        sender.send_with_u8_array(&[1; 64 * 1024]).unwrap();
        assert_eq!(pair.heard().await.2.len(), 64 * 1024, "the longest that is allowed");
        match text {
            true => sender.send_with_str("words").unwrap(),
            false => sender.send_with_u8_array(&[1; 64 * 1024 + 1]).unwrap(),
        }
        pair.until(|it| !it.open.contains(&(1, Channel::Messages))).await;
    }
}

#[wasm_bindgen_test]
async fn a_channel_has_room_until_its_buffer_is_filled_and_says_when_it_has_again() {
    let mut pair = Loop::new([None, None]);
    pair.connect().await;
    let frame = [3; 16 * 1024];
    let mut sent = 0;
    while pair.channels.borrow()[&(0, Channel::Messages)].has_room() {
        assert!(pair.send(0, Channel::Messages, &frame));
        sent += 1;
        assert!(sent < 64, "the browser counts what waits");
    }
    let drained = Rc::new(Cell::new(false));
    while !drained.get() {
        let Some(happened) = in_time(pair.happened.next()).await else { panic!("closed") };
        if let Happened::Channel(0, Channel::Messages, ChannelNews::Drained) = happened {
            drained.set(true);
        }
    }
    assert!(pair.channels.borrow()[&(0, Channel::Messages)].has_room());
}

/// A worker that greets on each channel that was moved to it, then sends back what comes. Who owns
/// a channel only after a move has to greet first: what comes before that is lost.
fn echo() -> Worker {
    let code = "onmessage = event => {
        const channel = event.data[0];
        channel.binaryType = 'arraybuffer';
        channel.onmessage = heard => channel.send(heard.data);
        const greet = () => channel.send(new Uint8Array([1]));
        if (channel.readyState === 'open') greet(); else channel.onopen = greet;
    }";
    let parts = Array::of1(&JsValue::from_str(code));
    let make = js_sys::Function::new_with_args(
        "parts",
        "return new Worker(URL.createObjectURL(new Blob(parts, { type: 'text/javascript' })))",
    );
    make.call1(&JsValue::UNDEFINED, &parts).unwrap().unchecked_into()
}

#[wasm_bindgen_test]
async fn channels_work_in_a_worker_on_the_side_that_makes_and_the_one_that_receives_them() {
    for moved_end in [0, 1] {
        let worker = echo();
        let moved = worker.clone();
        let adopt: Adopt = Rc::new(move |_, made| {
            let list = Array::of1(made);
            let posted = moved.post_message_with_transfer(&list, &list);
            posted.map_err(|error| format!("{error:?}"))
        });
        let mut adopts = [None, None];
        adopts[moved_end] = Some(adopt);
        let mut pair = Loop::new(adopts);
        pair.call(1, ANSWER);
        pair.call(0, OFFER);
        let here = 1 - moved_end;
        let mut greeted = Vec::new();
        while greeted.len() < 3 {
            let (end, channel, bytes) = pair.heard().await;
            assert_eq!((end, bytes), (here, vec![1]));
            greeted.push(channel);
        }
        for channel in Channel::ALL {
            assert!(pair.send(here, channel, channel.label().as_bytes()));
            let heard = (here, channel, channel.label().as_bytes().to_vec());
            assert_eq!(pair.heard().await, heard);
        }
        worker.terminate();
    }
}

#[wasm_bindgen_test]
async fn a_channel_that_cannot_be_moved_is_a_fault_and_a_failed_connection() {
    let faults = Rc::new(RefCell::new(Vec::new()));
    let (told, seen) = (Rc::new(RefCell::new(Vec::new())), faults.clone());
    let news = told.clone();
    let tell = move |it: Told<'_>| match it {
        Told::Channel(..) => Err("DataCloneError".to_owned()),
        Told::Fault(fault) => {
            seen.borrow_mut().push(fault.to_string());
            Ok(())
        }
        Told::News(_, _, it) => {
            news.borrow_mut().push(it);
            Ok(())
        }
    };
    let rtc = Rtc::new(&PageConfig::default(), false, Rc::new(tell));
    rtc.call(ROOM, LINK, OFFER);
    assert!(faults.borrow()[0].contains("DataCloneError"), "{faults:?}");
    assert!(told.borrow().contains(&RtcNews::State(RtcState::Failed)));
}

#[wasm_bindgen_test]
fn relays_that_the_server_hands_out_are_those_of_every_connection() {
    let faults = Rc::new(RefCell::new(Vec::new()));
    let seen = faults.clone();
    let tell = move |it: Told<'_>| {
        if let Told::Fault(fault) = it {
            seen.borrow_mut().push(fault.to_string());
        }
        Ok(())
    };
    let rtc = Rtc::new(&PageConfig::default(), false, Rc::new(tell));
    let relays = |url: &str| Relays {
        urls: vec![url.to_owned()],
        username: "1700000600:00000000000000ab".to_owned(),
        credential: "secret".to_owned(),
        seconds: 600,
    };
    js_sys::eval(WATCH_RELAYS).unwrap();
    rtc.relay_through(relays("turn:127.0.0.1:3478"));
    rtc.call(ROOM, LINK, OFFER);
    rtc.relay_through(relays("turn:127.0.0.1:3479"));
    rtc.call(ROOM, LinkId(LINK.0 + 1), OFFER);
    assert_eq!(seen_relays(), "opened 3478, configured 3479, opened 3479");
    assert!(faults.borrow().is_empty(), "{faults:?}");
    // What no browser takes would keep everybody apart: it is left out, and that is told once.
    rtc.relay_through(relays("turn:"));
    rtc.call(ROOM, LinkId(LINK.0 + 2), OFFER);
    assert_eq!(seen_relays(), "configured none, configured none, opened none");
    assert_eq!(faults.borrow().len(), 1, "{faults:?}");
    js_sys::eval("window.RTCPeerConnection = window.__unwatched;").unwrap();
}

/// Notes which relays connections are opened with, and which they get later, by their ports.
const WATCH_RELAYS: &str = r#"
window.__relays = [];
const Original = (window.__unwatched = window.RTCPeerConnection);
const ports = (config) =>
  (config.iceServers ?? []).flatMap((one) => one.urls).map((url) => url.split(":").pop()).join();
const note = (what, config) => window.__relays.push(`${what} ${ports(config) || "none"}`);
window.RTCPeerConnection = function (config) {
  note("opened", config);
  const opened = new Original(config);
  opened.setConfiguration = (config) => {
    note("configured", config);
    return Original.prototype.setConfiguration.call(opened, config);
  };
  return opened;
};
"#;

fn seen_relays() -> String {
    js_sys::eval("window.__relays.splice(0).join(', ')").unwrap().as_string().unwrap()
}

#[wasm_bindgen_test]
async fn a_page_whose_worker_does_not_load_says_so_and_what_else_is_wrong() {
    let (sender, mut events) = mpsc::unbounded();
    let tell = move |event| sender.unbounded_send(event).unwrap();
    let signal = Some("wss://elsewhere.example/signal".to_owned());
    let client = Client::start(ClientOptions { signal, relay_only: true }, tell).unwrap();
    let name = "asked before anybody leads".to_owned();
    client.create_room(name, "Ana".to_owned(), Entrance::Link);
    client.join_room("damaged".to_owned(), "Ana".to_owned());
    let (mut fatal, mut faults, mut refused) = (0, Vec::new(), 0);
    while fatal < 1 || faults.len() < 3 || refused < 1 {
        match in_time(events.next()).await.unwrap() {
            ClientEvent::Fatal { .. } => fatal += 1,
            ClientEvent::Fault(fault) => faults.push(fault),
            ClientEvent::Refused(_) => refused += 1,
            other @ (ClientEvent::Ready { .. }
            | ClientEvent::Leader(_)
            | ClientEvent::Rooms(_)
            | ClientEvent::Summary(_)
            | ClientEvent::Left { .. }
            | ClientEvent::Opened { .. }
            | ClientEvent::Room { .. }
            | ClientEvent::Protection(_)
            | ClientEvent::Locked
            | ClientEvent::Shut
            | ClientEvent::Guarded(_)
            | ClientEvent::Wiped
            | ClientEvent::Backup(_)
            | ClientEvent::Newer
            | ClientEvent::Updated
            | ClientEvent::Link(_)
            | ClientEvent::Checked(_, _)
            | ClientEvent::Space(_)
            | ClientEvent::Storage(_)) => panic!("{other:?}"),
        }
    }
    assert!(faults.iter().any(|it| matches!(it, Fault::Configuration { .. })), "{faults:?}");
    assert!(faults.iter().any(|it| matches!(it, Fault::SignalAddress { .. })), "{faults:?}");
    assert!(faults.contains(&Fault::NoRelay), "{faults:?}");
    assert_eq!((fatal, refused), (1, 1));
}
