//! What only the simulator switches: planted faults, quick signatures, small pages, marks.
//!
//! The simulator proves itself by faults that it plants here and has to find. Everything is per
//! thread, so seeds run side by side. Without the feature `simulation`, which no build for a
//! browser can have, every question here is a constant and nothing can be switched.

#[cfg(all(feature = "simulation", target_family = "wasm"))]
compile_error!("the feature `simulation` plants faults and forges signatures: never in a browser");

use crate::limits;
use crate::members::quotas::Quota;

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident breaks $invariant:literal,)+) => {
        /// A fault that a careless change could bring, and the promise that it breaks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Planted {
            $($(#[doc = $doc])+ $name,)+
        }

        #[cfg(feature = "simulation")]
        impl Planted {
            /// All of them.
            pub const ALL: &[Planted] = &[$(Planted::$name,)+];

            /// The promise that it breaks most plainly.
            #[must_use]
            pub fn breaks(self) -> &'static str {
                match self {
                    $(Planted::$name => $invariant,)+
                }
            }
        }
    };
}

faults! {
    /// What came is told as held before it is stored: after a crash nobody holds it.
    AcknowledgeBeforeCommit breaks "I1",
    /// Own entries leave before they are stored: a crash makes another entry of the same place.
    SendBeforeCommit breaks "I2",
    /// Rows are shown before their entries are stored.
    RowsBeforeCommit breaks "I1",
    /// Own entries are stored without waiting for the disk: a power cut takes them back.
    RelaxedDurability breaks "I3",
    /// The draft's id is not stored with its entry: a page that repeats the call says it twice.
    DraftIdNotStored breaks "I3",
    /// A draft that waits already is taken in again when its page repeats it.
    DraftTakenTwice breaks "I3",
    /// Drafts of a commit that failed are dropped.
    FailedCommitDropped breaks "I3",
    /// Drafts of a commit that failed wait again in the opposite order.
    FailedCommitReordered breaks "I4",
    /// After a commit of unknown outcome the store is not read again: its entries are overwritten.
    UnknownCommitTrusted breaks "I3",
    /// A commit that failed is tried again at once, without end.
    CommitBackoffZero breaks "I6",
    /// The wait before a commit is tried again doubles without a bound.
    CommitBackoffForever breaks "I9",
    /// The wait before a link is offered again doubles without a bound.
    OfferBackoffForever breaks "I9",
    /// Urgent drafts come after all others in a batch.
    UrgentLastInBatch breaks "I7",
    /// The lane of the highest class is always next: low ones starve under urgent ones.
    AgingRemoved breaks "I7",
    /// Credit is never given back: after 256 KiB a class stands still.
    CreditNeverReturned breaks "I7",
    /// More is sent than there is credit for.
    CreditIgnoredBySender breaks "I6",
    /// A sender that ignores its credit is not found out.
    CreditUnchecked breaks "I6",
    /// The time of what is received does not advance one's own: answers sort above questions.
    LamportNotAdvanced breaks "I4",
    /// Rows are ordered by their authors' clocks.
    OrderByWallClock breaks "I4",
    /// Ranges with a gap of one between them are merged: a message counts as held that is not.
    RangesMergedAcrossGap breaks "I1",
    /// A run's signature is not checked: any member can speak for any other.
    RunSignatureUnchecked breaks "I10",
    /// A register's signature is not checked.
    RegisterSignatureUnchecked breaks "I10",
    /// A body is not compared with its header: it can be replaced on the way.
    BodyUnchecked breaks "I10",
    /// What came before the proof of a link is taken in.
    FramesBeforeProof breaks "I5",
    /// The proof does not cover the fingerprints: somebody in between is not noticed.
    ProofNotBound breaks "I5",
    /// An offer that was answered once is answered again when it is replayed.
    ReplayedOfferAnswered breaks "I10",
    /// An answer is taken twice: browsers end a connection that is told so.
    AnswerTakenTwice breaks "I10",
    /// An offer that was taken in a session is taken again when it is replayed.
    OfferTakenTwice breaks "I10",
    /// A link that is lost is not offered again.
    LostLinkNotOffered breaks "I9",
    /// A silent link is never asked for a sign of life.
    ProbeNeverSent breaks "I9",
    /// A holder that does not answer is waited for without end.
    WantNeverTimesOut breaks "I12",
    /// Everybody who holds something missing is asked for it at once.
    WantAsksEverybody breaks "I12",
    /// Questions for others' logs are not answered: only authors deliver.
    RelayRefused breaks "I12",
    /// What was sent once over a link is not sent again when it is asked for.
    WantNotServedTwice breaks "I9",
    /// Only whoever supplied an entry is told that it is held here.
    HaveNotToldToOthers breaks "I9",
    /// A gap is not reported to the page.
    GapNotReported breaks "I12",
    /// That nothing is missing any more is not told.
    GapNeverClosed breaks "I12",
    /// A register's counter stands still: no later value is ever taken.
    RegisterCounterStuck breaks "I9",
    /// A receipt leaves out the logs of which there is nothing new: who misses one never hears.
    ReceiptOfNewsOnly breaks "I9",
    /// A receipt names of each log the newest range only.
    ReceiptOfNewestRange breaks "I9",
    /// A register takes any value that comes, older ones too.
    OlderRegisterWins breaks "I9",
    /// The state of a row follows whoever comes later.
    StateGoesBack breaks "§13",
    /// The counter of waiting entries counts what others hold.
    PendingCountsHeld breaks "I9",
    /// A run is stored without its place in the timeline: its rows are missing after a restart.
    TimelineRecordMissing breaks "I3",
    /// The row right below the floor of a page is never shown.
    PageFloorSkipsRow breaks "I3",
    /// What was merged is deleted, and the whole is not stored.
    MergedRunLost breaks "I3",
    /// A device whose disk is full asks to be woken at once, again and again, for what is due.
    WokenForWhatIsDue breaks "I6",
    /// Rooms meet under their own id: the server learns it.
    RoomToldToServer breaks "I11",
    /// What travels through the server is signed and not sealed.
    PayloadNotSealed breaks "I11",
    /// What a peer says of a log's hashes is believed: its author has signed nothing of it.
    ForkWithoutEvidence breaks "I10",
    /// Evidence that a log has forked need not be signed by the log's author.
    EvidenceUnsigned breaks "I10",
    /// Own entries that others hold are not fetched back to a disk that went back.
    OwnEntriesNotFetched breaks "I3",
    /// Something is written in the place of own entries that others are known to hold.
    OwnEntriesOverwritten breaks "I3",
    /// A copy of a profile that meets the other one goes on in the same log.
    CopyKeepsLog breaks "I3",
    /// Whose life an offer is of is not looked at: a copy is taken for who is linked already.
    BootIgnored breaks "I9",
    /// Where an own log has forked, the own version keeps the log's name, whatever its hash.
    OwnVersionKeepsName breaks "I4",
    /// A register's counter goes by one: two lives of a key say different things of one number.
    RegisterStepsByOne breaks "I9",
    /// What becomes part of a branch is taken out of its log and not stored again.
    MovedRunLost breaks "I3",
    /// The order of work depends on where things lie in memory.
    OrderByAddress breaks "I8",
    /// What is seen together is split where a page of the timeline ends.
    BundleSplitByPage breaks "§5",
    /// What is for one member alone is sealed for everybody.
    PrivateInTheOpen breaks "§10",
    /// What is for one member alone is sealed to another.
    PrivateToAnother breaks "§10",
    /// Other words for what only two can read, and reactions to it, are sealed for everybody.
    PrivateNotedInTheOpen breaks "§10",
    /// A private message counts as delivered when those who carry it for others hold it, too.
    PrivateCountsCarriers breaks "§13",
    /// A page is told that a draft waits for its time before that is stored.
    WaitingToldUnstored breaks "I3",
    /// Drafts that wait for their time are not stored.
    WaitingNotStored breaks "I3",
    /// A draft is said a minute before its time.
    SaidBeforeItsTime breaks "§5",
    /// The body of a deleted message stays on the disk.
    DeletedBodyKept breaks "§5",
    /// What expires is looked at when what came first does: behind what lasts, it stays.
    ExpiryOnlyAtHead breaks "§5",
    /// What goes after it was read is looked for in memory only: above that it stays.
    VanishingInMemoryOnly breaks "§5",
    /// What goes after it was read goes once all hold it, read or not.
    VanishesUnread breaks "§5",
    /// Waits that pass without a link count as attempts: whoever was away has refused.
    BackoffCountsOffline breaks "§5",
    /// Anybody may change and delete what anybody has said.
    ForeignNoteCounts breaks "I10",
    /// A reaction that came before its message is forgotten.
    EarlyNoteDropped breaks "I9",
    /// What is said of a message that is not in memory is refused.
    DistantRefused breaks "§5",
    /// What was refused is told as stored.
    RefusedToldStored breaks "I3",
    /// A removed member gets the secret of the epoch that opens without it.
    RemovedGetsSecret breaks "§10",
    /// What the removed said beyond its cut goes on to count.
    CutIgnored breaks "§10",
    /// What a blocked member says is stored and handed on all the same.
    BlockedStored breaks "§6",
    /// A read that failed is not made again: what waits for it waits on.
    FailedReadForgotten breaks "I9",
    /// A read that failed counts as one that found nothing.
    FailedReadIsEmpty breaks "I3",
    /// What is behind a refused message in its log is refused, too.
    RefusedHoldsUpRest breaks "§5",
    /// What was refused for now is asked for again at once, again and again.
    RefusedAskedAtOnce breaks "§5",
    /// What is said live at least once is said to one of those who are linked.
    LiveToOneOnly breaks "§5",
    /// Of a message that is in memory and that another answers it is said that it is not here.
    QuoteOfNothing breaks "I9",
    /// That a message has expired before somebody had it is not told.
    ExpiredNotTold breaks "§5",
    /// That a message is refused is not told to whoever said it.
    RefusedNotTold breaks "§5",
    /// What was put away is forgotten, so that it comes back when it is refused again.
    PutAwayComesBack breaks "§5",
    /// Whoever has typed once is said to type for good.
    TypingForever breaks "§5",
    /// What was settled while somebody was blocked stays so when it is unblocked.
    BlockedStaysSettled breaks "I12",
}

macro_rules! marks {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// An odd branch that a run of the simulator has to hit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mark {
            $($(#[doc = $doc])+ $name,)+
        }

        #[cfg(feature = "simulation")]
        impl Mark {
            /// All of them.
            pub const ALL: &[Mark] = &[$(Mark::$name,)+];
        }
    };
}

marks! {
    /// A message was over by the clock here when its author sent it.
    CameTooLate,
    /// Both sides offered at once, and this one stood by its offer.
    GlareStood,
    /// An offer was answered with "linked already".
    LinkedAlready,
    /// An offer was a replay.
    OfferReplayed,
    /// An offer or an answer came again within its session, or late.
    DescriptionReplayed,
    /// A link was not proven in time.
    SetupOver,
    /// A probe had no answer in time.
    ProbeUnanswered,
    /// Another path was asked for.
    PathRestarted,
    /// A commit failed, and the store was read again.
    CommitFailed,
    /// A draft that was put back turned out to be stored.
    DraftWasStored,
    /// A holder was passed over because it did not answer.
    HolderPassedOver,
    /// A run that came was held already.
    RunHeldAlready,
    /// A run was cut because its beginning is held.
    RunCut,
    /// A run did not fit into its log: two versions of it exist.
    ForkSeen,
    /// So much waits for the disk that more is refused.
    InboxFull,
    /// A member that broke the protocol lost its link.
    Misbehaved,
    /// A run was not in the cache, and the one that holds the entry began before it.
    HolderRead,
    /// A class waits for credit.
    CreditSpent,
    /// A row surfaced far above the newest.
    LateRow,
    /// A row belongs to a page that is not read yet.
    RowBelowFloor,
    /// Small runs became one.
    RunsMerged,
    /// A message that is not in memory was read, for a draft about it or because it has changed.
    DistantRead,
    /// A page has fewer runs than it may, for they hold many rows.
    PageCut,
    /// A row was stored below all that is shown while an older page was being read.
    RowWhilePageIsRead,
    /// What a blocked member said was settled.
    TurnedAway,
    /// A member had said too much at once.
    QuotaSpent,
    /// A note came before the message that it is about.
    NoteCameEarly,
    /// A message came of which a note had come before.
    NoteWasEarly,
    /// A note was about another version of a log.
    NoteOfAnother,
    /// Something goes sooner than all that was known to go.
    GoesSooner,
    /// So much is due to go that it is not done at once.
    MuchGoes,
    /// What was taken for something else goes back into its log.
    WentBack,
    /// What is to be seen together was in several runs, and came to be whole.
    GroupRead,
    /// Somebody knocked at the door of a room.
    Knocked,
}

const ENTRIES: Quota =
    Quota { most: limits::QUOTA_ENTRIES, a_minute: limits::QUOTA_ENTRIES_A_MINUTE };
const BYTES: Quota = Quota { most: limits::QUOTA_BYTES, a_minute: limits::QUOTA_BYTES_A_MINUTE };

#[cfg(feature = "simulation")]
mod switches {
    use std::cell::Cell;

    use super::{Mark, Planted};
    use crate::ids::{EntryId, LogId, Seq};
    use crate::limits;
    use crate::members::quotas::Quota;

    thread_local! {
        static REFUSED: Cell<Option<EntryId>> = const { Cell::new(None) };
        static QUOTA: Cell<Option<(Quota, Quota)>> = const { Cell::new(None) };
        static PLANTED: Cell<u128> = const { Cell::new(0) };
        static MARKS: Cell<u64> = const { Cell::new(0) };
        static QUICK: Cell<bool> = const { Cell::new(false) };
    }

    const _: () = assert!(Planted::ALL.len() <= 128 && Mark::ALL.len() <= 64);

    /// Plants these faults in the engines that this thread calls from now on, and no others.
    pub fn plant(faults: &[Planted]) {
        PLANTED.set(faults.iter().fold(0, |set, fault| set | 1 << *fault as u8));
    }

    /// True if a fault is planted on this thread.
    #[must_use]
    #[inline]
    pub fn planted(fault: Planted) -> bool {
        PLANTED.get() & 1 << fault as u8 != 0
    }

    /// From now on signatures on this thread are keyed hashes, and pages are small. Whoever knows a
    /// public key can forge them: only what does not try is simulated so.
    pub fn quicken(on: bool) {
        QUICK.set(on);
    }

    /// True if signatures are keyed hashes.
    #[must_use]
    pub fn is_quick() -> bool {
        QUICK.get()
    }

    /// How many runs are read for one page of the timeline.
    #[must_use]
    pub fn page_runs() -> u32 {
        if is_quick() { 8 } else { limits::PAGE_RUNS }
    }

    /// How many rows make a page.
    #[must_use]
    pub fn page_rows() -> usize {
        if is_quick() { 12 } else { limits::PAGE_ROWS }
    }

    /// How many small runs beside each other are merged.
    #[must_use]
    pub fn merge_runs() -> usize {
        if is_quick() { 3 } else { limits::MERGE_AT_LEAST }
    }

    /// How many bytes of runs may wait for the disk.
    #[must_use]
    pub fn inbox_bytes() -> usize {
        if is_quick() { 2 * limits::RUN_BYTES } else { limits::INBOX_BYTES }
    }

    /// How many entries and bytes of one member are stored at once: what was set last on this
    /// thread, or the limits.
    #[must_use]
    pub fn quota() -> (Quota, Quota) {
        QUOTA.get().unwrap_or((super::ENTRIES, super::BYTES))
    }

    /// From now on so much of one member is stored at once on this thread: entries and bytes.
    pub fn set_quota(quota: Option<(Quota, Quota)>) {
        QUOTA.set(quota);
    }

    /// From now on the engines that this thread calls take nothing in which this entry is.
    pub fn refuse(entry: Option<EntryId>) {
        REFUSED.set(entry);
    }

    /// True if a run is not taken because of an entry in it.
    #[must_use]
    pub fn is_refused(log: &LogId, first: Seq, last: Seq) -> bool {
        let behind = planted(Planted::RefusedHoldsUpRest);
        REFUSED.get().is_some_and(|entry| {
            entry.log == *log && entry.seq <= last && (behind || first <= entry.seq)
        })
    }

    /// A branch is taken.
    pub fn mark(branch: Mark) {
        MARKS.set(MARKS.get() | 1 << branch as u8);
    }

    /// Takes the branches that were taken on this thread since the last time.
    #[must_use]
    pub fn take_marks() -> Vec<Mark> {
        let marks = MARKS.take();
        let hit = |mark: &&Mark| marks & 1 << **mark as u8 != 0;
        Mark::ALL.iter().filter(hit).copied().collect()
    }
}

#[cfg(not(feature = "simulation"))]
mod switches {
    use super::{Mark, Planted};
    use crate::ids::{LogId, Seq};
    use crate::limits;
    use crate::members::quotas::Quota;

    /// Never.
    #[inline]
    pub(crate) const fn is_refused(_: &LogId, _: Seq, _: Seq) -> bool {
        false
    }

    /// How many entries and bytes of one member are stored at once.
    #[inline]
    pub(crate) const fn quota() -> (Quota, Quota) {
        (super::ENTRIES, super::BYTES)
    }

    /// Never.
    #[inline]
    pub(crate) const fn planted(_: Planted) -> bool {
        false
    }

    /// How many runs are read for one page of the timeline.
    #[inline]
    pub(crate) const fn page_runs() -> u32 {
        limits::PAGE_RUNS
    }

    /// How many rows make a page.
    #[inline]
    pub(crate) const fn page_rows() -> usize {
        limits::PAGE_ROWS
    }

    /// How many bytes of runs may wait for the disk.
    #[inline]
    pub(crate) const fn inbox_bytes() -> usize {
        limits::INBOX_BYTES
    }

    /// How many small runs beside each other are merged.
    #[inline]
    pub(crate) const fn merge_runs() -> usize {
        limits::MERGE_AT_LEAST
    }

    /// Nobody counts.
    #[inline]
    pub(crate) const fn mark(_: Mark) {}
}

#[cfg(feature = "simulation")]
pub use switches::{
    inbox_bytes, is_quick, is_refused, mark, merge_runs, page_rows, page_runs, plant, planted,
    quicken, quota, refuse, set_quota, take_marks,
};
#[cfg(not(feature = "simulation"))]
pub(crate) use switches::{
    inbox_bytes, is_refused, mark, merge_runs, page_rows, page_runs, planted, quota,
};
