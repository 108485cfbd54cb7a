//! With the feature `embed`, builds again when the page has changed: also when a file was added,
//! which the embedding itself does not notice.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_EMBED").is_some() {
        println!("cargo::rerun-if-changed=../dist");
    }
}
