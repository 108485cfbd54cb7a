//! Deaths in the middle of what one input causes: of its outputs some are carried out, and the rest
//! never is. What was written to a wire before arrives as far as that wire lets it.

use engine::Output;

use crate::world::World;

/// Outputs that a worker lives for at most, once it is going to die.
const OUTPUTS: u64 = 40;
/// Batches that it stores before, at most, if it dies at one.
const BATCHES: u64 = 6;

/// When a worker dies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// Not by itself.
    #[default]
    Lives,
    /// After so many more outputs.
    Outputs(u64),
    /// At its next batch but so many, before the store has it.
    BeforeBatch(u64),
    /// At its next batch but so many, as soon as the store has it.
    AfterBatch(u64),
}

impl Fate {
    /// An output is about to be carried out. True if that never happens.
    fn forbids(&mut self, output: &Output) -> bool {
        let is_batch = matches!(output, Output::Commit { .. });
        let left = match self {
            Fate::Lives => return false,
            Fate::BeforeBatch(_) | Fate::AfterBatch(_) if !is_batch => return false,
            Fate::Outputs(left) | Fate::BeforeBatch(left) | Fate::AfterBatch(left) => left,
        };
        let over = *left == 0;
        *left = left.saturating_sub(1);
        if over && matches!(self, Fate::AfterBatch(_)) {
            *self = Fate::Outputs(0);
            return false;
        }
        over
    }
}

impl World {
    /// A worker dies soon, between two outputs.
    pub(crate) fn will_die(&mut self, peer: usize) {
        let fate = match self.below(3) {
            0 => Fate::Outputs(self.below(OUTPUTS)),
            1 => Fate::BeforeBatch(self.below(BATCHES)),
            _ => Fate::AfterBatch(self.below(BATCHES)),
        };
        self.note(format_args!("{peer} is going to die: {fate:?}"));
        self.peers[peer].fate = fate;
    }

    /// True if a worker dies instead of carrying this out.
    pub(crate) fn dies_before(&mut self, peer: usize, output: &Output) -> bool {
        if !self.peers[peer].fate.forbids(output) {
            return false;
        }
        let what = format!("{output:?}").chars().take(30).collect::<String>();
        self.note(format_args!("{peer} dies before {what}"));
        // Half of its wires carry on for a moment: of what it wrote a part arrives.
        let life = self.peers[peer].life;
        for wire in 0..self.wires.len() {
            let side = self.wires[wire].ends.iter().position(|e| (e.peer, e.life) == (peer, life));
            if let Some(side) = side.filter(|_| self.below(2) == 0) {
                self.close_wire(wire, side);
            }
        }
        self.end(peer, false);
        true
    }
}
