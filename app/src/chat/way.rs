//! The way of an own message, station by station, for whoever wants to know where it is.
//!
//! Times are remembered by the worker since it started, of the newest messages; of what happened
//! before, or to an older one, only the fact is known, from receipts and the tray, so a station may
//! have no time.

use browser::{
    EntryId, FailureReason, Has, MemberId, Millis, Passage, RowState, Station, Trace, Undelivered,
};

use super::message::{Message, Standing};

/// Something that has happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// When, by this device's clock, if that is remembered.
    pub at: Option<Millis>,
    /// What.
    pub what: Step,
}

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was written.
    Written,
    /// It was stored on this device.
    Saved,
    /// It went out to this member.
    SentTo(MemberId),
    /// This member holds it: it got it from here.
    HeldBy(MemberId),
    /// This member holds it, and did not get it from here but through another: through the only
    /// one to whom it was sent, or one of several.
    HeldThrough(MemberId, Option<MemberId>),
    /// So many others hold it; which, is not remembered of each.
    HeldByOthers(u32),
    /// All recipients hold it.
    Delivered,
    /// This member has read it.
    ReadBy(MemberId),
    /// All recipients have read it.
    Read,
    /// This member has refused it.
    RefusedBy(MemberId),
    /// It expired before all recipients held it.
    Expired,
    /// Its words are gone.
    Gone,
}

/// The way of a message so far; `trace` is what the engine remembers of it, `failed` what is in the
/// tray.
pub fn way(message: &Message, trace: Option<&Trace>, failed: Option<&Undelivered>) -> Vec<Stop> {
    let Standing::Stored { entry, state, held_by, .. } = &message.standing else {
        return vec![Stop { at: Some(message.wall), what: Step::Written }];
    };
    let trace = trace.filter(|trace| trace.entry == *entry);
    let stations = trace.map(|trace| trace.stations.as_slice()).unwrap_or_default();
    let mut stops = vec![Stop { at: Some(message.wall), what: Step::Written }];
    for station in stations {
        let what = match station.what {
            Passage::Saved => Step::Saved,
            Passage::SentTo(member) => Step::SentTo(member),
            Passage::HeldBy(member) => held(member, stations),
            Passage::ReadBy(member) => Step::ReadBy(member),
            Passage::RefusedBy(member) => Step::RefusedBy(member),
            Passage::Gone => Step::Gone,
        };
        stops.push(Stop { at: Some(station.at), what });
    }
    if !has(&stops, Step::Saved) {
        stops.insert(1, Stop { at: None, what: Step::Saved });
    }
    put_holders(&mut stops, *held_by);
    for failure in failed.filter(|failed| failed.entry == *entry).iter().flat_map(|it| &it.failures)
    {
        let what = Step::RefusedBy(failure.member);
        let known = failure.reason == FailureReason::Expired || has(&stops, what);
        if !known {
            stops.push(Stop { at: Some(failure.last), what });
        }
    }
    let reached = |wanted: RowState| match state {
        RowState::Read => true,
        RowState::Delivered => wanted == RowState::Delivered,
        RowState::Saved
        | RowState::Held
        | RowState::Failed
        | RowState::Expired
        | RowState::Received => false,
    };
    if reached(RowState::Delivered) {
        put_after(&mut stops, is_held, Step::Delivered);
    }
    if reached(RowState::Read) {
        put_after(&mut stops, |what| matches!(what, Step::ReadBy(_)), Step::Read);
    }
    if *state == RowState::Expired {
        stops.push(Stop { at: message.expiry, what: Step::Expired });
    }
    stops
}

/// That a member holds it, and how it came there: where anything is remembered, all that was sent
/// is.
fn held(member: MemberId, stations: &[Station]) -> Step {
    let sent = |station: &Station| match station.what {
        Passage::SentTo(to) => Some(to),
        Passage::Saved
        | Passage::HeldBy(_)
        | Passage::ReadBy(_)
        | Passage::RefusedBy(_)
        | Passage::Gone => None,
    };
    let mut sent = stations.iter().filter_map(sent);
    if sent.clone().any(|to| to == member) {
        return Step::HeldBy(member);
    }
    let first = sent.next();
    Step::HeldThrough(member, first.filter(|_| sent.next().is_none()))
}

fn has(stops: &[Stop], what: Step) -> bool {
    stops.iter().any(|stop| stop.what == what)
}

fn is_held(what: &Step) -> bool {
    matches!(what, Step::HeldBy(_) | Step::HeldThrough(..))
}

/// How many hold it is proven, also where it is not remembered who they are.
fn put_holders(stops: &mut Vec<Stop>, held_by: u32) {
    let named = stops.iter().filter(|stop| is_held(&stop.what)).count();
    if usize::try_from(held_by).is_ok_and(|held_by| held_by > named) {
        let known = |what| matches!(what, Step::Saved | Step::SentTo(_)) || is_held(&what);
        let last = stops.iter().rposition(|stop| known(stop.what)).unwrap_or(0);
        stops.insert(last + 1, Stop { at: None, what: Step::HeldByOthers(held_by) });
    }
}

/// All have done it when the last of them has; without any of them the time is not remembered.
fn put_after(stops: &mut Vec<Stop>, one: impl Fn(&Step) -> bool, all: Step) {
    match stops.iter().rposition(|stop| one(&stop.what)) {
        Some(last) => stops.insert(last + 1, Stop { at: stops[last].at, what: all }),
        None => stops.push(Stop { at: None, what: all }),
    }
}

/// A member for whom an own message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Who.
    pub member: MemberId,
    /// What is proven.
    pub has: Has,
    /// Since when, by this device's clock, if that is remembered.
    pub at: Option<Millis>,
}

/// For whom a message is: those who have read it first, each in the order of time. Of a private
/// message that is one; who only carries it is none.
pub fn readers(entry: EntryId, trace: Option<&Trace>) -> Vec<Reader> {
    let Some(trace) = trace.filter(|trace| trace.entry == entry) else { return Vec::new() };
    let time = |what| {
        let passed = trace.stations.iter().find(|station| station.what == what);
        passed.map(|station| station.at)
    };
    let reader = |one: &browser::Recipient| {
        let at = match one.has {
            Has::Read => time(Passage::ReadBy(one.member)),
            Has::Held => time(Passage::HeldBy(one.member)),
            Has::Lacking | Has::Missed => None,
        };
        Reader { member: one.member, has: one.has, at }
    };
    let mut readers: Vec<Reader> = trace.recipients.iter().map(reader).collect();
    // What has no time was before this life.
    readers.sort_by_key(|reader| (reader.has, reader.at));
    readers
}
