//! d
pub fn run() {}
