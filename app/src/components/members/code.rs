//! A text as a QR code, drawn as one path: dark on light in every theme, as scanners ask for.

use fast_qr::{ECL, QRBuilder};
use leptos::prelude::*;

/// Modules of light that surround a code (ISO/IEC 18004).
const QUIET: usize = 4;

/// A square of so many modules, and which of them are dark, as the `d` of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Picture {
    size: usize,
    path: String,
}

/// The picture of a text; none if it is too long for a code.
fn picture(text: &str) -> Option<Picture> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let mut path = String::new();
    for y in 0..code.size {
        let mut x = 0;
        while x < code.size {
            let run = (x..code.size).take_while(|at| code[y][*at].value()).count();
            if run > 0 {
                path.push_str(&format!("M{x} {y}h{run}v1h-{run}z"));
            }
            x += run.max(1);
        }
    }
    Some(Picture { size: code.size, path })
}

/// The code of a text. What it says stands beside it in words.
#[component]
pub fn Code(
    /// What a scanner reads.
    #[prop(into)]
    text: Signal<String>,
    /// What it is, for whoever does not see it.
    #[prop(into)]
    label: Signal<&'static str>,
    /// Its name for tests.
    testid: &'static str,
) -> impl IntoView {
    let shown = Memo::new(move |_| text.with(|text| picture(text)));
    let frame = move || {
        let side = shown.with(|shown| shown.as_ref().map_or(0, |shown| shown.size)) + 2 * QUIET;
        format!("-{QUIET} -{QUIET} {side} {side}")
    };
    let path = move || shown.with(|shown| shown.as_ref().map(|shown| shown.path.clone()));
    view! {
        <svg
            class={"code"}
            viewBox=frame
            role="img"
            aria-label=label
            data-testid=testid
            data-text=text
            shape-rendering="crispEdges"
        >
            <path d=path />
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> String {
        format!("CONFAB-1:{}", "0123456789".repeat(6))
    }

    /// Which modules a path fills.
    fn filled(picture: &Picture) -> Vec<Vec<bool>> {
        let mut filled = vec![vec![false; picture.size]; picture.size];
        for run in picture.path.split('M').filter(|run| !run.is_empty()) {
            let (at, rest) = run.split_once('h').unwrap();
            let (x, y) = at.split_once(' ').unwrap();
            let (length, _) = rest.split_once('v').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let length: usize = length.parse().unwrap();
            assert!(filled[y][x..x + length].iter().all(|dark| !dark), "nothing is drawn twice");
            filled[y][x..x + length].fill(true);
        }
        filled
    }

    #[test]
    fn the_path_fills_what_is_dark_in_the_code() {
        let picture = picture(&code()).unwrap();
        assert_eq!(picture.size, 33, "a code that a phone reads from a hand's breadth away");
        let code = QRBuilder::new(code()).ecl(ECL::M).build().unwrap();
        for (y, line) in filled(&picture).iter().enumerate() {
            for (x, dark) in line.iter().enumerate() {
                assert_eq!(*dark, code[y][x].value(), "{x} {y}");
            }
        }
    }

    #[test]
    fn the_three_corners_have_their_marks() {
        let picture = picture(&code()).unwrap();
        let (filled, far) = (filled(&picture), picture.size - 7);
        for (left, top) in [(0, 0), (far, 0), (0, far)] {
            for (y, line) in [0b111_1111, 0b100_0001, 0b101_1101].into_iter().enumerate() {
                let shown = (0..7).map(|x| u8::from(filled[top + y][left + x]));
                assert_eq!(shown.fold(0, |bits, bit| (bits << 1) | bit), line);
            }
        }
    }

    #[test]
    fn what_is_too_long_has_no_picture() {
        assert_eq!(picture(&"x".repeat(3_000)), None);
    }
}
