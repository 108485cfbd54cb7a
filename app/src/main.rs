//! The page's entry.

fn main() {
    app::run();
}
