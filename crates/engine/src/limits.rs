//! Every bound of the engine, in one place (I6): what grows, grows up to one of these.

use crate::io::Millis;

/// Bytes of UTF-8 in one message.
pub const TEXT_BYTES: usize = 32 * 1024;
/// Messages that are to be read because drawn ones answer them.
pub const QUOTES: usize = 1_000;
/// Bytes of UTF-8 of a message that are shown above one that answers it.
pub const QUOTE_BYTES: usize = 400;
/// Bytes of UTF-8 in the name of a member or a room.
pub const NAME_BYTES: usize = 64;
/// Bytes of a sealed body.
pub const BODY_BYTES: usize = 48 * 1024;
/// Bytes of a body when it is unpacked.
pub const UNPACKED_BYTES: usize = 64 * 1024;
/// Bytes to which what is said to one member is padded: the next of these.
pub const PRIVATE_SIZES: [usize; 9] =
    [256, 512, 1024, 2 * 1024, 4 * 1024, 8 * 1024, 16 * 1024, 32 * 1024, 40 * 1024];
/// Pieces of one log of which it is remembered that they are between oneself and one member.
pub const PRIVATE_RANGES: usize = 2 * RANGES;
/// Entries of others, private to others or gone, that count as read when what is behind them is.
pub const CARRIED: usize = 4096;
/// Bytes of a message shorter than this are never compressed.
pub const COMPRESS_FROM_BYTES: usize = 128;
/// Bytes of one header of an entry.
pub const HEADER_BYTES: usize = 512;
/// Entries in one run.
pub const RUN_ENTRIES: usize = 256;
/// Bytes of one run: under the 64 KiB that end a link.
pub const RUN_BYTES: usize = 60 * 1024;
/// Bytes of one value of a register, sealed.
pub const REGISTER_BYTES: usize = 12 * 1024;
/// How far a log's Lamport time may grow in one step.
pub const LAMPORT_STEP: u64 = 1 << 32;

/// Characters of a passphrase, at least.
pub const PASSPHRASE_CHARS: usize = 12;
/// Bytes of UTF-8 in a passphrase.
pub const PASSPHRASE_BYTES: usize = 1024;
/// Records that are sealed or opened in one transaction when a passphrase is set or removed.
pub const VAULT_STEP: u32 = 64;
/// Bytes of a backup.
pub const BACKUP_BYTES: usize = 1024 * 1024 * 1024;
/// Bytes of records in one piece of it, unless one record is larger.
pub const BACKUP_PIECE_BYTES: usize = 256 * 1024;
/// Bytes of one record in it.
pub const BACKUP_RECORD_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of one sealed piece that is read.
pub const BACKUP_SEALED_BYTES: usize = BACKUP_RECORD_BYTES + 1024 * 1024;
/// Bytes of the key of a record.
pub const BACKUP_KEY_BYTES: usize = 256;
/// Rooms in it.
pub const BACKUP_ROOMS: usize = protocol::limits::ROOMS_PER_CONNECTION;

/// Drafts that wait for the disk.
pub const DRAFTS: usize = 20_000;
/// Bytes of drafts that wait for the disk.
pub const DRAFT_BYTES: usize = 16 * 1024 * 1024;
/// Bytes in one batch, after which the next one begins; one item more of each priority that waits.
pub const BATCH_BYTES: usize = 256 * 1024;
/// Drafts of one priority in one batch.
pub const BATCH_ENTRIES: usize = 1_024;
/// Draft ids that are remembered, so that a repeated call says nothing twice.
pub const REMEMBERED_DRAFTS: usize = 2048;

/// Drafts that wait for their time.
pub const WAITING: usize = 1_000;
/// The latest time for which a draft may wait, from now.
pub const WAIT_AT_MOST: Millis = 366 * 24 * 60 * 60 * 1_000;
/// Messages that can become visible together.
pub const TOGETHER: usize = RUN_ENTRIES;
/// Bytes of text in them.
pub const TOGETHER_BYTES: usize = 32 * 1024;
/// The shortest time after which a message can expire.
pub const EXPIRES_AT_LEAST: Millis = 1_000;
/// Bytes of UTF-8 in a reaction.
pub const REACTION_BYTES: usize = 32;
/// Different reactions on one message; more are not shown.
pub const REACTIONS: usize = 64;
/// Notes on messages that are not here yet; more are dropped.
pub const EARLY_NOTES: usize = 1_024;
/// Bodies that are removed in one go.
pub const FADES: u32 = 64;
/// Records of what goes after it was read that are looked at in one go.
pub const VANISHING: u32 = 64;
/// Bytes of UTF-8 in what is said live.
pub const LIVE_BYTES: usize = 8 * 1024;
/// Own messages whose stations are remembered.
pub const TRACES: usize = 1_000;
/// Stations that are remembered of one message.
pub const STATIONS: usize = 64;
/// Undelivered messages in the tray; the oldest beyond leave it.
pub const UNDELIVERED: usize = 1_000;
/// A deletion whose message is not on this device is tried again after so long.
pub const VANISH_RETRY: Millis = 10 * 60_000;
/// Attempts to deliver one message of which the times are kept; the newest are.
pub const ATTEMPTS: usize = 16;
/// Refusals of one message by one member before it counts as undelivered.
pub const REFUSALS: u32 = 5;
/// Refusals that one link is told in [`REFUSE_EVERY`]: others wait and are joined, and no `Have`
/// goes before them.
pub const REFUSALS_AT_ONCE: usize = 64;
/// The time that a number of refusals is counted in, in milliseconds: a peer closes a link on which
/// more than [`CONTROL_RATE`] control frames come in a second.
pub const REFUSE_EVERY: Millis = 100;
/// Refusals that wait for one link, joined: with more, it gets no credit. What it had credit for
/// may add to them, so this is no exact bound.
pub const REFUSALS_WAITING: usize = 1024;
/// Refusals of one log and reason that wait apart: with more, all between them are refused. They
/// are asked for again.
pub const REFUSALS_APART: usize = 64;
/// Messages said at least once that wait for an acknowledgement.
pub const LIVE: usize = 256;
/// The first wait before an unacknowledged one is repeated; doubles.
pub const LIVE_BACKOFF: Millis = 500;
/// An unacknowledged one is given up after so long, unless it expires earlier.
pub const LIVE_FOR: Millis = 60_000;
/// Messages on the unreliable channel that wait for room; the oldest are dropped beyond.
pub const EPHEMERAL: usize = 64;
/// Somebody who is typing says so again after this time, and counts as having stopped after twice.
pub const TYPING_EVERY: Millis = 3_000;
/// Changes between typing and not typing that are told in one second.
pub const TYPING_CHANGES: u32 = 4;
/// What one member says live in one second, typing included: more is not listened to. Above
/// [`EPHEMERAL`], which come at once from whoever was cut off for a moment.
pub const LIVELY_A_SECOND: u32 = 96;
/// How often the queue is told while it is watched.
pub const WATCH_EVERY: Millis = 1_000;
/// Own entries that are not in memory of which it is remembered when they were written, while the
/// queue is watched.
pub const AGES: usize = 256;

/// Bytes of runs that came and wait for the disk, over all links; more is refused for now.
pub const INBOX_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of them by one author: a link's credit in all classes and some more, and an eighth of all,
/// so that nobody takes the place of the others.
pub const INBOX_BYTES_OF_ONE: usize = 2 * 1024 * 1024;
/// Bytes of runs that hang on nothing here and are kept in case that comes: the newest of them.
pub const LOOSE_BYTES: usize = 1024 * 1024;
/// How many of them: a batch may look at each as often as one of them turns out to fit.
pub const LOOSE_RUNS: usize = 256;
/// Parts of logs that are turned away, because their authors are blocked, and whose settling waits
/// for a store that has failed.
pub const TURNED_AWAY: usize = 1_024;
/// Entries of one member that are stored here before it has to keep to a pace: a long history, so
/// that a newcomer does not wait for it.
pub const QUOTA_ENTRIES: u64 = 1_000_000;
/// Bytes of the runs of one member that are stored here before it has to keep to a pace.
pub const QUOTA_BYTES: u64 = 256 * 1024 * 1024;
/// So many entries of one member in a minute are forgotten again, and may come beyond: more than
/// people write, and nothing that fills a disk in a night.
pub const QUOTA_ENTRIES_A_MINUTE: u64 = 2_000;
/// The same in bytes.
pub const QUOTA_BYTES_A_MINUTE: u64 = 1024 * 1024;

/// Governance entries of a room's founder that are taken into account, and of all who are or were
/// admins together.
pub const DECISIONS: usize = 1_024;
/// Of one who is or was an admin.
pub const DECISIONS_OF_ADMIN: usize = 256;
/// Of all others together: whoever is inside makes up as many of these as it likes.
pub const DECISIONS_OF_OTHERS: usize = 512;
/// Of one of them.
pub const DECISIONS_OF_ONE: usize = 64;
/// All that there can be.
pub const DECISIONS_IN_ALL: usize = 2 * DECISIONS + DECISIONS_OF_OTHERS;
/// Where others have taken all their places, what found none is looked for again no more often.
pub const DECISIONS_AGAIN: Millis = 60_000;
/// Things that one has asked to be decided and that wait for the store.
pub const MOTIONS: usize = 16;
/// Meetings at the signaling server at which one is: that of the epoch in force, and earlier ones.
pub const MEETINGS: usize = 16;
/// Epochs that opened at once are merged within this time.
pub const MERGE_WITHIN: Millis = 2_000;
/// Whoever is removed is told so within this time, and then its links end.
pub const PARTING: Millis = 2_000;
/// A link proves the epoch in force again within this time, or is closed.
pub const PROVE_WITHIN: Millis = 30_000;
/// Governance entries of the founder and of admins that wait for others on which they depend.
pub const DECISIONS_WAITING: usize = 256;
/// Those of all others.
pub const DECISIONS_WAITING_OF_OTHERS: usize = 128;
/// Governance heads that one such entry names.
pub const DECISION_DEPS: usize = 64;
/// Logs of a removed member of which some entries count.
pub const CUTS: usize = 64;
/// Members to whom one governance entry seals a secret.
pub const SHARES: usize = 256;
/// Bytes of a sealed secret.
pub const SHARE_BYTES: usize = 72;
/// Epochs whose secrets are kept: all that there can be.
pub const EPOCHS: usize = DECISIONS_IN_ALL + 2;
/// Epochs that one epoch follows.
pub const EPOCH_PARENTS: usize = 16;

/// Applicants that wait at the door, as far as a member keeps track; and those it has turned away.
pub const APPLICANTS: usize = 32;
/// An address at the door is listened to once in this time.
pub const KNOCK_PACE: Millis = 1_000;
/// Who was turned away by a member is turned away by it again for so long.
pub const TURNED_AWAY_FOR: Millis = 60_000;
/// The first wait before somebody at the door who has not answered is asked again; doubles.
pub const KNOCK_BACKOFF: Millis = 2_000;
/// The longest such wait, and how often whoever has answered is asked again.
pub const KNOCK_EVERY: Millis = 30_000;
/// Doors at which a member stands: that of the epoch in force, and those to which somebody may come
/// who was let in there and has not been inside yet.
pub const DOORS: usize = 8;

/// Logs of one room.
pub const LOGS: usize = 4096;
/// Members of one room.
pub const MEMBERS: usize = 1024;
/// Names under which one member is known: beyond, the last makes room.
pub const NAMES_OF_A_MEMBER: usize = 16;
/// Ranges of an own log that one member has missed, because their time was over there: beyond, the
/// oldest become one.
pub const MISSED_RANGES: usize = 4096;
/// Ranges of another's log that came after their time was over: beyond, the oldest are forgotten,
/// and only who was told at once knows of them.
pub const LATE_RANGES: usize = 16;
/// Ranges of another's log that were read, with unread messages between them: beyond, the oldest
/// are forgotten on this device, too.
pub const READ_RANGES: usize = 4096;
/// Ranges of one log: beyond, a run that would open another gap is refused.
pub const RANGES: usize = 512;
/// Hashes of entries that are kept in memory, to compare logs by.
pub const KNOWN_HASHES: usize = 4096;
/// Hashes of stored entries that are looked up at once.
pub const LOOKUPS: usize = 256;
/// Forks that are looked into at once, with one peer.
pub const SEARCHES: usize = 64;
/// Bytes of one run that is shown as evidence, without its signature.
pub const EVIDENCE_BYTES: usize = 11 * 1024;
/// Runs of evidence that are kept for others, of one log.
pub const PROOF_RUNS: usize = 16;
/// Logs of which evidence is kept for others.
pub const PROOFS: usize = 64;
/// Bytes of runs kept in memory after they were stored or read.
pub const CACHE_BYTES: usize = 1024 * 1024;
/// Rows in memory.
pub const WINDOW_ROWS: usize = 10_000;
/// Bytes of text in them; one row stays, whatever it says.
pub const WINDOW_BYTES: usize = 16 * 1024 * 1024;
/// Rows that fill a screen: of more that a peer lacks, the newest go first.
pub const SCREEN_ROWS: u64 = 100;
/// Runs read for one page of the timeline, at most.
pub const PAGE_RUNS: u32 = 100;
/// Rows that make a page, where its runs hold more: more than are drawn at once, and twice as many
/// as are counted as new.
pub const PAGE_ROWS: usize = 2 * UNREAD;
/// Runs read in one step of a search: little enough that what is said meanwhile does not wait.
pub const FIND_RUNS: u32 = 16;
/// Messages that a search finds in a room.
pub const FIND_MATCHES: usize = 50;
/// Characters that are looked for; what is beyond counts for nothing.
pub const FIND_CHARS: usize = 200;
/// A row is late if so many rows stood below it when nothing was missing last.
pub const LATE_ROWS: usize = 10;
/// Rows that are looked through for what is new, the newest first.
pub const UNREAD: usize = 200;
/// Bytes of the words in a list of rooms.
pub const GIST_BYTES: usize = 160;

/// Bytes of one message on a channel that we write.
pub const FRAME_BYTES: usize = 16 * 1024;
/// Bytes of one message on a channel that we read: more closes the link.
pub const MESSAGE_BYTES: usize = 64 * 1024;
/// Bytes of control frames that may wait on one link: more closes it.
pub const CONTROL_BYTES: usize = 512 * 1024;
/// Bytes of runs of one class that a link may have on the way, until the receiver gives back
/// credit.
pub const CREDIT_BYTES: u32 = 256 * 1024;
/// Bytes of runs of one class that are read ahead of the channel.
pub const READ_AHEAD_BYTES: usize = 64 * 1024;
/// Control frames of one link in one second: more closes it.
pub const CONTROL_RATE: u32 = 2_000;
/// Entries asked for at once, of one log from one holder.
pub const WANT_ENTRIES: u64 = 512;
/// Ranges in one `Want`, and of one log in one `Have` frame.
pub const FRAME_RANGES: usize = 128;

/// Characters of the signaling server's own words that a page is shown.
pub const SERVER_WORDS: usize = 160;
/// The same trouble is told to pages at most once in this time.
pub const TROUBLE_EVERY: Millis = 60_000;
/// The same misconduct of the server is told at most once in this time: pages count it.
pub const MISCONDUCT_EVERY: Millis = 1_000;
/// Different troubles told to pages in that time.
pub const TROUBLES: usize = 32;

/// Links at once, in the making or proven.
pub const LINKS: usize = 2 * 64;
/// How far a register's counter goes in one step, at most: a value a second lasts for centuries.
pub const REGISTER_STEP: u64 = 1 << 24;
/// Proven links with one member: its page of now, one that has just ended, copies of its profile.
pub const LINKS_A_MEMBER: usize = 4;
/// Peers in the signaling room that are kept track of.
pub const PEERS: usize = 256;

/// Attempts at once with peers of whom there is nothing but the server's word. Whoever has answered
/// is none of them, so a full room is still called within a second.
pub const STRANGERS: usize = 16;
/// While others wait to be called, a stranger has so long to answer; twice as long at each further
/// attempt, up to [`LINK_SETUP`]. So a member among strangers has its turn, also on a slow path.
pub const STRANGER_PATIENCE: Millis = 3_000;
/// Peers that were called and have never answered: so many are no accident.
pub const CROWD: usize = 32;

/// Candidates of one side that follow one of its descriptions, and in that description: a browser
/// finds about ten.
pub const CANDIDATES: u32 = 64;
/// Descriptions of one side in one session: the first, and one for each other path. After those a
/// connection that loses its path is made anew.
pub const DESCRIPTIONS: u32 = 256;

/// A link that is not proven by then is closed.
pub const LINK_SETUP: Millis = 15_000;
/// After so long in `disconnected`, the offerer asks for another path.
pub const RESTART_AFTER: Millis = 3_000;
/// After so long in `failed`, the link is built anew.
pub const REBUILD_AFTER: Millis = 10_000;
/// A link that has been silent for so long is probed.
pub const PROBE_IDLE: Millis = 15_000;
/// A probe that has no answer by then ends the link.
pub const PROBE_TIMEOUT: Millis = 5_000;
/// The first wait before a link is offered again; doubles.
pub const OFFER_BACKOFF: Millis = 1_000;
/// The longest wait before a link is offered again.
pub const OFFER_BACKOFF_MAX: Millis = 30_000;

/// `Have` deltas wait so long for company, except to whoever supplied the entry.
pub const HAVE_DELAY: Millis = 100;
/// What others hold of the own log and is not here is waited for so long, before writing goes on in
/// another log.
pub const OWN_GRACE: Millis = 3_000;
/// A receipt is published at most so often.
pub const RECEIPT_EVERY: Millis = 2_000;
/// Bytes of a receipt: a register's, less what seals it.
pub const RECEIPT_BYTES: usize = REGISTER_BYTES - 1024;
/// Logs for which there was no place in a receipt have their turn in one that is published after
/// so long, if somebody is linked; doubles.
pub const RECEIPT_TURN: Millis = 4_000;
/// The longest such wait.
pub const RECEIPT_TURN_MAX: Millis = 10 * 60_000;
/// What expired unread counts as read once its time has been over for so long, that is by every
/// clock that is not a day behind.
pub const EXPIRED_FOR_ALL: Millis = 24 * 60 * 60 * 1_000;
/// The log of a linked author is asked of others after so long without progress.
pub const AUTHOR_GRACE: Millis = 1_000;
/// A holder that was asked and sent nothing for so long is passed over.
pub const WANT_TIMEOUT: Millis = 5_000;
/// A peer that does not say where its log differs is asked no more after so long.
pub const SEARCH_TIMEOUT: Millis = 10_000;
/// What a member holds of an own log with gaps is asked about when they are still there after this.
pub const VOUCH_DELAY: Millis = 2_000;
/// Pieces of a log with gaps that are asked about at once.
pub const VOUCHED_PIECES: usize = 8;
/// Runs with more entries than these are not merged with others.
pub const MERGE_ENTRIES: usize = 16;
/// Small runs beside each other that are merged, at least.
pub const MERGE_AT_LEAST: usize = 16;
/// Small runs beside each other that are merged at once, at most.
pub const MERGE_RUNS: usize = 64;
/// Logs of which small runs are remembered.
pub const MERGE_LOGS: usize = 64;
/// Bytes of a run that was made of several, at most.
pub const MERGED_BYTES: usize = 16 * 1024;
/// Nothing is merged before nothing was stored for so long.
pub const MERGE_QUIET: Millis = 2_000;
/// Places of the store that cannot be read, of which note is taken at once.
pub const REPAIRS: usize = 64;
/// What was refused for now is asked for again after so long, less up to a quarter by chance;
/// doubles.
pub const REST: Millis = 500;
/// The longest such wait: what has a place again is here after no more than that.
pub const REST_MAX: Millis = 16_000;
/// Refused parts of logs that are remembered: of others the wait begins anew.
pub const RESTS: usize = 1_024;
/// A commit that failed is tried again after so long, less up to a quarter by chance; doubles.
pub const COMMIT_BACKOFF: Millis = 500;
/// The longest such wait: a disk that has space again is used after no more than that.
pub const COMMIT_BACKOFF_MAX: Millis = 16_000;
