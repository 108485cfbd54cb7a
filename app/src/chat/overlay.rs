//! What lies over the page for a moment and is gone with Escape: the palette of commands, or the
//! list of shortcuts. One at a time; none while all is locked.

mod palette;

use browser::EntryId;

pub(in crate::chat) use self::palette::likeness;
pub use self::palette::{Offer, Wish, meant};
use super::{ChatState, Errand};

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// The palette.
    Palette(Palette),
    /// The list of shortcuts.
    Shortcuts,
}

/// What was typed into the palette, and which of what was found is marked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// What was typed.
    pub text: String,
    /// The place of the marked one.
    pub at: usize,
    /// The message for which a room is chosen; none if it is a command that is chosen.
    pub forwards: Option<EntryId>,
}

/// Something that a person does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// To the next one below, and from the last to the first.
    Down,
    /// To the next one above, and from the first to the last.
    Up,
    /// To the first.
    First,
    /// To the last.
    Last,
}

impl Move {
    /// The place after this, of so many.
    pub fn from(self, at: usize, count: usize) -> usize {
        let last = count.saturating_sub(1);
        match self {
            Move::Down if at >= last => 0,
            Move::Down => at + 1,
            Move::Up if at == 0 => last,
            Move::Up => at.min(count) - 1,
            Move::First => 0,
            Move::Last => last,
        }
    }
}

/// Something that a person does about what lies over the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lay {
    /// Wants the palette.
    Palette,
    /// Wants to say in another room what this message says.
    Forward(EntryId),
    /// Wants the list of shortcuts.
    Shortcuts,
    /// Wants it gone.
    Away,
    /// Types into the palette.
    Type(String),
    /// Marks another of so many that were found.
    Mark(Move, usize),
    /// Wants this done.
    Do(Offer),
}

/// A key that was pressed anywhere on the page.
#[derive(Clone, Copy, Debug)]
pub struct Pressed<'a> {
    /// Its name.
    pub key: &'a str,
    /// Control, or Command on a Mac, and neither Shift nor Alt.
    pub with_control: bool,
    /// None of them but Shift.
    pub bare: bool,
    /// It goes into a field.
    pub typing: bool,
}

/// What a key means everywhere; nothing if it means only itself.
pub fn shortcut(pressed: Pressed) -> Option<Lay> {
    match pressed.key {
        "k" | "K" if pressed.with_control => Some(Lay::Palette),
        "?" | "？" if pressed.bare && !pressed.typing => Some(Lay::Shortcuts),
        _ => None,
    }
}

impl ChatState {
    pub(super) fn lay(&mut self, lay: Lay) -> Vec<Errand> {
        if self.guard.locked || self.guard.expected {
            self.overlay = Overlay::None;
            return Vec::new();
        }
        match lay {
            // The same key again puts it away.
            Lay::Palette => {
                self.overlay = match self.overlay {
                    Overlay::Palette(_) => Overlay::None,
                    Overlay::None | Overlay::Shortcuts => Overlay::Palette(Palette::default()),
                };
            }
            Lay::Forward(entry) => {
                if self.words_to_forward(&entry).is_some() {
                    let forwards = Some(entry);
                    self.overlay = Overlay::Palette(Palette { forwards, ..Palette::default() });
                }
            }
            Lay::Shortcuts => self.overlay = Overlay::Shortcuts,
            Lay::Away => self.overlay = Overlay::None,
            Lay::Type(text) => {
                if let Overlay::Palette(palette) = &mut self.overlay {
                    (palette.text, palette.at) = (text, 0);
                }
            }
            Lay::Mark(step, count) => {
                if let Overlay::Palette(palette) = &mut self.overlay {
                    palette.at = step.from(palette.at, count);
                }
            }
            Lay::Do(offer) => {
                let offered = self.offers().contains(&offer);
                self.overlay = Overlay::None;
                if offered {
                    return self.take_up(offer);
                }
            }
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_round_through_what_was_found() {
        assert_eq!([0, 1, 2].map(|at| Move::Down.from(at, 3)), [1, 2, 0]);
        assert_eq!([0, 1, 2].map(|at| Move::Up.from(at, 3)), [2, 0, 1]);
        assert_eq!((Move::First.from(2, 3), Move::Last.from(0, 3)), (0, 2));
        for step in [Move::Down, Move::Up, Move::First, Move::Last] {
            assert_eq!(step.from(0, 0), 0, "{step:?}");
            assert!(step.from(9, 3) < 3, "{step:?}: less was found than before");
        }
    }

    #[test]
    fn keys_that_are_typed_into_a_field_mean_themselves_but_for_the_palettes() {
        let pressed = Pressed { key: "?", with_control: false, bare: true, typing: false };
        assert_eq!(shortcut(pressed), Some(Lay::Shortcuts));
        assert_eq!(shortcut(Pressed { typing: true, ..pressed }), None);
        assert_eq!(shortcut(Pressed { key: "k", ..pressed }), None);
        let control = Pressed { key: "k", with_control: true, bare: false, typing: true };
        assert_eq!(shortcut(control), Some(Lay::Palette));
        assert_eq!(shortcut(Pressed { key: "j", ..control }), None);
    }
}
