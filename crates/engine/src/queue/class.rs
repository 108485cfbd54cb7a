//! The classes of what travels on a link: who goes first, and by how much.

use crate::view::Priority;

/// What a frame is for, most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Handshakes, acknowledgements, questions.
    Control,
    /// Urgent entries.
    Urgent,
    /// Normal entries.
    Normal,
    /// Low entries.
    Low,
    /// Answers to a `Want` that are not urgent.
    Backfill,
    /// Attachments.
    Bulk,
}

impl Class {
    /// All classes; the index is the number on the wire.
    pub const ALL: [Class; 6] =
        [Class::Control, Class::Urgent, Class::Normal, Class::Low, Class::Backfill, Class::Bulk];
    /// How many classes there are.
    pub const COUNT: usize = Class::ALL.len();
    /// All classes that carry content and so need credit.
    pub const DATA: [Class; 5] =
        [Class::Urgent, Class::Normal, Class::Low, Class::Backfill, Class::Bulk];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Class::Control => 0,
            Class::Urgent => 1,
            Class::Normal => 2,
            Class::Low => 3,
            Class::Backfill => 4,
            Class::Bulk => 5,
        }
    }

    /// The class with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Class> {
        Class::ALL.get(usize::from(number)).copied()
    }

    /// Its place in an array of [`Class::COUNT`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.number())
    }

    /// The share of the link while other classes wait, too.
    #[must_use]
    pub const fn weight(self) -> u64 {
        match self {
            Class::Control | Class::Urgent => 64,
            Class::Normal => 16,
            Class::Low => 4,
            Class::Backfill => 2,
            Class::Bulk => 1,
        }
    }
}

impl From<Priority> for Class {
    fn from(priority: Priority) -> Class {
        match priority {
            Priority::Urgent => Class::Urgent,
            Priority::Normal => Class::Normal,
            Priority::Low => Class::Low,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_known_by_its_number() {
        for class in Class::ALL {
            assert_eq!(Class::from_number(class.number()), Some(class));
            assert_eq!(Class::ALL[class.index()], class);
        }
        assert_eq!(Class::from_number(6), None);
    }
}
