//! Finding and ending processes: a group, and on Linux everything that descends from this program.
//!
//! Browsers leave the group that started them, so a group alone does not catch them. On Linux this
//! program adopts the orphans of its children and finds them in /proc; elsewhere the group must do.

use std::process::Command;
#[cfg(unix)]
use std::time::{Duration, Instant};

/// How long a process may take to end by itself before it is killed.
#[cfg(unix)]
const GRACE: Duration = Duration::from_secs(3);

/// Makes orphaned descendants children of this program, so that they can be found.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    // An old kernel without this still has the groups.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// Gives the child a process group of its own.
#[cfg(unix)]
pub fn own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Gives the child a process group of its own.
#[cfg(not(unix))]
pub fn own_group(_: &mut Command) {}

/// Ends a group, with the descendants of its leader.
#[cfg(unix)]
pub fn end(group: u32) {
    end_chosen(&[group], |processes| descendants(processes, group));
}

/// Ends these groups and everything that descends from this program.
#[cfg(unix)]
pub fn end_all(groups: &[u32]) {
    end_chosen(groups, |processes| descendants(processes, std::process::id()));
}

#[cfg(unix)]
fn end_chosen(groups: &[u32], choose: impl Fn(&[Entry]) -> Vec<u32>) {
    let chosen = choose(&processes());
    signal(groups, &chosen, nix::sys::signal::Signal::SIGTERM);
    let deadline = Instant::now() + GRACE;
    while groups.iter().any(|group| group_runs(*group)) || chosen.iter().any(|id| runs(*id)) {
        if Instant::now() > deadline {
            signal(groups, &chosen, nix::sys::signal::Signal::SIGKILL);
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(unix)]
fn signal(groups: &[u32], processes: &[u32], signal: nix::sys::signal::Signal) {
    use nix::sys::signal::{kill, killpg};
    // A process that is already gone is what we want.
    for group in groups.iter().filter_map(|group| process_id(*group)) {
        let _ = killpg(group, signal);
    }
    for process in processes.iter().filter_map(|process| process_id(*process)) {
        let _ = kill(process, signal);
    }
}

#[cfg(unix)]
fn process_id(id: u32) -> Option<nix::unistd::Pid> {
    // 0 and 1 would mean this group and the whole system.
    i32::try_from(id).ok().filter(|id| *id > 1).map(nix::unistd::Pid::from_raw)
}

/// Whether the process runs: a zombie does not.
#[cfg(unix)]
pub fn runs(id: u32) -> bool {
    if cfg!(target_os = "linux") {
        return read_entry(id).is_some_and(|entry| !entry.is_zombie);
    }
    process_id(id).is_some_and(|id| nix::sys::signal::kill(id, None).is_ok())
}

#[cfg(unix)]
fn group_runs(group: u32) -> bool {
    if cfg!(target_os = "linux") {
        return processes().iter().any(|entry| entry.group == group && !entry.is_zombie);
    }
    process_id(group).is_some_and(|id| nix::sys::signal::killpg(id, None).is_ok())
}

/// One line of the process table.
#[cfg(unix)]
#[derive(Clone, Copy)]
struct Entry {
    id: u32,
    parent: u32,
    group: u32,
    is_zombie: bool,
}

#[cfg(unix)]
fn descendants(processes: &[Entry], ancestor: u32) -> Vec<u32> {
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(processes.iter().filter(|entry| entry.parent == parent).map(|entry| entry.id));
        next += 1;
    }
    found.split_off(1)
}

/// The process table; empty where there is no /proc.
#[cfg(unix)]
fn processes() -> Vec<Entry> {
    let Ok(folder) = std::fs::read_dir("/proc") else { return Vec::new() };
    folder
        .filter_map(|file| file.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(read_entry)
        .collect()
}

#[cfg(unix)]
fn read_entry(id: u32) -> Option<Entry> {
    parse_entry(id, &std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

/// `id (name) state parent group …`; the name may hold anything, also brackets.
#[cfg(unix)]
fn parse_entry(id: u32, line: &str) -> Option<Entry> {
    let mut fields = line.rsplit_once(')')?.1.split_ascii_whitespace();
    let is_zombie = fields.next()? == "Z";
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some(Entry { id, parent, group, is_zombie })
}

/// Ends a process and what it has started.
#[cfg(not(unix))]
pub fn end(group: u32) {
    let group = group.to_string();
    // A process that is already gone is what we want.
    drop(Command::new("taskkill").args(["/T", "/F", "/PID", &group]).output());
}

/// Ends these processes and what they have started.
#[cfg(not(unix))]
pub fn end_all(groups: &[u32]) {
    groups.iter().for_each(|group| end(*group));
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_table_is_read_also_with_brackets_in_a_name() {
        let entry = parse_entry(7, "7 (a) b) (c) S 3 5 5 0 -1").unwrap();
        assert_eq!((entry.id, entry.parent, entry.group, entry.is_zombie), (7, 3, 5, false));
        assert!(parse_entry(7, "7 (a) Z 3 5 5").unwrap().is_zombie);
        assert!(parse_entry(7, "nonsense").is_none());
    }

    #[test]
    fn descendants_are_children_and_their_children_and_nobody_else() {
        let entry = |id, parent| Entry { id, parent, group: id, is_zombie: false };
        let table = [entry(2, 1), entry(3, 2), entry(4, 3), entry(5, 1)];
        assert_eq!(descendants(&table, 2), [3, 4]);
        assert_eq!(descendants(&table, 1), [2, 5, 3, 4]);
        assert!(descendants(&table, 9).is_empty());
    }

    #[test]
    fn the_system_itself_is_never_signalled() {
        assert!(process_id(0).is_none() && process_id(1).is_none() && process_id(2).is_some());
    }
}
