//! Attacks by messages that are no frames, frames that cannot be, and frames out of their time.

use crate::evil_member::forge::{frame, length};
use crate::evil_member::table::Verdict::{Ended, Named, Nothing};
use crate::evil_member::table::{Attack, Verdict, attack};
use engine::Channel;
use engine::frame::Frame;

const SHORT: Verdict = Named("a frame is cut short");
const BODY: Verdict = Named("a frame does not decode");
const LARGE: Verdict = Named("a message is larger than allowed");
const AGAIN: Verdict = Named("it greeted twice");

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    attack("a frame cut short", SHORT, |peer| {
        let bytes = Frame::Probe(u64::MAX).encode();
        peer.tell_bytes(&bytes[..bytes.len() - 1]);
    }),
    attack("a frame of no length", SHORT, |peer| peer.tell_bytes(&[0])),
    attack("a length that never ends", SHORT, |peer| peer.tell_bytes(&[0xff; 40])),
    attack("a length beyond the message", SHORT, |peer| {
        peer.tell_bytes(&[length(60_000), vec![8, 1]].concat());
    }),
    attack("half a frame behind a whole one", SHORT, |peer| {
        let whole = Frame::Probe(1).encode();
        peer.tell_bytes(&[whole.as_slice(), &whole[..1]].concat());
    }),
    attack("one byte more than a message may have", LARGE, |peer| {
        peer.tell_bytes(&vec![1; engine::limits::MESSAGE_BYTES + 1]);
    }),
    attack("a message of 70 KiB", LARGE, |peer| peer.tell_bytes(&vec![1; 70 * 1024])),
    attack("a message of 256 KiB", LARGE, |peer| peer.tell_bytes(&vec![1; 256 * 1024])),
    attack("a message of 256 MiB", Ended, |peer| peer.tell_bytes(&vec![1; 256 << 20])),
    attack("a text instead of bytes", SHORT, |peer| peer.tell_text("{\"kind\":\"have\"}")),
    attack("a text of 200 KiB", LARGE, |peer| peer.tell_text(&"字".repeat(68_000))),
    attack("a Have of noise", BODY, |peer| peer.tell_bytes(&frame(2, &[0xff; 64]))),
    attack("a Want of noise", BODY, |peer| peer.tell_bytes(&frame(3, &[0xfe; 90]))),
    attack("branches of noise", BODY, |peer| peer.tell_bytes(&frame(16, &[0xff; 32]))),
    attack("a Have that claims four billion logs", BODY, |peer| {
        peer.tell_bytes(&frame(2, &[0xff, 0xff, 0xff, 0xff, 0x0f]));
    }),
    attack("a part that claims four billion bytes", BODY, |peer| {
        peer.tell_bytes(&frame(4, &[2, 1, 0xff, 0xff, 0xff, 0xff, 0x0f]));
    }),
    attack("a frame with something behind its body", BODY, |peer| {
        peer.tell_bytes(&frame(8, &[1, 2]));
    }),
    attack("words that are no UTF-8, live", BODY, |peer| {
        peer.tell_bytes(&frame(12, &[&[1; 16][..], &[1, 0, 2, 0xff, 0xfe]].concat()));
    }),
    attack("a greeting in the middle", AGAIN, |peer| {
        let hello = peer.heard.iter().find(|(_, frame)| matches!(frame, Frame::Hello(_)));
        if let Some((_, hello)) = hello.cloned() {
            peer.tell(&hello);
        }
    }),
    attack("a proof in the middle", AGAIN, |peer| {
        let proof = peer.heard.iter().find(|(_, frame)| matches!(frame, Frame::Proof(_)));
        if let Some((_, proof)) = proof.cloned() {
            peer.tell(&proof);
        }
    }),
    attack("a farewell of 60 KiB", Ended, |peer| {
        peer.tell(&Frame::Bye("x".repeat(60 * 1024)));
    }),
    attack("a kind that nobody knows", Nothing, |peer| peer.tell_bytes(&frame(200, &[7; 3]))),
    attack("frames of an unknown kind, half a million", Nothing, |peer| {
        let message = frame(200, &[]).repeat(30_000);
        (0..16).for_each(|_| peer.tell_bytes(&message));
    }),
    attack("a thousand messages of one unknown frame", Nothing, |peer| {
        (0..1_000).for_each(|_| peer.tell_bytes(&frame(200, &[])));
    }),
    attack("noise over the channel of attachments", Nothing, |peer| {
        (0..100).for_each(|_| peer.tell_over(Channel::Bulk, &[0xee; 9_000]));
    }),
    attack("noise over the unreliable channel", SHORT, |peer| {
        peer.tell_over(Channel::Ephemeral, &[0xee; 900]);
    }),
    attack("what is held, over the unreliable channel", Nothing, |peer| {
        let frames = [Frame::Have(vec![]), Frame::Bye("over".into()), Frame::Probe(7)];
        let bytes: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
        peer.tell_over(Channel::Ephemeral, &bytes);
    }),
];
