//! What the simulator can switch and see in an engine natively, and cannot in a browser.

#[cfg(not(target_family = "wasm"))]
mod native {
    use engine::members::quotas::Quota;
    use engine::simulation::{self, Planted};
    use engine::{Engine, EntryId, EpochId, LinkId};

    use crate::peer::Peer;

    /// Plants these faults in what this thread calls next, and no others.
    pub fn plant(faults: &[Planted]) {
        simulation::plant(faults);
    }

    /// What this thread calls next takes nothing in which this entry is.
    pub fn refuse(entry: Option<EntryId>) {
        simulation::refuse(entry);
    }

    /// Quick signatures and small pages on this thread, or the real ones.
    pub fn quicken(on: bool) {
        simulation::quicken(on);
    }

    /// True if signatures are quick ones.
    pub fn is_quick() -> bool {
        simulation::is_quick()
    }

    /// Little of one member is taken at once on this thread, or as much as always.
    pub fn limit(on: bool) {
        let (entries, bytes) = (60, 300_000);
        let quota = (
            Quota { most: entries, a_minute: 100 * entries },
            Quota { most: bytes, a_minute: 100 * bytes },
        );
        simulation::set_quota(on.then_some(quota));
    }

    /// Bytes of each class that wait on a link and may go.
    pub fn waiting(engine: &Engine, link: LinkId) -> [usize; 6] {
        engine.waiting(link)
    }

    /// The epoch in which a device would say something.
    pub fn epoch(peer: &Peer) -> EpochId {
        peer.engine.as_ref().map_or(EpochId::FIRST, Engine::epoch)
    }

    /// True if a device knows the secret of an epoch.
    pub fn knows(peer: &Peer, epoch: &EpochId) -> bool {
        peer.engine.as_ref().is_some_and(|engine| engine.knows(epoch))
    }

    /// What has grown beyond its bound (I6).
    pub fn overgrown(engine: &Engine) -> Option<String> {
        use engine::limits::{CACHE_BYTES, CONTROL_BYTES, LINKS, RUN_BYTES};
        let sizes = engine.sizes();
        let links = sizes.links.max(1);
        let most = [
            ("the inbox", sizes.inbox, simulation::inbox_bytes()),
            ("the cache", sizes.cache, CACHE_BYTES),
            ("the lanes", sizes.lanes, links * (CONTROL_BYTES + 5 * 2 * RUN_BYTES + 5 * 64 * 1024)),
            ("the links", sizes.links, LINKS),
        ];
        let over = most.into_iter().find(|(_, size, most)| size > most);
        over.map(|(what, size, most)| format!("{what} hold {size}, at most {most}"))
    }
}

#[cfg(target_family = "wasm")]
mod browser {
    use engine::simulation::Planted;
    use engine::{Engine, EntryId, EpochId, LinkId};

    use crate::peer::Peer;

    /// Nothing can be planted.
    pub fn plant(_: &[Planted]) {}

    /// Nothing is refused on purpose.
    pub fn refuse(_: Option<EntryId>) {}

    /// Signatures are the real ones.
    pub fn quicken(_: bool) {}

    /// Never.
    pub fn is_quick() -> bool {
        false
    }

    /// As much as always.
    pub fn limit(_: bool) {}

    /// Not seen.
    pub fn waiting(_: &Engine, _: LinkId) -> [usize; 6] {
        [0; 6]
    }

    /// Nothing is decided in a browser.
    pub fn epoch(_: &Peer) -> EpochId {
        EpochId::FIRST
    }

    /// Not seen.
    pub fn knows(_: &Peer, _: &EpochId) -> bool {
        false
    }

    /// Not seen.
    pub fn overgrown(_: &Engine) -> Option<String> {
        None
    }
}

#[cfg(target_family = "wasm")]
pub use browser::{epoch, is_quick, knows, limit, overgrown, plant, quicken, refuse, waiting};
#[cfg(not(target_family = "wasm"))]
pub use native::{epoch, is_quick, knows, limit, overgrown, plant, quicken, refuse, waiting};
