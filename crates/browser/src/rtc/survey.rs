//! What a browser has measured of a connection, from its statistics (WebRTC Statistics §6): which
//! pair of candidates carries it, whether a relay is one of them, and how long there and back
//! takes.
//!
//! Chromium names the pair in the transport's entry; Firefox marks the pair itself.

use engine::{Millis, RtcState};
use js_sys::{Map, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::bindings::property;
use crate::client::survey::{Path, Route};

/// Reads a report; of one that cannot be read only the state is known.
pub(super) async fn measure(state: RtcState, report: Result<Promise, JsValue>) -> Path {
    let unknown = Path { state, route: None, round_trip: None, buffered: 0 };
    let Ok(report) = report else { return unknown };
    let Ok(report) = JsFuture::from(report).await else { return unknown };
    let report: Map = report.unchecked_into();
    let Some(pair) = selected(&report) else { return unknown };
    Path { route: route(&report, &pair), round_trip: round_trip(&pair), ..unknown }
}

fn text(of: &JsValue, name: &str) -> Option<String> {
    property(of, name).as_string()
}

fn entry(report: &Map, id: &str) -> Option<JsValue> {
    Some(report.get(&JsValue::from_str(id))).filter(JsValue::is_object)
}

/// The pair of candidates that carries the connection.
fn selected(report: &Map) -> Option<JsValue> {
    let (mut named, mut marked) = (None, None);
    report.for_each(&mut |one: JsValue, _: JsValue| match text(&one, "type").as_deref() {
        Some("transport") => {
            let id = text(&one, "selectedCandidatePairId");
            named = id.and_then(|id| entry(report, &id)).or(named.take());
        }
        Some("candidate-pair") => {
            let succeeded = text(&one, "state").as_deref() == Some("succeeded");
            let used = property(&one, "nominated").is_truthy() && succeeded;
            if used || property(&one, "selected").is_truthy() {
                marked = Some(one);
            }
        }
        Some(_) | None => {}
    });
    named.or(marked)
}

fn route(report: &Map, pair: &JsValue) -> Option<Route> {
    let kind = |end: &str| text(&entry(report, &text(pair, end)?)?, "candidateType");
    let ends = [kind("localCandidateId")?, kind("remoteCandidateId")?];
    let relayed = ends.iter().any(|kind| kind == "relay");
    Some(if relayed { Route::Relayed } else { Route::Direct })
}

fn round_trip(pair: &JsValue) -> Option<Millis> {
    let seconds = property(pair, "currentRoundTripTime").as_f64()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few seconds, in whole milliseconds; `as` saturates"
    )]
    let millis = (seconds * 1_000.0).round() as Millis;
    Some(millis)
}
