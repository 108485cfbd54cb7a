//! The Content-Security-Policy: what the page may load, run and reach. Everything else is refused.
//!
//! The bundler writes its boot script into `index.html`, and the policy allows exactly that script
//! by its hash (CSP Level 3 §6.7.3). Wasm may be compiled, text may not become code: Trusted Types
//! leave one policy, the one that names the worker's file.

use core::fmt::Write;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

/// The policy's sources for what stands inside `index.html`: `'sha256-…'` each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InlineHashes {
    /// Of `<script>` elements without `src`.
    pub(crate) scripts: Vec<String>,
    /// Of `<style>` elements.
    pub(crate) styles: Vec<String>,
}

/// The header's value. `host` is the request's own, checked; `connect` are other servers that the
/// operator allows, `embedders` the pages that may show this one inside them.
pub(crate) fn policy<'a>(
    inline: &InlineHashes,
    host: Option<&str>,
    connect: impl Iterator<Item = &'a str>,
    embedders: impl Iterator<Item = &'a str>,
) -> String {
    let mut policy = String::from("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
    append(&mut policy, inline.scripts.iter().map(String::as_str));
    policy.push_str("; style-src 'self'");
    append(&mut policy, inline.styles.iter().map(String::as_str));
    policy.push_str("; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'");
    if let Some(host) = host {
        // 'self' covers these in current browsers; older WebKit wants them by name.
        let _ = write!(policy, " ws://{host} wss://{host}");
    }
    append(&mut policy, connect);
    policy.push_str(
        "; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors",
    );
    let mut embedders = embedders.peekable();
    append(&mut policy, embedders.peek().is_none().then_some("'none'").into_iter());
    append(&mut policy, embedders);
    policy.push_str("; require-trusted-types-for 'script'; trusted-types confab");
    policy
}

fn append<'a>(policy: &mut String, sources: impl Iterator<Item = &'a str>) {
    for source in sources {
        policy.push(' ');
        policy.push_str(source);
    }
}

/// The hashes of the scripts and styles that stand inside a page.
pub(crate) fn inline_hashes(html: &[u8]) -> InlineHashes {
    // A browser hashes the text after it has made every line end a line feed (HTML §13.2.3.5).
    let html = String::from_utf8_lossy(html).replace("\r\n", "\n").replace('\r', "\n");
    InlineHashes { scripts: hashes(&html, "script"), styles: hashes(&html, "style") }
}

fn hashes(html: &str, element: &'static str) -> Vec<String> {
    let bodies = Inline { rest: html, element };
    bodies.map(|body| format!("'sha256-{}'", BASE64.encode(&Sha256::digest(body)))).collect()
}

/// The bodies of all elements of a kind that name no source.
struct Inline<'a> {
    rest: &'a str,
    element: &'static str,
}

impl<'a> Iterator for Inline<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let (comment, open) = (self.rest.find("<!--"), find_tag(self.rest, self.element)?);
            if let Some(comment) = comment.filter(|comment| *comment < open) {
                let inside = &self.rest[comment + "<!--".len()..];
                self.rest = &inside[inside.find("-->")? + "-->".len()..];
                continue;
            }
            let tag = &self.rest[open + 1 + self.element.len()..];
            let end = tag_end(tag)?;
            let (attributes, content) = (&tag[..end], &tag[end + 1..]);
            let close = find_close(content, self.element)?;
            self.rest = &content[close..];
            if !has_source(attributes) {
                return Some(&content[..close]);
            }
        }
    }
}

/// Where `<element` begins, followed by what can follow a tag's name.
fn find_tag(html: &str, element: &str) -> Option<usize> {
    html.match_indices('<').map(|(at, _)| at).find(|at| {
        let rest = &html.as_bytes()[at + 1..];
        let (name, after) = (rest.get(..element.len()), rest.get(element.len()));
        name.is_some_and(|name| name.eq_ignore_ascii_case(element.as_bytes()))
            && matches!(after, Some(b' ' | b'\n' | b'\t' | b'/' | b'>'))
    })
}

/// Where `</element` begins.
fn find_close(html: &str, element: &str) -> Option<usize> {
    html.match_indices("</").map(|(at, _)| at).find(|at| {
        let name = html.as_bytes().get(at + 2..at + 2 + element.len());
        name.is_some_and(|name| name.eq_ignore_ascii_case(element.as_bytes()))
    })
}

/// Where a tag's `>` is, outside of quotes.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.char_indices().find_map(|(at, c)| {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        None
    })
}

fn has_source(attributes: &str) -> bool {
    attributes.split_ascii_whitespace().any(|attribute| {
        let name = attribute.split('=').next().unwrap_or_default();
        name.eq_ignore_ascii_case("src")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `console.log(1)`, made with `openssl dgst -sha256 -binary | base64`.
    const LOG: &str = "'sha256-CihokcEcBW4atb/CW/XWsvWwbTjqwQlE9nj9ii5ww5M='";

    fn scripts(html: &str) -> Vec<String> {
        inline_hashes(html.as_bytes()).scripts
    }

    #[test]
    fn an_inline_script_is_hashed_as_it_stands() {
        assert_eq!(scripts("<script>console.log(1)</script>"), [LOG]);
        assert_eq!(scripts("<SCRIPT type=\"module\" x='>'>console.log(1)</SCRIPT >"), [LOG]);
        let other = scripts("<script> console.log(1)</script>");
        assert!(other.len() == 1 && other[0] != LOG, "white space counts");
        let twice = "<script>console.log(1)</script>\n<style>a{}</style><script>2</script>";
        assert_eq!(scripts(twice).len(), 2);
        assert_eq!(inline_hashes(twice.as_bytes()).styles.len(), 1);
    }

    #[test]
    fn line_ends_are_hashed_as_a_browser_reads_them() {
        assert_eq!(scripts("<script>a\r\nb\rc</script>"), scripts("<script>a\nb\nc</script>"));
    }

    #[test]
    fn what_is_no_inline_script_is_left_out() {
        for html in [
            "",
            "<script src=\"/a.js\"></script>",
            "<script type=module SRC = /a.js></script>",
            "<!-- <script>console.log(1)</script> -->",
            "<scripted>1</scripted>",
            "<script>never closed",
            "<script",
            "<noscript>Confab needs JavaScript.</noscript>",
        ] {
            assert_eq!(scripts(html), [""; 0], "{html}");
        }
        assert_eq!(scripts("<!-- x --><script>console.log(1)</script><!--"), [LOG]);
    }

    #[test]
    fn the_policy_names_the_boot_script_and_the_servers() {
        let inline = InlineHashes { scripts: vec![LOG.to_owned()], styles: vec![] };
        let (connect, nobody) = (["wss://other.example"].into_iter(), [].into_iter());
        let policy = policy(&inline, Some("127.0.0.1:8787"), connect, nobody);
        for part in [
            "default-src 'none'; ",
            &format!("script-src 'self' 'wasm-unsafe-eval' {LOG}; "),
            "style-src 'self'; ",
            "connect-src 'self' ws://127.0.0.1:8787 wss://127.0.0.1:8787 wss://other.example; ",
            "worker-src 'self'; ",
            "frame-ancestors 'none'; ",
            "require-trusted-types-for 'script'; trusted-types confab",
        ] {
            assert!(policy.contains(part), "{part} in {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    }

    #[test]
    fn the_policy_names_the_pages_that_may_embed_this_one_and_no_other() {
        let embedders = ["https://one.example", "https://two.example:8443"].into_iter();
        let policy = policy(&InlineHashes::default(), None, [].into_iter(), embedders);
        let part = "; frame-ancestors https://one.example https://two.example:8443; require-";
        assert!(policy.contains(part), "{policy}");
    }
}
