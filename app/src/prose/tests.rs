//! What prose is read as, and that nothing gets lost, deep or slow.

use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// The tree in short: what is not shown in braces, what is shown otherwise in bars.
fn short(prose: &Prose, nodes: &[Node]) -> String {
    let one = |node: &Node| match node {
        Node::Text(part) => prose.letters(part).to_owned(),
        Node::Mark(part) => format!("{{{}}}", prose.letters(part)),
        Node::Instead(_, shown) => format!("|{shown}|"),
        Node::Within(kind, inner) => {
            let name = match kind {
                Kind::Lines => "",
                Kind::Bold => "b",
                Kind::Italic => "i",
                Kind::Code => "c",
                Kind::Block => "pre",
                Kind::Look(Look::Comment) => "//",
                Kind::Look(Look::String) => "s",
                Kind::Look(Look::Number) => "1",
                Kind::Look(Look::Keyword) => "k",
                Kind::Quote => "q",
                Kind::List => "ul",
                Kind::Item(0) => "li",
                Kind::Item(_) => "lii",
                Kind::Number => "n",
                Kind::Link(_) => "a",
                Kind::Host => "h",
            };
            format!("{name}({})", short(prose, inner))
        }
    };
    nodes.iter().map(one).collect()
}

fn read(text: &str) -> String {
    let prose = Prose::read(text);
    let all = short(&prose, prose.nodes());
    all.replace('\n', "¶")
}

/// All leaves in their order.
fn leaves(prose: &Prose, nodes: &[Node], into: &mut String) {
    for node in nodes {
        match node {
            Node::Text(part) | Node::Mark(part) | Node::Instead(part, _) => {
                into.push_str(prose.letters(part));
            }
            Node::Within(_, inner) => leaves(prose, inner, into),
        }
    }
}

fn depth(nodes: &[Node]) -> usize {
    let inner = nodes.iter().map(|node| match node {
        Node::Within(_, inner) => 1 + depth(inner),
        Node::Text(_) | Node::Mark(_) | Node::Instead(..) => 1,
    });
    inner.max().unwrap_or(0)
}

fn count(nodes: &[Node]) -> usize {
    let inner = nodes.iter().map(|node| match node {
        Node::Within(_, inner) => 1 + count(inner),
        Node::Text(_) | Node::Mark(_) | Node::Instead(..) => 1,
    });
    inner.sum()
}

#[test]
fn plain_words_are_one_piece_with_their_lines() {
    for text in
        ["hello", "two\nlines\n\nand a third", "2*3*4 = 24", "a_b_c", ">_<", "-", "- ", "1."]
    {
        let expected = vec![Node::Within(Kind::Lines, vec![Node::Text(0..text.len())])];
        assert_eq!(Prose::read(text).nodes(), expected, "{text:?}");
    }
    assert_eq!(Prose::read("").nodes(), []);
}

#[test]
fn words_are_bold_italic_and_code() {
    for (text, expected) in [
        ("a **b** c", "(a b({**}b{**}) c)"),
        ("*a* _b_ __c__", "(i({*}a{*}) i({_}b{_}) b({__}c{__}))"),
        ("***a***", "(b(i({***}a{***})))"),
        ("**a *b* c**", "(b({**}a i({*}b{*}) c{**}))"),
        ("这是**粗体**吗", "(这是b({**}粗体{**})吗)"),
        ("**a *b** c*", "(b({**}a *b{**}) c*)"),
        ("`a*b*`", "(c({`}a*b*{`}))"),
        ("``a`b``", "(c({``}a`b{``}))"),
        ("`a", "(`a)"),
        ("\\*a\\*", "({\\}*a{\\}*)"),
        ("*a\nb*", "(*a¶b*)"),
        ("* a*", "ul(li({* }a*))"),
        ("****", "(****)"),
        ("*.rs and *.toml", "(*.rs and *.toml)"),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn lines_are_quotes_lists_and_code() {
    for (text, expected) in [
        ("> a\n> b\nc", "q({> }(a¶{> }b{¶}))(c)"),
        ("> a\n>> b", "q({> }(a{¶})q({>> }(b)))"),
        ("- a\n- b", "ul(li({- }a{¶})li({- }b))"),
        ("- a\n  - b", "ul(li({- }a{¶})lii({  - }b))"),
        ("1. a\n2) b", "ul(li(n(1.){ }a{¶})li(n(2)){ }b))"),
        ("a\n\n- b\n\nc", "(a¶{¶})ul(li({- }b{¶})){¶}(c)"),
        ("```rust\nlet a = *b;\n```\nc", "pre({```rust¶}k(let) a = *b;{¶```¶})(c)"),
        ("```\nopen", "pre({```¶}open)"),
        ("```a```", "(c({```}a{```}))"),
        ("> ```\n> a\n> ```", "q(pre({> ```¶> }a{¶> ```}))"),
        ("2026. a", "(2026. a)"),
    ] {
        // A mark before the words of a quoted line is within its lines.
        let found = read(text).replace("({> }", "{> }(").replace("({>> }", "{>> }(");
        assert_eq!(found, expected.replace("q({", "q{").replace("q{", "q({"), "{text:?}");
    }
}

#[test]
fn code_has_looks_by_the_language_that_its_fence_names() {
    for (text, expected) in [
        ("```\nif x == \"a\" { f(0x1f) } // b\n```", "k(if) x == s(\"a\") { f(1(0x1f)) } //(// b)"),
        ("```rs\nfn f<'a>(x: &'a str) -> 'a'\n```", "k(fn) f<'a>(x: &'a k(str)) -> s('a')"),
        ("```py\nx = 1.5 # it's 2\n```", "x = 1(1.5) //(# it's 2)"),
        ("```rust\n#[test] # 1\n```", "#[test] # 1(1)"),
        ("```sql\nselect 1 -- no\n```", "k(select) 1(1) //(-- no)"),
        ("```\na = b -- 1\n```", "a = b -- 1(1)"),
        ("```c\na /* b\n\"c */ d\n```", "a //(/* b)¶//(\"c */) d"),
        ("```\nhttps://a.org don't #1\n```", "https://a.org don't #1(1)"),
        ("```\n\"a\\\"b\" \\\" \"open\n```", "s(\"a\\\"b\") \\\" \"open"),
        ("```text\nif 1 \"a\"\n```", "if 1 \"a\""),
        ("```\n结果 = \"好\" // 行\n```", "结果 = s(\"好\") //(// 行)"),
    ] {
        let found = read(text);
        let inner = found.split_once("¶}").and_then(|(_, rest)| rest.rsplit_once("{¶```})"));
        assert_eq!(inner.map(|(inner, _)| inner), Some(expected), "{text:?}: {found}");
    }
}

#[test]
fn code_of_too_many_pieces_has_no_looks_and_the_rest_of_the_message_stays_prose() {
    let text = format!("**a**\n```\n{}\n```", "1 2 ".repeat(1_500));
    let prose = Prose::read(&text);
    let [Node::Within(Kind::Lines, _), Node::Within(Kind::Block, inner)] = prose.nodes() else {
        panic!("{} nodes", prose.nodes().len())
    };
    assert!(matches!(inner.as_slice(), [Node::Mark(_), Node::Text(_), Node::Mark(_)]));
}

#[test]
fn a_link_shows_where_it_leads() {
    for (text, expected) in [
        ("see https://a.org/x.", "(see a(https://h(a.org)/x).)"),
        ("[here](https://a.org/x) now", "(a({[}here{](https://}h(a.org){/x)}) now)"),
        ("[a.org](https://b.org)", "(a({[}a.org{](https://}h(b.org){)}))"),
        ("[mail](mailto:ana@a.org)", "(a({[}mail{](mailto:}h(ana@a.org){)}))"),
        ("[x](javascript:alert(1))", "([x](javascript:alert(1)))"),
        ("[ ](https://a.org)", "([ ](a(https://h(a.org))))"),
        ("[x](https://a@b.org)", "([x](https://a@b.org))"),
        ("https://аррӏе.com/", "(a(https://h(|xn--80ak6aa92e.com|)/))"),
        ("*https://a.org*", "(i({*}a(https://h(a.org)){*}))"),
        ("xhttps://a.org", "(xhttps://a.org)"),
        ("`https://a.org`", "(c({`}https://a.org{`}))"),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn odd_letters_are_shown_as_codes() {
    assert_eq!(read("invoice\u{202e}gpj.exe"), "(invoice|U+202E|gpj.exe)");
    assert_eq!(read("a\u{200b}\u{200b}b"), "(a|U+200B ×2|b)");
    assert_eq!(read("**a\u{202e}b**"), "(b({**}a|U+202E|b{**}))");
    assert_eq!(tame("a\u{202e}\u{202e}b\0"), "a\u{fffd}b\u{fffd}");
}

#[test]
fn a_text_of_too_many_pieces_is_one_piece_without_odd_letters() {
    for text in ["*a* ".repeat(3_000), "a\u{202e}".repeat(9_000), "- a\n".repeat(3_000)] {
        let prose = Prose::read(&text);
        let [Node::Text(part)] = prose.nodes() else { panic!("{} nodes", prose.nodes().len()) };
        assert_eq!(prose.letters(part), tame(&text));
    }
}

/// Of the longest body each. The deadline is no budget: it only ends what would be quadratic.
#[test]
fn the_longest_message_of_one_sign_is_read_at_once() {
    let body = browser::limits::BODY_BYTES;
    for sign in [
        "*",
        "**a",
        "*a ",
        "_a *b ",
        "[",
        "[a](",
        "[a](https://a",
        "]",
        "(",
        ">",
        "> ",
        ">\n",
        "`",
        "` `` ",
        "```\n",
        "````\n```\n",
        "https://",
        "https://a.b ",
        "https://a.org/)",
        "\\",
        "- ",
        "- \n",
        "1. a\n",
        "\n",
        "\u{301}",
        "\u{202e}",
        "a\u{200d}",
        "__a",
        "h",
        "mailto:",
        "\"",
        "\\\"",
        "'a",
        "/*",
        "/**/",
        "# ",
        "1 ",
        "if ",
    ] {
        let text = sign.repeat(body / sign.len());
        for text in [format!("```\n{text}"), text] {
            let begun = Instant::now();
            let prose = Prose::read(&text);
            assert!(begun.elapsed() < Duration::from_secs(10), "{sign:?}: {:?}", begun.elapsed());
            assert!(count(prose.nodes()) <= PIECES, "{sign:?}");
            assert!(depth(prose.nodes()) <= 16, "{sign:?}");
        }
    }
    // As many lengths of backticks as there is room for: each opens, none closes.
    let rows: Vec<String> = (1..310).map(|length| "`".repeat(length)).collect();
    assert_eq!(read(&rows.join(" ")), format!("({})", rows.join(" ")));
}

/// Texts that are mostly markup.
fn markup() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("*"),
        Just("**"),
        Just("_"),
        Just("`"),
        Just("```"),
        Just("```\n"),
        Just("\""),
        Just("'"),
        Just("/*"),
        Just("*/"),
        Just("1"),
        Just("\n"),
        Just("> "),
        Just("- "),
        Just("1. "),
        Just("["),
        Just("]("),
        Just(")"),
        Just("https://a.org"),
        Just("mailto:"),
        Just(" "),
        Just("a"),
        Just("界"),
        Just("\\"),
        Just("\u{202e}"),
        Just("\u{301}"),
        Just("  "),
    ];
    proptest::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_is_deep(text in prop_oneof![markup(), "(?s).{0,80}"]) {
        let prose = Prose::read(&text);
        let mut all = String::new();
        leaves(&prose, prose.nodes(), &mut all);
        prop_assert_eq!(&all, &text);
        prop_assert!(depth(prose.nodes()) <= 16);
        prop_assert!(count(prose.nodes()) <= PIECES);
    }
}
