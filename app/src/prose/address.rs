//! Addresses that may be links: http, https and mailto, and of these only such of which it is
//! plain where they lead.
//!
//! ```text
//!  https://bücher.example:8443/a?b  ─►  href https://xn--bcher-kva.example:8443/a?b
//!  ^^^^^   ^^^^^^^^^^^^^^^^^^^^ host, shown as it stands, or as the browser writes it
//! ```
//! Names before the host, numbers in odd notations, backslashes and letters that browsers read as
//! others make it no link. The address of the link is put together anew, with the host in ASCII, so
//! that it leads to what is shown and nowhere else.

mod host;

use browser::letters::{has_odd, is_ignorable};

use super::Part;

/// Beginnings of what is a link; the rest is for schemes of the web or of mail.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// Where an address leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address, for the browser.
    pub href: String,
    /// Where in it the host stands, with its port; of mail whom it is for.
    pub host: Part,
    /// The host as it has to be shown, if that is not as it stands.
    pub shown: Option<String>,
}

/// Whether a text begins as an address does.
pub fn begins(text: &str) -> bool {
    scheme(text).is_some()
}

fn scheme(text: &str) -> Option<&'static str> {
    let is = |scheme: &&&str| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    SCHEMES.iter().find(is).copied()
}

/// How long the address is that a text begins with, without the punctuation of the sentence.
pub fn length(text: &str) -> usize {
    let end = text.find(ends).unwrap_or(text.len());
    let mut address = text.get(..end).unwrap_or_default();
    let count = |bracket: char| address.matches(bracket).count();
    let mut spare = [('(', ')'), ('[', ']')]
        .map(|(opens, closes)| (closes, count(closes).saturating_sub(count(opens))));
    while let Some(last) = address.chars().next_back() {
        let unopened = spare.iter_mut().find(|(closes, spare)| *closes == last && *spare > 0);
        match unopened {
            Some((_, spare)) => *spare -= 1,
            None if ".,;:!?'*_~|".contains(last) => {}
            None => break,
        }
        address = address.get(..address.len() - last.len_utf8()).unwrap_or_default();
    }
    address.len()
}

/// Whether an address ends before this letter.
fn ends(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || is_ignorable(letter)
        || "<>\"`，。！？；：、）】》」』”’…".contains(letter)
}

/// Reads an address; none if it is not plain where it leads.
pub fn read(text: &str) -> Option<Address> {
    let odd = |letter: char| letter.is_whitespace() || is_ignorable(letter);
    if has_odd(text) || text.chars().any(odd) {
        return None;
    }
    let scheme = scheme(text)?;
    let rest = text.get(scheme.len()..)?;
    if scheme == "mailto:" {
        return mail(rest, scheme);
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) => (name, Some(self::port(port)?)),
        None => (authority, None),
    };
    let (ascii, plain) = host::read(name)?;
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let written = format!("{ascii}{port}");
    let href = format!("{scheme}{written}{path}");
    let host = scheme.len()..scheme.len() + authority.len();
    Some(Address { href, host, shown: (!plain).then_some(written) })
}

/// A number of a port in digits alone.
fn port(text: &str) -> Option<u16> {
    let number: u16 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Mail to one address, and nothing that fills the mail in beforehand.
fn mail(rest: &str, scheme: &str) -> Option<Address> {
    let (person, name) = rest.split_once('@')?;
    let usual = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
    if person.is_empty() || !person.bytes().all(usual) || !name.contains('.') {
        return None;
    }
    let (ascii, plain) = host::read(name)?;
    let written = format!("{person}@{ascii}");
    let href = format!("{scheme}{written}");
    let host = scheme.len()..scheme.len() + rest.len();
    Some(Address { href, host, shown: (!plain).then_some(written) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn href(text: &str) -> Option<String> {
        read(text).map(|address| address.href)
    }

    #[test]
    fn addresses_of_the_web_and_of_mail_are_links_and_their_host_is_found() {
        for (text, host) in [
            ("https://a.org", "a.org"),
            ("http://a.org:8080/x?y#z", "a.org:8080"),
            ("HTTPS://A.org/(x)", "A.org"),
            ("http://127.0.0.1/", "127.0.0.1"),
            ("http://localhost:3000", "localhost:3000"),
            ("https://xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("https://a-b_c.example?q", "a-b_c.example"),
            ("mailto:ana@a.org", "ana@a.org"),
        ] {
            let found = read(text).unwrap_or_else(|| panic!("{text} is no link"));
            assert_eq!(text[found.host.clone()].to_owned(), host);
            assert_eq!(found.shown, None, "{text}");
        }
        assert_eq!(href("HTTPS://A.org/B").as_deref(), Some("https://a.org/B"));
    }

    #[test]
    fn what_leads_elsewhere_than_it_seems_is_no_link() {
        for text in [
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://a.org",
            "//a.org",
            "https://",
            "https:///a.org",
            "https:a.org",
            "https://good.example@evil.example",
            "https://good.example\\@evil.example",
            "https://good.example%2f@evil.example",
            "https://a..org",
            "https://.a.org",
            "https://-.org:99999",
            "https://a.org:",
            "https://a.org:+1",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://1.2.3.4.5/",
            "http://256.1.1.1/",
            "http://[::1]/",
            "https://a.org/\u{202e}gpj.exe",
            "https://a.org/\u{200b}",
            "https://ａ.org",
            "https://a。org",
            "https://a\u{2044}b.org",
            "https://a.org／b",
            "mailto:ana@a.org?bcc=eve@b.org",
            "mailto:ana@localhost",
            "mailto:a%0ab@a.org",
            "mailto:",
        ] {
            assert_eq!(href(text), None, "{text}");
        }
    }

    #[test]
    fn a_host_that_could_be_taken_for_another_is_shown_as_the_browser_writes_it() {
        for (text, shown) in [
            ("https://аpple.com/", Some("xn--pple-43d.com")),
            ("https://аррӏе.com/", Some("xn--80ak6aa92e.com")),
            ("https://bücher.example", None),
            ("https://президент.рф:80", None),
            ("https://例子.测试/x", None),
        ] {
            let found = read(text).unwrap_or_else(|| panic!("{text} is no link"));
            assert_eq!(found.shown.as_deref(), shown, "{text}");
            assert!(found.href.is_ascii(), "{}", found.href);
        }
    }

    #[test]
    fn the_punctuation_of_a_sentence_is_not_part_of_an_address() {
        for (text, address) in [
            ("https://a.org.", "https://a.org"),
            ("https://a.org/x), and", "https://a.org/x"),
            ("https://a.org/x_(y)!", "https://a.org/x_(y)"),
            ("https://a.org，好", "https://a.org"),
            ("https://a.org\u{202e}x", "https://a.org"),
            ("https://a.org**", "https://a.org"),
            ("https://a.org\">x", "https://a.org"),
        ] {
            assert_eq!(&text[..length(text)], address);
        }
    }
}
