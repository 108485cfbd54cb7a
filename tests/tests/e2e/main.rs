//! End to end: real browsers, the real page, the real server, used as persons use them.
//!
//! `cargo xtask e2e` builds what is needed and runs this; a plain `cargo test` skips it. The page
//! is read through the `data-testid` contract only. A test is a story, played on a `Stage`.
#![cfg(unix)]

mod browser;
mod canaries;
mod complaints;
mod composer;
mod page;
mod process;
mod room;
mod server;
mod session;
mod stage;
mod view;

mod axe;
mod backfill;
mod blocks;
mod clones;
mod comfort;
mod connections;
mod device;
mod embedded;
mod emoji;
mod everywhere;
mod evil;
mod evil_member;
mod first_chat;
mod hole;
mod invites;
mod lab;
mod lock;
mod looks;
mod members;
mod membership;
mod mount;
mod news;
mod offline;
mod outbox;
mod pace;
mod palette;
mod pause;
mod peak;
mod priorities;
mod private;
mod prose;
mod queue;
mod relayed;
mod replies;
mod rooms;
mod screens;
mod scrolling;
mod searching;
mod signal_loss;
mod storage;
mod tabs;
mod tools;
mod tray;
mod unread;
mod verification;
mod weapons;
mod witness;
