//! What browsers write passes the gate; what parsers could read differently, other media and other
//! certificates do not.

use proptest::prelude::*;

use super::*;

const DIGITS: &str = "0F:1E:2D:3C:4B:5A:69:78:87:96:A5:B4:C3:D2:E1:F0:\
                      0F:1E:2D:3C:4B:5A:69:78:87:96:A5:B4:C3:D2:E1:F0";

/// The shape of what Chromium writes.
fn chromium() -> String {
    format!(
        "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
         a=group:BUNDLE 0\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
         a=ice-ufrag:Pqrs\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=ice-options:trickle\r\n\
         a=fingerprint:sha-256 {DIGITS}\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n\
         a=max-message-size:262144\r\n"
    )
}

/// The shape of what Firefox writes: the fingerprint belongs to the session, the port is 0 for
/// a moment in some answers, and the message size is 1 GiB.
fn firefox() -> String {
    format!(
        "v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 5196312446361341225 0 IN IP4 0.0.0.0\r\ns=-\r\n\
         t=0 0\r\na=sendrecv\r\na=fingerprint:sha-256 {DIGITS}\r\na=group:BUNDLE 0\r\n\
         a=ice-options:trickle\r\na=msid-semantic:WMS *\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=sendrecv\r\n\
         a=ice-pwd:abcdefghijklmnopqrstuvwxyz012345\r\na=ice-ufrag:12345678\r\na=mid:0\r\n\
         a=setup:active\r\na=sctp-port:5000\r\na=max-message-size:1073741823\r\n"
    )
}

fn fingerprint() -> Fingerprint {
    DIGITS.parse().unwrap()
}

#[test]
fn what_browsers_write_passes() {
    assert_eq!(gate(&chromium()), Ok(fingerprint()));
    assert_eq!(gate(&firefox()), Ok(fingerprint()));
    assert_eq!(gate(&chromium().replace("\r\n", "\n")), Ok(fingerprint()));
    let twice = firefox() + &format!("a=fingerprint:SHA-256 {}\r\n", DIGITS.to_lowercase());
    assert_eq!(gate(&twice), Ok(fingerprint()));
    assert_eq!(gate(chromium().trim_end()), Ok(fingerprint()));
}

#[test]
fn a_fingerprint_prints_as_it_is_written() {
    assert_eq!(fingerprint().to_string(), DIGITS);
    for bad in ["", "0F", &DIGITS[3..], &format!("{DIGITS}:00"), &DIGITS.replace(':', "")] {
        assert_eq!(bad.parse::<Fingerprint>(), Err(SdpError::Fingerprint), "{bad}");
    }
    let signs = DIGITS.replacen("0F", "+F", 1);
    assert_eq!(signs.parse::<Fingerprint>(), Err(SdpError::Fingerprint));
}

#[test]
fn anything_but_one_set_of_data_channels_is_refused() {
    let line = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
    for media in [
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
        "m=application 9 RTP/AVP 0\r\n",
        "m=application 9 UDP/TLS/SCTP webrtc-datachannel\r\n",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannels\r\n",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel extra\r\n",
        "m=application 99999 UDP/DTLS/SCTP webrtc-datachannel\r\n",
        "m=Application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
        "m=application\r\n",
    ] {
        assert_eq!(gate(&chromium().replace(line, media)), Err(SdpError::Media), "{media}");
        assert_eq!(gate(&(chromium() + media)), Err(SdpError::Media), "{media}");
    }
    assert_eq!(gate(&chromium().replace(line, "")), Err(SdpError::Media));
    assert_eq!(gate(&(chromium() + line)), Err(SdpError::Media));
}

#[test]
fn anything_but_one_sha_256_fingerprint_is_refused() {
    let line = format!("a=fingerprint:sha-256 {DIGITS}\r\n");
    assert_eq!(gate(&chromium().replace(&line, "")), Err(SdpError::Fingerprint));
    for other in [
        format!("a=fingerprint:sha-256 {}\r\n", DIGITS.replacen("0F", "1F", 1)),
        format!("a=FingerPrint:sha-256 {}\r\n", DIGITS.replacen("0F", "1F", 1)),
        format!("a=fingerprint :sha-256 {}\r\n", DIGITS.replacen("0F", "1F", 1)),
        format!("a=fingerprint:sha-256  {DIGITS}\r\n"),
        format!("a=fingerprint: sha-256 {DIGITS}\r\n"),
        format!("a=fingerprint:sha-256 {DIGITS} \r\n"),
        // As long as it has to be, and of another hash.
        format!("a=fingerprint:sha3-256 {DIGITS}\r\n"),
        "a=fingerprint:sha-1 0F:1E:2D:3C:4B:5A:69:78:87:96:A5:B4:C3:D2:E1:F0:0F:1E:2D:3C\r\n"
            .to_owned(),
        "a=fingerprint:sha-256\r\n".to_owned(),
        "a=fingerprint\r\n".to_owned(),
    ] {
        assert_eq!(gate(&(chromium() + &other)), Err(SdpError::Fingerprint), "{other}");
    }
}

#[test]
fn lines_that_parsers_could_read_differently_are_refused() {
    for line in [
        "\r\n",
        "a\r\n",
        "a=\r\n",
        "A=x\r\n",
        "M=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        " m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        "m= audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        "m =audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        "a=x\rm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        "a=x\0y\r\n",
        "a=\u{e9}\r\n",
        "a=x\u{2028}m=audio\r\n",
    ] {
        assert_eq!(gate(&(chromium() + line)), Err(SdpError::Line), "{line:?}");
    }
    assert_eq!(gate(""), Err(SdpError::Line));
    assert_eq!(gate(&chromium()[5..]), Err(SdpError::Line));
    assert_eq!(gate(&chromium().replace("v=0", "v=1")), Err(SdpError::Line));
    assert_eq!(gate(&(chromium() + "a=setup:holdconn\r\n")), Err(SdpError::Setup));
}

#[test]
fn what_is_too_long_is_refused() {
    let line = |bytes: usize| format!("a={}\r\n", "x".repeat(bytes - 2));
    assert_eq!(gate(&(chromium() + &line(SDP_LINE_BYTES))), Ok(fingerprint()));
    assert_eq!(gate(&(chromium() + &line(SDP_LINE_BYTES + 1))), Err(SdpError::TooLong));
    assert_eq!(gate(&(chromium() + &line(1000).repeat(17))), Err(SdpError::TooLong));
}

#[test]
fn candidates_of_browsers_pass_and_others_do_not() {
    for good in [
        r#"{"candidate":"candidate:1 1 UDP 9 359a7d5d-0576-4d19-9c3c-e6fa5a793c0c.local 5 typ host",
            "sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"Pqrs"}"#,
        r#"{"candidate":"","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":null}"#,
        r#"{"candidate":"","sdpMid":null}"#,
        r#"{"candidate":"","later":{"field":[1]}}"#,
    ] {
        assert_eq!(gate_candidate(good), Ok(()), "{good}");
    }
    let long = format!(r#"{{"candidate":"candidate:{}"}}"#, "x".repeat(CANDIDATE_BYTES));
    let long_mid = format!(r#"{{"candidate":"","sdpMid":"{}"}}"#, "x".repeat(257));
    let long_name = format!(r#"{{"candidate":"","usernameFragment":"{}"}}"#, "x".repeat(257));
    for bad in [
        "",
        "null",
        "[]",
        "\"candidate:\"",
        "{}",
        r#"{"candidate":null}"#,
        r#"{"candidate":7}"#,
        r#"{"candidate":"a=candidate:1"}"#,
        r#"{"candidate":"candidate:1\nm=audio"}"#,
        r#"{"candidate":"candidate:1 1 udp 1 evil.example 1 typ host"}"#,
        r#"{"candidate":"candidate:1 1 udp 1 192.0.2.1 1 typ host\n"}"#,
        r#"{"candidate":"1 1 udp 1 192.0.2.1 1 typ host"}"#,
        r#"{"candidate":"","candidate":"candidate:"}"#,
        r#"{"candidate":"","sdpMLineIndex":1}"#,
        r#"{"candidate":"","sdpMLineIndex":-1}"#,
        r#"{"candidate":"","sdpMid":"\u0000"}"#,
        r#"{"candidate":"","usernameFragment":"\u0000"}"#,
        r#"{"candidate":""} trailing"#,
        &"[".repeat(2000),
        &long,
        &long_mid,
        &long_name,
    ] {
        assert_eq!(gate_candidate(bad), Err(SdpError::Candidate), "{bad}");
    }
}

#[test]
fn what_a_description_names_as_candidates_is_as_strict() {
    let good = "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n";
    let most = usize::try_from(limits::CANDIDATES).unwrap();
    assert_eq!(gate(&(chromium() + &good.repeat(most))), Ok(fingerprint()));
    assert_eq!(gate(&(chromium() + &good.repeat(most + 1))), Err(SdpError::Candidate));
    for bad in [
        "a=candidate:1 1 udp 1 evil.example 1 typ host\r\n",
        "a=Candidate:1 1 udp 1 evil.example 1 typ host\r\n",
        "a=candidate :1 1 udp 1 evil.example 1 typ host\r\n",
        "a=candidate: 1 1 udp 1 192.0.2.1 1 typ host\r\n",
        "a=candidate:1 1 tcp 1 192.168.1.1 80 typ host tcptype passive\r\n",
        "a=candidate\r\n",
    ] {
        assert_eq!(gate(&(chromium() + bad)), Err(SdpError::Candidate), "{bad}");
    }
}

#[test]
fn the_version_of_a_description_is_in_its_origin() {
    assert_eq!((version(&chromium()), version(&firefox())), (2, 0));
    assert_eq!(version(&chromium().replace("6 2 IN", "6 18446744073709551615 IN")), u64::MAX);
    for none in ["6 IN", "6 -2 IN", "6 +2 IN", "6 18446744073709551616 IN"] {
        assert_eq!(version(&chromium().replace("6 2 IN", none)), 0, "{none}");
    }
    let later = chromium().replace("s=-\r\n", "s=-\r\no=- 1 9 IN IP4 127.0.0.1\r\n");
    assert_eq!(version(&later), 2, "the first alone");
}

proptest! {
    #[test]
    fn any_text_may_come_to_the_gate(text in any::<String>()) {
        prop_assert!(gate(&text).is_err());
        prop_assert!(gate_candidate(&text).is_err());
    }

    /// What passes with one more line still names the one certificate that a parser would find.
    #[test]
    fn one_more_line_never_changes_what_is_named(line in "[amM=: a-z0-9F\\r]{0,40}") {
        if let Ok(named) = gate(&format!("{}{line}\r\n", chromium())) {
            prop_assert_eq!(named, fingerprint());
            prop_assert!(!line.starts_with('m'));
        }
    }
}
