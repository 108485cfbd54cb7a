//! The worker of a tab: see [`browser::worker`].

fn main() {
    browser::worker::run();
}
