//! The same seeds give the same trace in a browser as natively: 20 of them, with real signatures.
//!
//! `cargo xtask test` computes the hashes natively and hands them over when it builds this for
//! wasm; natively there is nothing to compare.
#![cfg(target_family = "wasm")]

use tests::seed;
use wasm_bindgen_test::wasm_bindgen_test;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn i8_a_seed_has_the_same_trace_in_a_browser() {
    let hashes = option_env!("CONFAB_TRACES").unwrap_or_default();
    let hashes: Vec<&str> = hashes.split(',').filter(|hash| !hash.is_empty()).collect();
    assert_eq!(hashes.len(), 20, "cargo xtask test hands over the hashes of 20 seeds");
    for (number, expected) in (0u64..).zip(hashes) {
        let trace = seed::run(number, None).trace;
        let hex: String = trace[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected, "seed {number}");
    }
}
