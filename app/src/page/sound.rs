//! A gentle sound for what is new while the page is hidden: two soft tones that are made here, so
//! that nothing is fetched for it. A person can turn it off.

use std::cell::RefCell;

use wasm_bindgen::JsValue;
use web_sys::{AudioContext, AudioContextState, OscillatorType};

use crate::session;

/// The tones in Hz, one after the other.
const TONES: [f32; 2] = [587.33, 880.0];
/// How long one sounds, in seconds; the next begins halfway.
const LASTS: f64 = 0.3;
/// How loud, of 1.
const LOUD: f32 = 0.06;
/// Two messages within this time make one sound, in seconds.
const PAUSE: f64 = 2.0;

thread_local! {
    /// What sounds, made when it is first wanted, and when the last sound began by its clock.
    static PLAYER: RefCell<Option<(AudioContext, f64)>> = const { RefCell::new(None) };
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
    if wants_sound() {
        // What cannot sound is told in other ways: the title, the badge, the list of rooms.
        let _ = PLAYER.with_borrow_mut(play);
    }
}

fn play(player: &mut Option<(AudioContext, f64)>) -> Result<(), JsValue> {
    let (context, last) = match player {
        Some(player) => player,
        None => player.insert((AudioContext::new()?, f64::NEG_INFINITY)),
    };
    if context.state() == AudioContextState::Suspended {
        let _ = context.resume()?;
    }
    let now = context.current_time();
    if now - *last < PAUSE {
        return Ok(());
    }
    *last = now;
    let mut begin = now;
    for tone in TONES {
        let (source, volume) = (context.create_oscillator()?, context.create_gain()?);
        source.set_type(OscillatorType::Sine);
        source.frequency().set_value(tone);
        let level = volume.gain();
        level.set_value_at_time(0.0, begin)?;
        level.linear_ramp_to_value_at_time(LOUD, begin + 0.02)?;
        level.linear_ramp_to_value_at_time(0.0, begin + LASTS)?;
        source.connect_with_audio_node(&volume)?.connect_with_audio_node(&context.destination())?;
        source.start_with_when(begin)?;
        source.stop_with_when(begin + LASTS)?;
        begin += LASTS / 2.0;
    }
    Ok(())
}
