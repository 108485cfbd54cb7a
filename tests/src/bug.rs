//! Planted bugs: the simulator proves that it would find them.

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
}

impl Bug {
    /// All of them.
    pub const ALL: [Bug; 4] =
        [Bug::AnswerBeforeStoring, Bug::LoseTheMiddle, Bug::AlterBytes, Bug::ForgetAtClose];
}
