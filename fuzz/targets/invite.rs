//! An invite, as text and as bytes behind a right check: what reads back prints the same.
#![no_main]
use engine::Invite;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for version in [1, 2] {
        let parts: [&[u8]; 2] = [&[0, 0, 0, version], bytes];
        let check = engine::crypto::hash::hash("confab/1/invite-check", &parts);
        let checked = data_encoding::BASE64URL_NOPAD.encode(&[bytes, &check[..4]].concat());
        for text in [String::from_utf8_lossy(bytes).into_owned(), format!("{version}.{checked}")] {
            let Ok(invite) = Invite::parse(&text) else { continue };
            assert_eq!(Invite::parse(&invite.to_string()), Ok(invite));
        }
    }
});
