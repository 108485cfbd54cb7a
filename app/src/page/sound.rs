//! A gentle sound for what is new while the page is hidden: two soft tones that are made here, so
//! that nothing is fetched for it. A person can turn it off.

use std::cell::{Cell, RefCell};

use browser::Millis;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioContext, OscillatorType};

use crate::session;

/// The tones in Hz, one after the other.
const TONES: [f32; 2] = [587.33, 880.0];
/// How long one sounds, in seconds; the next begins halfway.
const LASTS: f64 = 0.3;
/// How loud, of 1.
const LOUD: f32 = 0.06;
/// Two messages within this time make one sound; what the browser lets sound later than this does
/// not.
const PAUSE: Millis = 2_000;

thread_local! {
    /// What sounds, made when it is first wanted.
    static PLAYER: RefCell<Option<AudioContext>> = const { RefCell::new(None) };
    /// When a sound was wanted last.
    static LAST: Cell<Millis> = const { Cell::new(0) };
}

/// Whether what is new may be heard, as the person has chosen.
pub fn wants_sound() -> bool {
    !session::is_silent()
}

/// Turns that on or off; what it is then can be heard at once.
pub fn turn_sound(on: bool) {
    session::keep_silent(!on);
    if on {
        chime();
    }
}

/// Sounds, if the person wants it and the browser lets it. Browsers let only pages sound with which
/// somebody has done something.
pub fn chime() {
    let (now, last) = (session::now(), LAST.get());
    if wants_sound() && now.saturating_sub(last) >= PAUSE {
        LAST.set(now);
        // What cannot sound is told in other ways: the title, the badge, the list of rooms.
        spawn_local(async move { drop(play(now).await) });
    }
}

async fn play(wanted: Millis) -> Result<(), JsValue> {
    let player = match PLAYER.with_borrow(Clone::clone) {
        Some(player) => player,
        None => AudioContext::new()?,
    };
    PLAYER.set(Some(player.clone()));
    JsFuture::from(player.resume()?).await?;
    if session::now().saturating_sub(wanted) < PAUSE { sound(&player) } else { Ok(()) }
}

fn sound(player: &AudioContext) -> Result<(), JsValue> {
    let mut begin = player.current_time();
    for tone in TONES {
        let (source, volume) = (player.create_oscillator()?, player.create_gain()?);
        source.set_type(OscillatorType::Sine);
        source.frequency().set_value(tone);
        let level = volume.gain();
        level.set_value_at_time(0.0, begin)?;
        level.linear_ramp_to_value_at_time(LOUD, begin + 0.02)?;
        level.linear_ramp_to_value_at_time(0.0, begin + LASTS)?;
        source.connect_with_audio_node(&volume)?.connect_with_audio_node(&player.destination())?;
        source.start_with_when(begin)?;
        source.stop_with_when(begin + LASTS)?;
        begin += LASTS / 2.0;
    }
    Ok(())
}
