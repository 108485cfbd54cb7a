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
                    <polyline points=drawn(&curve) />
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

/// The points, the highest at the top: 0 is at the bottom.
fn drawn(curve: &Curve) -> String {
    let mut points = String::new();
    for (place, value) in &curve.points {
        let height = HEIGHT - HEIGHT * value / curve.highest.max(1);
        let _ = write!(points, "{place},{height} ");
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_is_at_the_top_and_nothing_at_the_bottom() {
        let curve =
            Curve { points: vec![(0, 0), (1, 50), (2, 200)], now: 200, highest: 200, seconds: 9 };
        assert_eq!(drawn(&curve), "0,100 1,75 2,0 ");
        let flat = Curve { points: vec![(0, 0), (1, 0)], now: 0, highest: 0, seconds: 9 };
        assert_eq!(drawn(&flat), "0,100 1,100 ");
    }
}
