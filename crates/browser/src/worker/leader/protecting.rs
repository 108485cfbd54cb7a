//! The passphrase of this device: set, changed and removed, and all that is stored converted behind
//! it; and whether the device was touched lately.
//!
//! ```text
//!  asked ──► the new head is stored ──► values go through its vault ──► the rest, step by step
//!              └─ not: refused, all as it was                             └─► its end is stored
//!  at a start: a head that says "sealing" or "unsealing" ─────────────────▲
//! ```
//! Nothing goes through a vault whose head is not on the disk, and a head goes only when nothing
//! is sealed any more: what is stored can be read at any time.

use std::rc::Rc;

use engine::crypto::passphrase::{self, Cost, SALT_BYTES};
use engine::crypto::random::Random;
use engine::room::vault::conversion::Conversion;
use engine::room::vault::{DeviceKey, Head, Note, Phase, Vault};
use engine::{Millis, StoreFault, limits};

use super::{Leader, LeaderError};
use crate::client::event::GuardRefusal;
use crate::clock::{now, pause};
use crate::message::{AskId, News, ProtectStep, Protected};
use crate::random;
use crate::store::{Guard, Wiped};
use crate::worker::happening::{Filling, Happening, Protection, Report};
use crate::worker::reach::Asker;

/// What trying a passphrase may take on this device; the rest of a second is for others at work.
const TRY_MILLIS: Millis = 800;
/// How long to wait before a step that failed is taken again.
const RETRY_MILLIS: u32 = 5_000;

/// Steps of filling, of 768 KiB each: more than what makes Chromium put its files in order.
const FILLING_STEPS: u8 = 40;

/// What is being done about the passphrase.
#[derive(Default)]
pub(super) struct Protecting {
    /// How all is guarded once a head is stored, and who has asked for that.
    storing: Option<(Option<(Asker, AskId)>, Guard)>,
    /// What is stored is being converted.
    conversion: Option<Conversion>,
    touched: Touched,
}

/// When a person has touched a page last, by the wall clock: it goes on while the device sleeps.
#[derive(Default)]
struct Touched(Millis);

impl Touched {
    /// True if that is so many minutes ago; never for 0.
    fn is_over(&mut self, minutes: u16, wall: Millis) -> bool {
        // A clock that was set back begins to count anew.
        self.0 = self.0.min(wall);
        minutes > 0 && wall - self.0 >= Millis::from(minutes) * 60_000
    }
}

/// What a passphrase costs that is set on this device now.
fn cost() -> Cost {
    let salt = [0; SALT_BYTES];
    Cost::fitting(TRY_MILLIS, |cost| {
        let before = now().mono;
        let tried = passphrase::stretch("as long as others", &salt, cost);
        debug_assert!(tried.is_ok(), "a bearable cost");
        now().mono.saturating_sub(before)
    })
}

fn fresh<const N: usize>() -> Result<[u8; N], GuardRefusal> {
    random::bytes().map_err(|error| GuardRefusal::NoRandomness { text: error.0 })
}

/// The same vault under another note.
fn renoted(head: &Head, vault: &Vault, note: Note) -> Result<Guard, GuardRefusal> {
    let head = head.with_note(vault.key(), note, fresh()?);
    Ok(Guard::Open(head, Rc::new(Vault::new(vault.key().clone(), note))))
}

/// How all is guarded after a step, from how it is now.
fn after(guard: &Guard, step: &ProtectStep) -> Result<Guard, GuardRefusal> {
    match (guard, step) {
        (Guard::Clear, ProtectStep::Set { new }) => {
            passphrase::check(&new.0)?;
            let mut random = Random::new(fresh()?);
            let key = DeviceKey::draw(&mut random);
            let note = Note { phase: Phase::Sealing, idle_minutes: 0 };
            let head = Head::make(&new.0, cost(), (&key, note), &mut random)?;
            Ok(Guard::Open(head, Rc::new(Vault::new(key, note))))
        }
        (Guard::Open(head, vault), ProtectStep::Change { old, new }) => {
            passphrase::check(&new.0)?;
            let key = head.open(&old.0)?;
            let mut random = Random::new(fresh()?);
            let head = Head::make(&new.0, cost(), (&key, vault.note()), &mut random)?;
            Ok(Guard::Open(head, vault.clone()))
        }
        (Guard::Open(head, vault), ProtectStep::Remove { old }) => {
            head.open(&old.0)?;
            renoted(head, vault, Note { phase: Phase::Unsealing, ..vault.note() })
        }
        (Guard::Open(head, vault), ProtectStep::Idle { minutes }) => {
            renoted(head, vault, Note { idle_minutes: *minutes, ..vault.note() })
        }
        (Guard::Open(..) | Guard::Locked(_), ProtectStep::Set { .. }) => Err(GuardRefusal::IsSet),
        (
            Guard::Clear | Guard::Locked(_),
            ProtectStep::Change { .. } | ProtectStep::Remove { .. } | ProtectStep::Idle { .. },
        ) => Err(GuardRefusal::NotSet),
    }
}

/// What pages and other tabs are told of a guard.
pub(in crate::worker) fn told(guard: &Guard) -> Option<Protected> {
    match guard {
        Guard::Open(_, vault) => Some(Protected { key: vault.key().clone(), note: vault.note() }),
        Guard::Clear | Guard::Locked(_) => None,
    }
}

impl Leader {
    /// A page asks for something about the passphrase.
    pub(super) fn protect(&mut self, asker: Asker, ask: AskId, step: &ProtectStep) {
        if self.protecting.storing.is_some() || self.protecting.conversion.is_some() {
            return self.answer_guard(asker, ask, Err(GuardRefusal::Busy));
        }
        match after(self.reach.store.guard(), step) {
            Ok(guard) => self.store_guard(Some((asker, ask)), guard),
            Err(refusal) => self.answer_guard(asker, ask, Err(refusal)),
        }
    }

    fn store_guard(&mut self, asked: Option<(Asker, AskId)>, guard: Guard) {
        let stored = match &guard {
            Guard::Open(head, _) | Guard::Locked(head) => self.reach.store.put_head(Some(head)),
            Guard::Clear => self.reach.store.put_head(None),
        };
        self.protecting.storing = Some((asked, guard));
        self.report(async move { Protection::Guarded(stored.await) });
    }

    /// Something about the passphrase goes on later. Whoever opens the database anew begins anew:
    /// two that convert at once would take each other's end of a table for their own.
    fn report(&self, later: impl Future<Output = Protection> + 'static) {
        let opening = self.opening();
        self.reach
            .feed
            .put_later(async move { Happening::Report(Report::Protecting(opening, later.await)) });
    }

    fn opening(&self) -> u64 {
        self.reach.store.fence().to_bits()
    }

    /// It goes on, if this is still the same opening of the database.
    pub(super) fn go_on_protecting(
        &mut self,
        opening: u64,
        step: Protection,
    ) -> Result<(), LeaderError> {
        if opening != self.opening() {
            return Ok(());
        }
        match step {
            Protection::Guarded(outcome) => self.on_guarded(outcome)?,
            Protection::Converted(outcome) => self.on_converted(outcome)?,
            Protection::Convert => self.convert(),
            Protection::Filled(filling) => self.fill(filling),
        }
        Ok(())
    }

    /// A head is stored, or not.
    fn on_guarded(&mut self, outcome: Result<(), StoreFault>) -> Result<(), LeaderError> {
        self.note_outcome(&outcome)?;
        let Some((asked, guard)) = self.protecting.storing.take() else { return Ok(()) };
        match outcome {
            Ok(()) => {
                self.reach.store.set_guard(guard);
                self.touch();
                self.reach.tell_all(News::Protection(self.reach.protected()));
                if asked.is_none() {
                    self.protecting.conversion = None;
                }
                self.begin_converting();
            }
            // The end of a conversion: it is noted later.
            Err(_) if asked.is_none() => self.convert_later(),
            Err(_) => {}
        }
        if let Some((asker, ask)) = asked {
            self.answer_guard(asker, ask, outcome.map_err(GuardRefusal::Store));
        }
        Ok(())
    }

    /// Converts what is stored, if that was begun and is not done.
    pub(super) fn begin_converting(&mut self) {
        let under_way = match told(self.reach.store.guard()).map(|protected| protected.note.phase) {
            Some(Phase::Sealing | Phase::Unsealing) => true,
            Some(Phase::Sealed) | None => false,
        };
        if under_way && self.protecting.conversion.is_none() {
            self.protecting.conversion = Some(Conversion::default());
            self.convert();
        }
    }

    /// Takes the next step.
    fn convert(&mut self) {
        let Some(conversion) = &self.protecting.conversion else { return };
        let Some((table, from)) = conversion.next() else {
            return self.fill(Filling::Written(0));
        };
        let step = self.reach.store.convert(table, from, limits::VAULT_STEP);
        self.report(async move { Protection::Converted(step.await) });
    }

    /// A step is stored, or not.
    fn on_converted(
        &mut self,
        outcome: Result<Option<Vec<u8>>, StoreFault>,
    ) -> Result<(), LeaderError> {
        match outcome {
            Ok(last) => {
                if let Some(conversion) = &mut self.protecting.conversion {
                    conversion.pass(last);
                }
                self.convert();
            }
            Err(StoreFault::Fenced) => return Err(LeaderError::Fenced),
            Err(StoreFault::Full | StoreFault::Failed(_)) => self.convert_later(),
        }
        Ok(())
    }

    fn convert_later(&self) {
        self.report(async move {
            pause(RETRY_MILLIS).await;
            Protection::Convert
        });
    }

    /// What was overwritten lies in old files of the browser until so much was written that it puts
    /// them in order: that much is written, and taken away again.
    fn fill(&mut self, filling: Filling) {
        let store = &self.reach.store;
        let phase = told(store.guard()).map(|protected| protected.note.phase);
        match filling {
            Filling::Over => self.end_conversion(),
            _ if phase != Some(Phase::Sealing) => self.end_conversion(),
            Filling::Written(steps) if steps < FILLING_STEPS => {
                let filled = store.fill(steps);
                self.report(async move {
                    let next = match filled.await {
                        Ok(()) => Filling::Written(steps + 1),
                        // Where there is no space it stays as it is.
                        Err(_) => Filling::Going,
                    };
                    Protection::Filled(next)
                });
            }
            Filling::Written(_) | Filling::Going => {
                let gone = store.unfill();
                self.report(async move {
                    let next = match gone.await {
                        Ok(Wiped::Some) => Filling::Going,
                        // Whoever was taken over learns it when the end is noted.
                        Ok(Wiped::All) | Err(StoreFault::Fenced) => Filling::Over,
                        Err(StoreFault::Full | StoreFault::Failed(_)) => {
                            pause(RETRY_MILLIS).await;
                            Filling::Going
                        }
                    };
                    Protection::Filled(next)
                });
            }
        }
    }

    /// Nothing is left of the other kind: that is noted.
    fn end_conversion(&mut self) {
        let Guard::Open(head, vault) = self.reach.store.guard() else { return };
        let next = match vault.note().phase {
            Phase::Sealing | Phase::Sealed => {
                renoted(head, vault, Note { phase: Phase::Sealed, ..vault.note() })
            }
            Phase::Unsealing => Ok(Guard::Clear),
        };
        match next {
            Ok(guard) => self.store_guard(None, guard),
            Err(_) => self.convert_later(),
        }
    }

    /// Somebody is at this device.
    pub(in crate::worker) fn touch(&mut self) {
        self.protecting.touched = Touched(now().wall);
    }

    /// True if nobody has touched this device for as long as its owner has said.
    pub(in crate::worker) fn is_untouched(&mut self) -> bool {
        let note = told(self.reach.store.guard()).map(|protected| protected.note);
        let minutes = note.map_or(0, |note| note.idle_minutes);
        self.protecting.touched.is_over(minutes, now().wall)
    }

    /// True if all can be locked.
    pub(in crate::worker) fn has_passphrase(&self) -> bool {
        self.reach.protected().is_some()
    }

    /// True if something that a person has done would be lost with the memory of this worker.
    pub(in crate::worker) fn has_unsaved(&self) -> bool {
        let storing = self.protecting.storing.is_some() || !self.founding.is_empty();
        storing || self.rooms.values().any(super::Room::has_unsaved)
    }

    fn answer_guard(&self, asker: Asker, ask: AskId, outcome: Result<(), GuardRefusal>) {
        self.reach.tell(asker, News::Guard { ask, outcome });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_away_before_the_time_and_not_for_a_clock_that_was_set_back() {
        let minute = 60_000;
        let mut touched = Touched(100 * minute);
        assert!(!touched.is_over(5, 105 * minute - 1));
        assert!(touched.is_over(5, 105 * minute));
        assert!(!touched.is_over(0, 9_000 * minute), "switched off");
        assert!(!touched.is_over(5, 50 * minute), "set back");
        assert!(!touched.is_over(5, 54 * minute) && touched.is_over(5, 55 * minute));
    }
}
