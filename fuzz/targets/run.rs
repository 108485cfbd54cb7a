//! A run: whatever the bytes are, only what its author has signed is verified; and what is cut,
//! joined and laid bare of one that decodes is read back as it was made.
#![no_main]
use engine::RoomId;
use engine::log::run::Run;

const ROOM: RoomId = RoomId([3; 32]);

/// A part of a run keeps its entries in their places.
fn check(part: &Run, whole: &Run) {
    let read = Run::read(&ROOM, part.bytes()).expect("a part is a run");
    assert_eq!((read.log, read.first, read.last()), (part.log, part.first, part.last()));
    assert_eq!(read.head(), part.head());
    for (seq, entry) in read.iter() {
        assert_eq!(whole.hash_at(seq), Some(entry.hash));
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let extent = Run::extent(bytes);
    let Ok(run) = Run::read(&ROOM, bytes) else {
        return assert!(Run::verify(&ROOM, bytes).is_err());
    };
    assert_eq!(extent, Some((run.log, run.first, run.last())));
    assert_eq!(run.bytes(), bytes);
    let verified = Run::verify(&ROOM, bytes).is_ok();
    assert_eq!(verified, run.is_chained() || run.check_signature(&ROOM).is_ok());
    let seq = run.first + u64::from(bytes[bytes.len() - 1]) % (run.last() - run.first + 1);
    let (before, after) = (run.clone().prefix(seq), run.clone().suffix(seq));
    check(&after, &run);
    if let Some(before) = before {
        check(&before, &run);
        if let Some(both) = before.join(&after) {
            assert_eq!(both.head(), run.head());
            check(&both, &run);
        }
    }
    if let Some(bare) = run.clone().bare(Some(seq), 4_096) {
        check(&bare, &run);
    }
    let mut less = run.clone();
    less.drop_body(seq);
    check(&less, &run);
});
