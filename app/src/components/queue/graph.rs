//! A curve of the last minutes, with its figures in words.

use std::fmt::Write;

use leptos::prelude::*;

use crate::chat::{Curve, KEPT, Past, Quantity};
use crate::page::language;
use crate::text::Language;

/// Units of the drawing, from its bottom to its top.
const HEIGHT: u64 = 100;

/// See the module. Nothing is drawn until there is a curve.
#[component]
pub fn Graph(
    /// What was measured.
    past: Memo<Past>,
    /// What of it is drawn.
    quantity: Quantity,
) -> impl IntoView {
    let language = language();
    let curve = Memo::new(move |_| past.with(|past| past.curve(quantity)));
    let name = match quantity {
        Quantity::Waiting => "graph-waiting",
        Quantity::RoundTrip => "graph-round-trip",
    };
    let box_of = format!("0 0 {} {HEIGHT}", KEPT - 1);
    move || {
        let curve = curve.get()?;
        let words = said(language.get(), quantity, &curve);
        let box_of = box_of.clone();
        Some(view! {
            <figure
                class="graph"
                data-testid=name
                data-now=curve.now.to_string()
                data-highest=curve.highest.to_string()
            >
                <svg viewBox=box_of preserveAspectRatio="none" aria-hidden="true">
                    {drawn(&curve).into_iter()
                        .map(|points| view! { <polyline points=points /> })
                        .collect_view()}
                </svg>
                <figcaption>{words}</figcaption>
            </figure>
        })
    }
}

fn said(language: Language, quantity: Quantity, curve: &Curve) -> String {
    let span = language.span(1_000 * u64::try_from(curve.seconds).unwrap_or_default());
    let (now, highest) = (curve.now, curve.highest);
    let words = language.words();
    match quantity {
        Quantity::Waiting => {
            (words.graph_waiting)(&language.number(now), &language.number(highest), &span)
        }
        Quantity::RoundTrip => {
            let (now, highest) = (format!("{now} ms"), format!("{highest} ms"));
            (words.graph_round_trip)(&now, &highest, &span)
        }
    }
}

/// The points of each part, the highest at the top: 0 is at the bottom. What was measured between
/// two gaps is as wide as the second that it stands for.
fn drawn(curve: &Curve) -> Vec<String> {
    let height = |value: u64| HEIGHT - HEIGHT * value / curve.highest.max(1);
    let of_part = |part: &Vec<(usize, u64)>| {
        let mut points = String::new();
        if let [(second, value)] = part.as_slice() {
            let _ = write!(points, "{},{} ", second.saturating_sub(1), height(*value));
        }
        for (second, value) in part {
            let _ = write!(points, "{second},{} ", height(*value));
        }
        points
    };
    curve.parts.iter().map(of_part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_is_at_the_top_and_nothing_at_the_bottom() {
        let parts = vec![vec![(0, 0), (1, 50), (2, 200)]];
        let curve = Curve { parts, now: 200, highest: 200, seconds: 9 };
        assert_eq!(drawn(&curve), ["0,100 1,75 2,0 "]);
        let flat = Curve { parts: vec![vec![(0, 0), (1, 0)]], now: 0, highest: 0, seconds: 9 };
        assert_eq!(drawn(&flat), ["0,100 1,100 "]);
    }

    #[test]
    fn a_gap_parts_the_line_and_a_single_point_is_seen() {
        let parts = vec![vec![(0, 4), (5, 4)], vec![(60, 2)]];
        let curve = Curve { parts, now: 2, highest: 4, seconds: 299 };
        assert_eq!(drawn(&curve), ["0,0 5,0 ", "59,50 60,50 "]);
    }
}
