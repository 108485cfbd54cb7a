//! Test vectors, natively and in both browsers: the published ones of each primitive, and ours of
//! what is made of them.
//!
//! ```text
//!  published.rs   Wycheproof's sets and BLAKE3's table, compiled in        ─┐ the same functions,
//!  ours.rs, …     crates/engine/tests/vectors/*.json, compiled in          ─┘ natively and in wasm
//! ```
//! A set that is not there in full fails: each count is asserted. What the code of a browser
//! computes is compared with the same files as what a native build computes, so the two are equal.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it checked, and stops where it is wrong"
)]

mod ours;
mod published;

#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Says what was checked, on the terminal or in the browser's console.
fn say(line: &str) {
    #[cfg(target_family = "wasm")]
    wasm_bindgen_test::console_log!("{line}");
    #[cfg(not(target_family = "wasm"))]
    println!("{line}");
}

/// A test that runs natively and in browsers.
macro_rules! everywhere {
    ($(#[doc = $doc:literal])* fn $name:ident() $body:block) => {
        $(#[doc = $doc])*
        #[cfg_attr(target_family = "wasm", wasm_bindgen_test::wasm_bindgen_test)]
        #[cfg_attr(not(target_family = "wasm"), test)]
        fn $name() $body
    };
}
use everywhere;
