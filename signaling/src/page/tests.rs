//! What the page's files are called and typed.

use super::*;

#[test]
fn only_names_with_a_whole_hash_are_kept_for_ever() {
    for name in [
        "app-0123456789abcdef.js",
        "app-0123456789abcdef_bg.wasm",
        "css/two-words-fedcba9876543210.css",
    ] {
        assert!(is_hashed(name), "{name}");
    }
    for name in [
        "index.html",
        "worker.js",
        "app-0123456789abcde.js",
        "app-0123456789abcdef0.js",
        "app-0123456789ABCDEF.js",
        "app-0123456789abcdef",
        "app0123456789abcdef.js",
        "snippets/part-0123456789abcdef/inline0.js",
    ] {
        assert!(!is_hashed(name), "{name}");
    }
}

#[test]
fn text_names_its_characters_and_an_unknown_type_is_no_text() {
    assert_eq!(media_type("index.html"), "text/html; charset=utf-8");
    assert_eq!(media_type("a/b.wasm"), "application/wasm");
    assert_eq!(media_type("font.woff2"), "font/woff2");
    assert_eq!(media_type("no-extension"), "application/octet-stream");
}
