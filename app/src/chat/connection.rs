//! How connections do, for whoever looks at them: a line for each member and one for the server,
//! the self-test, and a report of all that which can be handed to anybody.
//!
//! ```text
//!  opened ──► Watch ──► Queue (a second) ──► survey ──► Path, Server
//!        └──► tested ──► a finding for each check
//! ```
//! The queue says which link is whose; a path says how a link does. So nothing here asks by a timer
//! of its own, and all of it ends when the dialog is closed.

use browser::{
    Check, Command, Conditions, Ended, Fault, Finding, LinkId, LinkNews, LinkState, MemberId,
    Millis, Path, PeerQueue, Role, Route, ServerPath, SignalState,
};

use super::{ChatState, Errand, Life, Notice, Place, RoomState, Worker};

/// Paths that are kept: more than members can be linked at once.
const PATHS: usize = 256;

/// Who looks at the queue of the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watcher {
    /// The inspector in the panel.
    Inspector,
    /// The dialog about connections.
    Connections,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// Who looks.
    pub watchers: Vec<Watcher>,
    /// What was measured of each link.
    paths: Vec<(LinkId, Path)>,
    /// What was measured of the way to the server.
    server: Option<ServerPath>,
    /// The self-test: what was found, and nothing while that is under way.
    pub checks: Vec<(Check, Option<Finding>)>,
}

impl Connection {
    /// True while the dialog is open.
    pub fn is_open(&self) -> bool {
        self.watchers.contains(&Watcher::Connections)
    }

    /// What was measured of a link.
    fn path(&self, link: LinkId) -> Option<&Path> {
        self.paths.iter().find(|(of, _)| *of == link).map(|(_, path)| path)
    }

    /// What a part of the self-test has come to, if it was ever begun.
    pub fn found(&self, check: Check) -> Option<&Option<Finding>> {
        self.checks.iter().find(|(of, _)| *of == check).map(|(_, found)| found)
    }

    /// True while something is being tried.
    pub fn is_testing(&self) -> bool {
        self.checks.iter().any(|(_, found)| found.is_none())
    }
}

/// What a person does about connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionDeed {
    /// Looks at the queue, or at the connections, or looks away.
    Watch(Watcher, bool),
    /// Begins the self-test.
    Test,
    /// Makes connections worse than they are, or lets them be.
    Worsen(Conditions),
}

/// Which way words take to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// From browser to browser.
    Direct,
    /// Through a relay.
    Relayed,
    /// They are linked; which way, is not known.
    Linked,
    /// There is no link.
    Away,
}

/// How the connection with somebody does. There is no name in it, and no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which way.
    pub reach: Reach,
    /// There and back.
    pub round_trip: Option<Millis>,
    /// Bytes that the browser has not sent yet.
    pub buffered: u64,
    /// What became of the last link, or of the last attempt at one.
    pub ended: Option<Ended>,
}

/// How the way to the server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLine {
    /// Whether it can be talked to.
    pub signal: Option<SignalState>,
    /// What was measured, if it can.
    pub path: Option<ServerPath>,
    /// How often it was caught at something.
    pub misconduct: u64,
}

/// All that may be handed to whoever helps: states, numbers and times. What a browser says in words
/// of its own is left out, as it may name addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether this tab does the work for all.
    pub leads: bool,
    /// Whether anybody can be reached.
    pub link: LinkState,
    /// The way to the server.
    pub server: ServerLine,
    /// The others, in no order that says who is who.
    pub others: Vec<Line>,
    /// What the self-test has found.
    pub checks: Vec<(Check, Finding)>,
}

impl RoomState {
    /// The others, in the order of the list of members.
    pub fn others(&self) -> Vec<MemberId> {
        let others = self.members.iter().filter(|view| !view.me && view.role >= Role::Member);
        others.map(|view| view.member).collect()
    }

    /// How the connection with a member does.
    pub fn line_to(&self, member: MemberId) -> Line {
        let mut peers = self.queue.view.iter().flat_map(|queue| &queue.peers);
        let online = self.member(member).is_some_and(|view| view.online);
        self.line(peers.find(|peer| peer.member == member), online)
    }

    /// What is still told of this room is told for nobody once another one is shown.
    pub(super) fn looks_away(&self) -> Option<Errand> {
        let looks = !self.connection.watchers.is_empty();
        self.room.filter(|_| looks).map(|room| watching(room, false))
    }

    fn line(&self, peer: Option<&PeerQueue>, online: bool) -> Line {
        let path = peer.and_then(|peer| self.connection.path(peer.link?));
        let linked = peer.map_or(online, |peer| peer.link.is_some());
        let reach = match path.and_then(|path| path.route) {
            _ if !linked => Reach::Away,
            Some(Route::Direct) => Reach::Direct,
            Some(Route::Relayed) => Reach::Relayed,
            None => Reach::Linked,
        };
        let measured = path.and_then(|path| path.round_trip);
        Line {
            reach,
            round_trip: measured.or_else(|| peer?.round_trip).filter(|_| linked),
            buffered: path.filter(|_| linked).map_or(0, |path| path.buffered),
            ended: peer.and_then(|peer| peer.ended),
        }
    }
}

impl ChatState {
    /// How the way to the server does.
    pub fn server_line(&self) -> ServerLine {
        let signal = self.room.signal;
        let path = self.room.connection.server.filter(|_| signal == Some(SignalState::Online));
        ServerLine { signal, path, misconduct: self.misconduct }
    }

    /// What was found last that concerns the way to the server.
    pub fn server_fault(&self) -> Option<&Fault> {
        self.faults.iter().rev().find(|fault| match fault {
            Fault::SignalAddress { .. }
            | Fault::SignalRefused { .. }
            | Fault::Server(_)
            | Fault::Configuration { .. }
            | Fault::NoRelay => true,
            Fault::Transfer { .. }
            | Fault::Connection { .. }
            | Fault::OtherBuild { .. }
            | Fault::Silent { .. }
            | Fault::RoomDamaged
            | Fault::RoomNewer => false,
        })
    }

    /// See [`Report`].
    pub fn report(&self) -> Report {
        let others = self.room.others().into_iter();
        let mut others: Vec<Line> = others.map(|member| self.room.line_to(member)).collect();
        let ended = |line: &Line| line.ended.map(|ended| ended.at);
        others.sort_by_key(|line| (line.reach == Reach::Away, line.round_trip, ended(line)));
        let checks = self.room.connection.checks.iter();
        let found = checks.filter_map(|(check, finding)| Some((*check, finding.as_ref()?)));
        Report {
            leads: self.worker == Worker::Leads,
            link: self.room.link,
            server: self.server_line(),
            others,
            checks: found.map(|(check, finding)| (check, wordless(finding))).collect(),
        }
    }

    /// A person does something about connections.
    pub(super) fn connect(&mut self, deed: ConnectionDeed) -> Vec<Errand> {
        match deed {
            ConnectionDeed::Watch(who, on) => self.watch(who, on),
            ConnectionDeed::Test if self.room.connection.is_testing() => Vec::new(),
            ConnectionDeed::Test => {
                self.room.connection.checks = Check::ALL.map(|check| (check, None)).to_vec();
                vec![Errand::Check]
            }
            ConnectionDeed::Worsen(conditions) => vec![Errand::Worsen(conditions)],
        }
    }

    fn watch(&mut self, who: Watcher, on: bool) -> Vec<Errand> {
        let watchers = &mut self.room.connection.watchers;
        let before = watchers.is_empty();
        watchers.retain(|known| *known != who);
        watchers.extend(on.then_some(who));
        let after = watchers.is_empty();
        let asks = (before != after).then_some(!after);
        let errand = asks.zip(self.room.room).map(|(on, room)| watching(room, on));
        errand.into_iter().collect()
    }

    /// Another worker leads, which does not know that somebody looks.
    pub(super) fn watch_again(&self) -> Vec<Errand> {
        let looks = !self.room.connection.watchers.is_empty();
        self.room.room.filter(|_| looks).map(|room| watching(room, true)).into_iter().collect()
    }

    /// Some time has passed. What is drawn of the last minutes is measured now and then, as long as
    /// somebody has the room in front of them. Where one looks and nothing was told, another tab
    /// has looked away.
    pub(super) fn glance(&mut self) -> Vec<Errand> {
        let RoomState { room, life: Life::On, ref connection, ref queue, .. } = self.room else {
            return Vec::new();
        };
        let shown = room.filter(|room| self.place == Place::Room(*room) && !self.unwatched);
        let Some(room) = shown.filter(|_| queue.past.is_stale(self.clock)) else {
            return Vec::new();
        };
        let ends = connection.watchers.is_empty().then(|| watching(room, false));
        std::iter::once(watching(room, true)).chain(ends).collect()
    }

    /// The queue was told: with it goes the question how the links in it do.
    pub(super) fn survey(&self) -> Vec<Errand> {
        let open = self.room.connection.is_open();
        self.room.room.filter(|_| open).map(Errand::Survey).into_iter().collect()
    }

    /// Something was measured.
    pub(super) fn note_link(&mut self, news: LinkNews) -> Vec<Errand> {
        match news {
            LinkNews::Path { room, link, path } if self.room.room == Some(room) => {
                self.note_path(link, path);
            }
            LinkNews::Path { .. } => {}
            LinkNews::Server(path) => self.room.connection.server = Some(path),
            LinkNews::Conditions(conditions) if self.lab == conditions => {}
            LinkNews::Conditions(conditions) => {
                self.lab = conditions;
                // Who has put the notice away has read of other conditions.
                self.dismissed.retain(|notice| !matches!(notice, Notice::Lab(_)));
            }
        }
        Vec::new()
    }

    fn note_path(&mut self, link: LinkId, path: Path) {
        let peers = self.room.queue.view.iter().flat_map(|view| &view.peers);
        let live: Vec<LinkId> = peers.filter_map(|peer| peer.link).collect();
        let paths = &mut self.room.connection.paths;
        paths.retain(|(known, _)| *known != link && live.contains(known));
        if paths.len() < PATHS && live.contains(&link) {
            paths.push((link, path));
        }
    }

    /// A part of the self-test is over.
    pub(super) fn note_finding(&mut self, check: Check, finding: Finding) -> Vec<Errand> {
        let checks = &mut self.room.connection.checks;
        if let Some((_, found)) = checks.iter_mut().find(|(of, _)| *of == check) {
            *found = Some(finding);
        }
        Vec::new()
    }
}

fn watching(room: browser::RoomId, on: bool) -> Errand {
    Errand::Command(room, Command::Watch(on))
}

/// A finding without the browser's words.
fn wordless(finding: &Finding) -> Finding {
    match finding {
        Finding::Refused { .. } => Finding::Refused { text: String::new() },
        Finding::Passed { .. }
        | Finding::NotOffered
        | Finding::Silent { .. }
        | Finding::Nothing
        | Finding::Unreached => finding.clone(),
    }
}
