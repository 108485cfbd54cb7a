//! Planted faults: the simulator proves that it would find them.
//!
//! Those of the world are here; those of the engine are the engine's own list, behind its feature
//! `simulation`. In a browser nothing can be planted.

use engine::simulation::Planted;

/// A fault in the world that breaks a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The store says that a batch is stored before it is.
    AnswerBeforeStoring,
    /// Wires lose a message in the middle.
    LoseTheMiddle,
    /// Wires alter a byte, past every checksum below.
    AlterBytes,
    /// A store forgets what it has said to be stored when its page is closed.
    ForgetAtClose,
    /// A driver stores the first half of a batch as soon as it is given, and the rest once the
    /// input that caused it is done with.
    BatchInHalves,
}

impl Bug {
    /// All of them.
    pub const ALL: [Bug; 5] = [
        Bug::AnswerBeforeStoring,
        Bug::LoseTheMiddle,
        Bug::AlterBytes,
        Bug::ForgetAtClose,
        Bug::BatchInHalves,
    ];
}

/// Something that is wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// In the world around the engines.
    World(Bug),
    /// In every engine.
    Engine(Planted),
}

#[cfg(not(target_family = "wasm"))]
impl Fault {
    /// All of them: the world's, then the engine's.
    #[must_use]
    pub fn all() -> Vec<Fault> {
        let world = Bug::ALL.into_iter().map(Fault::World);
        world.chain(Planted::ALL.iter().copied().map(Fault::Engine)).collect()
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Fault::World(bug) => format!("{bug:?}"),
            Fault::Engine(planted) => format!("{planted:?}"),
        }
    }

    /// True if it shows only where a profile was copied.
    #[must_use]
    pub fn needs_copy(self) -> bool {
        let these = [Planted::CopyKeepsLog, Planted::BootIgnored, Planted::RegisterStepsByOne];
        these.into_iter().any(|planted| self == Fault::Engine(planted))
    }

    /// True if it shows only where somebody is removed.
    #[must_use]
    pub fn needs_decisions(self) -> bool {
        let these = [Planted::RemovedGetsSecret, Planted::CutIgnored];
        these.into_iter().any(|planted| self == Fault::Engine(planted))
    }

    /// True if it shows only where something is said to one member alone.
    #[must_use]
    pub fn needs_whispers(self) -> bool {
        let these = [
            Planted::PrivateInTheOpen,
            Planted::PrivateToAnother,
            Planted::PrivateNotedInTheOpen,
            Planted::PrivateCountsCarriers,
        ];
        these.into_iter().any(|planted| self == Fault::Engine(planted))
    }

    /// True if it shows only where one message goes before another that came first.
    #[must_use]
    pub fn needs_expiries(self) -> bool {
        self == Fault::Engine(Planted::ExpiryOnlyAtHead)
    }

    /// True if it shows only where something goes after it was read.
    #[must_use]
    pub fn needs_vanishing(self) -> bool {
        let these = [Planted::VanishingInMemoryOnly, Planted::VanishesUnread];
        these.into_iter().any(|planted| self == Fault::Engine(planted))
    }

    /// True if it shows only where somebody is blocked.
    #[must_use]
    pub fn needs_blocks(self) -> bool {
        let these = [Planted::BlockedStored, Planted::BlockedStaysSettled];
        these.into_iter().any(|planted| self == Fault::Engine(planted))
    }

    /// True if it shows only where stores cannot be read for a while.
    #[must_use]
    pub fn needs_failing_reads(self) -> bool {
        let these = [Planted::FailedReadForgotten, Planted::FailedReadIsEmpty];
        these.into_iter().any(|planted| self == Fault::Engine(planted))
    }

    /// True if it shows only where workers die between two outputs.
    #[must_use]
    pub fn needs_deaths(self) -> bool {
        self == Fault::World(Bug::BatchInHalves)
    }

    /// True if it shows only where somebody refuses one message again and again.
    #[must_use]
    pub fn needs_poison(self) -> bool {
        let these =
            [Planted::RefusedHoldsUpRest, Planted::RefusedAskedAtOnce, Planted::RefusedNotTold];
        these.into_iter().any(|planted| self == Fault::Engine(planted))
    }

    /// True if it shows only where messages answer others and trays are dealt with.
    #[must_use]
    pub fn needs_answers(self) -> bool {
        let these = [
            Planted::QuoteOfNothing,
            Planted::PutAwayComesBack,
            Planted::TypingForever,
            Planted::LiveToOneOnly,
        ];
        these.into_iter().any(|planted| self == Fault::Engine(planted))
    }

    /// The promise that it breaks most plainly.
    #[must_use]
    pub fn breaks(self) -> &'static str {
        match self {
            Fault::World(Bug::AnswerBeforeStoring) => "I1",
            Fault::World(Bug::LoseTheMiddle) => "I9",
            Fault::World(Bug::AlterBytes) => "honesty",
            Fault::World(Bug::ForgetAtClose | Bug::BatchInHalves) => "I3",
            Fault::Engine(planted) => planted.breaks(),
        }
    }
}
